"""Changes of shot: Cutroom beside PySceneDetect and ffmpeg's scdet, on films with known truth."""

import json
import re
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.detectors import SETTINGS
from benchmarks.films import Film, films
from benchmarks.process import ffmpeg, measured
from benchmarks.scoring import score
from benchmarks.tables import Table, conditions, in_words, seconds, times

RUNS = 3
CUTROOM, SCDET, DECODE = "Cutroom", "ffmpeg scdet", "bare decode"
DETECTORS = (CUTROOM, *SETTINGS, SCDET)
SCDET_THRESHOLD = 10
"""ffmpeg's default, in the middle of the 8 to 14 that its manual calls good."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One run of one detector."""

    wall_seconds: float
    cpu_seconds: float
    found: list[list[float]] = field(default_factory=list)


def measure(home: Path, *, is_quick: bool, runs: int | None) -> Iterator[tuple[str, Any]]:
    """Search every film with every detector, one after the other.

    Args:
        home: The data folder; films are kept in its `bench`.
        is_quick: Whether one small film is enough.
        runs: How often; None takes `RUNS`.

    Yields:
        The film's name and its results as plain data, as soon as it is done.
    """
    folder = home / "bench"
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in films(is_quick=is_quick).items():
        print(f"{name}: making the film, or finding it made ...", flush=True)
        yield name, _measure(name, make(folder), runs or RUNS)


def _measure(name: str, film: Film, runs: int) -> dict[str, Any]:
    state = conditions()
    trials: dict[str, list[Trial]] = {detector: [] for detector in (*DETECTORS, DECODE)}
    for number in range(1, runs + 1):
        print(f"{name}: run {number} of {runs} ...", flush=True)
        for detector, done in trials.items():
            done.append(_run(detector, film.path))
    picture = film.media.video
    return {
        "measured": state,
        "runs": runs,
        "film": {
            "duration": round(film.media.duration, 3),
            "width": picture.width,
            "height": picture.height,
            "frame_rate": round(film.rate, 3),
            "keyframes": len(film.media.keyframes),
            **_counted(film),
            "made_of": film.made_of,
        },
        "detectors": {
            detector: {
                **(_judged(detector, done[-1], film) if detector != DECODE else {}),
                **_took(done, trials[CUTROOM]),
            }
            for detector, done in trials.items()
        },
    }


def _run(detector: str, path: Path) -> Trial:
    if detector == DECODE:
        usage = ffmpeg("-i", path, "-map", "0:v:0", "-f", "null", "-")
        return Trial(usage.wall_seconds, usage.cpu_seconds)
    if detector == SCDET:
        return _scdet(path)
    words: list[str | Path] = [sys.executable, "-W", "ignore", "-m"]
    words += ["benchmarks.detectors", detector, path]
    said = json.loads(measured(words, folder=Path(__file__).parents[1]).output)
    return Trial(said["wall_seconds"], said["cpu_seconds"], said["found"])


def _scdet(path: Path) -> Trial:
    graph = f"scdet=t={SCDET_THRESHOLD},metadata=print:key=lavfi.scd.time:file=-"
    usage = ffmpeg("-i", path, "-map", "0:v:0", "-vf", graph, "-f", "null", "-")
    found = [float(time) for time in re.findall(r"lavfi\.scd\.time=([0-9.]+)", usage.output)]
    return Trial(usage.wall_seconds, usage.cpu_seconds, [[time] * 3 for time in found])


def _counted(film: Film) -> dict[str, int]:
    if film.truth is None:
        return {}
    return {"cuts": len(film.truth.cuts), "gradual": len(film.truth.gradual)}


def _judged(detector: str, trial: Trial, film: Film) -> dict[str, Any]:
    if film.truth is None:
        return {}
    is_ours = detector == CUTROOM
    cuts, gradual = score(trial.found, film.truth, film.rate, tells_gradual=is_ours)
    return {"cuts": cuts.as_data(), "gradual": gradual.as_data()}


def _took(done: Sequence[Trial], ours: Sequence[Trial]) -> dict[str, float]:
    """Return medians, and the medians of ratios to Cutroom within the same run."""
    pairs = list(zip(done, ours, strict=True))
    return {
        "wall_seconds": round(median(one.wall_seconds for one in done), 3),
        "cpu_seconds": round(median(one.cpu_seconds for one in done), 3),
        "wall_to_cutroom": round(median(a.wall_seconds / b.wall_seconds for a, b in pairs), 3),
        "cpu_to_cutroom": round(median(a.cpu_seconds / b.cpu_seconds for a, b in pairs), 3),
    }


def gains(result: dict[str, Any]) -> dict[str, float]:
    """Return what is held against the record: accuracy, and CPU time beside the best peer's."""
    detectors = result["detectors"]
    ours = detectors[CUTROOM]
    accuracy = {kind: ours.get(kind, {}).get("f1") for kind in ("cuts", "gradual")}
    found = {f"F1 of {kind}": f1 for kind, f1 in accuracy.items() if f1 is not None}
    adaptive = detectors["PySceneDetect Adaptive"]["cpu_to_cutroom"]
    return {**found, "PySceneDetect Adaptive / Cutroom, CPU": adaptive}


def as_tables(results: dict[str, Any]) -> list[Table]:
    """Return one table for each film on record."""
    header = ("", "precision", "recall", "F1", "gradual found", "F1", "wall, s", "CPU, s")
    return [
        Table(
            f"Scenes: {name}",
            (*header, "wall / Cutroom", "CPU / Cutroom"),
            tuple(_row(detector, one) for detector, one in result["detectors"].items()),
        )
        for name, result in results.items()
    ]


def _row(detector: str, one: dict[str, Any]) -> tuple[str, ...]:
    cuts, gradual = one.get("cuts", {}), one.get("gradual", {})
    seen = f"{gradual['hits']} of {gradual['wanted']}" if gradual.get("wanted") else ""
    is_other = detector != CUTROOM
    return (
        detector,
        *(_digits(cuts.get(figure)) for figure in ("precision", "recall", "f1")),
        seen,
        _digits(gradual.get("f1")) if seen else "",
        seconds(one["wall_seconds"]),
        seconds(one["cpu_seconds"]),
        times(one["wall_to_cutroom"]) if is_other else "",
        times(one["cpu_to_cutroom"]) if is_other else "",
    )


def _digits(share: float | None) -> str:
    return "" if share is None else f"{share:.3f}"


def in_sentences(results: dict[str, Any]) -> str:
    """Say what each film on record is, and on what it was searched."""
    return "\n".join(_said(name, result) for name, result in results.items())


def _said(name: str, result: dict[str, Any]) -> str:
    film = result["film"]
    truth = f", {film['cuts']} cuts and {film['gradual']} gradual changes" if "cuts" in film else ""
    runs = "One run" if result["runs"] == 1 else f"Medians of {result['runs']} runs"
    return (
        f"- {name}: {film['duration']:.0f} s of {film['width']}x{film['height']} at "
        f"{film['frame_rate']:g} frames a second with {film['keyframes']} keyframes{truth}; "
        f"{film['made_of']}. "
        f"{runs} on {in_words(result['measured'])}."
    )
