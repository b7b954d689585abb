"""Blobs in a local folder, each named by the SHA-256 of its content."""

import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cutroom.records.blob import Blob
from cutroom.records.errors import BlobMissing, DiskFull, OutputNotWritable

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
        self._blobs = folder / "blobs"
        self._parts = folder / "parts"
        for path in (self._blobs, self._parts):
            path.mkdir(parents=True, exist_ok=True, mode=0o700)

    def path(self, blob: Blob) -> Path:
        """Return where the blob's file lies on this machine.

        Raises:
            BlobMissing: It is not kept here.
        """
        if not self.has(blob):
            raise BlobMissing(
                f"The file {blob.name[:16]} is no longer kept.", "Run the job again; it is remade."
            )
        return self._place(blob)

    def has(self, blob: Blob) -> bool:
        """Say whether the blob's file is here and whole; a borrowed file must be unchanged."""
        place = self._place(blob)
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
        if self.has(blob):
            return blob
        place = self._place(blob)
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
            place = self._place(blob)
            place.parent.mkdir(exist_ok=True)
            self._stamp(place).unlink(missing_ok=True)
            part.replace(place)
        return blob

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
            if _is_abandoned(folder):
                shutil.rmtree(folder, ignore_errors=True)
                swept += 1
        return swept

    def _place(self, blob: Blob) -> Path:
        return self._blobs / blob.digest[:2] / blob.name

    def _stamp(self, place: Path) -> Path:
        return place.with_name(f"{place.name}.borrowed")


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


def _is_abandoned(folder: Path) -> bool:
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
