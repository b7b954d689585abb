"""Where to look inside a group of pictures, from packet sizes and its two ends alone.

An encoder spends bits where prediction fails. A cut costs one large frame, a dissolve or wipe a run
of large frames, and x264 starts a new group where predicting a frame costs about as much as coding
it alone (its `scenecut`). What the sizes explain needs no decoding.
"""

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from cutroom.media.watching.costs import costly_stretches
from cutroom.media.watching.groups import Group, Kind
from cutroom.media.watching.looks import CUT, differ, distance
from cutroom.records.span import Span

RUN = 5
"""Frames in a row that must all be large: a lone large frame comes with every burst of motion."""
USUAL = 65
"""Percentile of the sizes of one kind of frame that counts as usual in a group: a median would be
that of the still frames where pictures are held, as in animation."""
ELEVATED = 1.6
"""Times the usual size from which a frame counts as large."""
RAISED = 1.3
"""The same, down to which a run is followed to both sides once it was elevated."""
SPIKE = 3.5
"""Times the usual size from which a single frame hints at a cut or flash."""
SPIKE_SHARE = 0.5
"""Of the keyframe's size that it has at least: a cut's frame is coded almost whole."""
LONE, LONE_SHARE = (3.0, 1.7), (0.25, 0.5)
"""Times the median of the frames around it from which a frame predicted forward hints at a cut, by
its share of the keyframe's size: with few details it is predicted in part, amid motion the others
are large, too."""
BUMP = 2.0
"""Times the median of those around it from which it is worth seeing every frame there: cheaper than
to come back for the frames left out before a cut."""
AROUND = 4
"""Frames predicted forward on each side that a lone one is held against."""
TAIL = 8
"""Frames at the end of a group that say whether it ends as it went on."""
SHRUNK = 0.5
"""Times the usual size up to which they are unusually small."""
NEARLY_ALL, FEW_FORWARD = 0.85, 0.6
"""Share of frames predicted forward in those last ones, and at most in all, to be unusual."""
LEAST_SHARE = 0.01
"""Of the keyframe's size: usual sizes below it are those of a still picture and say nothing."""
CALM = 0.38
"""Share of the sizes of the keyframes around them that predicted frames cost at most where
prediction worked, for a step of `CUT`. In whip pans it is 0.5 and more."""
BUSY, LARGE_STEP = 0.55, 60.0
"""The same for a step as large as this, which motion rarely makes; in between, in proportion."""
NEAR = 0.12
"""Seconds between a keyframe and a costly stretch up to which the keyframe may lie within a change
that the stretch is part of: 3 frames at 25 a second, over which costs are averaged."""
FLASH = 0.3
"""Seconds within which a picture that comes back was a flash."""
MARGIN = 0.5
"""Seconds decoded past the last hint, to see that the picture has settled."""
SHARP = 8
"""Frames around a hint of which none is skipped: x264 puts at most 3 B-frames in a row by default,
at most 16 in all, and a cut lies between two reference frames."""


OPENING = 0.2
"""Seconds decoded after a keyframe that begins a shot by its size alone: a flash that begins there
is over by then, a dip moves on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to decode of one group."""

    until: float
    """Seconds of the source; infinite for all of it, minus infinity for nothing."""
    sharp: tuple[Span, ...] = ()
    """Where every frame is decoded; elsewhere only those that others are predicted from."""
    cuts_at_end: bool = False
    """Whether the next keyframe is known to begin a new shot, without decoding up to it."""
    settles: float = math.inf
    """Seconds of the source after which a picture like the next keyframe's ends the search."""

    @property
    def is_whole(self) -> bool:
        """Whether the group is decoded up to the next keyframe."""
        return self.until == math.inf

    @property
    def is_nothing(self) -> bool:
        """Whether nothing of the group is decoded."""
        return self.until == -math.inf


@dataclass(frozen=True, slots=True)
class _Hints:
    """What the packet sizes of one group say."""

    spikes: tuple[float, ...]
    """Times of single frames that stand out."""
    sharp: tuple[Span, ...]
    """Around frames that stand out at all."""
    run: tuple[float, float] | None
    """First and last time of large frames in a row."""
    reaches_start: bool
    reaches_end: bool
    prediction: float
    """Median bytes of a frame predicted forward, 0 when there is none."""
    frame: float
    """Seconds a frame."""


def plan_groups(groups: list[Group]) -> list[Plan]:
    """Decide for each group what to decode of it; of the last, which has no other end, all."""
    hints = [_hints(group) for group in groups]
    scheduled = _scheduled(groups)
    costly = costly_stretches(groups)
    plans: list[Plan] = []
    for number in range(len(groups) - 1):
        one, other = groups[number], groups[number + 1]
        here, after = hints[number], hints[number + 1]
        before = hints[number - 1] if number else None
        is_proven = _is_proven(one, other, here, is_scheduled=scheduled[number])
        is_busy = here.reaches_end or after.reaches_start or _flashes(after, other.start)
        is_near = any(span.start - NEAR <= other.start <= span.end + NEAR for span in costly)
        is_open = is_busy or is_near or not (is_proven or _is_same(one, other))
        plan = _plan(one, here, before, is_open=is_open, cuts_at_end=is_proven)
        plans.append(plan if is_busy else replace(plan, settles=_last_hint(one, here, before)))
    plans += [_plan(one, _hints(one), None, is_open=True) for one in groups[-1:]]
    for number, plan in enumerate(plans[:-1]):
        if plan.cuts_at_end:
            opening = groups[number + 1].start + OPENING
            plans[number + 1] = replace(
                plans[number + 1], until=max(plans[number + 1].until, opening)
            )
    return plans


def _scheduled(groups: list[Group]) -> list[bool]:
    """A keyframe after the longest interval, or after the one most groups have, proves nothing."""
    lengths = [len(group.times) for group in groups[:-1]]
    if not lengths:
        return []
    usual, count = Counter(lengths).most_common(1)[0]
    is_clockwork = count * 2 > len(lengths) and count > 1
    longest = max(lengths)
    return [length == longest or (is_clockwork and length == usual) for length in lengths]


def _plan(
    group: Group,
    here: _Hints,
    before: _Hints | None,
    *,
    is_open: bool,
    cuts_at_end: bool = False,
) -> Plan:
    until = math.inf if is_open else _last_hint(group, here, before)
    return Plan(until, here.sharp, cuts_at_end and not is_open)


def _last_hint(group: Group, here: _Hints, before: _Hints | None) -> float:
    """Return when the last of what sizes hint at is over, minus infinity where they do not."""
    ends = [time + MARGIN for time in here.spikes]
    if here.run is not None:
        ends.append(here.run[1] + MARGIN)
    if before is not None and before.reaches_end:
        ends.append(group.start + 2 * MARGIN)
    return max(ends, default=-math.inf)


def _flashes(hints: _Hints, start: float) -> bool:
    return any(time - start <= FLASH for time in hints.spikes)


def _is_same(one: Group, other: Group) -> bool:
    """Say whether two keyframes look so alike that no change between them would count."""
    if one.look is None or other.look is None:
        return False
    return not differ(one.look, other.look)


def _is_proven(one: Group, other: Group, here: _Hints, *, is_scheduled: bool) -> bool:
    """Up to the keyframe prediction worked, then suddenly it did not, and the picture is new."""
    if is_scheduled or one.look is None or other.look is None:
        return False
    step = distance(one.look, other.look)
    effort = 2 * here.prediction / max(1, one.sizes[0] + other.sizes[0])
    return differ(one.look, other.look) and effort <= float(
        np.interp(step, [CUT, LARGE_STEP], [CALM, BUSY])
    )


def _hints(group: Group) -> _Hints:
    times, sizes, kinds = group.in_order()
    frame = float(np.median(np.diff(times))) if len(times) > 1 else 0.04
    inner, kinds = sizes[1:], kinds[1:]
    ratios = _ratios(inner, kinds, floor=LEAST_SHARE * sizes[0])
    is_forward = (kinds == Kind.FORWARD) | (kinds == Kind.UNKNOWN)
    forward = inner[is_forward]
    stands_out = (kinds == Kind.INTRA) | ((ratios >= SPIKE) & (inner > SPIKE_SHARE * sizes[0]))
    above = _above_neighbours(forward)
    shares = forward / max(sizes[0], 1)
    stands_out[is_forward] |= (shares >= LONE_SHARE[0]) & (
        above >= np.interp(shares, LONE_SHARE, LONE)
    )
    bumps = stands_out.copy()
    bumps[is_forward] |= above >= BUMP
    run = _longest_run(ratios)
    return _Hints(
        spikes=tuple(float(time) for time in times[1:][stands_out]),
        sharp=_sharp(times, kinds, bumps, frame),
        run=None if run is None else (float(times[1 + run[0]]), float(times[1 + run[1]])),
        reaches_start=run is not None and bool(np.median(ratios[:RUN]) >= ELEVATED),
        reaches_end=(run is not None and run[1] >= len(ratios) - RUN)
        or _ends_otherwise(ratios, is_forward),
        prediction=float(np.median(forward)) if len(forward) else 0.0,
        frame=frame,
    )


def _above_neighbours(sizes: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return how many times larger each frame is than those around it.

    x264 predicts a cut where the keyframe it wants there has to wait, in part or altogether.
    """
    if len(sizes) <= AROUND:
        return np.zeros(len(sizes))
    padded = np.pad(sizes, AROUND, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * AROUND + 1)
    return np.asarray(sizes / np.maximum(np.median(windows, axis=1), 1))


def _sharp(
    times: npt.NDArray[np.float64],
    kinds: npt.NDArray[np.int64],
    bumps: npt.NDArray[np.bool_],
    frame: float,
) -> tuple[Span, ...]:
    """Return from which frame to which all are decoded around those that stand out.

    From two frames that others are predicted from before one to the next one after it; where kinds
    are not known, a number of frames.
    """
    found = times[1:][bumps]
    if np.all(kinds == Kind.UNKNOWN):
        near = SHARP * frame
        return tuple(Span(start=max(0.0, time - near), end=time + near) for time in found)
    anchors = times[np.concatenate([[True], kinds <= Kind.FORWARD])]
    places = np.searchsorted(anchors, found)
    return tuple(
        Span(
            start=max(0.0, anchors[max(0, place - 2)]),
            end=anchors[min(place + 1, len(anchors) - 1)] + frame,
        )
        for place in places
    )


def _ends_otherwise(ratios: npt.NDArray[np.float64], is_forward: npt.NDArray[np.bool_]) -> bool:
    """Say whether the last frames of a group are of another kind than most of it.

    Weighted prediction makes fades cheap: frames get small, and x264 hardly predicts from both
    sides any more.
    """
    if len(ratios) < 3 * TAIL:
        return False
    tail, is_tail_forward = ratios[-TAIL:], is_forward[-TAIL:]
    is_small = [np.median(part) <= SHRUNK for part in (tail, tail[~is_tail_forward]) if len(part)]
    return any(is_small) or bool(
        is_tail_forward.mean() >= NEARLY_ALL and is_forward.mean() < FEW_FORWARD
    )


def _ratios(
    sizes: npt.NDArray[np.float64], kinds: npt.NDArray[np.int64], floor: float
) -> npt.NDArray[np.float64]:
    """Return each frame's size over what is usual for its kind in the group."""
    ratios = np.zeros(len(sizes))
    for kind in np.unique(kinds):
        ours = kinds == kind
        ratios[ours] = sizes[ours] / max(float(np.percentile(sizes[ours], USUAL)), floor, 1.0)
    return ratios


def _longest_run(ratios: npt.NDArray[np.float64]) -> tuple[int, int] | None:
    """Return the first and last frame over which the running median stays elevated."""
    if len(ratios) < RUN:
        return None
    medians = np.median(np.lib.stride_tricks.sliding_window_view(ratios, RUN), axis=1)
    large = np.flatnonzero(medians >= ELEVATED)
    if not len(large):
        return None
    calm = np.flatnonzero(medians < RAISED)
    first = int(max(calm[calm < large[0]], default=-1)) + 1
    last = int(min(calm[calm > large[-1]], default=len(medians))) - 1
    return first, last + RUN - 1
