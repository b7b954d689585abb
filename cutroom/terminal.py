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

if TYPE_CHECKING:
    from cutroom.doctor import Finding

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
