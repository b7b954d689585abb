"""The frames at a few times are decoded, upright and small."""

import numpy as np
import pytest
from shots import film, shot

from cutroom.media.probe import probe
from cutroom.media.watching.frames import look_at_frames

SIZE = (160, 160)


def greys(levels):
    """Frames of one grey each, so that a picture says which frame it is."""
    return np.array([np.full((180, 320, 3), level, dtype=np.uint8) for level in levels])


def look(path, times, **settings):
    """Return times and mean levels of what was looked at."""
    return look_at_frames(
        path,
        probe(path),
        times,
        settings.get("size", SIZE),
        lambda time, picture: (time, picture.mean(), picture.shape),
    )


@pytest.fixture(scope="module")
def ramp(tmp_path_factory):
    """Four seconds that grow lighter frame by frame, a keyframe each second, with B-frames."""
    path = tmp_path_factory.mktemp("ramp") / "ramp.mp4"
    return film(path, [greys(range(40, 240, 2))], options={"g": "25", "bf": "3"})


def test_keyframes_are_met_exactly(ramp):
    """Each at its own time, in order."""
    seen = look(ramp, [0.0, 1.0, 2.0, 3.0])

    assert [time for time, _, _ in seen] == [0.0, 1.0, 2.0, 3.0]
    assert [level for _, level, _ in seen] == pytest.approx([40, 90, 140, 190], abs=4)


def test_other_frames_are_met_nearly(ramp):
    """What is shown soon after the wanted time, and told with its own time."""
    seen = look(ramp, [0.3, 0.62, 1.9, 2.5])

    for wanted, (time, level, _) in zip([0.3, 0.62, 1.9, 2.5], seen, strict=True):
        assert wanted - 0.001 <= time <= wanted + 0.2 or wanted == 1.9
        assert level == pytest.approx(40 + 50 * time, abs=5)


def test_after_the_last_frame_comes_the_last(ramp):
    """A time past the end shows what was there last, once."""
    seen = look(ramp, [3.97, 3.99])

    assert len(seen) == 1
    assert seen[0][0] >= 3.8


def test_pictures_are_fitted_and_never_enlarged(ramp):
    """Into the asked size, in their own aspect."""
    assert look(ramp, [0.0])[0][2] == (90, 160, 3)
    assert look(ramp, [0.0], size=(1000, 1000))[0][2] == (180, 320, 3)


def test_without_an_index_the_file_is_read_from_its_start(tmp_path):
    """Every time is met all the same."""
    path = film(tmp_path / "film.mp4", [greys(range(40, 240, 2))], options={"g": "25"})
    media = probe(path).model_copy(update={"keyframes": ()})

    seen = look_at_frames(path, media, [0.0, 1.0, 3.0], SIZE, lambda time, _: time)

    assert seen == pytest.approx([0.0, 1.0, 3.0], abs=0.17)


def test_a_broken_group_is_passed_over(tmp_path):
    """The frames of the others are there."""
    path = film(tmp_path / "film.mp4", [shot(1, 100)], options={"g": "25"})
    media = probe(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 2000] = bytes(2000)
    path.write_bytes(bytes(content))

    seen = look_at_frames(path, media, list(media.keyframes), SIZE, lambda time, _: time)

    assert {0.0, 3.0} <= set(seen)
