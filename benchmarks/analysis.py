"""All that looks and listens, beside one bare decode of the same file in the same run."""

import json
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.process import Usage, ffmpeg, measured
from benchmarks.tables import Table, conditions, in_words, megabytes, seconds
from benchmarks.videos import Video, long_video, short_video, three_hours
from deployments.models import FACE_MODEL

RUNS = {"short": 3, "long": 3, "three hours": 1}
ONLY_MEMORY = "three hours"
"""Its bare decode would take as long as all else together, and say what that of `long` says."""
MAKERS: dict[str, Callable[[Path], Video]] = {
    "short": short_video,
    "long": long_video,
    "three hours": three_hours,
}


def measure(home: Path, *, is_quick: bool, runs: int | None) -> Iterator[tuple[str, Any]]:
    """Analyse the short video and, unless it has to be quick, the long ones.

    Args:
        home: The data folder; videos are kept in its `bench`, the model is taken from it.
        is_quick: Whether the short one is enough.
        runs: How often; None takes `RUNS`.

    Yields:
        The video's name and its results as plain data, as soon as it is done.
    """
    folder = home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("short",) if is_quick else tuple(MAKERS):
        print(f"{name}: making the video, or finding it made ...", flush=True)
        yield name, _measure(name, MAKERS[name](folder), home, runs or RUNS[name])


def _measure(name: str, video: Video, home: Path, runs: int) -> dict[str, Any]:
    state = conditions()
    analyses: list[Usage] = []
    decodes: list[Usage] = []
    for number in range(1, runs + 1):
        print(f"{name}: run {number} of {runs} ...", flush=True)
        analyses.append(_analyse(video.path, home))
        if name != ONLY_MEMORY:
            decodes.append(ffmpeg("-i", video.path, "-f", "null", "-"))
    told = [json.loads(usage.output) for usage in analyses]
    return {
        "measured": state,
        "runs": runs,
        "video": {"duration": round(video.media.duration, 3), "made_of": video.made_of},
        "stages": {
            stage: _middle([one["stages"][stage] for one in told]) for stage in told[0]["stages"]
        },
        "analysis": _middle([_took(usage) for usage in analyses]),
        **(_beside(analyses, decodes) if decodes else {}),
        "peak_memory_bytes": max(usage.peak_memory_bytes for usage in analyses),
        "found": told[-1]["found"],
    }


def _beside(analyses: list[Usage], decodes: list[Usage]) -> dict[str, dict[str, float]]:
    pairs = list(zip(analyses, decodes, strict=True))
    return {
        "decode": _middle([_took(usage) for usage in decodes]),
        "analysis_to_decode": {
            "wall_seconds": round(median(a.wall_seconds / d.wall_seconds for a, d in pairs), 3),
            "cpu_seconds": round(median(a.cpu_seconds / d.cpu_seconds for a, d in pairs), 3),
        },
    }


def _analyse(path: Path, home: Path) -> Usage:
    with tempfile.TemporaryDirectory(dir=home / "bench") as folder:
        command: list[str | Path] = [sys.executable, "-m", "benchmarks.analysis_run"]
        command += [path.resolve(), home / "models" / FACE_MODEL, folder]
        return measured(command, folder=Path(__file__).parents[1])


def _took(usage: Usage) -> dict[str, float]:
    return {"wall_seconds": usage.wall_seconds, "cpu_seconds": usage.cpu_seconds}


def _middle(runs: list[dict[str, float]]) -> dict[str, float]:
    """Return the median of each figure."""
    return {figure: round(median(run[figure] for run in runs), 3) for figure in runs[0]}


def gains(result: dict[str, Any]) -> dict[str, float]:
    """Return what is held against the record: the CPU time of a bare decode beside ours."""
    ratio = result.get("analysis_to_decode", {}).get("cpu_seconds")
    return {"decode / analysis, CPU": 1 / ratio} if ratio else {}


def as_tables(results: dict[str, Any]) -> list[Table]:
    """Return one table of time, a column pair for each video that was timed, and one of memory."""
    names = [name for name in MAKERS if name in results and name != ONLY_MEMORY]
    memory = tuple(
        (name, f"{results[name]['video']['duration']:.0f}", _peak(results[name]))
        for name in MAKERS
        if name in results
    )
    times = [_times({name: results[name] for name in names})] if names else []
    return [*times, Table("Memory", ("", "length, s", "peak, MB"), memory)]


def _times(results: dict[str, Any]) -> Table:
    names = list(results)
    stages = list(results[names[0]]["stages"])

    def row(label: str, took: list[dict[str, float]]) -> tuple[str, ...]:
        figures = [(seconds(one["wall_seconds"]), seconds(one["cpu_seconds"])) for one in took]
        return (label, *(cell for pair in figures for cell in pair))

    rows = [row(stage, [results[name]["stages"][stage] for name in names]) for stage in stages]
    rows.append(row("Python, imports, end", [_around(results[name]) for name in names]))
    rows.append(row("all of it", [results[name]["analysis"] for name in names]))
    rows.append(row("one bare decode", [results[name]["decode"] for name in names]))
    shares = [results[name]["analysis_to_decode"] for name in names]
    ratios = [f"{one[figure]:.2f}" for one in shares for figure in ("wall_seconds", "cpu_seconds")]
    rows.append(("analysis / decode", *ratios))
    header = [cell for name in names for cell in (f"{name}: wall, s", "CPU, s")]
    return Table("Analysis without speech-to-text, stage by stage", ("", *header), tuple(rows))


def _around(result: dict[str, Any]) -> dict[str, float]:
    """Return what a run took beyond its stages."""
    return {
        figure: max(0.0, whole - sum(stage[figure] for stage in result["stages"].values()))
        for figure, whole in result["analysis"].items()
    }


def _peak(result: dict[str, Any]) -> str:
    return megabytes(result["peak_memory_bytes"])


def in_sentences(results: dict[str, Any]) -> str:
    """Say on what each video on record was measured, and what was found in it."""
    return "\n".join(
        f"- {name}, {result['video']['duration']:.0f} s: {result['video']['made_of']}. Found: "
        + ", ".join(f"{count} {what}" for what, count in result["found"].items())
        + f". Runs: {result['runs']}, on {in_words(result['measured'])}."
        for name, result in ((name, results[name]) for name in MAKERS if name in results)
    )
