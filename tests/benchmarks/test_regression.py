"""`make bench` fails where a ratio fell by more than a quarter, and only there."""

from benchmarks.regression import regressions

RECORD = {"decode / analysis": 2.0, "F1": 1.0}


def test_a_ratio_may_lose_a_quarter():
    """Load moves ratios: what is within a quarter of the record passes."""
    assert regressions({"decode / analysis": 1.5, "F1": 1.0}, RECORD) == []


def test_a_ratio_that_lost_more_is_named():
    """The sentence says what it is and what it was."""
    (lost,) = regressions({"decode / analysis": 1.49, "F1": 1.0}, RECORD)
    assert lost == "decode / analysis: 1.49, on record 2.00"


def test_a_better_or_a_new_ratio_is_none():
    """Records are there to be beaten, and what was never measured cannot fall."""
    assert regressions({"decode / analysis": 4.0, "wall": 0.1}, RECORD) == []
