"""Looking at the places where a clip's copied and encoded parts meet."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cutroom.media.ends import End
from cutroom.media.few_frames import Luma, decode_few, luma_of, ssim
from cutroom.media.smart_plan import LOOKED_AT, SmartPlan
from cutroom.records.errors import OutputUnsound

LIKENESS = 0.99
"""SSIM from which on a seam is not seen."""


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


def check_seams(part: Path, plan: SmartPlan, head: End, tail: End) -> None:
    """Decode the clip around its seams and compare it with the source.

    Every frame there must come once and in order. The copied ones must be the source's to the last
    bit, the encoded ones look like it.

    Args:
        part: The clip.
        plan: What it was made by.
        head: Its first end, with the pictures of `beside_head`.
        tail: Its last end, with those of `beside_tail`.

    Raises:
        OutputUnsound: It is not so; the message says in what.
    """
    frames = plan.frames.pts
    if head.samples:
        _check(part, plan, int(plan.head[0]), plan.head[:1], head.pictures)
        last = max(head.pictures)
        key = _last_key(head, int(plan.head[-LOOKED_AT:][0]))
        _check(part, plan, key, frames[(frames >= key) & (frames <= last)], head.pictures)
    if tail.samples:
        first = min(tail.pictures)
        _check(part, plan, plan.tail_key, frames[frames >= first], tail.pictures)


def _last_key(end: End, pts: int) -> int:
    """Return the last keyframe of an end that is not after a frame."""
    return max(sample.pts for sample in end.samples if sample.is_key and sample.pts <= pts)


def _check(
    part: Path,
    plan: SmartPlan,
    key: int,
    wanted: npt.NDArray[np.int64],
    pictures: Mapping[int, Luma],
) -> None:
    """Decode some frames of the clip from a keyframe on, and judge them."""
    zero, copied = plan.frames.zero, set(plan.run.tolist())
    asked = (wanted - zero).tolist()
    seen = []
    for frame in decode_few(part, 0, key=key - zero, wanted=frozenset(asked)):
        seen.append(frame.pts)
        pts = frame.pts + zero
        if pts in pictures:
            depth = frame.format.components[0].bits
            _compare(luma_of(frame), pictures[pts], depth, is_copied=pts in copied)
    if seen != asked:
        raise _unsound("its frames come out of order")


def _compare(ours: Luma, theirs: Luma, depth: int, *, is_copied: bool) -> None:
    if is_copied:
        if not np.array_equal(ours, theirs):
            raise _unsound("a copied frame does not look as it did")
        return
    likeness = ssim(ours, theirs, depth=depth)
    if not likeness >= LIKENESS:
        raise _unsound(f"a frame beside a seam is like its source by {likeness:.3f} only")


def _unsound(problem: str) -> OutputUnsound:
    return OutputUnsound(
        f"The clip is not sound at a seam: {problem}.", "It is encoded as a whole instead."
    )
