"""Files written whole or not at all."""

import errno
from pathlib import Path

from cutroom.records.errors import DiskFull, OutputNotWritable


def write_whole(path: Path, content: bytes) -> None:
    """Write a file aside, then rename it, so that no reader sees half of it.

    Raises:
        DiskFull: There is no room left.
        OutputNotWritable: The folder may not be written.
    """
    aside = path.with_name(f".{path.name}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_bytes(content)
        aside.replace(path)
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise DiskFull(
                f"There was no room to write {path.name}.", "Free disk space, then run it again."
            ) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST):
            raise OutputNotWritable(
                f"{path} cannot be written.", "Choose another folder, or allow writing."
            ) from error
        raise
    finally:
        _forget(aside)


def _forget(aside: Path) -> None:
    """Remove what a failed write left behind; a folder that is none holds nothing."""
    try:
        aside.unlink(missing_ok=True)
    except OSError as error:
        if error.errno not in (errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS):
            raise
