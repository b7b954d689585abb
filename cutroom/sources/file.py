"""A video that already lies on this machine."""

import os
import stat
from pathlib import Path

from cutroom.records.errors import (
    SourceEmpty,
    SourceMissing,
    SourceNotPermitted,
    SourceNotVideo,
)


def locate(location: str) -> Path:
    """Return the absolute path of a readable file with bytes in it.

    The text is a path and nothing else: no `~`, no percent signs, no options are read into it.

    Args:
        location: Absolute, or relative to the working directory.

    Raises:
        SourceMissing: Nothing lies there.
        SourceNotPermitted: We may not read it.
        SourceNotVideo: It is a folder, a device or a pipe.
        SourceEmpty: It holds no bytes.
    """
    path = Path(location)
    try:
        path = path.absolute()
        found = path.stat()
        if not stat.S_ISREG(found.st_mode):
            raise SourceNotVideo(f"{path} is {_kind(found.st_mode)}.", "Name one video file.")
        os.close(os.open(path, os.O_RDONLY | os.O_CLOEXEC))
    except PermissionError as error:
        raise SourceNotPermitted(
            f"{path} may not be read by this user.", "Allow reading, or run as its owner."
        ) from error
    except (OSError, ValueError) as error:  # a byte 0 in the name, a ring of links, a name too long
        raise SourceMissing(
            f"There is no file {location!r}.",
            "Look for a typing mistake; an address begins with https://.",
        ) from error
    if found.st_size == 0:
        raise SourceEmpty(f"{path} is empty.", "Copy or export the file again.")
    return path


def fingerprint(path: Path) -> str:
    """Return a short text that changes when the file does, without reading it.

    It holds the size, the time of the last change to the content, and the file's own number and
    device: a file put in the same place with the same times still has another number.
    """
    found = path.stat()
    return f"{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ino:x}-{found.st_dev:x}"


def _kind(mode: int) -> str:
    return "a folder" if stat.S_ISDIR(mode) else "no ordinary file"
