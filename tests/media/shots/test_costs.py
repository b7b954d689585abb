"""Packet sizes say where something lasting happens."""

import pytest

from cutroom.media.shots.costs import costly_stretches
from cutroom.media.shots.groups import Group
from cutroom.media.shots.kinds import Kind

USUAL = [Kind.LEAF, Kind.MIDDLE, Kind.LEAF, Kind.FORWARD]


def group(sizes, kinds=None, start=0.0):
    """A group of frames 40 ms apart, in the order they are shown, after a keyframe."""
    count = len(sizes) + 1
    return Group(
        position=0,
        times=[start + 0.04 * number for number in range(count)],
        sizes=[50_000, *sizes],
        kinds=[Kind.KEY, *(kinds or (USUAL * count)[: count - 1])],
    )


def test_frames_that_cost_more_than_those_around_are_a_stretch():
    """As in a dissolve, from where it begins to where it ends."""
    (stretch,) = costly_stretches([group([1_000] * 50 + [4_000] * 20 + [1_000] * 50)])

    assert stretch.start == pytest.approx(2.04, abs=0.15)
    assert stretch.end == pytest.approx(2.8, abs=0.15)


def test_a_keyframe_within_does_not_end_a_stretch():
    """Its own size says nothing, and groups are looked at as one."""
    groups = [
        group([1_000] * 50 + [4_000] * 10),
        group([4_000] * 10 + [1_000] * 50, start=2.44),
    ]

    (stretch,) = costly_stretches(groups)

    assert stretch.start < 2.44 < stretch.end


def test_a_single_large_frame_is_no_stretch():
    """It is a cut, or the source's own keyframe shining through."""
    assert costly_stretches([group([1_000] * 50 + [30_000] + [1_000] * 50)]) == []


def test_frames_predicted_forward_alone_are_a_stretch():
    """In a fade they cost no more, but hardly any is predicted from both sides."""
    kinds = [*USUAL * 15, *[Kind.FORWARD] * 20, *USUAL * 15]

    (stretch,) = costly_stretches([group([1_000] * len(kinds), kinds)])

    assert 2.0 < stretch.start < 2.8 < stretch.end < 3.6


@pytest.mark.parametrize("kind", [Kind.FORWARD, Kind.UNKNOWN])
def test_an_encoder_that_always_predicts_forward_says_nothing_by_it(kind):
    """Hardware does so, and of other codecs than H.264 the kinds are not known."""
    assert costly_stretches([group([1_000] * 120, [kind] * 120)]) == []


def test_a_few_frames_have_no_surroundings():
    """Nothing is usual there yet."""
    assert costly_stretches([group([1_000, 9_000, 9_000])]) == []
    assert costly_stretches([]) == []
