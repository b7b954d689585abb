"""Giving the parameter sets of an HEVC stream another id.

x265 always calls its sets 0, as most other encoders do. Id 15 takes nine bits where 0 takes one, so
that all that follows moves by exactly one byte: slice headers stay aligned without being read.
"""

from cutroom.media.bitstream.nal_units import Bits, escaped, unescaped
from cutroom.media.bitstream.sample_description import unit_type

NEW_ID = 15
"""The largest id of a sequence parameter set; those from 15 to 30 have codes of nine bits."""
_VPS, _SPS, _PPS = 32, 33, 34
_FIRST_NOT_SLICE = 32
_IRAP = range(16, 24)
"""Pictures that decoding may begin at; their slices begin with one more flag."""
_SPS_ID_AT = 104
"""Bit of the id in a sequence parameter set without sub-layers, after the unit's header."""


def renumbered(unit: bytes) -> bytes:
    """Return a unit that belongs to sets `NEW_ID` instead of 0; others come back as they are.

    Raises:
        ValueError: It belongs to other sets than 0, or has sub-layers.
    """
    kind = unit_type("hevc", unit)
    header, data = unit[:2], unescaped(unit[2:])
    if kind in (_VPS, _SPS):
        if data[0] >> 4 or (kind == _SPS and data[0] & 0x0E):
            raise ValueError("The sets are not called 0, or there are sub-layers.")
        data = bytes([NEW_ID << 4 | data[0] & 0x0F]) + data[1:]
        return header + escaped(_inserted(data, _SPS_ID_AT) if kind == _SPS else data)
    if kind == _PPS:
        return header + escaped(_inserted(_inserted(data, 1), 0))
    if kind < _FIRST_NOT_SLICE:
        return header + escaped(_inserted(data, 2 if kind in _IRAP else 1))
    return unit


def _inserted(data: bytes, at: int) -> bytes:
    """Return data with the one bit at `at`, the code of 0, replaced by the nine of `NEW_ID`."""
    if Bits(data, at).read_ue() != 0:
        raise ValueError("The sets are not called 0.")
    number, before = divmod(at, 8)
    byte, after = data[number], 7 - before
    high, low = byte >> (8 - before), byte & ((1 << after) - 1)
    both = high << (16 - before) | (NEW_ID + 1) << after | low
    return data[:number] + both.to_bytes(2, "big") + data[number + 1 :]
