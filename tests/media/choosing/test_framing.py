"""The crop keeps people in view and stays calm."""

import itertools

import numpy as np
import pytest

from cutroom.media.choosing.framing import DEAD_ZONE, TOP_SPEED, frame_faces
from cutroom.records.findings import FaceBox, FaceTrack, Scene
from cutroom.records.span import Span

WIDE, TALL = (1920, 1080), (1080, 1920)
CROP = 9 / 16 * 1080 / 1920
"""Width of an upright crop of a wide picture."""
SPAN = Span(start=10.0, end=20.0)
ONE_SHOT = [Scene(start=0.0, end=60.0)]


def track(middles, *, start=10.0, end=20.0, size=0.1):
    """A face whose middle moves through the given places, evenly over its time."""
    times = np.linspace(start, end, len(middles))
    boxes = tuple(
        FaceBox(time=time, x=middle - size / 2, y=0.3, width=size, height=size, score=0.9)
        for time, middle in zip(times, middles, strict=True)
    )
    return FaceTrack(start=start, end=end, boxes=boxes)


def framed(*tracks, scenes=None, layout="vertical", size=WIDE, span=SPAN):
    return frame_faces(list(tracks), scenes or ONE_SHOT, span, layout, size)


def place_at(path, time, axis="x"):
    """Where the crop's low edge lies at a time, the later place where it jumps."""
    times = [point.time for point in path.points]
    places = [getattr(point, axis) for point in path.points]
    after = next((n for n, at in enumerate(times) if at > time), len(times))
    if after in (0, len(times)):
        return places[min(after, len(times) - 1)]
    return float(np.interp(time, times[after - 1 : after + 1], places[after - 1 : after + 1]))


def test_nothing_is_cropped_of_what_has_the_shape():
    """Nor when the source's own shape is asked for."""
    assert framed(layout="source") is None
    assert framed(size=TALL) is None
    assert framed(size=(1000, 1010), layout="square") is None


@pytest.mark.parametrize(
    ("layout", "size", "width", "height"),
    [
        ("vertical", WIDE, CROP, 1.0),
        ("square", WIDE, 9 / 16, 1.0),
        ("square", TALL, 1.0, 9 / 16),
        ("vertical", (1000, 4000), 1.0, 4 / 9),
    ],
)
def test_the_crop_is_as_large_as_the_picture_allows(layout, size, width, height):
    """Of a tall picture it takes the whole width."""
    path = framed(layout=layout, size=size)

    assert (path.width, path.height) == (pytest.approx(width), pytest.approx(height))


def test_without_faces_the_crop_lies_in_the_middle():
    """One point says it all."""
    (point,) = framed().points

    assert point.x + CROP / 2 == pytest.approx(0.5, abs=1e-4)
    assert point.y == 0


def test_a_face_that_sits_still_gets_a_still_crop():
    """Nodding and the detector's trembling stay within the dead zone."""
    tremble = 0.5 + np.random.default_rng(1).uniform(-0.4, 0.4, 21) * DEAD_ZONE * CROP
    path = framed(track(tremble))

    assert len(path.points) == 1
    assert path.points[0].x + CROP / 2 == pytest.approx(0.5, abs=DEAD_ZONE * CROP)


def test_a_face_that_walks_is_followed_at_one_speed():
    """The crop pans steadily instead of chasing, and the face stays inside."""
    walk = np.linspace(0.2, 0.8, 21)
    path = framed(track(walk))

    moves = np.diff([point.x for point in path.points])
    assert (moves >= 0).all()
    assert len(path.points) <= 4
    for time, middle in zip(np.linspace(10, 20, 21), walk, strict=True):
        assert place_at(path, time) <= middle - 0.05
        assert middle + 0.05 <= place_at(path, time) + CROP


def test_a_face_that_jumps_is_not_followed_faster_than_is_calm():
    """Within a shot the crop never whips."""
    path = framed(track([0.1] * 10 + [0.9] * 11))

    for one, other in itertools.pairwise(path.points):
        assert abs(other.x - one.x) <= TOP_SPEED * CROP * (other.time - one.time) + 1e-4


def test_the_crop_jumps_where_the_shot_changes():
    """And only there."""
    scenes = [Scene(start=0, end=14.0), Scene(start=14.0, end=60)]
    path = framed(track([0.2] * 5, end=14.0), track([0.8] * 5, start=14.0), scenes=scenes)

    jumps = [one.time for one, two in itertools.pairwise(path.points) if one.time == two.time]
    assert jumps == [14.0]
    assert place_at(path, 12.0) + CROP / 2 == pytest.approx(0.2, abs=0.05)
    assert place_at(path, 16.0) + CROP / 2 == pytest.approx(0.8, abs=0.05)


def test_faces_that_fit_are_all_kept_in():
    """Two people close to each other share the crop."""
    path = framed(track([0.42] * 3), track([0.56] * 3))

    assert path.points[0].x <= 0.37
    assert path.points[0].x + CROP >= 0.61


def test_of_faces_that_do_not_fit_the_larger_is_kept():
    """Half of each would be worse."""
    path = framed(track([0.2] * 3, size=0.1), track([0.8] * 3, size=0.2))

    assert len(path.points) == 1
    assert path.points[0].x + CROP / 2 == pytest.approx(0.8, abs=0.06)


def test_a_passer_by_is_not_framed():
    """A small face for a moment does not move the crop."""
    passer_by = track([0.45, 0.6], start=12.0, end=13.0, size=0.04)

    assert framed(track([0.3] * 5), passer_by) == framed(track([0.3] * 5))


def test_the_crop_turns_to_another_face_rarely():
    """Faces that take turns every second do not swing the crop to and fro."""
    turns = [
        track([0.2 + 0.6 * (number % 2)] * 2, start=10.0 + number, end=10.9 + number)
        for number in range(10)
    ]
    path = framed(*turns)

    directions = np.sign(np.diff([point.x for point in path.points]))
    directions = directions[directions != 0]
    assert np.count_nonzero(np.diff(directions)) <= 3


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize(("layout", "size"), [("vertical", WIDE), ("square", TALL)])
def test_the_crop_never_leaves_the_picture(seed, layout, size):
    """Whatever faces do; its points are in order, cover the span, and it is always the same."""
    rng = np.random.default_rng(seed)
    scenes = [Scene(start=0, end=13.0), Scene(start=13.0, end=16.5), Scene(start=16.5, end=99)]
    tracks = [
        track(rng.uniform(0.02, 0.98, 12), start=start, end=start + rng.uniform(0.5, 6), size=0.03)
        for start in rng.uniform(9, 19, 4)
    ]
    path = framed(*tracks, scenes=scenes, layout=layout, size=size)

    times = [point.time for point in path.points]
    assert times == sorted(times)
    assert SPAN.start <= times[0]
    assert times[-1] <= SPAN.end
    assert all(point.x + path.width <= 1 for point in path.points)
    assert all(point.y + path.height <= 1 for point in path.points)
    jumps = {one for one, two in itertools.pairwise(times) if one == two}
    assert jumps <= {13.0, 16.5}
    assert framed(*tracks, scenes=scenes, layout=layout, size=size) == path
