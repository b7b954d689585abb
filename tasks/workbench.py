"""What every step of one job shares: settings, the store, the books, and who watches."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from blocks.settings import Settings
from cutroom.catalog.sessions import Catalog
from cutroom.media.ffmpeg import OnProgress
from cutroom.records.job import Job
from cutroom.records.report import Degraded, StageName
from cutroom.storage.local import LocalStore
from tasks.ledger import Book, OnStage

_watcher: ContextVar[OnStage | None] = ContextVar("watcher", default=None)


class Workbench:
    """One job's tools. Never part of a cache key: it says where and for whom, not what."""

    def __init__(self, job: Job, settings: Settings, store: LocalStore, catalog: Catalog) -> None:
        self.job = job
        self.settings = settings
        self.store = store
        self.catalog = catalog
        self.book = Book(on_stage=_watcher.get())
        self.degraded: list[Degraded] = []

    def degrade(self, part: Degraded) -> None:
        """Note that a part of the job was done less well than it could be."""
        if part not in self.degraded:
            self.degraded.append(part)

    def seconds_done(self, name: StageName, duration: float) -> OnProgress:
        """Return a callback for ffmpeg that turns seconds done into a stage's progress."""
        return lambda seconds: self.book.progress(name, seconds / duration if duration else 0.0)


@contextmanager
def watched_by(watcher: OnStage) -> Iterator[None]:
    """Let someone follow the jobs that run in this context."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
