"""What an MP4 says once about all its pictures: the parameter sets of H.264 and HEVC.

A clip that is partly copied and partly encoded anew has two of each. Both stand here, under
different ids, as ISO/IEC 14496-15 allows for `avc1` and `hvc1`: every picture names its own, so
that nothing has to be switched on the way, wherever a player seeks to.
"""

from dataclasses import dataclass, replace
from typing import Literal

from cutroom.media.bitstream.nal_units import Bits, unescaped

Codec = Literal["h264", "hevc"]
_H264_HEADER = 5
_HEVC_HEADER = 22
_H264_SETS = {"sps": 7, "pps": 8}
_HEVC_SETS = {"vps": 32, "sps": 33, "pps": 34}
_HEVC_PROFILE_BITS = 96
"""Of `profile_tier_level` in a stream without sub-layers."""


@dataclass(frozen=True, slots=True)
class SampleDescription:
    """An `avcC` or `hvcC`, taken apart."""

    codec: Codec
    header: bytes
    """What comes before the sets."""
    sets: tuple[tuple[int, bytes], ...]
    """NAL unit type and unit of each, in order; HEVC may have notes (SEI) among them."""
    rest: bytes
    """What comes after them."""

    @classmethod
    def read(cls, codec: Codec, data: bytes) -> "SampleDescription":
        """Take apart what a container holds.

        Raises:
            ValueError: It is in another form, such as Annex B, or broken.
        """
        if not data or data[0] != 1:
            raise ValueError("The parameter sets are not in the form of MP4.")
        try:
            return _read_avcc(data) if codec == "h264" else _read_hvcc(data)
        except IndexError as error:
            raise ValueError("The parameter sets end early.") from error

    @property
    def length_size(self) -> int:
        """Bytes of the length before each unit of a sample."""
        return (self.header[4 if self.codec == "h264" else 21] & 3) + 1

    @property
    def profile(self) -> int:
        """`profile_idc` or `general_profile_idc`."""
        return self.header[1] & (0xFF if self.codec == "h264" else 0x1F)

    @property
    def is_high_tier(self) -> bool:
        """Of HEVC: whether the bit rates of the higher tier are allowed."""
        return self.codec == "hevc" and bool(self.header[1] & 0x20)

    @property
    def level(self) -> int:
        """`level_idc` or `general_level_idc`."""
        return self.header[3 if self.codec == "h264" else 12]

    @property
    def ids(self) -> set[int]:
        """Every id in use, of whatever kind of set."""
        return {_id_of(self.codec, unit) for _, unit in self.sets if is_set(self.codec, unit)}

    def of_kind(self, kind: Literal["vps", "sps", "pps"]) -> list[bytes]:
        """Return the sets of one kind."""
        wanted = (_H264_SETS if self.codec == "h264" else _HEVC_SETS)[kind]
        return [unit for number, unit in self.sets if number == wanted]

    def with_sets(self, units: tuple[bytes, ...]) -> "SampleDescription":
        """Return it with more sets after those it has.

        Raises:
            ValueError: One has an id that is taken.
        """
        if any(_id_of(self.codec, unit) in self.ids for unit in units):
            raise ValueError("Two parameter sets have the same id.")
        added = tuple((unit_type(self.codec, unit), unit) for unit in units)
        return replace(self, sets=(*self.sets, *added))

    def as_bytes(self) -> bytes:
        """Put it together again."""
        return self.header + (_h264_sets(self) if self.codec == "h264" else _hevc_sets(self))


def unit_type(codec: Codec, unit: bytes) -> int:
    """Return `nal_unit_type`."""
    return unit[0] & 0x1F if codec == "h264" else unit[0] >> 1 & 0x3F


def is_set(codec: Codec, unit: bytes) -> bool:
    """Say whether a unit is a parameter set."""
    kinds = _H264_SETS if codec == "h264" else _HEVC_SETS
    return unit_type(codec, unit) in kinds.values()


def _id_of(codec: Codec, unit: bytes) -> int:
    """Return the id of a parameter set."""
    kind = unit_type(codec, unit)
    if codec == "h264":
        return Bits(unescaped(unit[4:] if kind == _H264_SETS["sps"] else unit[1:])).read_ue()
    data = unescaped(unit[2:])
    if kind == _HEVC_SETS["vps"]:
        return data[0] >> 4
    return Bits(data, 8 + _HEVC_PROFILE_BITS if kind == _HEVC_SETS["sps"] else 0).read_ue()


def _read_avcc(data: bytes) -> SampleDescription:
    sets: list[tuple[int, bytes]] = []
    at = _H264_HEADER
    for kind in _H264_SETS.values():
        count, at = data[at] & (0x1F if kind == _H264_SETS["sps"] else 0xFF), at + 1
        for _ in range(count):
            unit, at = _unit_at(data, at)
            sets.append((kind, unit))
    return SampleDescription("h264", data[:_H264_HEADER], tuple(sets), data[at:])


def _read_hvcc(data: bytes) -> SampleDescription:
    sets: list[tuple[int, bytes]] = []
    at = _HEVC_HEADER + 1
    for _ in range(data[_HEVC_HEADER]):
        kind, count = data[at] & 0x3F, int.from_bytes(data[at + 1 : at + 3], "big")
        at += 3
        for _ in range(count):
            unit, at = _unit_at(data, at)
            sets.append((kind, unit))
    return SampleDescription("hevc", data[:_HEVC_HEADER], tuple(sets), b"")


def _unit_at(data: bytes, at: int) -> tuple[bytes, int]:
    """Return a unit after its length of two bytes, and where it ends."""
    end = at + 2 + int.from_bytes(data[at : at + 2], "big")
    if end > len(data) or end < at + 4:
        raise ValueError("A parameter set is longer than what holds it.")
    return data[at + 2 : end], end


def _h264_sets(description: SampleDescription) -> bytes:
    parts = []
    for kind, mark in (("sps", 0xE0), ("pps", 0)):
        units = [unit for number, unit in description.sets if number == _H264_SETS[kind]]
        parts.append(bytes([mark | len(units)]) + _with_lengths(units))
    return b"".join(parts) + description.rest


def _hevc_sets(description: SampleDescription) -> bytes:
    kinds = sorted({number for number, _ in description.sets})
    parts = [bytes([len(kinds)])]
    for kind in kinds:
        units = [unit for number, unit in description.sets if number == kind]
        # The first bit says that all sets of the kind are here.
        parts.append(bytes([0x80 | kind]) + len(units).to_bytes(2, "big") + _with_lengths(units))
    return b"".join(parts)


def _with_lengths(units: list[bytes]) -> bytes:
    return b"".join(len(unit).to_bytes(2, "big") + unit for unit in units)
