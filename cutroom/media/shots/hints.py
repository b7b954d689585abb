"""Where packet sizes say that something happens inside a group of pictures.

An encoder spends bits where prediction fails. A cut costs one large frame, a dissolve or wipe a run
of large frames, and x264 starts a new group where predicting a frame costs about as much as coding
it alone (its `scenecut`). What the sizes explain needs no decoding.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutroom.media.shots.groups import Group
from cutroom.media.shots.kinds import Kind
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
SHARP = 8
"""Frames around a hint of which none is skipped: x264 puts at most 3 B-frames in a row by default,
at most 16 in all, and a cut lies between two reference frames."""


@dataclass(frozen=True, slots=True)
class Hints:
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


def read_hints(group: Group) -> Hints:
    """Read what the sizes of a group's frames say."""
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
    return Hints(
        spikes=tuple(float(time) for time in times[1:][stands_out]),
        sharp=_sharp(times, kinds, bumps, frame),
        run=None if run is None else (float(times[1 + run[0]]), float(times[1 + run[1]])),
        reaches_start=run is not None and bool(np.median(ratios[:RUN]) >= ELEVATED),
        reaches_end=(run is not None and run[1] >= len(ratios) - RUN)
        or _ends_small(ratios, is_forward)
        or _ends_forward(is_forward),
        prediction=float(np.median(forward)) if len(forward) else 0.0,
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


def _ends_small(ratios: npt.NDArray[np.float64], is_forward: npt.NDArray[np.bool_]) -> bool:
    """Say whether the last frames of a group are small: weighted prediction makes fades cheap."""
    if len(ratios) < 3 * TAIL:
        return False
    tail = ratios[-TAIL:]
    parts = (tail, tail[~is_forward[-TAIL:]])
    return any(np.median(part) <= SHRUNK for part in parts if len(part))


def _ends_forward(is_forward: npt.NDArray[np.bool_]) -> bool:
    """Say whether the last frames are hardly predicted from both sides though others are.

    In fades x264 does so, for brightness is predicted better forward.
    """
    if len(is_forward) < 3 * TAIL:
        return False
    return bool(is_forward[-TAIL:].mean() >= NEARLY_ALL and is_forward.mean() < FEW_FORWARD)


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
