"""What every step of one job shares: settings, the store, the books, and who watches."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from functools import cached_property
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact

from blocks.settings import Settings
from cutroom.catalog.sessions import Catalog
from cutroom.media.ffmpeg import OnProgress
from cutroom.media.memory import share_heaps
from cutroom.records.job import Job
from cutroom.records.media import Rendition
from cutroom.records.report import Degraded, StageName
from cutroom.storage.local import LocalStore
from cutroom.storage.s3 import S3Store
from tasks.ledger import Book, OnStage

FIRST_ARTIFACT_AFTER = 10.0
"""Seconds of work that deserve a progress bar in Prefect's pages."""
ARTIFACT_EVERY = 5.0
"""Seconds between two updates of it; each is a request of about 13 ms."""

_watcher: ContextVar[OnStage | None] = ContextVar("watcher", default=None)


class Workbench:
    """One job's tools. Never part of a cache key: it says where and for whom, not what."""

    def __init__(self, job: Job, settings: Settings, store: LocalStore, catalog: Catalog) -> None:
        share_heaps()  # before the threads of the steps begin
        self.job = job
        self.settings = settings
        self.store = store
        self.catalog = catalog
        self.book = Book(on_stage=_watcher.get())
        self.degraded: list[Degraded] = []
        self.by_products: dict[str, Rendition] = {}
        """Copies of the normal file that came out of another step's encode, by profile."""

        self.steps: set[str] = set()
        """Keys of the steps that were asked for, as their results are filed."""
        self.in_bucket: set[str] = set()
        """Digests of blobs that the bucket has, as far as this job knows."""
        self.sending = threading.Lock()
        """Held while something goes to the bucket, so that nothing goes there twice."""
        self.is_published = False
        """Whether the results are in the bucket, so that no other host need go on with the job."""

    @cached_property
    def bucket(self) -> S3Store | None:
        """The bucket that results go to, if one is set; its requests are on this job's bill."""
        chosen = self.settings.bucket
        return S3Store(chosen, self.book.storage) if chosen else None

    def degrade(self, part: Degraded) -> None:
        """Note that a part of the job was done less well than it could be."""
        if part not in self.degraded:
            self.degraded.append(part)

    def seconds_done(self, name: StageName, duration: float) -> OnProgress:
        """Return a callback for ffmpeg that turns seconds done into a stage's progress.

        Whoever watches hears of it, and a stage that takes long shows in Prefect as well. The
        callback comes from a thread of the door's, so it takes this task's context along.
        """
        context, artifact = copy_context(), ProgressArtifact(f"{name}-{self.job.id}", name)

        def tell(seconds: float) -> None:
            done = seconds / duration if duration else 0.0
            self.book.progress(name, done)
            context.run(artifact.tell, done)

        return tell


class ProgressArtifact:
    """A bar in Prefect's pages for one step, made only when the step takes long."""

    def __init__(self, key: str, what: str) -> None:
        self._key = key
        self._what = what
        self._id: UUID | None = None
        self._next = time.monotonic() + FIRST_ARTIFACT_AFTER

    def tell(self, done: float) -> None:
        """Bring the bar up to date, at most every `ARTIFACT_EVERY` seconds."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + ARTIFACT_EVERY
        percent = min(100.0, 100 * done)
        if self._id is None:
            made = create_progress_artifact(percent, key=self._key, description=self._what)
            self._id = cast("UUID", made)  # also typed for async callers
        else:
            update_progress_artifact(self._id, percent)


@contextmanager
def watched_by(watcher: OnStage) -> Iterator[None]:
    """Let someone follow the jobs that run in this context."""
    token = _watcher.set(watcher)
    try:
        yield
    finally:
        _watcher.reset(token)
