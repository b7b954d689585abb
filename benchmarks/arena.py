"""A small fleet of our own, on one machine, whose processes may be killed.

Real parts throughout: a Prefect server, `cutroom setup`, workers, upkeep, jobs. Every process is
started by its command, as an operator would.
"""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from blocks.settings import prefect_environment
from cutroom.catalog import reading
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.job import Job
from deployments import server as local

CUTROOM = Path(sys.executable).with_name("cutroom")
PATIENCE = 240.0
"""Seconds for anything to happen, on a machine that is busy with other things as well."""


@dataclass
class Arena:
    """A data folder, a server, and the processes that were started here."""

    home: Path
    api: str
    lease: float
    started: list["subprocess.Popen[bytes]"] = field(default_factory=list)

    @property
    def catalog(self) -> Catalog:
        """The truth about what was accepted."""
        return open_catalog(f"sqlite:///{self.home / 'catalog.db'}")

    def environment(self, **more: str) -> dict[str, str]:
        """Return the variables of a command in this fleet."""
        own = {
            "CUTROOM_HOME": str(self.home),
            "CUTROOM_LEASE": str(self.lease),
            "CUTROOM_SCRATCH_FLOOR": "0",
            "CUTROOM_MEMORY_LIMIT": "100",
            "PREFECT_API_URL": self.api,
        }
        kept = {name: value for name, value in os.environ.items() if "FAILPOINT" not in name}
        return {**kept, **prefect_environment(self.home), **own, **more}

    def run(self, *words: object, **more: str) -> str:
        """Run a command to its end and return what it printed; it must not fail."""
        done = subprocess.run(
            [CUTROOM, *map(str, words)],
            env=self.environment(**more),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, *words: object, **more: str) -> "subprocess.Popen[bytes]":
        """Start a command; it ends with the arena."""
        with (self.home / "processes.log").open("ab") as log:
            process = subprocess.Popen(
                [CUTROOM, *map(str, words)],
                env=self.environment(**more),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        self.started.append(process)
        return process

    def order(self, video: Path, out: Path, *options: str) -> str:
        """Hand an order to the fleet; return its job's id."""
        self.run("video", video, "--out", out, "--no-transcript", *options, "--submit")
        return reading.jobs(self.catalog, limit=1)[0].id

    def job(self, job_id: str) -> Job:
        """Return a job as it stands."""
        return reading.job(self.catalog, job_id)

    def await_end(self, job_id: str) -> Job:
        """Return a job once it is closed."""
        await_that(lambda: self.job(job_id).is_closed, f"job {job_id} to end")
        return self.job(job_id)

    def ask(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Ask Prefect's API, as anyone with HTTP could."""
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.api}{path}", data, headers)  # noqa: S310  our own server
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return json.load(answer)

    def steps(self, flow_run_id: str, state: str) -> list[str]:
        """Return the names of a run's steps that ended in a state, such as `Cached`."""
        wanted = {"flow_runs": {"id": {"any_": [flow_run_id]}}, "limit": 200}
        found = self.ask("/task_runs/filter", wanted)
        return sorted(run["name"] for run in found if (run["state"] or {}).get("name") == state)

    def ffmpegs(self, mark: str = "") -> list[psutil.Process]:
        """Return the ffmpeg processes at work on this data folder, whose command has the mark."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or [""]
            line = " ".join(words)
            if "ffmpeg" in words[0] and str(self.home) in line and mark in line:
                found.append(process)
        return found

    def close(self) -> None:
        """End everything that was started here."""
        for process in self.started:
            kill_tree(process.pid)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=10)
        local.stop_server(self.home)


@contextmanager
def opened_arena(folder: Path, lease: float = 40.0) -> Iterator[Arena]:
    """Open a fleet without workers yet, in a folder."""
    home = folder / "home"
    home.mkdir(parents=True)
    before = os.environ.pop("PREFECT_API_URL", None)
    usual, local.USUAL_PORT = local.USUAL_PORT, 0  # other fleets may be opening at the same time
    try:
        server = local.ensure_server(home)
    finally:
        local.USUAL_PORT = usual
        if before is not None:
            os.environ["PREFECT_API_URL"] = before
    arena = Arena(home, server.api, lease)
    try:
        arena.run("setup")
        yield arena
    finally:
        arena.close()


def kill_tree(pid: int) -> None:
    """Kill a process, then everything below it: nobody in it gets to say a word."""
    try:
        root = psutil.Process(pid)
        family = root.children(recursive=True)
    except psutil.NoSuchProcess:
        return
    for process in (root, *family):
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(signal.SIGKILL)
    psutil.wait_procs([root, *family], timeout=10)


def await_that(is_so: Callable[[], object], what: str, patience: float = PATIENCE) -> float:
    """Wait until something is so; return the seconds it took.

    Raises:
        AssertionError: It was not so in time.
    """
    began = time.monotonic()
    while not is_so():
        assert time.monotonic() - began < patience, f"Waited {patience:.0f} s for {what}."
        time.sleep(0.1)
    return time.monotonic() - began
