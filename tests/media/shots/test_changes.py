"""Cuts and gradual changes in frames already decoded."""

import av
import numpy as np
import pytest
from shots import black, dissolve, pan, shot, wipe

from cutroom.media.shots.cuts import find_cuts
from cutroom.media.shots.gradual import find_gradual
from cutroom.media.shots.groups import Strip
from cutroom.media.shots.looks import look_at


def strip(*parts, gap=0.04):
    frames = [av.VideoFrame.from_ndarray(picture) for picture in np.concatenate(parts)]
    looks = [look_at(frame.reformat(format="yuv420p")) for frame in frames]
    return Strip(np.arange(len(looks)) * gap, np.array(looks))


def gradual_in(frames, duration=1000.0):
    return find_gradual(frames, find_cuts(frames), duration)


def test_a_cut_is_the_first_frame_of_the_new_shot():
    """By its number in the strip."""
    assert find_cuts(strip(shot(1, 20), shot(2, 20), shot(3, 20))) == [20, 40]


def test_a_cut_out_of_fast_motion_is_found():
    """The usual step is that of the motion, so a cut must stand out from it."""
    fast = pan(4, [20 * number for number in range(30)])

    assert find_cuts(strip(fast, shot(5, 30))) == [30]


def test_a_cut_between_pictures_of_little_contrast_is_found():
    """Nothing moves there, and all shapes are other ones."""
    faint = [(110 + (shot(seed, 30) - 128.0) * 0.18).astype(np.uint8) for seed in (1, 2)]

    assert find_cuts(strip(*faint)) == [30]


def test_pictures_held_for_some_frames_are_no_cuts():
    """A film of 8 pictures a second in one of 25 moves in steps, with nothing between them."""
    moving = pan(4, [12 * (number // 3) for number in range(60)])
    faint = (110 + (moving - 128.0) * 0.35).astype(np.uint8)

    assert find_cuts(strip(faint)) == []


def test_a_flash_is_passed_over_and_a_cut_after_it_is_not():
    """Whatever comes back was never gone."""
    pictures = shot(1, 30)
    pictures[10:12] = 255

    assert find_cuts(strip(pictures, shot(2, 30))) == [30]


def test_a_banner_that_pops_in_is_not_a_cut():
    """Most of the picture stays."""
    pictures = shot(1, 40)
    pictures[20:, 140:] = 255

    assert find_cuts(strip(pictures)) == []


@pytest.mark.parametrize("frames", [8, 20, 50])
def test_a_dissolve_has_a_start_and_an_end(frames):
    """From the first frame that is touched to the first that is purely new."""
    one, other = shot(1, 40 + frames), shot(2, 40 + frames)
    found = gradual_in(strip(one[:40], dissolve(one[40:], other[:frames]), other[frames:]))

    (change,) = found
    assert change.change is not None
    assert change.change.start == pytest.approx(1.6, abs=0.25)
    assert change.change.end == pytest.approx(1.6 + 0.04 * frames, abs=0.25)


def test_a_wipe_is_found_though_no_frame_is_a_mixture():
    """Each cell is old or new."""
    one, other = shot(1, 60), shot(2, 60)
    found = gradual_in(strip(one[:40], wipe(one[40:], other[:20]), other[20:]))

    assert [change.time for change in found] == [pytest.approx(2.0, abs=0.15)]


def test_getting_brighter_is_no_change_of_shot():
    """A cloud passes, or the camera adapts."""
    pictures = shot(1, 90).astype(float)
    pictures *= np.interp(np.arange(90), [30, 60], [0.5, 1.0])[:, None, None, None]

    assert gradual_in(strip(pictures.astype(np.uint8))) == []


def test_a_slow_pan_is_no_change_of_shot():
    """Both ends show other things, and the frames between them lead there by motion."""
    assert gradual_in(strip(pan(3, [2 * number for number in range(90)]))) == []


def test_a_fade_to_black_and_back_is_one_change():
    """With or without a rest in the dark."""
    one, other = shot(1, 50), shot(2, 50)
    fade_out, fade_in = dissolve(one[35:], black(15)), dissolve(black(15), other[:15])

    (change,) = gradual_in(strip(one[:35], fade_out, black(5), fade_in, other[15:]))

    assert change.time == pytest.approx((35 + 17.5) / 25, abs=0.2)


def test_the_fades_at_both_ends_of_a_film_are_left_out():
    """Nothing lies on their other side."""
    pictures = shot(1, 60)
    opened = dissolve(black(15), pictures[:15])
    closed = dissolve(pictures[45:], black(15))

    assert gradual_in(strip(opened, pictures[15:45], closed), duration=60 / 25) == []


def test_nothing_changes_across_a_cut():
    """What lies on both sides of one is never mixed."""
    assert gradual_in(strip(shot(1, 40), shot(2, 40))) == []


def test_motion_across_frames_left_out_is_no_cut():
    """A wipe goes three times as far over a gap of three frames."""
    one, other = shot(1, 40), shot(2, 40)
    whole = strip(one[:20], wipe(one[20:28], other[:8]), other[8:])
    there = np.delete(np.arange(len(whole.times)), [26, 27])
    lean = Strip(whole.times[there], whole.looks[there])

    assert find_cuts(lean) == []
    assert find_cuts(lean, may_be_gaps=True) == [26]
    assert [change.change is not None for change in gradual_in(lean)] == [True]


@pytest.mark.parametrize(
    ("speed", "swell", "cuts"), [(6, [6] * 5, [21]), (2, [8, 16, 16, 16, 8], [])]
)
def test_a_blend_of_two_frames_is_a_cut_unless_it_is_part_of_a_whip_pan(speed, swell, cuts):
    """In a whip pan the picture moves as far right before and after; speeds are pixels a frame."""
    places = np.cumsum([speed] * 18 + swell + [speed] * 40)
    one, other = (pan(seed, list(places)) for seed in (1, 2))
    shares = np.array([0.28, 0.72])[:, None, None, None]
    blend = (one[20:22] * (1 - shares) + other[20:22] * shares).astype(np.uint8)
    found = gradual_in(strip(one[:20], blend, other[22:]))

    assert [round(change.time / 0.04) for change in found if change.change is None] == cuts
