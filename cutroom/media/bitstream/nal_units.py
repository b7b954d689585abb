"""NAL units, of which H.264 and HEVC streams are made, and the numbers in their first bits.

The names are those of ITU-T H.264 and H.265, clauses 7.3.1 and 9.
"""

import re
from collections.abc import Iterable

_START_CODE = re.compile(rb"\x00*\x00\x00\x01")
_NEEDS_ESCAPE = re.compile(rb"\x00\x00(?=[\x00-\x03])")


def split_start_codes(data: bytes) -> list[bytes]:
    """Return the units of an Annex B stream, as encoders write it."""
    return [unit for unit in _START_CODE.split(data) if unit]


def split_lengths(data: bytes, length_size: int) -> list[bytes]:
    """Return the units of a sample as MP4 and Matroska keep it: each after its length.

    Args:
        data: One sample.
        length_size: Bytes of each length, 1 to 4.

    Raises:
        ValueError: The lengths do not add up to the sample.
    """
    units = []
    at = 0
    while at < len(data):
        start = at + length_size
        at = start + int.from_bytes(data[start - length_size : start], "big")
        units.append(data[start:at])
    if at != len(data):
        raise ValueError(f"The units of a sample end at byte {at} of {len(data)}.")
    return units


def join_lengths(units: Iterable[bytes], length_size: int) -> bytes:
    """Return a sample of units, each after its length.

    Raises:
        OverflowError: A unit is too long for lengths of this size.
    """
    return b"".join(len(unit).to_bytes(length_size, "big") + unit for unit in units)


def unescaped(data: bytes) -> bytes:
    """Remove the bytes that keep start codes from appearing by chance."""
    return data.replace(b"\x00\x00\x03", b"\x00\x00")


def escaped(data: bytes) -> bytes:
    """Put them in."""
    return _NEEDS_ESCAPE.sub(b"\x00\x00\x03", data)


class Bits:
    """Reads numbers from bits, most significant first."""

    def __init__(self, data: bytes, at: int = 0) -> None:
        self._data = data
        self._at = at

    @property
    def at(self) -> int:
        """Number of the next bit."""
        return self._at

    def text(self, start: int) -> str:
        """Return the bits from `start` up to the next one, written out as 0 and 1."""
        count = self._at - start
        return f"{Bits(self._data, start).read(count):0{count}b}" if count else ""

    def read(self, count: int = 1) -> int:
        """Return the next `count` bits, u(n).

        Raises:
            ValueError: There are no more.
        """
        end = self._at + count
        if end > 8 * len(self._data):
            raise ValueError(f"A unit ends before its bit {end}.")
        window = self._data[self._at // 8 : (end + 7) // 8]
        value = int.from_bytes(window, "big") >> (-end % 8)
        self._at = end
        return value & ((1 << count) - 1)

    def read_ue(self) -> int:
        """Return the next unsigned Exp-Golomb number, ue(v)."""
        zeros = 0
        while not self.read():
            zeros += 1
        return (1 << zeros) - 1 + self.read(zeros)

    def read_se(self) -> int:
        """Return the next signed one, se(v)."""
        code = self.read_ue()
        return (code + 1) // 2 if code % 2 else -(code // 2)
