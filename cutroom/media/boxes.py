"""Walk the boxes of an MP4 (ISO/IEC 14496-12) before any demuxer does.

A demuxer trusts what boxes say, and compares some of them with all that came before: sixty thousand
tiny ones keep it busy for many minutes, and nothing outside can interrupt that.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import IO

from cutroom.records.errors import LimitExceeded, MediaTruncated

MOST_INNER = 20_000
"""Boxes inside the table of contents; a film of 64 tracks has about a thousand."""
MOST_OUTER = 500_000
"""Boxes side by side; six hours of live fragments of 100 ms have 432 000."""
MOST_KEYS = 256
"""`pssh` boxes; a film under every known key system has about ten."""
_HEADER = 8
_PARENTS = {b"moov", b"trak", b"mdia", b"minf", b"stbl", b"edts", b"dinf", b"udta", b"mvex"}


def check_boxes(path: Path) -> None:
    """Refuse an MP4 that was cut off before its table of contents, or that holds absurd boxes.

    Raises:
        MediaTruncated: It has no table of contents.
        LimitExceeded: It has more boxes than any honest file.
    """
    has_moov = False
    keys = outer = 0
    with path.open("rb") as file:
        for kind, start, end in _boxes(file, 0, path.stat().st_size):
            outer += 1
            if kind == b"moov":
                has_moov = True
                keys += _check_inner(file, start, end)
            if outer > MOST_OUTER:
                raise _too_many(f"{MOST_OUTER:,} boxes")
    if keys > MOST_KEYS:
        raise _too_many(f"{MOST_KEYS} boxes about keys (pssh)")
    if not has_moov:
        raise MediaTruncated(
            "The file has no table of contents (moov): it was cut off or never finished.",
            "Record, export or fetch it again; an unfinished recording may be mended by `untrunc`.",
        )


def _check_inner(file: IO[bytes], start: int, end: int) -> int:
    """Count the boxes inside one; return how many of them are about keys."""
    keys = count = 0
    todo = [(start, end)]
    while todo:
        for kind, first, last in _boxes(file, *todo.pop()):
            count += 1
            keys += kind == b"pssh"
            if count > MOST_INNER:
                raise _too_many(f"{MOST_INNER:,} boxes")
            if kind in _PARENTS:
                todo.append((first, last))
    return keys


def _boxes(file: IO[bytes], start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, and start and end of the content, of boxes that follow each other."""
    while start + _HEADER <= end:
        file.seek(start)
        header = file.read(16)
        length, kind = int.from_bytes(header[:4], "big"), header[4:8]
        content = start + _HEADER
        if length == 1:
            length, content = int.from_bytes(header[8:16], "big"), start + 16
        if length == 0:
            length = end - start  # "to the end"
        yield kind, content, min(start + length, end)
        if length < _HEADER:  # less than a header is damage
            return
        start += length


def _too_many(what: str) -> LimitExceeded:
    return LimitExceeded(
        f"The file has more than {what}, as no honest video does.",
        "Export it again, or convert it with another program first.",
    )
