"""Reach into MP4 files (ISO/IEC 14496-12) to falsify what they say about themselves."""

import struct
from collections.abc import Iterator
from pathlib import Path


def box(kind: bytes, content: bytes = b"") -> bytes:
    """Return one box with its header."""
    return struct.pack(">I4s", 8 + len(content), kind) + content


def boxes(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Yield kind, start and end of the boxes that follow each other in a stretch."""
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        yield kind, start, start + size
        start += size


def find(data: bytes, *path: bytes) -> tuple[int, int]:
    """Return start and end of a box by the kinds on the way to it, the first track's if many."""
    start, end = -8, len(data)
    for kind in path:
        found = next((one for one in boxes(data, start + 8, end) if one[0] == kind), None)
        assert found is not None, f"there is no {kind!r} on the way {path}"
        _, start, end = found
    return start, end


def overwrite(path: Path, offset: int, new: bytes) -> Path:
    """Put bytes into a file."""
    data = bytearray(path.read_bytes())
    data[offset : offset + len(new)] = new
    path.write_bytes(data)
    return path


def set_number(path: Path, way: tuple[bytes, ...], offset: int, number: int) -> Path:
    """Put a 32-bit number into a box, `offset` bytes after the beginning of its header."""
    start, _ = find(path.read_bytes(), *way)
    return overwrite(path, start + offset, struct.pack(">I", number))


def add_to_moov(path: Path, content: bytes) -> Path:
    """Put more boxes at the end of the table of contents, which must be the file's last box."""
    data = path.read_bytes()
    start, end = find(data, b"moov")
    assert end == len(data), "the media data would move"
    path.write_bytes(data[:start] + box(b"moov", data[start + 8 :] + content))
    return path
