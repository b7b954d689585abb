"""The drill strikes everywhere, and its scorecard does not flatter."""

from dataclasses import replace

import pytest

from benchmarks.drill_cases import CASES, choose
from benchmarks.drill_outcome import RESUMED_WITHIN, Outcome, scorecard
from cutroom.records.failpoints import PLACES

WELL = Outcome(
    case=choose(["clip-worker"])[0],
    status="completed",
    attempts=2,
    resumed=50.0,
    clips=2,
    copies=1,
    strangers=[],
    repeated=[],
    retried=[],
    left=0,
)


def test_it_strikes_at_every_place():
    """A new failpoint wants a case of its own."""
    assert {case.place for case in CASES} == set(PLACES)


def test_flow_and_worker_die_at_every_place_of_a_job():
    """Only what was merely accepted has neither yet."""
    of_a_job = set(PLACES) - {"accepted"}
    for victim in ("flow", "worker"):
        assert {case.place for case in CASES if case.victim == victim} == of_a_job


def test_cases_are_told_apart():
    """By names, which also are those of their folders."""
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize(
    "fault",
    [
        {"status": "dead"},
        {"attempts": 3},
        {"resumed": RESUMED_WITHIN + 1},
        {"clips": 0},
        {"clips": 0, "copies": 0},
        {"strangers": ["clips/other.mp4"]},
        {"repeated": ["fetch"]},
        {"left": 1},
    ],
)
def test_one_fault_is_enough(fault):
    """Whatever was not as promised counts, and is counted in the last line."""
    outcome = replace(WELL, **fault)

    assert WELL.is_well
    assert not outcome.is_well
    assert "1 of 2 as promised" in scorecard([WELL, outcome])


def test_an_ffmpeg_that_died_has_to_be_tried_again():
    """Else nobody knows whether the right one was struck, or any."""
    case = choose(["ffmpeg-normal-ffmpeg"])[0]
    missed = replace(WELL, case=case, attempts=1, resumed=0.0)

    assert not missed.is_well
    assert not replace(missed, retried=["proxy"]).is_well
    assert replace(missed, retried=["normal"]).is_well
