"""The tables of `make bench`."""

import pytest

from benchmarks.tables import Table, as_markdown, between_marks, megabytes, seconds, times

PAGE = "Before\n<!-- video: begin -->\nold\n<!-- video: end -->\nAfter\n"


def test_a_table_reads_well_without_being_rendered():
    """Names stand to the left, figures to the right, and the bars line up."""
    table = Table("Costs", ("", "Cutroom", "plain"), (("wall, s", "4.0", "26"), ("x", "", "1")))

    assert as_markdown(table).splitlines() == [
        "### Costs",
        "",
        "|         | Cutroom | plain |",
        "| ------- | ------: | ----: |",
        "| wall, s |     4.0 |    26 |",
        "| x       |         |     1 |",
    ]


def test_only_what_stands_between_the_marks_is_replaced():
    """The page around a benchmark's tables stays as its author wrote it."""
    once = between_marks(PAGE, "video", "new\n")

    assert once == "Before\n<!-- video: begin -->\nnew\n<!-- video: end -->\nAfter\n"
    assert between_marks(once, "video", "new\n") == once


@pytest.mark.parametrize("page", ["", PAGE + PAGE, "<!-- video: begin -->"])
def test_a_page_without_its_marks_is_refused(page):
    """Tables are never lost, nor put where nobody looks for them."""
    with pytest.raises(ValueError, match="video: begin"):
        between_marks(page, "video", "new")


def test_figures_have_the_digits_they_deserve():
    """Nobody reads hundredths of ten minutes."""
    assert [seconds(value) for value in (0.034, 9.994, 26.68, 612.3)] == [
        *("0.03", "9.99", "26.7", "612")
    ]
    assert [times(value) for value in (None, 0.5, 6.62, 31.9)] == ["", "0.5x", "6.6x", "32x"]
    assert megabytes(1_218_865_253) == "1,218.9"
