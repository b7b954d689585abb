"""A run of trending as Markdown, for the page of a Prefect run."""

from cutroom.records.trend import SourceOutcome, TrendReport, Verdict
from cutroom.report.markdown import escaped
from cutroom.report.wording import count, length

MOST_ROWS = 50
"""Skipped videos that are shown; the catalog has them all."""


def as_markdown(report: TrendReport) -> str:
    """Return what a run ordered, what it skipped and why, and what became of its sources."""
    parts = [_head(report), _ordered(report), _skipped(report), _sources(report), _notes(report)]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(report: TrendReport) -> str:
    verb = "would be ordered (dry run)" if report.order.dry_run else "ordered"
    seconds = sum(each.seconds or 0 for each in report.ordered)
    facts = (
        f"{count(len(report.ordered), 'video')} {verb}",
        f"{length(seconds)} of playing time",
        f"{len(report.skipped)} skipped",
        f"for {escaped(report.order.owner)}",
    )
    return f"# Trending\n\n{' · '.join(facts)}"


def _ordered(report: TrendReport) -> str:
    if not report.ordered:
        return ""
    head = ["## Ordered", "", "| Score | Video | Channel | Length | Why | Job |"]
    rows = [_order(each) for each in report.ordered]
    return "\n".join([*head, "|--:|---|---|--:|---|---|", *rows])


def _order(verdict: Verdict) -> str:
    candidate = verdict.ranked.candidate
    told = length(candidate.duration) if candidate.duration else "not told"
    cells = (
        f"{verdict.ranked.score:.2f}",
        escaped(candidate.title),
        escaped(candidate.channel or ""),
        told,
        ", ".join(escaped(reason) for reason in verdict.ranked.reasons),
        (verdict.job_id or "")[:8],
    )
    return f"| {' | '.join(cells)} |"


def _skipped(report: TrendReport) -> str:
    if not report.skipped:
        return ""
    shown = report.skipped[:MOST_ROWS]
    rows = [
        f"| {each.ranked.score:.2f} | {escaped(each.ranked.candidate.title)} "
        f"| {escaped(each.why)} |"
        for each in shown
    ]
    more = len(report.skipped) - len(shown)
    rest = ["", f"and {more} more"] if more else []
    head = ["## Skipped", "", "| Score | Video | Why not |", "|--:|---|---|"]
    return "\n".join([*head, *rows, *rest])


def _sources(report: TrendReport) -> str:
    head = ["## Sources", "", "| Source | Kind | Videos | Topics | Seconds | |"]
    rows = [_source(each) for each in report.sources]
    return "\n".join([*head, "|---|---|--:|--:|--:|---|", *rows])


def _source(outcome: SourceOutcome) -> str:
    cells = (
        escaped(outcome.source),
        outcome.kind,
        str(outcome.candidates),
        str(outcome.topics),
        f"{outcome.seconds:.1f}",
        escaped(outcome.error or ""),
    )
    return f"| {' | '.join(cells)} |"


def _notes(report: TrendReport) -> str:
    return "\n".join(f"- {escaped(note)}" for note in report.notes)
