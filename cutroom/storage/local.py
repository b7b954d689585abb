"""Blobs in a local folder, each named by the SHA-256 of its content."""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cutroom.records.blob import Blob
from cutroom.records.errors import BlobMissing, DiskFull, OutputNotWritable
from cutroom.records.failpoints import reached
from cutroom.storage.leases import Lease, new_lease

CHUNK_BYTES = 1 << 20
_FICLONE = 0x40049409
"""Linux's request to share blocks between two files (reflink)."""


class LocalStore:
    """A folder of blobs and of half-made files that are to become blobs.

    Files are written aside and renamed, so a name never stands for half a file and doing the
    same work twice is harmless.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.blobs = folder / "blobs"
        self.leases = folder / "leases"
        self._parts = folder / "parts"
        self.fresh: set[str] = set()
        """Digests of what was kept through this object: nobody can have it from elsewhere."""
        self._lease: Lease | None = None
        for path in (self.blobs, self._parts):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    @contextmanager
    def holding(self) -> Iterator[None]:
        """Within this context, no blob that is asked for or kept here is cleared away."""
        with new_lease(self.leases) as lease:
            self._lease = lease
            try:
                yield
            finally:
                self._lease = None

    def path(self, blob: Blob) -> Path:
        """Return where the blob's file lies on this machine.

        Raises:
            BlobMissing: It is not kept here.
        """
        if not self.is_here(blob):
            raise BlobMissing(
                f"The file {blob.name[:16]} is no longer kept.", "Run the job again; it is remade."
            )
        return self._place(blob)

    def has(self, blob: Blob) -> bool:
        """Say whether the blob's file can be had from here."""
        return self.is_here(blob)

    def is_here(self, blob: Blob) -> bool:
        """Say whether the blob's file is here and whole; a borrowed file must be unchanged."""
        place = self._hold(blob)
        try:
            found = place.stat()
        except OSError:
            return False
        if found.st_size != blob.size_bytes:
            return False
        stamp = self._stamp(place)
        return not stamp.exists() or stamp.read_text() == str(found.st_mtime_ns)

    def adopt(self, file: Path, suffix: str | None = None) -> Blob:
        """Take a file that belongs to someone else, moving as little as possible.

        Shares blocks where the file system can, else links, else copies. A linked file whose
        owner changes it later reads as missing, never as something else.
        """
        blob = describe(file, file.suffix.lower() if suffix is None else suffix)
        if self.is_here(blob):
            return blob
        place = self._hold(blob)
        place.parent.mkdir(exist_ok=True)
        with self.workspace() as folder, room_to_write():
            part = folder / "adopted"
            borrowed = _share(file, part)
            stamp = self._stamp(place)
            if borrowed:
                (folder / "stamp").write_text(str(part.stat().st_mtime_ns))
                (folder / "stamp").replace(stamp)
            else:
                stamp.unlink(missing_ok=True)
            part.replace(place)
        return blob

    def keep(self, part: Path, suffix: str | None = None) -> Blob:
        """Turn a finished file of ours, in a workspace, into a blob."""
        with room_to_write():
            with part.open("rb+") as file:
                os.fsync(file.fileno())
            blob = describe(part, part.suffix.lower() if suffix is None else suffix)
            place = self._hold(blob)
            place.parent.mkdir(exist_ok=True)
            self._stamp(place).unlink(missing_ok=True)
            reached("keep")
            part.replace(place)
        self.fresh.add(blob.digest)
        return blob

    def save(self, blob: Blob, file: Path) -> None:
        """Keep a copy of a file that holds the blob's bytes; nothing moves if it is here."""
        if self.is_here(blob):
            return
        with self.workspace() as folder, room_to_write():
            shutil.copyfile(file, folder / "copy")
            self.keep(folder / "copy", blob.suffix)

    def drop(self, blob: Blob) -> None:
        """Forget a blob; nothing happens when it is not here."""
        place = self._place(blob)
        place.unlink(missing_ok=True)
        self._stamp(place).unlink(missing_ok=True)

    def deliver(self, blob: Blob, target: Path) -> None:
        """Put a copy of a blob at a path, whole or not at all, sharing blocks where possible."""
        target.parent.mkdir(parents=True, exist_ok=True)
        with room_to_write():
            part = target.with_name(f".{target.name}.part")
            part.unlink(missing_ok=True)
            if not _reflink(self.path(blob), part):
                shutil.copyfile(self.path(blob), part)
            part.replace(target)

    @contextmanager
    def workspace(self) -> Iterator[Path]:
        """Yield a private folder for half-made files; it is gone afterwards, whatever happens.

        A process that is killed leaves its folder behind; the next `sweep` removes it.
        """
        folder = Path(tempfile.mkdtemp(prefix=f"{os.getpid()}-", dir=self._parts))
        lock = (folder / ".lock").open("w")
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            lock.close()

    def sweep(self) -> int:
        """Remove workspaces whose process is gone; return how many there were."""
        swept = 0
        for folder in self._parts.iterdir():
            if is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        return swept

    def _hold(self, blob: Blob) -> Path:
        """Return a blob's place, noted as used now and, within `holding`, as held."""
        place = self._place(blob)
        if self._lease is not None and self._lease.hold(blob):
            note_use(place)
        return place

    def _place(self, blob: Blob) -> Path:
        return self.blobs / blob.digest[:2] / blob.name

    def _stamp(self, place: Path) -> Path:
        return place.with_name(f"{place.name}.borrowed")


def note_use(place: Path) -> None:
    """Set when a file was last used; when it was last changed stays, which borrowed files need."""
    with suppress(OSError):  # not there, or someone else's own file
        os.utime(place, ns=(time.time_ns(), place.stat().st_mtime_ns))


def describe(file: Path, suffix: str = "") -> Blob:
    """Return the blob a file would be, reading it once."""
    hasher = hashlib.sha256()
    size = 0
    with file.open("rb") as stream:
        while chunk := stream.read(CHUNK_BYTES):
            hasher.update(chunk)
            size += len(chunk)
    # Constructed, not validated: nobody can vouch yet for what is only about to be kept.
    return Blob.model_construct(digest=hasher.hexdigest(), size_bytes=size, suffix=_tame(suffix))


def _tame(suffix: str) -> str:
    """Keep an ending only if it is a plain one."""
    letters = suffix.removeprefix(".")
    return suffix if letters.isascii() and letters.isalnum() and len(letters) <= 8 else ""  # noqa: PLR2004


def _share(file: Path, part: Path) -> bool:
    """Bring a file's bytes to `part`; say whether it is still the owner's own file."""
    if _reflink(file, part):
        return False
    try:
        os.link(file, part)
    except OSError:
        shutil.copyfile(file, part)
        return False
    return True


def _reflink(file: Path, part: Path) -> bool:
    with file.open("rb") as source, part.open("wb") as target:
        try:
            fcntl.ioctl(target.fileno(), _FICLONE, source.fileno())
        except OSError:
            part.unlink()
            return False
    return True


def is_abandoned(folder: Path) -> bool:
    """Say whether nobody works in a folder any more that has a lock in it."""
    try:
        with (folder / ".lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError:
        return not (folder / ".lock").exists()
    return True


@contextmanager
def room_to_write() -> Iterator[None]:
    """Translate what a full or closed disk says.

    Raises:
        DiskFull: There is no room left.
        OutputNotWritable: Writing there is not allowed.
    """
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                "There is no room left to write.", "Free disk space, then run it again."
            ) from error
        if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
            raise OutputNotWritable(
                f"{error.filename} cannot be written.", "Choose another folder, or allow writing."
            ) from error
        raise
