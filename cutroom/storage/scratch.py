"""Keep a machine's folder of blobs below its limit: it is a cache, and may forget."""

import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from cutroom.storage.leases import nothing_new_held
from cutroom.storage.local import LocalStore, is_abandoned

DOWNLOADS_AFTER = 24 * 3600.0
"""Seconds that half a download is kept for the next try at its job."""


@dataclass(frozen=True, slots=True)
class Tidied:
    """What was cleared away."""

    workspaces: int
    downloads: int
    blobs: int
    bytes_freed: int


@dataclass(frozen=True, slots=True)
class _Kept:
    path: Path
    size_bytes: int
    used_at: float


def tidy(store: LocalStore, limit: int) -> Tidied:
    """Clear away what dead processes left, and the blobs longest unused beyond a limit.

    What a running job holds stays, even if the limit cannot be kept then: a result whose blob is
    gone reads as not cached, but a blob that a step is reading has to be there.

    Args:
        store: The folder.
        limit: Bytes that all blobs together may take; 0 is no limit.
    """
    workspaces, downloads = store.sweep(), _clear_downloads(store.folder / "downloads")
    gone = _trim(store, limit) if limit else []
    return Tidied(workspaces, downloads, len(gone), sum(blob.size_bytes for blob in gone))


def _trim(store: LocalStore, limit: int) -> list[_Kept]:
    gone = []
    with nothing_new_held(store.leases) as held:
        kept = _list_blobs(store.blobs)
        surplus = sum(blob.size_bytes for blob in kept) - limit
        for blob in sorted(kept, key=lambda blob: blob.used_at):
            if surplus <= 0:
                break
            if blob.path.name.partition(".")[0] in held:
                continue
            blob.path.unlink(missing_ok=True)
            surplus -= blob.size_bytes
            gone.append(blob)
    return gone


def _list_blobs(folder: Path) -> list[_Kept]:
    """Return the blobs that take room of their own: not links to files that others own."""
    found = []
    for path in folder.glob("??/*"):
        try:
            state = path.stat()
        except FileNotFoundError:
            continue
        if state.st_nlink == 1 and not path.name.endswith(".borrowed"):
            found.append(_Kept(path, state.st_size, state.st_atime))
    return found


def _clear_downloads(folder: Path) -> int:
    """Remove what broken downloads left long ago and nobody is fetching now."""
    cleared = 0
    for download in folder.iterdir() if folder.is_dir() else ():
        newest = max((path.stat().st_mtime for path in download.iterdir()), default=0.0)
        if time.time() - newest > DOWNLOADS_AFTER and is_abandoned(download):
            shutil.rmtree(download, ignore_errors=True)
            cleared += 1
    return cleared
