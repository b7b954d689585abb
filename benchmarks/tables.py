"""Tables in markdown, and the two files they are kept in: results.json and README.md."""

import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cutroom.media.ffmpeg import program

BUSY = 0.25
"""Programs waiting for a core, for each core, from which on the machine counts as shared."""


@dataclass(frozen=True, slots=True)
class Table:
    """One table; its first column holds names, the others figures."""

    title: str
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def as_markdown(table: Table) -> str:
    """Return a table that reads well as plain text too: columns aligned, figures to the right."""
    lines = [table.header, *table.rows]
    widths = [max(len(line[n]) for line in lines) for n in range(len(table.header))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    aligned = [_row(table.header, widths), _row(rule, widths)]
    aligned += [_row(row, widths) for row in table.rows]
    return "\n".join([f"### {table.title}", "", *aligned])


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cells[0].ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join(padded)} |"


def between_marks(text: str, name: str, new: str) -> str:
    """Replace what stands between a benchmark's two marks in a page.

    Raises:
        ValueError: The page lacks the marks.
    """
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise ValueError(f"The page needs one line {begin!r} and one line {end!r} after it.")
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return f"{head}{begin}\n{new.strip()}\n{end}{tail}"


def conditions() -> dict[str, Any]:
    """Return when and on what something is measured; nothing that names the machine."""
    version = subprocess.run([program(), "-version"], check=True, capture_output=True, text=True)
    found = re.match(r"ffmpeg version (\S+)", version.stdout)
    cores = os.cpu_count() or 1
    return {
        "date": datetime.now(UTC).date().isoformat(),
        "cores": cores,
        "is_shared": os.getloadavg()[0] > BUSY * cores,
        "python": platform.python_version(),
        "ffmpeg": found[1] if found else "unknown",
    }


def in_words(measured: dict[str, Any]) -> str:
    """Say when and on what something was measured."""
    shared = ", shared with other work at the time" if measured["is_shared"] else ""
    return (
        f"{measured['date']}, {measured['cores']} cores{shared}, "
        f"Python {measured['python']}, ffmpeg {measured['ffmpeg']}"
    )


def read_results(path: Path) -> dict[str, Any]:
    """Return what is on record, {} where nothing is."""
    return dict(json.loads(path.read_text())) if path.exists() else {}


def write_results(path: Path, results: dict[str, Any]) -> None:
    """Put results on record: read again by the tables and by whoever compares."""
    part = path.with_suffix(".part")
    part.write_text(json.dumps(results, indent=2) + "\n")
    part.replace(path)


def seconds(value: float) -> str:
    """Return seconds with as many digits as they deserve."""
    return f"{value:.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def megabytes(size_bytes: float) -> str:
    """Return millions of bytes."""
    return f"{size_bytes / 1e6:,.1f}"


def count(number: float) -> str:
    """Return how many, halves included: the middle of two runs may lie between."""
    return f"{number:g}"


def times(ratio: float | None) -> str:
    """Return how many times more, with two digits that count."""
    if ratio is None:
        return ""
    return f"{ratio:.0f}x" if ratio >= 10 else f"{ratio:.1f}x"
