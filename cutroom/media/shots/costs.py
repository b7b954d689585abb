"""Where a video costs more bytes than around, whatever its groups of pictures: changes do that.

A dissolve or wipe makes every frame cost more for as long as it lasts; in a fade, encoders stop
predicting from both sides, for brightness is predicted better forward.
"""

import numpy as np
import numpy.typing as npt

from cutroom.media.shots.groups import Group
from cutroom.media.shots.kinds import Kind
from cutroom.records.span import Span

AVERAGED = 7
"""Frames whose mean counts, the largest left out: a lone large frame is a cut or a pulse of the
source, no stretch."""
COUNTED = 11
"""Frames of which the share that is predicted forward counts: three times what x264 alternates."""
AROUND = 2.0
"""Seconds to both sides that say what is usual there; gradual changes are rarely longer."""
CHEAP = 30
"""Percentile of the costs around that is usual: a dissolve may fill half of them."""
COSTLY, RAISED = 1.8, 1.5
"""Times the usual cost that a stretch reaches somewhere, and does not fall below. Of 75 gradual
changes in seven films 68 reach it; with 2.2, a tenth are lost."""
FORWARD, MIXED = 0.5, 0.36
"""Share of frames predicted forward in a fade at least, and at most where it tells: x264 has about
a quarter of them elsewhere."""
EVERY = 5
"""Frames between two places where what is usual is looked up: it changes slowly."""

Costs = npt.NDArray[np.float64]


def costly_stretches(groups: list[Group]) -> list[Span]:
    """Return where frames cost more than around, or are predicted forward alone.

    Args:
        groups: In order. Their keyframes do not count.

    Returns:
        Stretches in order, in seconds of the source.
    """
    frames = sorted(
        (time, size, kind)
        for group in groups
        for time, size, kind in zip(group.times, group.sizes, group.kinds, strict=True)
        if kind is not Kind.KEY
    )
    if len(frames) <= COUNTED:
        return []
    times, sizes, kinds = (np.array(column) for column in zip(*frames, strict=True))
    reach = round(AROUND / max(float(np.median(np.diff(times))), 0.001))
    reach = min(reach, len(times) - 1)
    ratios = _ratios(sizes.astype(float), reach)
    is_fade = _is_forward_alone(kinds, reach)
    edges = np.flatnonzero(np.diff((ratios >= RAISED) | is_fade, prepend=False, append=False))
    return [
        Span(start=max(0.0, times[first]), end=max(0.0, times[stop - 1]) + 0.001)
        for first, stop in zip(edges[::2], edges[1::2], strict=True)
        if np.any((ratios >= COSTLY)[first:stop] | is_fade[first:stop])
    ]


def _ratios(sizes: Costs, reach: int) -> Costs:
    costs = np.sort(_windows(sizes, AVERAGED), axis=1)[:, :-1].mean(axis=1)
    return np.asarray(costs / np.maximum(_usual(costs, reach, CHEAP), 1.0))


def _is_forward_alone(kinds: npt.NDArray[np.int64], reach: int) -> npt.NDArray[np.bool_]:
    """Say for each frame whether those around it are hardly predicted from both sides."""
    if np.any(kinds == Kind.UNKNOWN):
        return np.zeros(len(kinds), dtype=bool)
    shares = _windows((kinds <= Kind.FORWARD).astype(float), COUNTED).mean(axis=1)
    return np.asarray((shares >= FORWARD) & (_usual(shares, reach, 50) <= MIXED))


def _usual(values: Costs, reach: int, percentile: float) -> Costs:
    """Return a percentile of what lies around each value."""
    padded = np.pad(values, reach, mode="reflect")
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1)[::EVERY]
    return np.repeat(np.percentile(around, percentile, axis=1), EVERY)[: len(values)]


def _windows(values: Costs, length: int) -> npt.NDArray[np.float64]:
    """Return for each value those around it, itself in the middle."""
    padded = np.pad(values, length // 2, mode="reflect")
    return np.lib.stride_tricks.sliding_window_view(padded, length)
