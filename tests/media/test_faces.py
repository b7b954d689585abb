"""Faces are followed through their shots."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from shots import film, shot
from skimage.data import astronaut

from cutroom.media.faces import find_faces, follow, sample_times
from cutroom.media.probe import probe
from cutroom.records.findings import FaceBox, Scene
from cutroom.records.span import Span

CORPUS = Path(__file__).parents[2].parent / "shared" / "corpus" / "originals"


def portrait(places, ground=110):
    """The astronaut before a plain ground, her left edge at the given pixels, frame by frame."""
    small = cv2.resize(astronaut(), (180, 180), interpolation=cv2.INTER_AREA)
    pictures = np.full((len(places), 180, 320, 3), ground, dtype=np.uint8)
    for picture, place in zip(pictures, places, strict=True):
        picture[:, place : place + 180] = small
    return pictures


def box(time, x, *, size=0.1, score=0.9):
    return FaceBox(time=time, x=x, y=0.3, width=size, height=size, score=score)


def looks(*faces_by_time):
    return [(0.5 * number, list(faces)) for number, faces in enumerate(faces_by_time)]


WHOLE = Span(start=0.0, end=10.0)


def test_a_face_is_followed_as_it_moves(tmp_path, face_model):
    """One track, whose boxes go where the face goes."""
    path = film(tmp_path / "film.mp4", [portrait([round(1.4 * n) for n in range(100)])])
    media = probe(path)

    (track,) = find_faces(path, media, [], Span(start=0, end=media.duration), face_model)

    places = [one.x + one.width / 2 for one in track.boxes]
    assert len(places) >= 7
    assert places == sorted(places)
    assert places[-1] - places[0] == pytest.approx(139 / 320, abs=0.06)
    assert track.start < 0.3
    assert track.end > 3.7


def test_a_track_ends_with_its_shot(tmp_path, face_model):
    """The same face after a cut is another track; a shot without one has none."""
    path = film(tmp_path / "film.mp4", [portrait([20] * 50), shot(3, 50), portrait([20] * 50)])
    media = probe(path)
    scenes = [Scene(start=2.0 * n, end=2.0 * (n + 1)) for n in range(3)]

    tracks = find_faces(path, media, scenes, Span(start=0, end=media.duration), face_model)

    assert [(track.start, track.end) for track in tracks] == [
        (pytest.approx(0, abs=0.2), pytest.approx(2, abs=0.2)),
        (pytest.approx(4, abs=0.2), pytest.approx(6, abs=0.2)),
    ]


def test_only_the_window_is_looked_at(tmp_path, face_model):
    """Boxes lie inside it, timed by the source's clock."""
    path = film(tmp_path / "film.mp4", [portrait([60] * 150)], options={"g": "25"})

    (track,) = find_faces(path, probe(path), [], Span(start=2.0, end=4.0), face_model)

    assert all(2.0 <= one.time <= 4.0 for one in track.boxes)


@pytest.mark.corpus
def test_a_turned_video_is_looked_at_upright(face_model):
    """Boxes are fractions of the picture as people see it."""
    path = CORPUS / "selfie_face_rotate_reflect.mp4"
    if not path.exists():
        pytest.skip("the corpus of real clips is not beside the checkout")
    media = probe(path)

    (track,) = find_faces(path, media, [], Span(start=0, end=media.duration), face_model)

    assert track.boxes[0].x + track.boxes[0].width / 2 == pytest.approx(0.6, abs=0.1)
    assert track.boxes[0].y + track.boxes[0].height / 2 == pytest.approx(0.54, abs=0.1)


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "faces"),
    [("office_desk_720p25_vp9.webm", 2), ("asl/no.mkv", 1), ("butterfly_720p.mp4", 0)],
)
def test_real_people_are_found(face_model, name, faces):
    """In most of the looks, and nobody where nobody is."""
    path = CORPUS / name
    if not path.exists():
        pytest.skip("the corpus of real clips is not beside the checkout")
    media = probe(path)
    window = Span(start=0, end=min(media.duration, 5.0))

    tracks = find_faces(path, media, [], window, face_model)

    assert len([track for track in tracks if track.duration > window.duration / 2]) == faces


def test_every_keyframe_is_looked_at_and_each_shot_twice(tmp_path):
    """A look on a keyframe costs least, so none is made right beside one."""
    path = film(tmp_path / "film.mp4", [shot(1, 200)], options={"g": "20"})
    media = probe(path)
    scenes = [Scene(start=0, end=0.6), Scene(start=0.6, end=8.0)]

    times = sample_times(media, scenes, Span(start=0, end=8.0))

    assert set(media.keyframes) <= set(times)
    assert times == sorted(times)
    assert len([time for time in times if time < 0.6]) >= 2
    assert max(np.diff(times)) <= 0.8
    others = [time for time in times if time not in media.keyframes]
    assert all(abs(time - key) > 0.2 for time in others for key in media.keyframes)


def test_a_first_look_takes_keyframes_alone(tmp_path):
    """And the middle of a shot without one."""
    path = film(tmp_path / "film.mp4", [shot(1, 200)], options={"g": "100"})
    scenes = [Scene(start=0, end=5.0), Scene(start=5.0, end=8.0)]

    times = sample_times(probe(path), scenes, Span(start=0, end=8.0), every=float("inf"))

    assert times == [0.0, 4.0, 6.5]


def test_boxes_join_the_nearest_face():
    """Two people are two tracks, also when one is not seen for a moment."""
    both = looks([box(0.0, 0.1), box(0.0, 0.7)], [box(0.5, 0.72)], [box(1.0, 0.71), box(1.0, 0.13)])

    tracks = follow(both, WHOLE)

    assert sorted([one.x for one in track.boxes] for track in tracks) == [
        [0.1, 0.13],
        [0.7, 0.72, 0.71],
    ]


def test_a_face_of_another_size_is_another_face():
    """Somebody steps before the camera."""
    tracks = follow(looks([box(0.0, 0.4)], [box(0.5, 0.35, size=0.3)]), WHOLE)

    assert len(tracks) == 2


def test_a_face_that_is_gone_for_long_comes_back_as_another():
    """After three looks in vain."""
    seen = looks([box(0.0, 0.4)], [], [], [], [box(2.0, 0.4)])

    assert len(follow(seen, WHOLE)) == 2


def test_what_is_hardly_a_face_makes_no_track():
    """One doubtful box, or several that all are."""
    assert follow(looks([box(0.0, 0.4, score=0.6)]), WHOLE) == []
    assert follow(looks([box(0.0, 0.4, score=0.6)], [box(0.5, 0.4, score=0.6)]), WHOLE) == []
    assert len(follow(looks([box(0.0, 0.4, score=0.6)], [box(0.5, 0.4)]), WHOLE)) == 1


def test_tracks_stay_inside_their_shot():
    """They last a little beyond their boxes, but never across a cut."""
    (track,) = follow([(1.0, [box(1.0, 0.4)]), (1.5, [box(1.5, 0.4)])], Span(start=0.9, end=1.6))

    assert (track.start, track.end) == (0.9, 1.6)
