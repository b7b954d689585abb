"""Who uses which blobs of a folder right now, so that nobody clears them away."""

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from cutroom.records.blob import Blob


class Lease:
    """What one job holds of a store.

    The list is a file that its process keeps locked: a process that is killed lets go of the lock
    and thereby of everything in it, without a word.
    """

    def __init__(self, leases: Path, file: TextIO) -> None:
        self._leases = leases
        self._file = file
        self._held: set[str] = set()
        self._lock = threading.Lock()

    def hold(self, blob: Blob) -> bool:
        """Keep a blob from being cleared away for as long as the lease lasts.

        Called before the blob is looked for: once this returns, it is here for good or gone.

        Returns:
            Whether this was the first time.
        """
        with self._lock:
            if blob.digest in self._held:
                return False
            with _gate(self._leases, fcntl.LOCK_SH):
                self._file.write(f"{blob.digest}\n")
                self._file.flush()
            self._held.add(blob.digest)
            return True


@contextmanager
def new_lease(leases: Path) -> Iterator[Lease]:
    """Yield a lease on the blobs of a store, over when the context or its process ends.

    Args:
        leases: The store's folder of leases.
    """
    leases.mkdir(parents=True, exist_ok=True, mode=0o700)
    # Behind the gate, or someone could find the file before it is locked and take it for dead.
    with _gate(leases, fcntl.LOCK_SH):
        handle, name = tempfile.mkstemp(prefix=f"{os.getpid()}-", suffix=".lease", dir=leases)
        fcntl.flock(handle, fcntl.LOCK_EX)
    with os.fdopen(handle, "w") as file:
        try:
            yield Lease(leases, file)
        finally:
            Path(name).unlink(missing_ok=True)


@contextmanager
def nothing_new_held(leases: Path) -> Iterator[set[str]]:
    """Yield the digests that are held; within, nobody can hold another one.

    Leases of processes that are gone are removed.
    """
    leases.mkdir(parents=True, exist_ok=True, mode=0o700)
    with _gate(leases, fcntl.LOCK_EX):
        held: set[str] = set()
        for path in leases.glob("*.lease"):
            held |= _read(path)
        yield held


@contextmanager
def _gate(leases: Path, how: int) -> Iterator[None]:
    with (leases / ".lock").open("w") as lock:
        fcntl.flock(lock, how)
        yield


def _read(path: Path) -> set[str]:
    """Return what a lease holds; nothing, and the file goes, where its process is gone."""
    try:
        with path.open() as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return set(file.read().split())
            path.unlink(missing_ok=True)
    except FileNotFoundError:  # it ended just now
        pass
    return set()
