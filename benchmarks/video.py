"""One video from end to end: Cutroom beside the plain pipeline of the seeds, in the same run."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from statistics import median
from typing import Any, get_args

from benchmarks.accounts import Account, middle, ratio
from benchmarks.cutroom_run import CutroomRun, local_server, run_cutroom
from benchmarks.plain_run import run_plain
from benchmarks.process import ffmpeg
from benchmarks.serving import serving
from benchmarks.tables import Table, conditions, count, in_words, megabytes, seconds, times
from benchmarks.videos import Video, long_video, short_video
from cutroom.records.report import StageName
from deployments.models import FACE_MODEL
from deployments.server import LocalServer

RUNS = {"short": 3, "long": 1}
"""A run of the long one takes many minutes, most of them the plain pipeline's."""
MAKERS = {"short": short_video, "long": long_video}
ORDER = (*get_args(StageName), "start and end", "Prefect server")
MINUTES_FROM = 120
"""Seconds from which on a length is told in minutes."""
_COMPARED = ("wall_seconds", "cpu_seconds", "video_encodes", "bytes_downloaded", "bytes_to_storage")


def measure(home: Path, *, is_quick: bool, runs: int | None) -> Iterator[tuple[str, Any]]:
    """Measure the short video and, unless it has to be quick, the long one.

    Args:
        home: The data folder; videos are kept in its `bench`, models are taken from it.
        is_quick: Whether the short one is enough.
        runs: How often; None takes `RUNS`.

    Yields:
        The video's name and its results as plain data, as soon as it is done.
    """
    place = home / "bench"
    place.mkdir(parents=True, exist_ok=True)
    with _folder(place) as workplace, local_server(workplace) as server:
        for name in ("short",) if is_quick else ("short", "long"):
            print(f"{name}: making the video, or finding it made ...", flush=True)
            video = MAKERS[name](place)
            yield name, _measure(video, home, server, runs or RUNS[name])


def _measure(video: Video, home: Path, server: LocalServer, runs: int) -> dict[str, Any]:
    measured = conditions()
    cutroom: list[CutroomRun] = []
    plain: list[Account] = []
    decodes: list[float] = []
    for number in range(1, runs + 1):
        print(f"{video.name}: run {number} of {runs} ...", flush=True)
        ours, theirs = _run_pair(video, home, server)
        cutroom.append(ours)
        plain.append(theirs)
        decodes.append(ffmpeg("-i", video.path, "-f", "null", "-").wall_seconds)
    first, again = [run.first for run in cutroom], [run.again for run in cutroom]
    return {
        "measured": measured,
        "runs": runs,
        "video": _facts(video),
        "bare_decode_seconds": round(median(decodes), 3),
        "cutroom": middle(first),
        "again": middle(again),
        "plain": middle(plain),
        "plain_to_cutroom": {figure: ratio(plain, first, figure) for figure in _COMPARED},
    }


def _run_pair(video: Video, home: Path, server: LocalServer) -> tuple[CutroomRun, Account]:
    """Run both, one after the other, on empty folders that are gone afterwards."""
    model = home / "models" / FACE_MODEL
    with serving(video.path.parent) as site, _folder(home / "bench") as workplace:
        cutroom_place, plain_place = workplace / "cutroom", workplace / "plain"
        cutroom_place.mkdir()
        plain_place.mkdir()
        address = site.address(video.path)
        ours = run_cutroom(site, address, cutroom_place, model.parent, server)
        theirs = run_plain(
            site, address, plain_place, ours.spans, model if model.exists() else None
        )
    return ours, theirs


@contextmanager
def _folder(place: Path) -> Iterator[Path]:
    """Yield an empty folder that is gone afterwards."""
    with tempfile.TemporaryDirectory(dir=place, ignore_cleanup_errors=True) as folder:
        yield Path(folder)


def _facts(video: Video) -> dict[str, Any]:
    picture = video.media.video
    return {
        "duration": round(video.media.duration, 3),
        "width": picture.width,
        "height": picture.height,
        "frame_rate": f"{picture.frame_rate.numerator}/{picture.frame_rate.denominator}",
        "size_bytes": video.path.stat().st_size,
        "made_of": video.made_of,
    }


def gains(result: dict[str, Any]) -> dict[str, float]:
    """Return what is held against the record: how much less Cutroom takes than the plain way."""
    ratios = result["plain_to_cutroom"]
    names = {"CPU": "cpu_seconds", "bytes to storage": "bytes_to_storage"}
    return {f"plain / Cutroom, {name}": ratios[figure] for name, figure in names.items()}


def as_tables(results: dict[str, Any]) -> list[Table]:
    """Return two tables for each video on record: what it cost, and where the time went."""
    return [
        table
        for name in MAKERS
        if name in results
        for table in (_costs(results[name]), _stages(results[name]))
    ]


def _costs(result: dict[str, Any]) -> Table:
    """The account of both sides, and how many times more the plain one is."""
    sides = [result[name] for name in ("cutroom", "again", "plain")]
    shares = result["plain_to_cutroom"]

    def row(label: str, figure: str, show: Callable[[float], str]) -> tuple[str, ...]:
        return (label, *(show(side[figure]) for side in sides), times(shares.get(figure)))

    return Table(
        _heading(result),
        ("", "Cutroom", "Cutroom again", "plain", "plain / Cutroom"),
        (
            row("wall, s", "wall_seconds", seconds),
            row("CPU, s", "cpu_seconds", seconds),
            row("largest process, MB", "peak_memory_bytes", megabytes),
            row("video encodes", "video_encodes", count),
            row("fetches of the source", "downloads", count),
            row("fetched, MB", "bytes_downloaded", megabytes),
            row("to storage, MB", "bytes_to_storage", megabytes),
            row("from storage, MB", "bytes_from_storage", megabytes),
        ),
    )


def _stages(result: dict[str, Any]) -> Table:
    """Where the seconds went, stage by stage."""
    first, again, plain = (result[name]["stages"] for name in ("cutroom", "again", "plain"))
    names = [*first, *(name for name in plain if name not in first)]
    order = sorted(names, key=lambda name: ORDER.index(name) if name in ORDER else len(ORDER))
    rows = [
        (name, *_both(first.get(name)), _both(again.get(name))[0], *_both(plain.get(name)))
        for name in order
    ]
    whole = [
        (seconds(result[name]["wall_seconds"]), seconds(result[name]["cpu_seconds"]))
        for name in ("cutroom", "again", "plain")
    ]
    return Table(
        f"{_heading(result)}, stage by stage",
        ("", "Cutroom, s", "CPU, s", "again, s", "plain, s", "CPU, s"),
        (*rows, ("whole run", *whole[0], whole[1][0], *whole[2])),
    )


def _both(stage: dict[str, Any] | None) -> tuple[str, str]:
    """Return wall and CPU seconds of a stage as they are shown."""
    if stage is None:
        return "", ""
    if stage["is_cached"]:
        return "cached", ""
    wall = stage["wall_seconds"]
    return seconds(wall) if wall is not None else "", seconds(stage["cpu_seconds"])


def _heading(result: dict[str, Any]) -> str:
    video = result["video"]
    length = video["duration"]
    said = f"{length:.0f} s" if length < MINUTES_FROM else f"{length / 60:.0f} minutes"
    rate = float(Fraction(video["frame_rate"]))
    return f"{said} of {video['width']}x{video['height']} at {rate:g} frames a second"


def in_sentences(results: dict[str, Any]) -> str:
    """Say on what each video on record was measured, and what it is."""
    return "\n".join(
        f"- {_heading(result)}, {megabytes(result['video']['size_bytes'])} MB: "
        f"{result['video']['made_of']}. {_runs(result['runs'])} on {in_words(result['measured'])}. "
        f"One bare decode of it (`ffmpeg -i X -f null -`) took "
        f"{seconds(result['bare_decode_seconds'])} s."
        for result in (results[name] for name in MAKERS if name in results)
    )


def _runs(runs: int) -> str:
    return "One run" if runs == 1 else f"Medians of {runs} runs"
