"""What a person sees on the terminal: progress on a screen, plain lines in a pipe."""

import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from cutroom.records.report import Report, Stage, StageName
from cutroom.records.secrets import without_secrets
from cutroom.records.trend import TrendReport, Verdict

if TYPE_CHECKING:
    from cutroom.doctor import Finding
    from cutroom.records.job import Job

_STATUS_STYLES = {"completed": "green", "failed": "yellow", "dead": "bold red"}
Watcher = Callable[[StageName, float], None]
PLAIN_EVERY = 10.0
"""Seconds between two plain lines about one stage that is still going on."""


@contextmanager
def busy(message: str) -> Iterator[None]:
    """Show on a terminal that something is going on that has no measure."""
    console = Console(stderr=True)
    if console.is_terminal:
        with console.status(message):
            yield
    else:
        yield


@contextmanager
def show_progress(title: str) -> Iterator[Watcher]:
    """Yield a function that shows how far each stage is."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _plain_lines()
        return
    columns = (
        TextColumn("[bold]{task.description:>10}"),
        BarColumn(bar_width=32),
        TextColumn("{task.percentage:>4.0f} %"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
    )
    console.print(Text(title, style="bold"))
    with Progress(*columns, console=console, transient=True) as progress:
        rows: dict[StageName, TaskID] = {}

        def watch(stage: StageName, done: float) -> None:
            row = rows.get(stage)
            if row is None:
                row = rows[stage] = progress.add_task(stage, total=1.0)
            progress.update(row, completed=done)

        yield watch


def _plain_lines() -> Watcher:
    told: dict[StageName, tuple[float, float]] = {}

    def watch(stage: StageName, done: float) -> None:
        now = time.monotonic()
        last_time, last_done = told.get(stage, (now, 0.0))
        if done >= 1.0 and last_done < 1.0:
            print(f"{stage}: done", file=sys.stderr, flush=True)
        elif done < 1.0 and now - last_time > PLAIN_EVERY:
            print(f"{stage}: {done:.0%}", file=sys.stderr, flush=True)
        else:
            told.setdefault(stage, (last_time, last_done))
            return
        told[stage] = (now, done)

    return watch


def print_report(report: Report, out: Path) -> None:
    """Print what a job made, where it lies, and what it took."""
    console = Console()
    if report.clips:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("clip", "from", "to", "score", "how", "title"):
            table.add_column(name, overflow="fold", no_wrap=name != "title")
        for number, clip in enumerate(report.clips, 1):
            table.add_row(
                *(str(number), clock(clip.start), clock(clip.end), f"{clip.score:.2f}"),
                *(clip.how or "virtual", Text(clip.title)),
            )
        console.print(table)
    for note in report.degraded:
        console.print(Text(f"degraded: {note.what}: {note.why}", style="yellow"))
    console.print(Text(_summary(report)))
    console.print(Text(f"Open {out / 'report.html'}"))


def print_trends(report: TrendReport) -> None:
    """Print the ranking: what was ordered, what was skipped and why, and what became of sources."""
    console = Console()
    if report.verdicts:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("#", "score", "verdict", "length", "title", "why"):
            table.add_column(name, overflow="fold", no_wrap=name not in {"title", "why"})
        for place, verdict in enumerate(report.verdicts, 1):
            table.add_row(str(place), *_trend_cells(verdict, is_dry=report.order.dry_run))
        console.print(table)
    for source in report.sources:
        if source.error is not None:
            console.print(Text(f"left out: {source.source}: {source.error}", style="yellow"))
    for note in report.notes:
        console.print(Text(note, style="yellow"))
    verb = "would be ordered" if report.order.dry_run else "ordered"
    minutes = sum(each.seconds or 0 for each in report.ordered) / 60
    console.print(
        Text(
            f"{len(report.ordered)} of {len(report.verdicts)} videos {verb}, "
            f"{minutes:.0f} minutes, from {len(report.sources)} sources."
        )
    )


def _trend_cells(verdict: Verdict, *, is_dry: bool) -> tuple[str | Text, ...]:
    candidate = verdict.ranked.candidate
    if verdict.decision == "ordered":
        decision = Text("would order" if is_dry else f"job {(verdict.job_id or '')[:8]}", "green")
        why = "; ".join(verdict.ranked.reasons)
    else:
        decision, why = Text("skipped", "dim"), verdict.why
    return (
        *(f"{verdict.ranked.score:.2f}", decision),
        clock(candidate.duration) if candidate.duration else "?",
        *(Text(candidate.title), Text(why)),
    )


def _summary(report: Report) -> str:
    ledger = report.ledger
    work = [stage for stage in ledger.stages if not stage.cached]
    slowest = sorted(work, key=_seconds, reverse=True)[:3]
    times = ", ".join(f"{stage.name} {stage.seconds:.1f} s" for stage in slowest)
    cached = len(ledger.stages) - len(work)
    return (
        f"{ledger.wall_seconds:.1f} s ({times}; {cached} of {len(ledger.stages)} stages cached), "
        f"{ledger.video_encodes} video encodes, {ledger.downloads} fetches."
    )


def _seconds(stage: Stage) -> float:
    return stage.seconds


def clock(seconds: float) -> str:
    """Return a time as people write it: 1:02.50, or 1:01:02.50 from an hour on."""
    minutes, rest = divmod(round(seconds, 2), 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours}:{minutes:02d}:{rest:05.2f}" if hours else f"{minutes}:{rest:05.2f}"


def print_jobs(jobs: "Sequence[Job]") -> None:
    """Print jobs, one a line: what was ordered, what became of it."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("job", "status", "stage", "tries", "accepted", "source", "error"):
        table.add_column(name, overflow="fold", no_wrap=name not in {"source", "error"})
    for job in jobs:
        table.add_row(
            *(job.id[:8], Text(job.status, _STATUS_STYLES.get(job.status, ""))),
            *(job.stage or "", str(job.attempts), f"{job.accepted_at.astimezone():%m-%d %H:%M}"),
            *(Text(job.order.label), Text(job.error.code if job.error else "")),
        )
    Console().print(table if jobs else Text("No jobs."))


def print_job(job: "Job") -> None:
    """Print everything about one job: the order, where it stands, why it failed, its log's end."""
    recipe = job.order.recipe.model_dump(mode="json", exclude_defaults=True)
    attempts = f"{job.attempts} ({job.spared} of them not counted)" if job.spared else job.attempts
    lines = {
        "job": job.id,
        "status": job.status,
        "stage": job.stage,
        "attempts": attempts,
        "source": without_secrets(job.order.source.location),
        "recipe": ", ".join(f"{name}={value}" for name, value in recipe.items()) or "as usual",
        "results": job.order.out,
        "accepted": job.accepted_at,
        "started": job.started_at,
        "ended": job.ended_at,
        "next try": job.next_try_at,
        "Prefect run": job.flow_run_id,
        "error": f"{job.error.code}: {job.error.message}" if job.error else None,
        "hint": job.error.hint if job.error else None,
    }
    console = Console()
    for name, value in lines.items():
        if value is not None:
            console.print(Text.assemble((f"{name:>11}  ", "bold"), str(value)), soft_wrap=True)
    if job.log_tail:
        console.print(Text(f"\nthe log's end\n{job.log_tail}"), soft_wrap=True)


def print_findings(findings: "Sequence[Finding]") -> None:
    """Print what the doctor found, each lack with what to do about it."""
    console = Console()
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for finding in findings:
        mark = Text("found", "green") if finding.is_found else Text("not found", "yellow")
        if finding.is_vital and not finding.is_found:
            mark = Text("MISSING", "bold red")
        table.add_row(finding.what, mark, Text(finding.detail))
        if finding.advice and not finding.is_found:
            table.add_row("", "", Text(f"→ {finding.advice}", "dim"))
    console.print(table)
