"""Keep the books of one job while it runs."""

import resource
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from cutroom.media.ffmpeg import counted
from cutroom.media.memory import give_back
from cutroom.records.report import Cost, Ledger, Stage, StageName, StorageRequests
from cutroom.records.stopping import the_stop
from cutroom.storage.meter import Meter

OnStage = Callable[[StageName, float], None]
"""Told the stage's name and how much of it is done, in [0, 1]."""


def cpu_seconds_so_far() -> float:
    """Return the CPU seconds of this process and of those it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


@dataclass(slots=True)
class _Entry:
    running: int = 0
    """Parts at work right now."""
    since: float = 0.0
    """When the first of them began."""
    seconds: float = 0.0
    """During which at least one part was at work."""
    cpu_seconds: float = 0.0
    parts: int = 0

    def begin(self) -> None:
        if not self.running:
            self.since = time.monotonic()
        self.running += 1

    def end(self) -> None:
        self.running -= 1
        self.parts += 1
        if not self.running:
            self.seconds += time.monotonic() - self.since


@dataclass(slots=True)
class Book:
    """What a job has cost so far. Stages may be entered from several threads at once."""

    downloads: int = 0
    bytes_downloaded: int = 0
    video_encodes: int = 0
    storage: Meter = field(default_factory=Meter)
    """What was asked of the bucket."""
    on_stage: OnStage | None = None
    latest_stage: StageName | None = None
    """The stage that was entered last."""
    _entries: dict[StageName, _Entry] = field(default_factory=dict)
    _parts: dict[str, int] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _began: float = field(default_factory=time.monotonic)
    _cpu_began: float = field(default_factory=cpu_seconds_so_far)

    def expect(self, **parts: int) -> None:
        """Note in how many parts stages will come, so that progress counts them all."""
        self._parts.update(parts)

    @contextmanager
    def stage(self, name: StageName) -> Iterator[None]:
        """Count what happens within as work of that stage, unless the job is to stop."""
        the_stop().check()
        cpu_began = time.thread_time()
        self.latest_stage = name
        with self._lock:
            entry = self._entries.setdefault(name, _Entry())
            entry.begin()
        self.progress(name, entry.parts / self._parts.get(name, 1))
        with counted() as runs:
            try:
                yield
            finally:
                cpu = time.thread_time() - cpu_began + sum(run.cpu_seconds for run in runs)
                with self._lock:
                    entry.end()
                    entry.cpu_seconds += cpu
                    self.video_encodes += sum(run.video_encodes for run in runs)
                give_back()
        self.progress(name, entry.parts / self._parts.get(name, 1))

    def progress(self, name: StageName, done: float) -> None:
        """Tell whoever watches how far a stage has come."""
        if self.on_stage is not None:
            self.on_stage(name, min(1.0, max(0.0, done)))

    def fetched(self, bytes_downloaded: int) -> None:
        """Count one download of the source."""
        with self._lock:
            self.downloads += 1
            self.bytes_downloaded += bytes_downloaded

    def close(
        self,
        stages: Iterable[StageName],
        *,
        cpu_hour: float,
        gigabyte_out: float,
        thousand_puts: float = 0.0,
        thousand_gets: float = 0.0,
        gigabyte_month: float = 0.0,
    ) -> Ledger:
        """Return the account as it stands.

        Args:
            stages: Those the job went through, in order; one never entered was cached.
            cpu_hour: Dollars for an hour of one core.
            gigabyte_out: Dollars for a gigabyte over the network.
            thousand_puts: Dollars for as many PUT, POST and LIST requests to the bucket.
            thousand_gets: Dollars for as many GET and HEAD requests to it.
            gigabyte_month: Dollars for a gigabyte kept there for a month.
        """
        asked = self.storage
        cpu_seconds = cpu_seconds_so_far() - self._cpu_began
        compute = cpu_seconds / 3600 * cpu_hour
        moved = self.bytes_downloaded + asked.bytes_up + asked.bytes_down
        transfer = moved / 1e9 * gigabyte_out
        storage = asked.put / 1000 * thousand_puts + (asked.get + asked.head) / 1000 * thousand_gets
        storage += asked.bytes_up / 1e9 * gigabyte_month
        return Ledger(
            downloads=self.downloads,
            bytes_downloaded=self.bytes_downloaded,
            bytes_uploaded=asked.bytes_up,
            storage_requests=StorageRequests(put=asked.put, get=asked.get, head=asked.head),
            video_encodes=self.video_encodes,
            wall_seconds=round(time.monotonic() - self._began, 3),
            cpu_seconds=round(cpu_seconds, 3),
            stages=tuple(self._stage(name) for name in stages),
            cost_usd=Cost(
                compute=compute,
                storage=storage,
                transfer=transfer,
                total=compute + storage + transfer,
            ),
        )

    def _stage(self, name: StageName) -> Stage:
        entry = self._entries.get(name)
        if entry is None:
            return Stage(name=name, cached=True)
        entry_seconds, cpu_seconds = round(entry.seconds, 3), round(entry.cpu_seconds, 3)
        return Stage(name=name, seconds=entry_seconds, cpu_seconds=cpu_seconds)
