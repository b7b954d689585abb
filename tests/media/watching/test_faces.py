"""Faces are followed through their shots."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from shots import film, shot
from skimage.data import astronaut

from cutroom.media.probe import probe
from cutroom.media.watching.face_tracks import FaceLook, follow
from cutroom.media.watching.faces import CLOSE, find_faces, sample_times
from cutroom.records.findings import FaceBox, Scene
from cutroom.records.span import Span

CORPUS = Path(__file__).parents[4] / "shared" / "corpus" / "originals"


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
    return [FaceLook(0.5 * number, list(faces)) for number, faces in enumerate(faces_by_time)]


WHOLE = Span(start=0.0, end=10.0)


def test_a_face_is_followed_as_it_moves(tmp_path, face_model):
    """One track, whose boxes go where the face goes."""
    path = film(tmp_path / "film.mp4", [portrait([round(1.4 * n) for n in range(100)])])
    media = probe(path)

    window = Span(start=0, end=media.duration)
    (track,) = find_faces(path, media, [], window, face_model, every=CLOSE)

    places = [one.x + one.width / 2 for one in track.boxes]
    assert len(places) >= 14
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

    assert (track.start, track.end) == (2.0, 4.0)
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
    [
        ("office_desk_720p25_vp9.webm", 2),
        ("asl/no.mkv", 1),
        ("friday_1940_480p_bw.mp4", 2),
        ("butterfly_720p.mp4", 0),
        ("people_onebyone_432p10.mp4", 0),
    ],
)
def test_real_people_are_found(face_model, name, faces):
    """In most of the looks, and nobody where nobody is."""
    path = CORPUS / name
    if not path.exists():
        pytest.skip("the corpus of real clips is not beside the checkout")
    media = probe(path)
    window = Span(start=0, end=min(media.duration, 5.0))

    tracks = find_faces(path, media, [], window, face_model, every=CLOSE)

    assert len([track for track in tracks if track.duration > window.duration / 2]) == faces


def test_every_keyframe_is_looked_at(tmp_path):
    """A look on a keyframe costs least; others fill what is left between them."""
    path = film(tmp_path / "film.mp4", [shot(1, 200)], options={"g": "40"})
    media = probe(path)
    scenes = [Scene(start=0, end=0.6), Scene(start=0.6, end=8.0)]

    times = sample_times(media, scenes, Span(start=0, end=8.0), every=0.5)

    assert set(media.keyframes) <= set(times)
    assert times == sorted(times)
    assert len([time for time in times if time < 0.6]) >= 2
    assert max(np.diff(times)) <= 0.75
    assert min(np.diff([time for time in times if time > 0.6])) >= 0.25


def test_a_first_look_takes_keyframes_alone(tmp_path):
    """And the middle of a shot without one."""
    path = film(tmp_path / "film.mp4", [shot(1, 200)], options={"g": "100"})
    scenes = [Scene(start=0, end=5.0), Scene(start=5.0, end=8.0)]

    times = sample_times(probe(path), scenes, Span(start=0, end=8.0))

    assert times == [0.0, 4.0, 6.5]


def test_a_long_shot_with_few_keyframes_is_looked_at_in_between(tmp_path):
    """So that whoever comes later is seen as well."""
    path = film(tmp_path / "film.mp4", [shot(1, 400)], options={"g": "1000"})

    times = sample_times(probe(path), [], Span(start=0, end=16.0))

    assert times == pytest.approx([0, 8, 16], abs=0.2)


def test_a_first_look_finds_who_is_there(tmp_path, face_model):
    """With one keyframe to look at, the track is the whole shot's; other shots stay empty."""
    film_of_two = [portrait([20] * 75), shot(3, 75)]
    path = film(tmp_path / "film.mp4", film_of_two, options={"g": "1000"})
    media = probe(path)
    scenes = [Scene(start=0, end=3.0), Scene(start=3.0, end=6.0)]

    (track,) = find_faces(path, media, scenes, Span(start=0, end=6.0), face_model)

    assert (track.start, track.end) == (0.0, 3.0)
    assert len(track.boxes) <= 2


def test_who_comes_and_goes_is_not_said_to_stay(tmp_path, face_model):
    """A track lasts half-way to the keyframes that do not show the face."""
    pictures = [shot(3, 50), portrait([20] * 50), shot(3, 50)]
    path = film(tmp_path / "film.mp4", pictures, options={"g": "25", "sc_threshold": "0"})
    media = probe(path)

    (track,) = find_faces(path, media, [], Span(start=0, end=6.0), face_model)

    assert (track.start, track.end) == (1.5, 3.5)


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
    """One doubtful box, several that all are, or one good one among many that are not."""

    def tracks(*scores):
        seen = [[box(0.5 * n, 0.4, score=score)] for n, score in enumerate(scores)]
        return follow(looks(*seen), WHOLE)

    assert tracks(0.75) == []
    assert tracks(0.6, 0.6) == []
    assert tracks(0.55, 0.55, 0.78, 0.55) == []
    assert len(tracks(0.85)) == 1
    assert len(tracks(0.6, 0.9, 0.7)) == 1


def test_looks_far_apart_still_show_one_face():
    """Seconds later a head is a little farther; across the room it is somebody else's."""

    def later(x):
        both = [FaceLook(0.0, [box(0.0, 0.4)]), FaceLook(6.0, [box(6.0, x)])]
        return follow(both, Span(start=0, end=8.0))

    assert [(track.start, track.end) for track in later(0.6)] == [(0.0, 8.0)]
    assert [(track.start, track.end) for track in later(0.75)] == [(0.0, 3.0), (3.0, 8.0)]


def test_of_two_faces_the_nearer_continues_a_track():
    """However long the other has been seen."""
    both = looks([box(0.0, 0.40)], [box(0.5, 0.40)], [box(1.0, 0.41), box(1.0, 0.47)])

    first, second = sorted(follow(both, WHOLE), key=lambda track: -len(track.boxes))

    assert [one.x for one in first.boxes] == [0.40, 0.40, 0.41]
    assert [one.x for one in second.boxes] == [0.47]


def test_tracks_stay_inside_their_shot():
    """They last to its ends where nobody looked, but never across a cut."""
    seen = [FaceLook(1.0, [box(1.0, 0.4)]), FaceLook(1.5, [box(1.5, 0.4)])]

    (track,) = follow(seen, Span(start=0.9, end=1.6))

    assert (track.start, track.end) == (0.9, 1.6)
