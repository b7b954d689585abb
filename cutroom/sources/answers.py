"""What a host's answer means for a source, the same for links and for pages."""

import errno
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from pathlib import Path

from cutroom.records.errors import (
    CutroomError,
    DiskFull,
    OutputNotWritable,
    SourceEmpty,
    SourceForbidden,
    SourceGone,
    SourceNotVideo,
    SourcePrivate,
    SourceTooLarge,
    SourceUnreachable,
)

_NO_CONTENT = 204
_GONE = (404, 410)
_LOGIN = (401, 402, 407)
_LATER = (408, 425, 429)
_SERVER_FAILED = 500
_HTML = re.compile(rb"\s*(<!--.*?-->\s*)?(<!doctype\s+html|<html[\s>])", re.IGNORECASE | re.DOTALL)
_BOM = b"\xef\xbb\xbf"


def refusal(status: int, place: str) -> CutroomError:
    """Return the error that an HTTP status other than success stands for.

    Args:
        status: As the host gave it.
        place: The address, already without secrets.
    """
    if status == _NO_CONTENT:
        return SourceEmpty(f"{place} answers with nothing.", "Look at the address in a browser.")
    if status in _GONE:
        return SourceGone(
            f"Nothing is there, or no longer: {place} (HTTP {status}).", "Look for a newer address."
        )
    if status in _LOGIN:
        return SourcePrivate(
            f"{place} asks for a login (HTTP {status}).",
            "Share it openly or by a signed link, or download it yourself and name the file.",
        )
    if status in _LATER or status >= _SERVER_FAILED:
        return SourceUnreachable(
            f"{place} cannot answer just now (HTTP {status}).", "Try again in a few minutes."
        )
    return SourceForbidden(
        f"{place} refuses (HTTP {status}).",
        "A signed link may have run out; else download it yourself and name the file.",
    )


def pause_asked(retry_after: str | None) -> float | None:
    """Return the seconds that a host's Retry-After asks for; None where it asks for nothing.

    Args:
        retry_after: The header: seconds, or a date (RFC 9110).
    """
    text = (retry_after or "").strip()
    if text.isdecimal():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def too_large(limit: int) -> SourceTooLarge:
    """Return the error for a source that passes the limit, given in bytes."""
    return SourceTooLarge(
        f"The source has more than the {_as_text(limit)} allowed.",
        "Give a smaller version, or raise the size limit in the settings.",
    )


def too_slow(deadline: float) -> SourceUnreachable:
    """Return the error for a fetch that passes its deadline, given in seconds."""
    return SourceUnreachable(
        f"The source was not here after {deadline:.0f} s.",
        "Try again when the host is faster, or raise the deadline in the settings.",
    )


def refuse_web_page(place: str, media_type: str | None, head: bytes) -> None:
    """Refuse what is a web page, by its declared type or by its first bytes.

    Raises:
        SourceNotVideo: It is one.
    """
    declared = (media_type or "").partition(";")[0].strip().lower()
    is_page = declared in ("text/html", "application/xhtml+xml")
    if is_page or _HTML.match(head.removeprefix(_BOM)):
        raise SourceNotVideo(
            f"{place} is a web page, not a video file.",
            "Order it as a page, or give the address of the file itself.",
        )


def make_room(folder: Path, size_bytes: int | None) -> None:
    """Refuse a download that the disk cannot hold.

    Raises:
        DiskFull: Fewer bytes are free than will come.
    """
    if size_bytes is not None and size_bytes > shutil.disk_usage(folder).free:
        raise DiskFull(
            f"There is no room for {_as_text(size_bytes)} more.",
            "Free disk space, then run it again.",
        )


@contextmanager
def writing() -> Iterator[None]:
    """Translate what the disk says while a download is written."""
    try:
        yield
    except OSError as error:
        translated = disk_error(error)
        if translated is None:
            raise
        raise translated from error


def disk_error(error: OSError) -> DiskFull | OutputNotWritable | None:
    """Return what an error of the disk means; None for any other error."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DiskFull("There is no room left to write.", "Free disk space, then run it again.")
    if error.errno in (errno.EACCES, errno.EROFS, errno.EPERM):
        return OutputNotWritable(
            f"{error.filename or 'The folder'} cannot be written.",
            "Allow writing there, or choose another CUTROOM_HOME.",
        )
    return None


def _as_text(size_bytes: int) -> str:
    gibibytes = size_bytes / 2**30
    return f"{gibibytes:.1f} GiB" if gibibytes >= 1 else f"{size_bytes} bytes"
