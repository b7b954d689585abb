"""Cuts in a strip of decoded frames; arithmetic alone.

The step of a cut is held against the steps around it, as in PySceneDetect's adaptive detector
(Breakthrough/PySceneDetect) but by medians, so that neighbouring cuts and flashes do not raise the
bar.
"""

import numpy as np
import numpy.typing as npt

from cutroom.media.shots.groups import Strip
from cutroom.media.shots.looks import FAINT, differ, distance, share_changed, steps_between

STANDS_OUT = 2.5
"""Times the usual step around it that a cut's step is; PySceneDetect takes 3 with means."""
NEIGHBOURS = 6
"""Steps on each side that say what is usual."""
ALONE = 1.5
"""Times both adjacent steps that a cut's step is: in a fade or whip pan they are all large."""
FLASH = 0.3
"""Seconds within which a picture that comes back was a flash."""
RETURNS = 0.4
"""Share of a step within which the picture from before it counts as back: it was a flash."""
MUCH_OF_IT = 0.3
"""Share of the picture that a cut alters at least; titles and banners take less. Two subjects
before the same background alter a third."""


def find_cuts(strip: Strip, *, may_be_gaps: bool = False) -> list[int]:
    """Return the number of each frame that begins a new shot abruptly, in order.

    Args:
        strip: Frames in order, some of which may have been left out.
        may_be_gaps: Count steps that may be large only for the frames left out before them: what
            a caller does who is going to decode those.
    """
    steps = np.concatenate([[0.0], steps_between(strip.looks)])
    gaps = np.concatenate([[np.inf], np.diff(strip.times)])
    gaps = np.ones_like(gaps) if may_be_gaps else gaps
    cuts = [
        int(number)
        for number in np.flatnonzero(steps >= FAINT)
        if _is_peak(steps, gaps, int(number))
        and share_changed(strip.looks[number - 1], strip.looks[number]) >= MUCH_OF_IT
        and differ(strip.looks[number - 1], strip.looks[number])
    ]
    return _without_flashes(strip, steps, cuts)


def _is_peak(steps: npt.NDArray[np.float64], gaps: npt.NDArray[np.float64], number: int) -> bool:
    """Say whether a step stands out from those around it and is not part of a series.

    A step across frames left out is held against what the steps around it would have been over as
    long a gap: motion goes further in that time, a cut does not.
    """
    first, stop = max(1, number - NEIGHBOURS), number + 1 + NEIGHBOURS
    scaled = steps[first:stop] * np.maximum(gaps[number] / gaps[first:stop], 1.0)
    before, after = scaled[: number - first], scaled[number - first + 1 :]
    around = np.concatenate([before, after])
    if not len(around):
        return True
    adjacent = max([*before[-1:], *after[:1]])
    usual = float(np.median(around)) + 1
    return bool(steps[number] >= STANDS_OUT * usual and steps[number] >= ALONE * adjacent)


def _without_flashes(strip: Strip, steps: npt.NDArray[np.float64], cuts: list[int]) -> list[int]:
    """Drop cuts after which the picture from before them soon comes back."""
    kept: list[int] = []
    flash_ends = -np.inf
    for number in cuts:
        if strip.times[number] <= flash_ends:
            continue
        before = strip.looks[number - 1]
        stop = int(np.searchsorted(strip.times, strip.times[number] + FLASH, side="right"))
        back = [
            later
            for later in range(number + 1, stop)
            if distance(before, strip.looks[later]) < RETURNS * steps[number]
        ]
        if back:
            flash_ends = strip.times[back[0]]
        else:
            kept.append(number)
    return kept
