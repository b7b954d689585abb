"""Decide where an upright or square crop lies so that people stay in it, calmly.

The crop is a camera that would rather stand: it stays where it is while the face keeps within a
dead zone, pans in straight lines when it does not, and jumps only where the shot changes. The
lines are those of a swing filter (H. Elmeleegy et al., Online Piece-wise Linear Approximation,
VLDB 2009): each goes on as long as any straight line keeps the face in the dead zone, and is the
slowest that does.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from cutroom.records.clip import CropPoint, FramingPath
from cutroom.records.findings import FaceTrack, Scene
from cutroom.records.order import Layout
from cutroom.records.span import Span

SHAPES: dict[Layout, float] = {"vertical": 9 / 16, "square": 1.0}
"""Width over height of each layout that crops."""
SAME_SHAPE = 0.02
"""Share by which shapes may differ and still be the same: the crop would take off slivers."""
DEAD_ZONE = 0.25
"""Share of the crop within which a face may move before the crop follows; OpenShorts' value."""
STEP = 0.25
"""Seconds between the points at which the crop's place is considered."""
TOP_SPEED = 0.5
"""Of its own width that the crop moves in a second at most; faster looks like a whip pan."""
ROOM = 0.9
"""Share of the crop that several faces together may fill."""
MINOR = 0.2
"""Share of the main face's weight below which a face is a passer-by and not framed."""
LEAST_STAY = 3.0
"""Seconds the crop stays with one face of a shot before it may turn to another."""
ABSENCE = 1.0
"""Seconds a face may be out of sight before the crop looks for another."""
_EXACTNESS = 100_000
"""Places a crop can have across the picture: a hundredth of a pixel apart."""

_Places = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Face:
    """One face along the axis on which the crop moves."""

    start: float
    end: float
    weight: float
    """Area times seconds."""
    low: _Places
    """Its nearer edge at each considered time, shape (times,)."""
    high: _Places

    def is_seen(self, time: float, slack: float = 0.0) -> bool:
        """Say whether it is in the picture, or will be or was within `slack` seconds."""
        return self.start - slack <= time <= self.end + slack


def moves(layout: Layout, display_size: tuple[int, int]) -> bool:
    """Say whether a layout takes a crop of a picture, which then follows faces."""
    wanted, shape = SHAPES.get(layout), display_size[0] / display_size[1]
    return wanted is not None and abs(shape / wanted - 1) > SAME_SHAPE


def frame_faces(
    tracks: list[FaceTrack],
    scenes: list[Scene],
    span: Span,
    layout: Layout,
    display_size: tuple[int, int],
) -> FramingPath | None:
    """Return the way of a crop that keeps faces in view.

    Args:
        tracks: Faces of the source, at least those of the span.
        scenes: Shots of the source; the crop jumps only where one begins.
        span: The stretch to frame.
        layout: What shape to crop to.
        display_size: Width and height of the upright picture, in square pixels.

    Returns:
        A crop as large as the picture allows, its points in order from the span's start to its
        end; without faces it lies in the middle. None where nothing is to be cropped.
    """
    if not moves(layout, display_size):
        return None
    shape, wanted = display_size[0] / display_size[1], SHAPES[layout]
    is_wide = shape > wanted
    size = wanted / shape if is_wide else shape / wanted
    way: list[tuple[float, float]] = []
    for shot in _shots(scenes, span):
        way += _way_in(tracks, shot, size, is_wide=is_wide)
    points = [
        CropPoint(time=time, x=place if is_wide else 0.0, y=0.0 if is_wide else place)
        for time, place in _without_needless(way)
    ]
    return FramingPath(
        width=size if is_wide else 1.0, height=1.0 if is_wide else size, points=tuple(points)
    )


def _shots(scenes: list[Scene], span: Span) -> list[Span]:
    """Return the parts of a span that lie in one shot each, covering all of it."""
    starts = sorted({scene.start for scene in scenes if span.start < scene.start < span.end})
    borders = [span.start, *starts, span.end]
    return [Span(start=one, end=two) for one, two in pairwise(borders)]


def _way_in(
    tracks: list[FaceTrack], shot: Span, size: float, *, is_wide: bool
) -> list[tuple[float, float]]:
    """Return the crop's low edge at its turning points within one shot."""
    count = max(2, math.ceil(shot.duration / STEP) + 1)
    times = np.linspace(shot.start, shot.end, count)
    faces = [_face(track, times, is_wide=is_wide) for track in tracks if track.overlap(shot) > 0]
    middles = np.full(count, 0.5) if not faces else _wanted_middles(faces, times, size)
    edges = np.clip(middles - size / 2, 0.0, 1.0 - size)
    slack = DEAD_ZONE * size / 2
    low, high = np.clip(edges - slack, 0.0, 1 - size), np.clip(edges + slack, 0.0, 1 - size)
    turns = _calm_way(times, low, high, TOP_SPEED * size)
    return [(time, _rounded(min(max(place, 0.0), 1 - size))) for time, place in turns]


def _rounded(place: float) -> float:
    """Round down, so that the crop's far edge stays inside the picture."""
    return math.floor(place * _EXACTNESS) / _EXACTNESS


def _face(track: FaceTrack, times: _Places, *, is_wide: bool) -> _Face:
    seen = [box.time for box in track.boxes]
    low = [box.x if is_wide else box.y for box in track.boxes]
    high = [box.x + box.width if is_wide else box.y + box.height for box in track.boxes]
    area = float(np.mean([box.width * box.height for box in track.boxes]))
    seconds = track.overlap(Span(start=float(times[0]), end=float(times[-1])))
    return _Face(
        start=track.start,
        end=track.end,
        weight=area * seconds,
        low=np.interp(times, seen, low),
        high=np.interp(times, seen, high),
    )


def _wanted_middles(faces: list[_Face], times: _Places, size: float) -> _Places:
    """Return where the crop's middle would best be at each time."""
    most = max(face.weight for face in faces)
    faces = [face for face in faces if face.weight >= MINOR * most]
    groups = [[face for face in faces if face.is_seen(time, LEAST_STAY)] for time in times]
    widths = [
        max(face.high[number] for face in group) - min(face.low[number] for face in group)
        for number, group in enumerate(groups)
        if group
    ]
    if len(faces) > 1 and max(widths, default=math.inf) > ROOM * size:
        groups = [[face] for face in _one_at_a_time(faces, times)]
    middles = np.full(len(times), np.nan)
    for number, group in enumerate(groups):
        if group:
            low = min(face.low[number] for face in group)
            middles[number] = (low + max(face.high[number] for face in group)) / 2
    known = np.flatnonzero(~np.isnan(middles))
    if not len(known):
        return np.full(len(times), (faces[0].low[0] + faces[0].high[0]) / 2)
    # While nobody is seen the crop may drift from where the last face was to where the next is.
    return np.asarray(np.interp(np.arange(len(times)), known, middles[known]))


def _one_at_a_time(faces: list[_Face], times: _Places) -> list[_Face]:
    """Choose the face to stay with at each time, turning to another rarely."""
    by_weight = sorted(faces, key=lambda face: -face.weight)
    current = next((face for face in by_weight if face.is_seen(times[0])), by_weight[0])
    since = float(times[0])
    chosen = []
    for time in times:
        others = [face for face in by_weight if face.is_seen(time) and face is not current]
        is_gone = not current.is_seen(time, ABSENCE)
        if is_gone and others and time - since >= LEAST_STAY:
            current, since = others[0], float(time)
        chosen.append(current)
    return chosen


def _calm_way(
    times: _Places, low: _Places, high: _Places, top_speed: float
) -> list[tuple[float, float]]:
    """Return the turning points of the slowest straight lines that keep between two bounds.

    Args:
        times: In order, in seconds, shape (times,).
        low: Least place at each time.
        high: Greatest place at each time.
        top_speed: Places a second; where the bounds move faster they are left behind.
    """
    place, at = _first_stand(low, high)
    turns = [(float(times[0]), place)]
    if at:
        turns.append((float(times[at]), place))
    while at < len(times) - 1:
        until, slope = _longest_line(times, low, high, at, place, top_speed)
        place += slope * float(times[until] - times[at])
        at = until
        turns.append((float(times[at]), place))
    return turns


def _first_stand(low: _Places, high: _Places) -> tuple[float, int]:
    """Return the place where the crop can stand longest from the start, and until when."""
    floor, ceiling = float(low[0]), float(high[0])
    at = 0
    while at + 1 < len(low) and max(floor, low[at + 1]) <= min(ceiling, high[at + 1]):
        at += 1
        floor, ceiling = max(floor, float(low[at])), min(ceiling, float(high[at]))
    return (floor + ceiling) / 2, at


def _longest_line(
    times: _Places, low: _Places, high: _Places, at: int, place: float, top_speed: float
) -> tuple[int, float]:
    """Return how far one straight line from here keeps within the bounds, and its slope."""
    least, most = -top_speed, top_speed
    until = at
    for later in range(at + 1, len(times)):
        ahead = float(times[later] - times[at])
        floor, ceiling = (low[later] - place) / ahead, (high[later] - place) / ahead
        if max(least, floor) > min(most, ceiling):
            break
        least, most, until = max(least, float(floor)), min(most, float(ceiling)), later
    if until > at:
        return until, min(max(0.0, least), most)
    # The bounds run away: follow as fast as is calm, for one step.
    target = float(low[at + 1] if low[at + 1] > place else high[at + 1])
    ahead = float(times[at + 1] - times[at])
    return at + 1, min(max((target - place) / ahead, -top_speed), top_speed)


def _without_needless(way: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """Drop points between two others on one level, and all but one of a crop that never moves."""
    kept: list[tuple[float, float]] = []
    for point in way:
        if kept and point == kept[-1]:
            continue
        if len(kept) > 1 and kept[-1][1] == kept[-2][1] == point[1]:
            kept[-1] = point
        else:
            kept.append(point)
    if len({place for _, place in kept}) == 1:
        return kept[:1]
    return kept
