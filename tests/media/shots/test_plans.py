"""Packet sizes and keyframes say where decoding pays."""

import math

import numpy as np
import pytest
from shots import dissolve, film, shot

from cutroom.media.probe import probe
from cutroom.media.shots.groups import Group, read_groups
from cutroom.media.shots.kinds import Kind
from cutroom.media.shots.looks import LUMA_CELLS
from cutroom.media.shots.plans import OPENING, plan_groups
from cutroom.records.span import Span


def group(start, sizes, *, luma=100.0, kinds=None, key=50_000):
    """A group of one tone, its frames all predicted forward, 40 ms each."""
    look = np.zeros(864, dtype=np.float32)
    look[:LUMA_CELLS] = luma / LUMA_CELLS
    count = len(sizes) + 1
    return Group(
        position=0,
        look=look,
        times=[start + 0.04 * number for number in range(count)],
        sizes=[key, *sizes],
        kinds=[Kind.KEY, *(kinds or [Kind.FORWARD] * (count - 1))],
    )


CALM = [5_000] * 49
AFTER = group(2.0, [5_000] * 99, luma=30)


def first_plan(one, other=AFTER):
    return plan_groups([one, other, group(6.0, [5_000] * 149, luma=30)])[0]


def test_what_looks_the_same_at_both_ends_is_not_decoded():
    """And no cut is claimed."""
    plan = first_plan(group(0.0, CALM), group(2.0, [5_000] * 99))

    assert plan.is_nothing
    assert not plan.cuts_at_end


def test_a_new_picture_after_calm_prediction_is_a_cut_without_decoding():
    """The encoder could predict well, then suddenly not at all."""
    plan = first_plan(group(0.0, CALM))

    assert plan.is_nothing
    assert plan.cuts_at_end


def test_a_new_picture_after_hard_prediction_must_be_looked_at():
    """In a whip pan the encoder gives up predicting though there is no cut."""
    plan = first_plan(group(0.0, [40_000] * 49))

    assert plan.is_whole
    assert not plan.cuts_at_end


def test_a_keyframe_by_the_clock_proves_nothing():
    """Where all groups are equally long the encoder did not choose where they begin."""
    groups = [group(2.0 * n, CALM, luma=30.0 + 60 * (n % 2)) for n in range(5)]

    assert all(plan.is_whole for plan in plan_groups(groups))


def test_a_frame_coded_whole_inside_a_group_is_looked_at_closely():
    """x264 may not start a group right after another, but codes the cut's frame so."""
    kinds = [Kind.FORWARD] * 49
    kinds[19] = Kind.INTRA
    plan = first_plan(group(0.0, CALM, kinds=kinds))

    assert 0.8 < plan.until < math.inf
    (sharp,) = plan.sharp
    assert sharp.start < 0.8 < sharp.end


def test_a_run_of_large_frames_is_decoded_to_its_end():
    """As a dissolve makes them, then it is over and the rest is left."""
    sizes = [5_000] * 10 + [20_000] * 10 + [5_000] * 29
    plan = first_plan(group(0.0, sizes))

    assert 0.8 < plan.until < 1.6


def test_a_flash_on_a_keyframe_is_not_taken_for_a_cut():
    """The next group codes another frame whole at once, where the picture comes back."""
    kinds = [Kind.FORWARD] * 99
    kinds[1] = Kind.INTRA
    flash = group(2.0, [5_000] * 99, luma=30, kinds=kinds)

    assert not first_plan(group(0.0, CALM), flash).cuts_at_end


def test_a_keyframe_in_a_costly_stretch_claims_no_cut():
    """It lies within a dissolve, and there are more frames of it on both sides."""
    kinds = [Kind.LEAF, Kind.MIDDLE, Kind.LEAF, Kind.FORWARD] * 12
    sizes = [2_000, 3_000, 2_000, 9_000] * 12
    dear = [2 * size for size in sizes[:12]]
    calm = [Kind.LEAF, Kind.MIDDLE, Kind.LEAF, Kind.FORWARD] * 25
    before = group(0.0, sizes[12:] + dear, kinds=kinds)
    after = group(1.96, dear + [2_000, 3_000, 2_000, 9_000] * 22, luma=30, kinds=calm)

    assert not first_plan(before, after).cuts_at_end
    assert first_plan(group(0.0, sizes, kinds=kinds), AFTER).cuts_at_end


def test_a_broken_keyframe_must_be_looked_around():
    """Its picture is not known."""
    broken = group(0.0, CALM)
    broken.look = None

    assert first_plan(broken).is_whole


@pytest.mark.parametrize("with_dissolve", [False, True])
def test_little_is_decoded_of_shots_that_only_cut(tmp_path, with_dissolve):
    """The encoder's own choices explain most of a film; a dissolve costs its own group."""
    shots = [shot(n, 60 + n) for n in range(6)]
    if with_dissolve:
        tail = shots[2][-20:]
        shots[2] = np.concatenate([shots[2][:-20], dissolve(tail, shot(9, 20))])
    path = film(tmp_path / "film.mp4", shots)
    media = probe(path)
    groups = read_groups(path, media, Span(start=0, end=media.duration))

    plans = zip(groups[:-1], plan_groups(groups)[:-1], strict=True)
    decoded = [plan for group, plan in plans if plan.until > group.start + OPENING]

    assert len(decoded) <= 1 + 2 * with_dissolve
    assert bool(decoded) >= with_dissolve


def test_a_frame_far_above_its_neighbours_is_looked_at():
    """A cut right after a keyframe is predicted in part, and the keyframe for it comes later."""
    plan = first_plan(group(0.0, [400] * 40 + [4_200] + [400] * 8, key=11_000))

    assert plan.until >= 41 * 0.04
    assert any(span.start < 41 * 0.04 <= span.end for span in plan.sharp)


def test_a_group_that_ends_in_small_frames_claims_no_cut():
    """A fade to one tone gets cheap, and the keyframe that follows may lie within it."""
    plan = first_plan(group(0.0, [5_000] * 37 + [1_500] * 12))

    assert plan.is_whole
    assert not plan.cuts_at_end


def test_a_group_that_ends_in_forward_frames_alone_claims_no_cut():
    """Encoders stop predicting from both sides in a dissolve, though it may cost them little."""
    kinds = [Kind.LEAF, Kind.MIDDLE, Kind.LEAF, Kind.FORWARD] * 9
    plan = first_plan(group(0.0, [5_000] * 48, kinds=kinds + [Kind.FORWARD] * 12))

    assert plan.is_whole


def test_the_search_may_end_early_where_only_the_ends_differ():
    """Once the picture looks like the end, and no size speaks against it, the rest is left out."""
    hard = [40_000] * 49

    assert first_plan(group(0.0, hard)).settles == -math.inf
    assert (
        first_plan(group(0.0, hard), group(2.0, [9_000] * 12 + CALM, luma=30)).settles == math.inf
    )


@pytest.mark.parametrize(("size", "is_seen"), [(26_000, True), (14_000, False)])
def test_half_a_keyframe_amid_motion_is_looked_at(size, is_seen):
    """Where all frames are large a cut's is not three times as large as they, but nearly whole."""
    sizes = [13_000] * 49
    sizes[19] = size
    plan = first_plan(group(0.0, sizes), group(2.0, [13_000] * 99, luma=30))

    assert (0.8 < plan.until < math.inf) == is_seen
