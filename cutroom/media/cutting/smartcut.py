"""The smart cut: whole groups of pictures are copied, only the ends are encoded."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cutroom.media.cutting.ends import QUALITIES, End, encode_end
from cutroom.media.cutting.reencoding import Stretch, encode_sound
from cutroom.media.cutting.seams import beside_head, beside_tail, likeness_at_seams
from cutroom.media.cutting.smart_plan import SmartPlan
from cutroom.media.cutting.splicing import Pieces, splice
from cutroom.records.errors import OutputUnsound

LIKENESS = 0.99
"""SSIM from which on a seam is not seen."""
COPIED_SOUND = ("aac", "opus", "ac3", "eac3")
"""Sound that can be cut at any packet. MP3 keeps bits for a frame in earlier ones, which players
drop with what an MP4's edit list hides: the first 20 to 70 ms would be missing, however much came
before."""
SOUND_NAME = "sound.m4a"


def cut_smartly(stretch: Stretch, plan: SmartPlan, part: Path) -> None:
    """Make a clip by a plan, and look at its seams.

    Sound in one of `COPIED_SOUND` is copied; its first packets are hidden before the clip, so that
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
    with sound_beside(stretch, part) as encoded:
        heard = stretch.sound.index if stretch.sound and encoded is None else None
        pieces = Pieces(plan, copied_sound=heard, encoded_sound=encoded)
        likeness = 0.0
        for crf in QUALITIES[plan.picture.codec]:
            likeness = _join(stretch, pieces, crf, part)
            if likeness >= LIKENESS:
                return
    raise OutputUnsound(
        f"An encoded frame beside a seam is like its source by {likeness:.3f} only.",
        "The clip is encoded as a whole instead.",
    )


@contextmanager
def sound_beside(stretch: Stretch, part: Path) -> Iterator[Path | None]:
    """Encode a clip's sound where its packets cannot be copied, and delete it afterwards.

    Args:
        stretch: What to cut.
        part: The clip, beside which the sound is kept meanwhile.

    Yields:
        The sound's file; None where there is no sound, or it is one of `COPIED_SOUND`.
    """
    sound = part.with_name(SOUND_NAME)
    if stretch.sound is None or stretch.sound.codec in COPIED_SOUND:
        yield None
        return
    try:
        encode_sound(stretch, sound)
        yield sound
    finally:
        sound.unlink(missing_ok=True)


def _join(stretch: Stretch, pieces: Pieces, crf: int, part: Path) -> float:
    """Encode the ends, join everything, and return how alike the seams look."""
    plan = pieces.plan
    # Decoders and encoders of few frames leave cores idle, so that both ends go side by side.
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(_end, stretch, plan, plan.head, plan.head_key, beside_head(plan), crf)
        tail = _end(stretch, plan, plan.tail, plan.tail_key, beside_tail(plan), crf)
        head = first.result()
    splice(stretch.source, stretch.media, replace(pieces, head=head, tail=tail), part)
    return likeness_at_seams(part, plan, head, tail)


def _end(
    stretch: Stretch,
    plan: SmartPlan,
    pts: npt.NDArray[np.int64],
    key: int,
    looked_at: list[int],
    crf: int,
) -> End:
    if not len(pts):
        return End()
    return encode_end(
        stretch.source,
        stretch.media,
        plan.picture,
        pts,
        key=key,
        looked_at=looked_at,
        crf=crf,
        notes=plan.start.notes,
    )
