"""How right a detector is: what it found against what is known to be there."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

SLACK = 0.5
"""Seconds by which the middle of a gradual change may be off."""
ROUNDING = 0.002
"""Seconds: some print their times to the millisecond."""


@dataclass(frozen=True, slots=True)
class Truth:
    """The changes of shot in a film, in seconds, in order."""

    cuts: tuple[float, ...]
    gradual: tuple[tuple[float, float], ...]
    """Start and end of each."""
    edges: tuple[tuple[float, float], ...] = ()
    """Fades at the very start and end, which change no shot: finding them is not held against
    anyone, nor is missing them."""


@dataclass(frozen=True, slots=True)
class Score:
    """How much was found of what is there, and how much of what was found is there."""

    hits: int
    wanted: int
    found: int

    def as_data(self) -> dict[str, Any]:
        """Return precision, recall and F1 with the counts behind them."""
        return {
            "hits": self.hits,
            "wanted": self.wanted,
            "found": self.found,
            "precision": _share(self.hits, self.found),
            "recall": _share(self.hits, self.wanted),
            "f1": _share(2 * self.hits, self.wanted + self.found),
        }


def score(
    found: Sequence[Sequence[float]], truth: Truth, rate: float, *, tells_gradual: bool
) -> tuple[Score, Score]:
    """Judge what a detector found.

    Args:
        found: Time, start and end of each change, in seconds, in order.
        truth: What is there.
        rate: Frames a second: a cut may be one frame off.
        tells_gradual: Whether the detector says which changes are gradual, and is held to it. Of
            one that does not, any find within a gradual change counts for that, and no second
            one in it counts against it.

    Returns:
        Scores of the cuts and of the gradual changes.
    """
    inside = [one for one in found if not any(a <= one[0] <= b for a, b in truth.edges)]
    abrupt = [one[0] for one in inside if one[1] == one[2]]
    middles = [one[0] for one in inside if one[1] != one[2]]
    hits, left = _matched(truth.cuts, abrupt, 1 / rate + ROUNDING)
    wanted = [(start + end) / 2 for start, end in truth.gradual]
    if tells_gradual:
        gradual, _ = _matched(wanted, middles, SLACK)
        found_gradual = len(middles)
    else:
        spans = [(start - SLACK, end + SLACK) for start, end in truth.gradual]
        found_gradual = gradual = sum(any(a <= time <= b for time in left) for a, b in spans)
        left = [time for time in left if not any(a <= time <= b for a, b in spans)]
    return (
        Score(hits, len(truth.cuts), hits + len(left)),
        Score(gradual, len(wanted), found_gradual),
    )


def _matched(
    wanted: Sequence[float], found: Sequence[float], tolerance: float
) -> tuple[int, list[float]]:
    """Give each wanted time the nearest find that is near enough; return hits and what is left."""
    left = list(found)
    for time in wanted:
        nearest = min(left, key=lambda one: abs(one - time), default=None)
        if nearest is not None and abs(nearest - time) <= tolerance:
            left.remove(nearest)
    return len(found) - len(left), left


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
