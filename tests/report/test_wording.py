import pytest

from cutroom.report.wording import between, count, dollars, length, percent, plain, size, timecode


@pytest.mark.parametrize(
    ("seconds", "digits", "text"),
    [
        (0, 0, "0:00"),
        (59.99, 0, "0:59"),
        (60, 0, "1:00"),
        (3599.99, 1, "59:59.9"),
        (3600, 0, "1:00:00"),
        (21_600, 0, "6:00:00"),
        (0.3, 1, "0:00.3"),
        (1.15, 2, "0:01.15"),
        (29.999, 1, "0:29.9"),
    ],
)
def test_a_time_reads_as_a_clock_shows_it(seconds, digits, text):
    """Minutes and seconds, hours when there are any, cut off and never rounded up."""
    assert timecode(seconds, digits=digits) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.2, "0.20 s"),
        (46.57, "46.6 s"),
        (59.96, "1 min"),
        (200, "3 min 20 s"),
        (3599.6, "1 h"),
        (7500, "2 h 5 min"),
    ],
)
def test_a_length_has_the_digits_that_matter(seconds, text):
    """Hundredths for a blink, no seconds for hours, and never 60 of anything."""
    assert length(seconds) == text


@pytest.mark.parametrize(
    ("size_bytes", "text"),
    [(0, "0 B"), (1023, "1023 B"), (2048, "2 kB"), (14_332_140, "13.7 MB"), (2**41, "2.0 TB")],
)
def test_a_size_has_a_unit_people_know(size_bytes, text):
    """The largest unit that gives at least one."""
    assert size(size_bytes) == text


def test_small_costs_do_not_read_as_nothing():
    """A tenth of a cent is shown; nothing is nothing."""
    assert [dollars(amount) for amount in (0, 0.0012, 3.456)] == ["$0", "$0.0012", "$3.46"]


def test_one_is_not_many():
    """Plurals, with and without a word of their own."""
    assert count(1, "clip") == "1 clip"
    assert count(0, "clip") == "0 clips"
    assert count(2, "stretch", "stretches") == "2 stretches"


def test_foreign_text_keeps_its_letters_and_loses_its_tricks():
    """Every script stays; what turns the direction of writing or rings a bell goes."""
    assert plain("  a\u202egpj.exe\x07\n\tb ") == "agpj.exe b"
    assert plain("Ünïcode ויקי 映画 \U0001f3ac") == "Ünïcode ויקי 映画 \U0001f3ac"


def test_spans_and_shares():
    """A span with its dash, a share in whole percent."""
    assert between(6.567, 15.8) == "0:06.5 \N{EN DASH} 0:15.8"
    assert percent(0.906) == "91 %"
