"""A run of trending as Prefect's pages show it."""

from feed_maker import NOW

from cutroom.records.trend import (
    Candidate,
    Ranked,
    SourceOutcome,
    TrendOrder,
    TrendReport,
    Verdict,
)
from cutroom.report.trending import MOST_ROWS, as_markdown


def ranked(title: str) -> Ranked:
    """Return a ranked video."""
    video = Candidate(address="https://example.org/v", title=title, channel="C|hannel")
    return Ranked(candidate=video, score=0.5, reasons=("speaks of <b>rain</b>",))


def report(*verdicts: Verdict, **options) -> TrendReport:
    """Return a run with these verdicts."""
    failed = SourceOutcome(source="https://example.org/f", kind="feed", error="SOURCE_GONE: gone")
    return TrendReport(
        run_id="a" * 32,
        ran_at=NOW,
        order=TrendOrder(sources=("https://example.org/f",), **options),
        sources=(failed,),
        verdicts=verdicts,
        notes=("Jobs wait for `cutroom upkeep`.",),
    )


def ordered(title: str) -> Verdict:
    """Return a verdict that opened a job."""
    return Verdict(
        ranked=ranked(title),
        decision="ordered",
        reason="ordered",
        why="within the budget",
        job_id="cd" * 16,
        seconds=600,
    )


def skipped(title: str) -> Verdict:
    """Return a verdict that did not."""
    return Verdict(
        ranked=ranked(title), decision="skipped", reason="run_videos", why="the run's 1 | taken"
    )


def test_it_tells_what_and_why():
    """Jobs, reasons, what was skipped, sources that failed, what was done less well."""
    text = as_markdown(report(ordered("Rain today"), skipped("Snow")))

    for told in ("1 video ordered", "10 min", "Rain today", "cdcdcdcd", "Snow", "SOURCE"):
        assert told in text
    assert "upkeep" in text


def test_foreign_text_stays_text():
    """In every column, whatever a title tries."""
    trick = "[click](http://x) | <script>"

    text = as_markdown(report(ordered(trick), skipped(trick)))

    assert "[click](" not in text
    assert "<script>" not in text
    assert "<b>" not in text
    rows = [line for line in text.splitlines() if "click" in line]
    assert [row.replace("\\|", "").count("|") for row in rows] == [7, 4]


def test_a_dry_run_says_so():
    """Nobody takes it for orders."""
    assert "would be ordered (dry run)" in as_markdown(report(ordered("A"), dry_run=True))


def test_a_long_list_is_cut_with_the_number_of_the_rest():
    """The catalog has them all."""
    text = as_markdown(report(*(skipped(f"v{n}") for n in range(MOST_ROWS + 7))))

    assert "and 7 more" in text


def test_a_night_without_candidates_is_told_too():
    """Head and sources alone."""
    text = as_markdown(report())

    assert "0 videos ordered" in text
    assert "## Ordered" not in text
