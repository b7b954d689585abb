"""A look keeps what tells pictures apart and nothing else."""

import av
import numpy as np
import pytest
from shots import pan

from cutroom.media.shots import looks


def look(picture, pixel_format="yuv420p"):
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(picture, dtype=np.uint8))
    return looks.look_at(frame.reformat(format=pixel_format))


def grey(value, height=180, width=320):
    return np.full((height, width, 3), value, dtype=np.uint8)


@pytest.mark.parametrize("size", [(180, 320), (1080, 1920), (360, 202), (40, 30), (2, 2)])
def test_pictures_of_every_size_have_a_look(size):
    """Also those with fewer pixels than a look has cells."""
    assert look(grey(90, *size)).shape == (864,)


def test_equal_pictures_are_no_distance_apart():
    """Whatever their pixel format."""
    picture = pan(1, [0])[0]

    assert looks.distance(look(picture), look(picture)) == 0
    assert looks.distance(look(picture), look(picture, "yuv444p10le")) < 2


def test_distance_is_in_luma_steps():
    """A grey that is 100 steps brighter is 100 steps of luma apart (219 of 255 in video range)."""
    assert looks.distance(look(grey(50)), look(grey(150))) == pytest.approx(86, abs=1.5)


def test_one_tone_is_blank_and_a_picture_is_not():
    """Black, white and grey show nothing."""
    assert looks.is_blank(look(grey(0)))
    assert looks.is_blank(look(grey(255)))
    assert not looks.is_blank(look(pan(1, [0])[0]))


def test_a_darker_picture_has_the_same_shapes():
    """Likeness does not see brightness, and other pictures are not alike."""
    picture, other = pan(1, [0])[0], pan(2, [0])[0]

    assert looks.likeness(look(picture), look(picture // 2)) > 0.95
    assert looks.likeness(look(picture), look(other)) < 0.5


def test_a_pan_is_the_same_scene_further_along():
    """A third of the picture further still is; another scene is not."""
    before, after = pan(1, [0, 100])

    assert looks.is_shifted(look(before), look(after))
    assert not looks.is_shifted(look(before), look(pan(2, [0])[0]))


def test_the_changed_share_is_that_of_the_picture():
    """A banner over a quarter of it changes a quarter."""
    picture = grey(60)
    with_banner = picture.copy()
    with_banner[135:] = 200

    assert looks.share_changed(look(picture), look(with_banner)) == pytest.approx(0.25, abs=0.04)


def test_faint_pictures_differ_by_their_shapes():
    """In fog or at night two shots are hardly apart, but what they show is something else."""
    one, other, moved = (
        look(110 + (pan(seed, [place])[0] - 128.0) * 0.18)
        for seed, place in ((1, 0), (2, 0), (1, 8))
    )

    assert looks.FAINT <= looks.distance(one, other) < looks.CUT
    assert looks.differ(one, other)
    assert not looks.differ(one, moved)


def test_the_same_shapes_in_another_light_differ_only_when_far_apart():
    """A cloud passes; a film that holds each picture for some frames moves on in steps."""
    picture = pan(1, [0])[0] * 0.5

    assert not looks.differ(look(picture), look(picture + 12))
    assert looks.differ(look(picture), look(picture + 40))
