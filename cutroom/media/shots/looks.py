"""What a frame looks like, in a few hundred numbers: small enough to keep, enough to compare.

A look is the mean luma of 32 x 18 cells followed by the mean of both colour differences of
16 x 9 cells, scaled so that the distance of two looks is the mean luma difference plus the mean
colour difference, both in 8-bit steps.
"""

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Look = npt.NDArray[np.float32]
"""One look of shape (864,), or several of shape (looks, 864)."""

Cells = npt.NDArray[np.float32]
"""The luma of a look as a picture, shape (18, 32) or part of it."""

ROWS, COLUMNS = 18, 32
LUMA_CELLS = ROWS * COLUMNS
_SAMPLED_ROWS = 6
"""Rows of pixels read in each row of cells: the mean of a cell hardly needs more."""
VISIBLE = 8.0
"""Luma steps that a cell must differ by; noise and small motion stay below."""
_SHIFT_LEFT = 0.45
"""Share of the difference that a shift leaves at most where a pan explains it."""
CUT = 17.0
"""Distance of two looks, in 8-bit steps, that a cut shows at least. Measured on cuts between takes
of the same scene: 20 and more; PySceneDetect's adaptive detector asks for 15 in its own unit."""
FAINT = 10.0
"""Distance from which two looks differ, too, where their shapes are other ones. Measured: the cuts
below `CUT` that a viewer sees plainly are at 13 and more with a likeness of at most 0.7; steps of
the same size within a shot, where a film holds each picture for some frames, have 0.8 and more."""
SAME_SHAPES = 0.75
"""Likeness above which the same picture just moved on, or became brighter or darker."""
_BLANK_SPREAD = 5.0
"""Standard deviation of luma, in 8-bit steps, up to which a picture shows nothing but one tone."""


def look_at(frame: Any) -> Look:
    """Return the look of a decoded frame (`av.VideoFrame`) of any size and pixel format."""
    if frame.format.name not in ("yuv420p", "yuvj420p") or min(frame.width, frame.height) < 2 * (
        COLUMNS
    ):
        size = {"width": max(frame.width, 4 * COLUMNS), "height": max(frame.height, 4 * COLUMNS)}
        frame = frame.reformat(format="yuv420p", **size)
    luma, blue, red = (_plane(plane) for plane in frame.planes[:3])
    parts = [
        _cells(luma, ROWS, COLUMNS),
        2 * _cells(blue, ROWS // 2, COLUMNS // 2),
        2 * _cells(red, ROWS // 2, COLUMNS // 2),
    ]
    cells = np.concatenate([part.ravel() for part in parts])
    return np.asarray(cells / LUMA_CELLS, dtype=np.float32)


def steps_between(looks: Look) -> npt.NDArray[np.float32]:
    """Return the distance of each look from the one before, shape (looks - 1,)."""
    return np.array([distance(one, two) for one, two in pairwise(looks)], dtype=np.float32)


def distance(one: Look, other: Look) -> float:
    """Return how far two looks are apart, in 8-bit steps, from 0 to about 500."""
    return float(np.abs(one - other).sum())


def differ(one: Look, other: Look) -> bool:
    """Say whether two pictures are far enough apart for a change of shot to lie between them."""
    step = distance(one, other)
    return step >= CUT or (step >= FAINT and likeness(one, other) < SAME_SHAPES)


def is_blank(look: Look) -> bool:
    """Say whether a picture is of one tone, as between a fade out and a fade in."""
    return float(look[:LUMA_CELLS].std()) * LUMA_CELLS <= _BLANK_SPREAD


def likeness(one: Look, other: Look) -> float:
    """Return how alike two pictures' shapes are, from -1 to 1.

    Brightness does not matter, nor does a drift of up to an eighth of the picture.
    """
    before, after = (look[:LUMA_CELLS].reshape(ROWS, COLUMNS) for look in (one, other))
    overlaps = _overlaps(before, after, ROWS // 8, COLUMNS // 8)
    return max(_correlation(old, new) for old, new in overlaps)


def share_changed(one: Look, other: Look) -> float:
    """Return the share of the picture whose luma differs visibly, from 0 to 1."""
    return float(np.mean(np.abs(one - other)[:LUMA_CELLS] * LUMA_CELLS > VISIBLE))


def is_shifted(one: Look, other: Look) -> bool:
    """Say whether two pictures are the same scene, seen up to half a picture further along."""
    before, after = (look[:LUMA_CELLS].reshape(ROWS, COLUMNS) for look in (one, other))
    still = float(np.abs(before - after).mean())
    overlaps = _overlaps(before, after, ROWS // 2, COLUMNS // 2)
    return min(float(np.abs(old - new).mean()) for old, new in overlaps) <= _SHIFT_LEFT * still


def _overlaps(
    before: Cells, after: Cells, rows: int, columns: int
) -> Iterator[tuple[Cells, Cells]]:
    """Yield what two pictures share when one is moved by up to so many cells either way."""
    for down in range(-rows, rows + 1):
        above, below = _halves(ROWS, down)
        for right in range(-columns, columns + 1):
            left, rest = _halves(COLUMNS, right)
            yield before[above, left], after[below, rest]


def _halves(length: int, shift: int) -> tuple[slice, slice]:
    """Return what is left of one side and of the other after a shift along it."""
    first, second = max(0, shift), max(0, -shift)
    return slice(first, length - second), slice(second, length - first)


def _correlation(one: Cells, other: Cells) -> float:
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(np.vdot(a, b)) / scale if scale > 0 else 0.0


def _plane(plane: Any) -> npt.NDArray[np.uint8]:
    pixels = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)
    return pixels[: plane.height, : plane.width]


def _cells(plane: npt.NDArray[np.uint8], rows: int, columns: int) -> npt.NDArray[np.float32]:
    """Return the mean of each cell; a remainder of pixels at the right and bottom is left out."""
    height, width = plane.shape[0] // rows, plane.shape[1] // columns
    every = max(1, height // _SAMPLED_ROWS)
    tall = plane[: height * rows].reshape(rows, height, -1)[:, every // 2 :: every]
    sums = tall.sum(axis=1, dtype=np.uint32)[:, : width * columns]
    cells = sums.reshape(rows, columns, width).sum(axis=2, dtype=np.uint32)
    return np.asarray(cells / np.float32(tall.shape[1] * width), dtype=np.float32)
