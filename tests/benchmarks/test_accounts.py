"""The middle of several runs, and how many times more one side took."""

from dataclasses import replace

from benchmarks.accounts import Account, StageTime, middle, ratio

RUN = Account(
    wall_seconds=4.0,
    cpu_seconds=6.0,
    peak_memory_bytes=100,
    video_encodes=0,
    downloads=1,
    bytes_downloaded=1000,
    bytes_to_storage=500,
    bytes_from_storage=0,
    stages={"fetch": StageTime(1.0, 0.5), "server": StageTime(None, 0.1)},
)


def test_one_slow_run_does_not_move_the_middle():
    """Each figure is the median of its own, stage by stage as well."""
    slow = replace(RUN, wall_seconds=40.0, stages={**RUN.stages, "fetch": StageTime(30.0, 0.5)})

    told = middle([RUN, slow, RUN])

    assert told["wall_seconds"] == 4.0
    assert told["stages"]["fetch"]["wall_seconds"] == 1.0


def test_a_stage_beside_the_others_has_no_time_of_its_own():
    """What nobody waited for is told in CPU seconds alone."""
    told = middle([RUN])["stages"]["server"]

    assert told == {"wall_seconds": None, "cpu_seconds": 0.1, "is_cached": False}


def test_a_stage_is_cached_when_it_was_so_in_every_run():
    """One run that had to work is not hidden by two that had not."""
    cached = replace(RUN, stages={"fetch": StageTime(0.0, 0.0, is_cached=True)})

    assert middle([cached, cached])["stages"]["fetch"]["is_cached"]
    assert not middle([cached, RUN])["stages"]["fetch"]["is_cached"]


def test_ratios_are_taken_within_pairs():
    """A minute in which the machine was slow slowed both sides, so it does not count."""
    ours = [RUN, replace(RUN, wall_seconds=8.0), replace(RUN, wall_seconds=2.0)]
    theirs = [replace(run, wall_seconds=run.wall_seconds * 5) for run in ours]

    assert ratio(theirs, ours, "wall_seconds") == 5.0


def test_nothing_is_no_measure_of_anything():
    """Three encodes beside none have no ratio."""
    assert ratio([replace(RUN, video_encodes=3)], [RUN], "video_encodes") is None
