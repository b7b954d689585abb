"""What counts as found in `python -m benchmarks scenes`."""

from benchmarks.scoring import Truth, score

TRUTH = Truth(cuts=(2.0, 4.0), gradual=((6.0, 7.0),), edges=((0.0, 0.5),))


def test_a_cut_may_be_one_frame_off_and_counts_once():
    """Two finds near one cut are one hit and one error."""
    cuts, _ = score([[2.04] * 3, [1.96] * 3, [4.08] * 3], TRUTH, 25, tells_gradual=True)

    assert (cuts.hits, cuts.wanted, cuts.found) == (1, 2, 3)


def test_who_tells_gradual_changes_is_held_to_it():
    """A dissolve reported as a cut is a false cut and a missed dissolve."""
    cuts, gradual = score([[6.5] * 3], TRUTH, 25, tells_gradual=True)

    assert (cuts.hits, cuts.found) == (0, 1)
    assert gradual.hits == 0


def test_who_does_not_gets_the_benefit_of_the_doubt():
    """Any find within a dissolve counts for it, a second one not against it."""
    cuts, gradual = score([[6.2] * 3, [6.9] * 3], TRUTH, 25, tells_gradual=False)

    assert cuts.found == 0
    assert (gradual.hits, gradual.found) == (1, 1)


def test_a_gradual_change_is_found_by_its_middle():
    """Half a second off is near enough."""
    _, near = score([[6.9, 6.4, 7.4]], TRUTH, 25, tells_gradual=True)
    _, far = score([[7.2, 6.7, 7.7]], TRUTH, 25, tells_gradual=True)

    assert near.as_data()["f1"] == 1
    assert far.hits == 0


def test_the_first_fade_counts_for_nobody():
    """It changes no shot."""
    cuts, _ = score([[0.3] * 3], TRUTH, 25, tells_gradual=False)

    assert cuts.found == 0
