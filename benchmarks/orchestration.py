"""Where each second of `cutroom video` goes on a server that is up: all new, then all cached."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.cutroom_run import local_server
from benchmarks.process import measured
from benchmarks.tables import Table, conditions, in_words, seconds
from benchmarks.videos import short_video
from deployments.server import LocalServer

RUNS = 3
CALLS = ("everything new", "everything cached")
END = "Python's beginning and end"


def measure(home: Path, *, is_quick: bool, runs: int | None) -> Iterator[tuple[str, Any]]:
    """Call the command on the short video, on an empty data folder and once more on the full one.

    Args:
        home: The data folder; the video is kept in its `bench`, the models are taken from it.
        is_quick: Whether one run is enough.
        runs: How often; None takes `RUNS`.

    Yields:
        "short" and the results as plain data.
    """
    place = home / "bench"
    place.mkdir(parents=True, exist_ok=True)
    path = short_video(place).path.resolve()
    state = conditions()
    count = runs or (1 if is_quick else RUNS)
    calls: dict[str, list[dict[str, dict[str, float]]]] = {name: [] for name in CALLS}
    with tempfile.TemporaryDirectory(dir=place) as folder, local_server(Path(folder)) as server:
        for number in range(count):
            empty = Path(folder) / str(number)
            empty.mkdir()
            (empty / "models").symlink_to((home / "models").resolve())
            for name in CALLS:
                calls[name].append(_call(path, empty, server))
    yield (
        "short",
        {
            "measured": state,
            "runs": count,
            "calls": {
                name: {
                    part: {
                        figure: round(median(run[part][figure] for run in done), 3)
                        for figure in done[0][part]
                    }
                    for part in done[0]
                }
                for name, done in calls.items()
            },
        },
    )


def _call(path: Path, home: Path, server: LocalServer) -> dict[str, dict[str, float]]:
    """Call once; return wall and CPU seconds of each part and of the whole."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")},
        "CUTROOM_HOME": str(home),
        "PREFECT_API_URL": server.api,
    }
    command: list[str | Path] = [
        sys.executable,
        "-m",
        "benchmarks.orchestration_run",
        path,
        home / "out",
    ]
    usage = measured(command, environment=environment, folder=Path(__file__).parents[1])
    parts: dict[str, dict[str, float]] = json.loads(usage.output)
    whole = {"wall_seconds": usage.wall_seconds, "cpu_seconds": usage.cpu_seconds}
    rest = {
        figure: max(0.0, whole[figure] - sum(part[figure] for part in parts.values()))
        for figure in whole
    }
    return {**parts, END: rest, "whole call": whole}


def gains(result: dict[str, Any]) -> dict[str, float]:
    """Return what is held against the record: importing Prefect beside all that is not imports."""
    calls = result["calls"]
    return {f"importing Prefect / {name}, CPU": _of_imports(calls[name]) for name in CALLS}


def _of_imports(parts: dict[str, dict[str, float]]) -> float:
    imports = sum(took["cpu_seconds"] for part, took in parts.items() if part.startswith("import"))
    beyond = parts["whole call"]["cpu_seconds"] - imports
    return parts["import Prefect"]["cpu_seconds"] / beyond


def as_tables(results: dict[str, Any]) -> list[Table]:
    """Return one table: what each part of a call takes."""
    calls = results["short"]["calls"]
    rows = [
        (
            part,
            *(
                seconds(calls[name][part][figure])
                for name in CALLS
                for figure in ("wall_seconds", "cpu_seconds")
            ),
        )
        for part in calls[CALLS[0]]
    ]
    header = ("", *(cell for name in CALLS for cell in (f"{name}, s", "CPU, s")))
    return [Table("Where each second of a call goes", header, tuple(rows))]


def in_sentences(results: dict[str, Any]) -> str:
    """Say on what it was measured."""
    result = results["short"]
    return (
        f"`cutroom video` on the short video, `--no-transcript`. Runs: {result['runs']}, "
        f"on {in_words(result['measured'])}."
    )
