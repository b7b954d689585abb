"""Plan in which chunks a long video is encoded side by side."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from cutroom.media.cutting.packets import EDGE_TOLERANCE, starts_cleanly_anywhere
from cutroom.records.media import Media
from cutroom.records.span import Span

LONGEST = 300.0
"""Seconds that one process encodes where others could help, and what a redone chunk costs."""
SHORTEST_SHARE = 0.2
"""Of the longest. Below a minute, opening the file and finding the bit rate anew weigh too much."""
CORES_EACH = 4
"""Cores for one libx264 `veryfast` at 1080p: it gains little from more, as rows of a frame wait for
those of the frame before. With fewer than twice as many one process fills the machine, and chunks
would only take turns."""
NEAR = 0.25
"""How far a border may move to a scene's start, as a share of a chunk."""
REGULAR = 0.95
"""Encoders place keyframes at even distances and at cuts. One that comes after less than this share
of the widest distance is taken for a cut's."""


def usable_cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@dataclass(frozen=True, slots=True)
class Chunking:
    """What decides over chunks: the machine, unless told otherwise."""

    cores: int = field(default_factory=usable_cores)
    longest: float = LONGEST
    """Seconds up to which a video is encoded in one go."""

    @property
    def at_once(self) -> int:
        """How many chunks are encoded side by side."""
        return max(1, self.cores // CORES_EACH)


def plan_chunks(
    media: Media, chunking: Chunking | None = None, *, cuts: Sequence[float] = ()
) -> list[Span]:
    """Cut a long video into chunks that begin at keyframes, at those of scenes where it can.

    Args:
        media: The video.
        chunking: What decides; this machine when None.
        cuts: Starts of its scenes, in seconds, when known. Otherwise keyframes that come early
            are taken for cuts.

    Returns:
        Spans in order that cover the whole, a whole number for each process where keyframes
        allow; none where one process is the better way.
    """
    chunking = chunking or Chunking()
    is_short = media.duration <= chunking.longest
    # Where a decoder conceals damage, nobody knows how many frames a chunk must have.
    if is_short or chunking.at_once == 1 or media.damage or not starts_cleanly_anywhere(media):
        return []
    rounds = math.ceil(media.duration / (chunking.at_once * chunking.longest))
    most = int(media.duration / (chunking.longest * SHORTEST_SHARE))
    borders = _borders(media, min(rounds * chunking.at_once, most), cuts)
    spans = [Span(start=start, end=end) for start, end in pairwise([0, *borders, media.duration])]
    return spans if borders else []


def _borders(media: Media, number: int, cuts: Sequence[float]) -> list[float]:
    """Return the keyframes that part a video into about so many equal chunks, ascending."""
    step = media.duration / number
    cuts = cuts or _early_keyframes(media.keyframes)
    borders: list[float] = []
    for wanted in (step * count for count in range(1, number)):
        near = [time for time in media.keyframes if abs(time - wanted) <= NEAR * step]
        if near:
            borders.append(min(near, key=lambda time: _unfitness(time, wanted, cuts)))
    return [time for time in borders if EDGE_TOLERANCE < time < media.duration - EDGE_TOLERANCE]


def _unfitness(time: float, wanted: float, cuts: Sequence[float]) -> list[float]:
    """Rank a border: how far from a cut, in tenths of a second, then how far from its place."""
    from_cut = min((abs(cut - time) for cut in cuts), default=0.0)
    return [round(from_cut, 1), abs(time - wanted)]


def _early_keyframes(keyframes: Sequence[float]) -> list[float]:
    gaps = [late - early for early, late in pairwise(keyframes)]
    widest = max(gaps, default=0.0)
    return [time for time, gap in zip(keyframes[1:], gaps, strict=True) if gap < REGULAR * widest]
