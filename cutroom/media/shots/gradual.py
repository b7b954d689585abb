"""Fades, dissolves and wipes in a strip of decoded frames; arithmetic alone.

They are found by how well the frames between two pictures mix out of them (R. Lienhart, Reliable
Dissolve Detection, SPIE 4315, 2001), cell by cell for wipes.
"""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from cutroom.media.shots.groups import Strip
from cutroom.media.shots.looks import (
    LUMA_CELLS,
    SAME_SHAPES,
    VISIBLE,
    Look,
    is_blank,
    is_shifted,
    likeness,
    steps_between,
)
from cutroom.records.findings import Change
from cutroom.records.span import Span

Places = npt.NDArray[np.intp]

BESIDE, STOPS = 2, 0.5
"""Frames beside the largest step of a few, and share of it above which the motion goes on there: a
whip pan swells and fades, a cut out of one or into one does not."""
LENGTHS = (0.24, 0.48, 0.96, 1.92, 3.2)
"""Seconds over which gradual changes are sought; editors rarely take more than 3."""
SAMPLES = 9
"""Frames looked at within a change, evenly spread."""
GRADUAL = 24.0
"""Distance between both ends of a gradual change, in 8-bit steps, at least."""
MIX_ERROR = 0.2
"""What may be left when a frame is explained as a mix, as a share of the ends' distance. Two
unrelated pictures leave about 0.5 for an unrelated one in between, motion 0.25 and more."""
CLEAR, CLEAR_MIX_ERROR = 45.0, 0.3
"""The same for ends so far apart that motion alone rarely explains them."""
MOST_OF_IT = 0.5
"""Share of the picture that a gradual change alters at least; titles and banners take less."""
EARLY = 0.25
"""Share of a change at which it has begun for certain."""
ABRUPT = 0.15
"""Seconds up to which a mix is taken for a cut between moving pictures: 3 frames at 25 a second."""
BATCH = 32
"""Pairs of frames judged at once: 0.8 MB of looks, which stays in the cache."""
DIP = 1.0
"""Seconds of one tone between fade out and fade in that make one change of both."""


@dataclass(frozen=True, slots=True)
class _Mix:
    """A stretch in which one picture turns into another."""

    start: float
    end: float
    score: float
    one: Look
    other: Look

    @property
    def from_blank(self) -> bool:
        """Whether it comes out of one tone."""
        return is_blank(self.one)

    @property
    def to_blank(self) -> bool:
        """Whether it ends in one tone."""
        return is_blank(self.other)

    @property
    def is_one_scene(self) -> bool:
        """Whether the camera just moved along, or the light changed."""
        if self.from_blank or self.to_blank:
            return False
        return likeness(self.one, self.other) > SAME_SHAPES or is_shifted(self.one, self.other)


def find_gradual(strip: Strip, cuts: list[int], duration: float) -> list[Change]:
    """Return the fades, dissolves and wipes between cuts, in order.

    Args:
        strip: Frames in order.
        cuts: Numbers of the frames that begin a shot; no gradual change goes across one.
        duration: Of the video, in seconds: a fade at its very start or end changes no shot.
    """
    edges = [0, *cuts, len(strip.times)]
    mixes: list[_Mix] = []
    for first, stop in pairwise(edges):
        part = Strip(strip.times[first:stop], strip.looks[first:stop])
        mixes += _join_dips([mix for mix in _strongest(_candidates(part)) if not mix.is_one_scene])
    changes = [_change(strip, mix) for mix in mixes if not _opens_or_closes(mix, duration)]
    return [change for change in changes if change is not None]


def _change(strip: Strip, mix: _Mix) -> Change | None:
    """Report a mix; one over in a few frames is a cut at its largest step, or a whip pan."""
    if mix.end - mix.start > ABRUPT:
        return Change(time=(mix.start + mix.end) / 2, change=Span(start=mix.start, end=mix.end))
    near = np.flatnonzero((strip.times >= mix.start - ABRUPT) & (strip.times <= mix.end + ABRUPT))
    times, steps = strip.times[near], steps_between(strip.looks[near])
    cut = int(np.argmax(steps))
    is_beyond = (times[1:] <= mix.start) | (times[:-1] >= mix.end)
    if _goes_on(steps, cut) and np.any(steps[is_beyond] > STOPS * steps[cut]):
        return None
    return Change(time=float(times[1 + cut]))


def _goes_on(steps: npt.NDArray[np.float32], cut: int) -> bool:
    """Say whether large steps lead up to the largest one and away from it."""
    sides = (steps[:cut][-BESIDE:], steps[cut + 1 :][:BESIDE])
    return all(np.any(side > STOPS * steps[cut]) for side in sides)


def _candidates(strip: Strip) -> list[_Mix]:
    """Try every length at every place; return what is a mix."""
    found: list[_Mix] = []
    for length in LENGTHS:
        firsts = np.flatnonzero(strip.times <= strip.times[-1] - length + 1e-6)
        if len(firsts) == 0:
            continue
        lasts = np.searchsorted(strip.times, strip.times[firsts] + length - 1e-6)
        for start in range(0, len(firsts), BATCH):
            batch = slice(start, start + BATCH)
            found += _mixes(strip, firsts[batch], lasts[batch])
    return found


def _mixes(strip: Strip, firsts: Places, lasts: Places) -> list[_Mix]:
    """Judge for pairs of frames whether those between are made of both; return where they are."""
    ends = np.abs(strip.looks[lasts] - strip.looks[firsts])
    steps = ends.sum(axis=1)
    share = np.mean(ends[:, :LUMA_CELLS] * LUMA_CELLS > VISIBLE, axis=1)
    # One frame between is no course of events.
    is_able = (steps >= GRADUAL) & (share >= MOST_OF_IT) & (lasts - firsts > 2)  # noqa: PLR2004
    firsts, lasts, steps = firsts[is_able], lasts[is_able], steps[is_able]
    if not len(firsts):
        return []
    places = np.linspace(firsts, lasts, SAMPLES, axis=1).round().astype(int)[:, 1:-1]
    one, other = strip.looks[firsts][:, None], strip.looks[lasts][:, None]
    between = strip.looks[places] - one
    way = other - one
    shares = (between * way).sum(axis=2) / np.square(way).sum(axis=2)
    inner = (shares > 0.15) & (shares < 0.85)  # noqa: PLR2004  near an end every frame fits
    course = np.diff(shares, axis=1, prepend=0, append=1)
    # A little noise is no way back.
    is_course = inner.any(axis=1) & (course.min(axis=1) >= -0.15)  # noqa: PLR2004
    blend = np.abs(between - shares[..., None] * way).sum(axis=2)
    wipe = np.minimum(np.abs(between), np.abs(between - way)).sum(axis=2)
    # All cells mixed alike, or each old or new.
    error = np.minimum(_mean(blend, inner), _mean(wipe, inner)) / steps
    allowed = np.interp(steps, [GRADUAL, CLEAR], [MIX_ERROR, CLEAR_MIX_ERROR])
    mixes = [
        _measured(strip, int(firsts[n]), int(lasts[n]), float(steps[n] * (1 - error[n])))
        for n in np.flatnonzero(is_course & (error <= allowed))
    ]
    return [mix for mix in mixes if mix is not None]


def _mean(values: npt.NDArray[np.float32], chosen: npt.NDArray[np.bool_]) -> Any:
    """Return the mean of what is chosen in each row, 0 where nothing is."""
    return (values * chosen).sum(axis=1) / np.maximum(chosen.sum(axis=1), 1)


def _measured(strip: Strip, first: int, last: int, score: float) -> _Mix | None:
    """Find where a mix begins and ends; None when one frame makes most of the change."""
    one, other = strip.looks[first], strip.looks[last]
    shares = _shares(strip.looks[first : last + 1], one, other)
    if np.diff(shares).max() > 0.6:  # noqa: PLR2004  more is a cut between moving pictures
        return None
    early = int(np.flatnonzero(shares <= EARLY)[-1])
    late = early + int(np.argmax(shares[early:] >= 1 - EARLY))
    if late <= early:
        return None
    # Both outer parts move as well, so the ends are drawn on from the steady middle.
    times = strip.times[first : last + 1]
    share = max(float(shares[late] - shares[early]), 0.5)
    slope = float(times[late] - times[early]) / share
    start = max(float(times[early] - shares[early] * slope), float(times[0]))
    end = min(float(times[late] + (1 - shares[late]) * slope), float(times[-1]))
    return _Mix(start, end, score, one, other)


def _shares(looks: Look, one: Look, other: Look) -> npt.NDArray[np.float32]:
    """Return how much of `other` is in each look, by least squares: 0 none, 1 all."""
    way = other - one
    return np.asarray((looks - one) @ way / (way @ way))


def _strongest(mixes: list[_Mix]) -> list[_Mix]:
    """Keep the strongest of mixes that overlap, in order of time."""
    kept: list[_Mix] = []
    for mix in sorted(mixes, key=lambda mix: -mix.score):
        if all(mix.start >= other.end or mix.end <= other.start for other in kept):
            kept.append(mix)
    return sorted(kept, key=lambda mix: mix.start)


def _join_dips(mixes: list[_Mix]) -> list[_Mix]:
    """Make one change of a fade to one tone and the fade out of it."""
    joined: list[_Mix] = []
    for mix in mixes:
        last = joined[-1] if joined else None
        if last and last.to_blank and mix.from_blank and mix.start - last.end <= DIP:
            score = max(last.score, mix.score)
            joined[-1] = _Mix(last.start, mix.end, score, last.one, mix.other)
        else:
            joined.append(mix)
    return joined


def _opens_or_closes(mix: _Mix, duration: float) -> bool:
    """Say whether a fade is the film's first or last, with no shot on its other side."""
    opens = mix.from_blank and mix.start < DIP
    return opens or (mix.to_blank and mix.end > duration - DIP)
