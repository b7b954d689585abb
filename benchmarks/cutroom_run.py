"""Run the real command `cutroom video` on an empty data folder, and once more on the full one."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.accounts import Account, StageTime
from benchmarks.process import measured
from benchmarks.serving import Site
from deployments.server import LocalServer, find_server

CUTROOM = Path(sys.executable).with_name("cutroom")


@dataclass(frozen=True, slots=True)
class CutroomRun:
    """Both calls, and the clips that were chosen."""

    first: Account
    again: Account
    spans: tuple[tuple[float, float], ...]
    """Start and end of each clip, in seconds of the source."""


@contextmanager
def local_server(home: Path) -> Iterator[LocalServer]:
    """Keep one Prefect server up, as it is between two calls of the command line."""
    environment = _environment(home)
    measured([CUTROOM, "server", "start"], environment=environment, folder=home)
    try:
        server = find_server(home)
        if server is None:
            raise RuntimeError("The Prefect server ended right after its start.")
        yield server
    finally:
        measured([CUTROOM, "server", "stop"], environment=environment, folder=home)


def run_cutroom(
    site: Site, address: str, workplace: Path, models: Path, server: LocalServer
) -> CutroomRun:
    """Turn a video into clips twice: nothing cached, then everything.

    Args:
        site: The server of the video, which counts what it gives.
        address: Of the video on it.
        workplace: An empty folder: data folder and results go there.
        models: The models that set-up fetched.
        server: The Prefect server, already up.
    """
    home = workplace / "home"
    home.mkdir()
    if models.is_dir():
        (home / "models").symlink_to(models.resolve())
    first = _call(site, address, home, workplace / "first", server)
    again = _call(site, address, home, workplace / "again", server)
    clips = json.loads((workplace / "first" / "report.json").read_text())["clips"]
    return CutroomRun(first, again, tuple((clip["start"], clip["end"]) for clip in clips))


def _call(site: Site, address: str, home: Path, out: Path, server: LocalServer) -> Account:
    """Run the command once; the Prefect server's own CPU time is counted with it."""
    environment = _environment(home)
    environment["PREFECT_API_URL"] = server.api
    environment["CUTROOM_ALLOWED_HOSTS"] = json.dumps([site.host])
    downloads, sent = site.downloads, site.bytes_sent
    server_began = _cpu_seconds_of(server.pid)
    command = [str(CUTROOM), "video", address, "--no-transcript", "--out", str(out)]
    usage = measured(command, environment=environment, folder=home)
    beside = _cpu_seconds_of(server.pid) - server_began
    report = json.loads((out / "report.json").read_text())
    ledger = report["ledger"]
    stages = {
        stage["name"]: StageTime(stage["seconds"], stage["cpu_seconds"], stage["cached"])
        for stage in ledger["stages"]
    }
    start = usage.wall_seconds - ledger["wall_seconds"]
    stages["start and end"] = StageTime(start, usage.cpu_seconds - ledger["cpu_seconds"])
    stages["Prefect server"] = StageTime(None, beside)
    return Account(
        wall_seconds=usage.wall_seconds,
        cpu_seconds=usage.cpu_seconds + beside,
        peak_memory_bytes=usage.peak_memory_bytes,
        video_encodes=ledger["video_encodes"],
        downloads=site.downloads - downloads,
        bytes_downloaded=site.bytes_sent - sent,
        bytes_to_storage=sum(path.stat().st_size for path in out.rglob("*") if path.is_file()),
        bytes_from_storage=0,
        stages=stages,
        found={name: len(report[name]) for name in ("scenes", "silences", "faces", "clips")},
    )


def _environment(home: Path) -> dict[str, str]:
    """Return our variables without anything that would point Cutroom or Prefect elsewhere."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("CUTROOM_", "PREFECT_")) or name == "CUTROOM_FFMPEG"
    }
    return {**kept, "CUTROOM_HOME": str(home)}


def _cpu_seconds_of(pid: int) -> float:
    """Return the CPU seconds of a process and of its children so far."""
    process = psutil.Process(pid)
    family = [process, *process.children(recursive=True)]
    times = [one.cpu_times() for one in family]
    return sum(time.user + time.system for time in times)
