"""Looking at the places where a clip's copied and encoded parts meet."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cutroom.media.cutting.ends import End
from cutroom.media.cutting.few_frames import Luma, decode_few, luma_of, ssim
from cutroom.media.cutting.smart_plan import LOOKED_AT, SmartPlan
from cutroom.records.errors import OutputUnsound


def beside_head(plan: SmartPlan) -> list[int]:
    """Return the frames that are looked at around the first seam, and the clip's first."""
    after = np.sort(plan.run)[:LOOKED_AT]
    return _unique([plan.head[:1], plan.head[-LOOKED_AT:], after])


def beside_tail(plan: SmartPlan) -> list[int]:
    """Return the frames that are looked at around the last seam, and the clip's last."""
    before = np.sort(plan.run)[-LOOKED_AT:]
    return _unique([before, plan.tail[:LOOKED_AT], plan.tail[-1:]])


def _unique(parts: list[npt.NDArray[np.int64]]) -> list[int]:
    return sorted({int(pts) for part in parts for pts in part})


def likeness_at_seams(part: Path, plan: SmartPlan, head: End, tail: End) -> float:
    """Decode the clip around its seams and compare it with the source.

    Every frame there must come once and in order, and the copied ones must be the source's to the
    last bit.

    Args:
        part: The clip.
        plan: What it was made by.
        head: Its first end, with the pictures of `beside_head`.
        tail: Its last end, with those of `beside_tail`.

    Returns:
        How much the encoded frames look like the source's, the least of them: SSIM of the
        brightness, 1 for the same.

    Raises:
        OutputUnsound: A frame is missing, out of order or not what was copied.
    """
    frames = plan.frames.pts
    worst = 1.0
    if head.samples:
        last = max(head.pictures)
        for key in _keys(head, plan):
            wanted = frames[(frames >= key) & (frames <= last)]
            # From the start the first frame is enough: the seam is reached from nearer by.
            wanted = wanted if key == _keys(head, plan)[-1] else wanted[:1]
            worst = min(worst, _likeness(part, plan, key, wanted, head.pictures))
    if tail.samples:
        wanted = frames[frames >= min(tail.pictures)]
        worst = min(worst, _likeness(part, plan, plan.tail_key, wanted, tail.pictures))
    return worst


def _keys(head: End, plan: SmartPlan) -> list[int]:
    """Return the keyframes to decode the head from: its first, and the last before the seam."""
    first, beside = int(plan.head[0]), int(plan.head[-LOOKED_AT:][0])
    last = max(one.pts for one in head.samples if one.is_key and one.pts <= beside)
    return sorted({first, last})


def _likeness(
    part: Path,
    plan: SmartPlan,
    key: int,
    wanted: npt.NDArray[np.int64],
    pictures: Mapping[int, Luma],
) -> float:
    """Decode some frames of the clip from a keyframe on, and judge them."""
    zero, copied = plan.frames.zero, set(plan.run.tolist())
    asked = (wanted - zero).tolist()
    seen, worst = [], 1.0
    for frame in decode_few(part, 0, key=key - zero, wanted=frozenset(asked)):
        seen.append(frame.pts)
        source = pictures.get(frame.pts + zero)
        if source is None:
            continue
        if frame.pts + zero not in copied:
            depth = frame.format.components[0].bits
            worst = min(worst, ssim(luma_of(frame), source, depth=depth))
        elif not np.array_equal(luma_of(frame), source):
            raise _unsound("a copied frame does not look as it did")
    if seen != asked:
        raise _unsound("its frames come out of order")
    return worst


def _unsound(problem: str) -> OutputUnsound:
    return OutputUnsound(
        f"The clip is not sound at a seam: {problem}.", "It is encoded as a whole instead."
    )
