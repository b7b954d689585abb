"""A fleet at the shared server: set up once a test run, its workers real processes."""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import prefect_api
from house import SHARED, House, at_a_server_for_blocks

from blocks.settings import settings
from cutroom.catalog import attempts, reading, writing
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.job import Job
from cutroom.records.order import Order

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun

PATIENCE = 240.0
"""Seconds to wait for what takes a few on a quiet machine."""


@dataclass
class Worker:
    """A `cutroom worker` and what it says."""

    process: "subprocess.Popen[str]"
    log: Path

    @property
    def said(self) -> str:
        """Everything it has printed so far."""
        return self.log.read_text()

    def signal(self, number: int) -> None:
        """Send it a signal."""
        self.process.send_signal(number)

    def wait(self) -> int:
        """Wait for its end; return its exit status."""
        return self.process.wait(PATIENCE)


@dataclass
class Fleet:
    """A server with our pools and deployments, a data folder, and workers in it."""

    house: House
    workers: list[Worker] = field(default_factory=list)

    @property
    def catalog(self) -> Catalog:
        """The catalog of the data folder."""
        return open_catalog(settings().catalog)

    def start(self, *options: str, pool: str = "cpu", **variables: str) -> Worker:
        """Start a worker."""
        log = self.house.home / f"worker-{len(self.workers)}.log"
        own = {
            "CUTROOM_SCRATCH_FLOOR": "0",
            "CUTROOM_MEMORY_LIMIT": "100",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "PREFECT_LOGGING_TO_API_ENABLED": "false",
        }
        with log.open("w") as file:
            process = subprocess.Popen(
                [sys.executable, "-m", "cutroom.cli", "worker", pool, *options],
                env={**self.house.environment(), **own, **variables},
                stdout=file,
                stderr=file,
                text=True,
            )
        self.workers.append(Worker(process, log))
        return self.workers[-1]

    def submit(self, order: Order) -> Job:
        """Accept an order and hand it over."""
        from deployments.submitting import submit  # noqa: PLC0415  Prefect's settings are temporary

        job = writing.accept(self.catalog, order)
        return attempts.note_run(self.catalog, job, submit(job))

    def job(self, job: Job) -> Job:
        """Return a job as it stands now."""
        return reading.job(self.catalog, job.id)

    def run(self, job: Job) -> "FlowRun":
        """Return the run of a job as it stands now."""
        from deployments.fleet import server  # noqa: PLC0415  Prefect's settings are temporary

        with server() as client:
            return client.read_flow_run(self.job(job).flow_run_id)

    def taken(self, job: Job) -> str:
        """Return when a worker took a job, as a date and time; its process begins later."""
        asked = {"flow_run_id": str(self.job(job).flow_run_id)}
        states = prefect_api.get(f"{self.house.api}/flow_run_states/", params=asked).json()
        return min(state["timestamp"] for state in states if state["type"] == "PENDING")

    def close(self) -> None:
        """End what is left of the workers, their jobs with them."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.process.terminate()
                time.sleep(0.5)
                worker.process.terminate()
        for worker in self.workers:
            worker.wait()


@contextmanager
def alone_at_the_fleet() -> Iterator[Path]:
    """Keep other tests of this run away: workers take what lies in pools, anyone's."""
    shared = Path(os.environ[SHARED])
    with (shared / "fleet.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield shared


@contextmanager
def alone_with_blocks() -> Iterator[None]:
    """Go to the server for blocks, keep other tests away from it, and delete ours afterwards.

    At the shared server they would be the settings of commands in tests that run meanwhile.
    """
    from deployments.fleet import server  # noqa: PLC0415  Prefect's settings are temporary

    with Path(os.environ[SHARED], "blocks.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with at_a_server_for_blocks():
            yield
            with server() as client:
                for document in client.read_block_documents(limit=100):
                    if document.name in {"cutroom", "results", "shorts"}:
                        client.delete_block_document(document.id)


@contextmanager
def fleet_in(house: House) -> Iterator[Fleet]:
    """Yield a fleet of a house at the shared server."""
    with alone_at_the_fleet() as shared:
        ready = shared / "fleet.ready"
        if not ready.exists():
            from deployments.setup import set_up  # noqa: PLC0415  Prefect's settings are temporary

            set_up(tell=lambda _: None)
            ready.touch()
        fleet = Fleet(house)
        try:
            yield fleet
        finally:
            fleet.close()
            _forget_runs()


def _forget_runs() -> None:
    """Delete what is left in the pools, which the next test's workers would take up."""
    from prefect.client.schemas.filters import (  # noqa: PLC0415  Prefect's settings are temporary
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
        WorkPoolFilter,
        WorkPoolFilterName,
    )
    from prefect.client.schemas.objects import TERMINAL_STATES  # noqa: PLC0415

    from deployments.fleet import POOLS, server  # noqa: PLC0415

    pools = WorkPoolFilter(name=WorkPoolFilterName(any_=list(POOLS)))
    ended = FlowRunFilterStateType(not_any_=list(TERMINAL_STATES))
    with server() as client:
        alive = FlowRunFilter(state=FlowRunFilterState(type=ended))
        for run in client.read_flow_runs(flow_run_filter=alive, work_pool_filter=pools):
            client.delete_flow_run(run.id)


def wait_for(what: Callable[[], object]) -> None:
    """Wait until something holds.

    Raises:
        TimeoutError: It does not.
    """
    deadline = time.monotonic() + PATIENCE
    while not what():
        if time.monotonic() > deadline:
            raise TimeoutError(what)
        time.sleep(0.1)
