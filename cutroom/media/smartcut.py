"""The smart cut: whole groups of pictures are copied, only the ends are encoded."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cutroom.media.copying import MP4_SOUND
from cutroom.media.ends import End, encode_end
from cutroom.media.reencoding import Stretch, encode_sound
from cutroom.media.seams import beside_head, beside_tail, check_seams
from cutroom.media.smart_plan import SmartPlan
from cutroom.media.splicing import Pieces, splice

SOUND_NAME = "sound.m4a"


def cut_smartly(stretch: Stretch, plan: SmartPlan, part: Path) -> None:
    """Make a clip by a plan, and look at its seams.

    Sound that MP4 holds is copied; its first packets begin before the clip and are hidden, so that
    it starts at the sample. Other sound is encoded once.

    Args:
        stretch: What to cut.
        plan: How.
        part: The MP4 to write; the folder around it also gets encoded sound on the way.

    Raises:
        OutputUnsound: The clip is in some doubt.
        FfmpegFailed, FfmpegStalled: Its sound cannot be encoded.
        DiskFull: There is no room.
    """
    head = _end(stretch, plan, plan.head, key=plan.head_key, looked_at=beside_head(plan))
    tail = _end(stretch, plan, plan.tail, key=plan.tail_key, looked_at=beside_tail(plan))
    pieces = Pieces(plan, head, tail)
    sound = part.with_name(SOUND_NAME)
    if stretch.sound is not None and stretch.sound.codec in MP4_SOUND:
        pieces = replace(pieces, copied_sound=stretch.sound.index)
    elif stretch.sound is not None:
        encode_sound(stretch, sound)
        pieces = replace(pieces, encoded_sound=sound)
    try:
        splice(stretch.source, stretch.media, pieces, part)
    finally:
        sound.unlink(missing_ok=True)
    check_seams(part, plan, head, tail)


def _end(
    stretch: Stretch,
    plan: SmartPlan,
    pts: npt.NDArray[np.int64],
    *,
    key: int,
    looked_at: list[int],
) -> End:
    if not len(pts):
        return End()
    return encode_end(
        stretch.source, stretch.media, plan.picture, pts, key=key, looked_at=looked_at
    )
