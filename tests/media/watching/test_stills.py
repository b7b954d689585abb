"""Stills show a video along its way."""

import pytest
from PIL import Image
from shots import film, shot

from cutroom.media.probe import probe
from cutroom.media.watching.stills import make_stills


@pytest.mark.parametrize("keyframes", ["25", "1000"])
def test_each_part_has_its_picture(tmp_path, keyframes):
    """At its middle or on a keyframe inside it."""
    path = film(tmp_path / "film.mp4", [shot(n, 50) for n in range(4)], options={"g": keyframes})

    stills = make_stills(path, probe(path), 4, tmp_path)

    assert [time for time, _ in stills] == [1.0, 3.0, 5.0, 7.0]
    pictures = []
    for _, part in stills:
        with Image.open(part) as picture:
            assert picture.format == "JPEG"
            assert picture.size == (320, 180)
            pictures.append(picture.tobytes())
    assert len(set(pictures)) == 4


def test_a_video_of_one_frame_has_one_still(tmp_path):
    """However many are asked for."""
    path = film(tmp_path / "film.mp4", [shot(1, 1)])

    assert len(make_stills(path, probe(path), 12, tmp_path)) == 1
