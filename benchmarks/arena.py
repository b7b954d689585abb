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
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import Any

import psutil

from blocks.settings import prefect_environment
from cutroom.catalog import reading
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.job import Job
from deployments import server as local

CUTROOM = Path(sys.executable).with_name("cutroom")
BUSY_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 6.4)
"""Seconds between two tries; on SQLite the server answers 503 whenever two writers meet."""
PATIENCE = 240.0
"""Seconds for anything to happen, on a machine that is busy with other things as well."""


@dataclass
class Arena:
    """A data folder, a server, and the processes that were started here."""

    home: Path
    api: str
    lease: float
    settings: dict[str, str] = field(default_factory=dict)
    """More variables, for every command."""
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
        return {**kept, **prefect_environment(self.home), **own, **self.settings, **more}

    def run(
        self, *words: object, status: int = 0, variables: Mapping[str, str] | None = None
    ) -> str:
        """Run a command to its end and return what it printed; it must end with this status."""
        done = subprocess.run(
            [CUTROOM, *map(str, words)],
            env=self.environment(**(variables or {})),
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == status, f"{words}: {done.stdout}{done.stderr}"
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

    def order(
        self,
        video: Path | str,
        out: Path,
        *options: str,
        status: int = 0,
        variables: Mapping[str, str] | None = None,
    ) -> str:
        """Hand an order to the fleet, by a command that ends so; return its job's id."""
        words = ("video", video, "--out", out, *options, "--submit")
        self.run(*words, status=status, variables=variables)
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
        return _patient_answer(request)

    def steps(self, flow_run_id: str, state: str) -> list[str]:
        """Return the names of a run's steps that ended in a state, such as `Cached`."""
        found = self._task_runs(flow_run_id)
        return sorted(run["name"] for run in found if (run["state"] or {}).get("name") == state)

    def retried_steps(self, flow_run_id: str) -> list[str]:
        """Return the first words of the steps that one attempt had to try more than once."""
        found = self._task_runs(flow_run_id)
        return sorted({run["name"].split()[0] for run in found if run["run_count"] > 1})

    def open_runs_of(self, job_id: str) -> int:
        """Return how many runs of a job Prefect has that have not ended."""
        open_ones = {"type": {"any_": ["SCHEDULED", "PENDING", "RUNNING", "PAUSED", "CANCELLING"]}}
        wanted = {"flow_runs": {"tags": {"all_": [f"job:{job_id}"]}, "state": open_ones}}
        return int(self.ask("/flow_runs/count", wanted))

    def _task_runs(self, flow_run_id: str) -> list[dict[str, Any]]:
        wanted = {"flow_runs": {"id": {"any_": [flow_run_id]}}, "limit": 200}
        return list(self.ask("/task_runs/filter", wanted))

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
def opened_arena(folder: Path, lease: float = 40.0, **settings: str) -> Iterator[Arena]:
    """Open a fleet without workers yet, in a folder; `settings` are for all its commands."""
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
    arena = Arena(home, server.api, lease, settings)
    try:
        arena.run("setup")
        yield arena
    finally:
        arena.close()


def _patient_answer(request: urllib.request.Request) -> Any:
    """Ask again while the server says that it is busy, as Prefect's own client does."""
    for pause in BUSY_PAUSES:
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310  our own server
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.SERVICE_UNAVAILABLE:
                raise
            time.sleep(pause)
    raise TimeoutError(f"The server stayed busy: {request.full_url}")


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
