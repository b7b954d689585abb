"""Run a worker until it is told to stop."""

import asyncio
import fcntl
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio

from blocks.settings import Settings
from deployments.beats import workers_folder
from deployments.fleet import server
from deployments.pools import check_pool, host_name, make_host_limits
from deployments.worker import OneJobWorker

LOOK_EVERY = 0.2
"""Seconds between two looks at whether it is time to stop."""
MOST_WORKERS = 64
"""Of one pool on one host; far more than any host has room for."""


@dataclass(frozen=True, slots=True)
class Terms:
    """Until when a worker works."""

    drain_file: Path | None = None
    """It drains as soon as this file is there."""

    @property
    def are_over(self) -> bool:
        """Whether it is time to drain, signals left aside."""
        return self.drain_file is not None and self.drain_file.exists()


def work(
    pool: str,
    chosen: Settings,
    *,
    queues: tuple[str, ...] = (),
    terms: Terms | None = None,
    tell: Callable[[str], object] = print,
) -> None:
    """Take jobs of a pool, one at a time, until told to stop.

    The first SIGTERM or Ctrl-C drains: the running job goes on, no other is taken. The second, or
    the end of the grace, puts the running job back into its queue at once.

    Args:
        pool: `cpu` or `gpu`.
        chosen: This host's settings.
        queues: Those to take jobs from; all of the pool when empty.
        terms: When to drain other than by a signal.
        tell: Told what the worker does.

    Raises:
        FleetMissing: The server has no such pool.
        ServerUnavailable: It does not answer.
    """
    host = chosen.host or host_name()
    with server() as client:
        check_pool(client, pool)
        make_host_limits(
            client, host, chosen.encoders_at_once or chosen.side_by_side, chosen.gpu_at_once
        )
    with _own_name(chosen.home, f"{host}-{pool}") as name:
        worker = OneJobWorker(
            work_pool_name=pool, work_queues=list(queues), name=name, chosen=chosen, tell=tell
        )
        worker.beat_file = workers_folder(chosen.home) / f"{name}.lock"
        asyncio.run(_Shift(worker, terms or Terms(), chosen.drain_grace, tell).work())


@dataclass
class _Shift:
    """One worker's time from its start to its end."""

    worker: OneJobWorker
    terms: Terms
    grace: float
    """Seconds from the first wish to stop to the moment when the job is put back."""
    tell: Callable[[str], object]
    wishes: int = 0
    """How often someone asked it to stop."""
    drains_since: float = field(default=0.0)

    async def work(self) -> None:
        """Work until drained."""
        async with anyio.create_task_group() as group:
            group.start_soon(partial(self.worker.start, printer=lambda *_: None))
            loop = asyncio.get_running_loop()
            for number in (signal.SIGTERM, signal.SIGINT):
                loop.add_signal_handler(number, self._wish)
            # To stop it halfway in would end in its own errors; Prefect offers no event for it.
            while not self.worker.is_setup:  # noqa: ASYNC110
                await anyio.sleep(LOOK_EVERY)
            self.tell(f"Worker {self.worker.name} takes jobs.")
            await self._until_drained()
            group.cancel_scope.cancel()
        self.tell(f"Worker {self.worker.name} has stopped.")

    def _wish(self) -> None:
        self.wishes += 1

    async def _until_drained(self) -> None:
        while not self.worker.is_draining or self.worker.is_busy:
            await anyio.sleep(LOOK_EVERY)
            if not self.worker.is_draining and (self.wishes or self.terms.are_over):
                self._drain()
            if self.worker.is_busy and self._is_out_of_time():
                await self._put_back()

    def _drain(self) -> None:
        self.worker.is_draining, self.drains_since = True, time.monotonic()
        if self.worker.is_busy:
            self.tell("Finishes the running job and takes no other. Ask again to put it back.")

    def _is_out_of_time(self) -> bool:
        is_over = time.monotonic() - self.drains_since >= self.grace
        return self.worker.is_draining and (self.wishes > 1 or is_over)

    async def _put_back(self) -> None:
        if await self.worker.put_back():
            self.tell("Put the running job back; another worker goes on with it.")


@contextmanager
def _own_name(home: Path, stem: str) -> Iterator[str]:
    """Yield the first name that no living worker of this data folder has.

    Two workers of one name would count as one; a name that comes back keeps the list of workers
    in Prefect's pages short.
    """
    folder = workers_folder(home)
    for number in range(1, MOST_WORKERS + 1):
        with (folder / f"{stem}-{number}.lock").open("w") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            yield f"{stem}-{number}"
            return
    raise RuntimeError(f"{MOST_WORKERS} workers called {stem} run already.")
