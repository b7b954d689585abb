"""Changes of shot are found where they are, without decoding everything."""

import json
from itertools import accumulate, pairwise
from pathlib import Path

import numpy as np
import pytest
from shots import NO_KEYFRAME_AT_CUTS, black, dissolve, film, pan, shot, wipe

from cutroom.media.probe import probe
from cutroom.media.shots.groups import Group
from cutroom.media.shots.plans import OPENING, Plan
from cutroom.media.shots.scenes import (
    find_changes,
    join_scenes,
    windows_of_keyframes,
)
from cutroom.media.shots.searching import _is_still_new, _second_plans
from cutroom.records.findings import Change
from cutroom.records.span import Span

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"


def changes_of(path, *, length=300.0):
    media = probe(path)
    windows = windows_of_keyframes(media, length)
    return [change for window in windows for change in find_changes(path, media, window)]


def cuts_of(path, **options):
    return [
        round(change.time, 3) for change in changes_of(path, **options) if change.change is None
    ]


@pytest.mark.parametrize("options", [{}, NO_KEYFRAME_AT_CUTS], ids=["default", "no key at cuts"])
def test_cuts_are_found_to_the_frame(tmp_path, options):
    """Wherever the encoder put its keyframes, a scene starts with the first frame of its shot."""
    lengths = [40, 33, 61, 27, 50]
    path = film(
        tmp_path / "film.mp4",
        [shot(seed, count) for seed, count in enumerate(lengths)],
        options=options,
    )

    found = cuts_of(path)

    assert found == [number / 25 for number in accumulate(lengths[:-1])]


def test_cuts_are_found_by_time_stamp_where_frames_come_irregularly(tmp_path):
    """Frames of a phone come when they come; their number says nothing about their time."""
    gaps = np.random.default_rng(1).integers(17, 90, 120)
    times = [0, *np.cumsum(gaps).tolist()][:120]
    path = film(tmp_path / "film.mkv", [shot(1, 50), shot(2, 70)], times=times)

    assert cuts_of(path) == [times[50] / 1000]


def test_a_flash_is_not_a_cut(tmp_path):
    """Two white frames, then the same picture again."""
    pictures = shot(3, 80)
    pictures[40:42] = 250
    path = film(tmp_path / "film.mp4", [pictures])

    assert changes_of(path) == []


def test_a_flash_that_begins_on_a_keyframe_is_not_a_cut(tmp_path):
    """The picture from before is back two frames after the keyframe."""
    pictures = shot(3, 110)
    pictures[30:32] = 250
    options = {"keyint": "50", "min-keyint": "50", "scenecut": "0", "bframes": "0"}
    path = film(tmp_path / "film.mp4", [shot(9, 20), pictures], options=options)

    assert cuts_of(path) == [0.8]


def test_a_whip_pan_is_not_a_cut(tmp_path):
    """The picture races by, but no frame differs from the last more than its neighbours do."""
    speeds = [*range(0, 40, 2), *range(40, 0, -2)]
    path = film(tmp_path / "film.mp4", [pan(4, [*([0] * 20), *accumulate(speeds)])])

    assert cuts_of(path) == []


def test_a_dissolve_is_reported_with_start_and_end(tmp_path):
    """The scene starts in the middle of it."""
    one, other = shot(5, 85), shot(6, 85)
    path = film(tmp_path / "film.mp4", [one[:60], dissolve(one[60:], other[:25]), other[25:]])

    (change,) = changes_of(path)

    assert change.change is not None
    assert change.change.start == pytest.approx(2.4, abs=0.2)
    assert change.change.end == pytest.approx(3.4, abs=0.2)
    assert change.time == pytest.approx(2.9, abs=0.1)


def test_a_wipe_is_gradual(tmp_path):
    """Each part of the picture changes at once, but not all at the same time."""
    one, other = shot(7, 80), shot(8, 80)
    path = film(tmp_path / "film.mp4", [one[:60], wipe(one[60:], other[:20]), other[20:]])

    (change,) = changes_of(path)

    assert change.change is not None
    assert change.time == pytest.approx(2.8, abs=0.2)


def test_a_dip_to_black_is_one_change(tmp_path):
    """Fade out, black and fade in lead from one shot to the next."""
    one, other = shot(9, 75), shot(10, 75)
    fade_out, fade_in = dissolve(one[60:], black(15)), dissolve(black(15), other[:15])
    path = film(tmp_path / "film.mp4", [one[:60], fade_out, black(4), fade_in, other[15:]])

    (change,) = changes_of(path)

    assert change.change is not None
    assert change.time == pytest.approx((60 + 17) / 25, abs=0.2)


def test_the_first_and_last_fade_change_no_shot(tmp_path):
    """A film that opens from black and closes to black is still one shot."""
    pictures = shot(11, 100)
    fade_in, fade_out = dissolve(black(20), pictures[:20]), dissolve(pictures[80:], black(20))
    path = film(tmp_path / "film.mp4", [fade_in, pictures[20:80], fade_out])

    assert changes_of(path) == []


def test_a_cut_on_a_windows_border_is_found_once(tmp_path):
    """Windows are searched on their own, on other workers perhaps."""
    lengths = [50, 50, 50, 50]
    path = film(tmp_path / "film.mp4", [shot(20 + n, count) for n, count in enumerate(lengths)])
    windows = windows_of_keyframes(probe(path), 2.0)

    assert [window.start for window in windows[1:]] == [2.0, 4.0, 6.0]
    assert cuts_of(path, length=2.0) == [2.0, 4.0, 6.0]


def test_windows_cover_the_video_and_begin_on_keyframes(tmp_path):
    """Nothing is searched twice, nothing left out."""
    path = film(tmp_path / "film.mp4", [shot(1, 250)], options={"g": "20"})
    media = probe(path)

    windows = windows_of_keyframes(media, 3.0)

    assert len(windows) == 3
    assert windows[0].start == 0
    assert windows[-1].end == media.duration
    assert all(one.end == other.start for one, other in pairwise(windows))
    assert {window.start for window in windows} <= {*media.keyframes, 0.0}


def test_without_an_index_everything_is_walked_through(tmp_path):
    """Slower, but as right."""
    path = film(tmp_path / "film.mp4", [shot(1, 40), shot(2, 60), shot(3, 30)])
    media = probe(path).model_copy(update={"is_seekable": False, "keyframes": ()})
    (window,) = windows_of_keyframes(media)

    assert [change.time for change in find_changes(path, media, window)] == [1.6, 4.0]


def test_damage_in_one_group_leaves_the_others(tmp_path):
    """Broken bytes cost what they hold, not the search."""
    path = film(tmp_path / "film.mp4", [shot(n, 50) for n in range(5)])
    media = probe(path)
    content = bytearray(path.read_bytes())
    middle = len(content) // 2
    content[middle : middle + 3000] = bytes(3000)
    path.write_bytes(content)

    (window,) = windows_of_keyframes(media)
    found = [change.time for change in find_changes(path, media, window)]

    assert {2.0, 8.0} <= set(found)


def test_a_keyframe_after_a_cut_is_no_second_cut():
    """The ends of a group may differ by a cut within it; its last frame has to differ, too."""
    old, new = (np.full(864, tone / 864, dtype=np.float32) for tone in (40, 120))
    one = Group(position=0, look=old)
    other = Group(position=1, look=new, times=[1.0])

    assert _is_still_new(one, other, {})
    assert _is_still_new(one, other, {0.5: old})
    assert not _is_still_new(one, other, {0.5: old, 0.9: new})


def test_a_keyframe_that_ends_a_flash_is_no_cut():
    """The picture from before the flash is back; only the flash itself differs from it."""
    old, flash = (np.full(864, tone / 864, dtype=np.float32) for tone in (40, 200))
    one, other = Group(position=0, look=flash), Group(position=1, look=old, times=[1.0])

    assert not _is_still_new(one, other, {0.8: old, 0.92: flash, 0.96: flash})
    assert _is_still_new(one, other, {0.4: old, 0.92: flash, 0.96: flash})


def test_after_a_cut_on_a_keyframe_a_little_more_is_looked_at():
    """It may begin a flash, and only what follows tells."""
    look = np.full(864, 40 / 864, dtype=np.float32)
    groups = [Group(position=n, look=look, times=[2.0 * n]) for n in range(3)]
    plans = [Plan(np.inf), Plan(-np.inf), Plan(-np.inf)]

    second = _second_plans(groups, plans, [{}, {}, {}], [], [Change(time=2.0)])

    assert [plan.until for plan in second] == [-np.inf, 2.0 + OPENING, -np.inf]


def test_a_keyframe_taken_on_trust_is_looked_into_where_the_picture_moves_on():
    """Both groups are decoded whole where a new shot by size alone soon looks otherwise."""
    old, flash = (np.full(864, tone / 864, dtype=np.float32) for tone in (40, 200))
    groups = [
        Group(position=0, look=old, times=[0.0]),
        Group(position=1, look=flash, times=[2.0]),
    ]
    plans = [Plan(-np.inf, cuts_at_end=True), Plan(2.0 + OPENING)]

    moved = _second_plans(groups, plans, [{}, {2.0: flash, 2.12: old}], [], [])
    still = _second_plans(groups, plans, [{}, {2.0: flash, 2.12: flash}], [], [])

    assert [plan.is_whole for plan in moved] == [True, True]
    assert [plan.is_whole for plan in still] == [False, False]


def test_one_frame_is_one_scene(tmp_path):
    """There is nothing to compare it with."""
    path = film(tmp_path / "film.mp4", [shot(1, 1)])
    media = probe(path)
    (window,) = windows_of_keyframes(media)

    assert find_changes(path, media, window) == []


def test_scenes_cover_the_video():
    """Each begins where the last ends."""
    gradual = Change(time=4.0, change=Span(start=3.5, end=4.5))

    scenes = join_scenes([gradual, Change(time=2.0)], 10.0)

    assert [(scene.start, scene.end) for scene in scenes] == [(0, 2), (2, 4), (4, 10)]
    assert [scene.gradual for scene in scenes] == [False, False, True]
    assert scenes[2].change == gradual.change


def test_a_change_that_two_windows_saw_counts_once():
    """A cut's exact time is preferred to a gradual change's middle."""
    seen_twice = [Change(time=3.9, change=Span(start=3.8, end=4.0)), Change(time=4.0)]

    assert [scene.start for scene in join_scenes(seen_twice, 8.0)] == [0, 4.0]


def test_no_scene_is_shorter_than_a_shot_can_be():
    """Changes right at the ends or right after each other make no scene."""
    changes = [Change(time=time) for time in (0.1, 5.0, 5.2, 9.9)]

    assert [scene.start for scene in join_scenes(changes, 10.0)] == [0, 5.0]


@pytest.mark.corpus
@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "least_cuts", "least_gradual"),
    [("comp1_hard", 0.95, None), ("comp3_mixed", 0.95, 0.8)],
)
def test_real_footage_is_understood(name, least_cuts, least_gradual):
    """Against films with known truth: cuts to the frame, gradual changes to half a second."""
    path = CORPUS / "truth" / f"{name}.mp4"
    if not path.exists():
        pytest.skip("the corpus of real clips is not beside the checkout")
    truth = json.loads(path.with_suffix(".json").read_text())
    inside = [one for one in truth["boundaries"] if not one["type"].startswith("fade_")]
    cuts = [one["time"] for one in inside if one["type"] == "cut"]
    gradual = [one["time"] for one in inside if one["type"] != "cut"]

    found = changes_of(path)

    abrupt = [change.time for change in found if change.change is None]
    assert f1(cuts, abrupt, 1 / truth["fps"]) >= least_cuts
    middles = [change.time for change in found if change.change is not None]
    if least_gradual is None:
        assert middles == []
    else:
        assert f1(gradual, middles, 0.5) >= least_gradual


def f1(wanted, found, tolerance):
    """Return the harmonic mean of precision and recall, each find counting once."""
    left = list(found)
    for time in wanted:
        match = next((one for one in left if abs(one - time) <= tolerance + 1e-6), None)
        if match is not None:
            left.remove(match)
    hits = len(found) - len(left)
    return 2 * hits / (len(wanted) + len(found))
