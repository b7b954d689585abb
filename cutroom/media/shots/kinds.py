"""How each frame was predicted, read from the first bytes of its packet."""

from enum import IntEnum

_SLICE_TYPES_DOUBLED = 5
"""H.264 slice types 5 to 9 say the same as 0 to 4, for all slices of a picture."""
_NAL_SLICE, _NAL_IDR = 1, 5


class Kind(IntEnum):
    """How a frame was predicted, which says what its size means."""

    KEY = 0
    INTRA = 1
    """Coded on its own though no decoder may start there: x264 marks a cut so, near a keyframe."""
    FORWARD = 2
    MIDDLE = 3
    """Predicted from both sides, and predicted from."""
    LEAF = 4
    """Nothing is predicted from it: it can be skipped."""
    UNKNOWN = 5


def kind_of(data: memoryview, length_size: int) -> Kind:
    """Read the header of the first slice in an H.264 packet (ITU-T H.264, 7.3.3).

    Args:
        data: The packet, whose units carry their length before them.
        length_size: Bytes of such a length.
    """
    position = 0
    while position + length_size + 8 <= len(data):
        length = int.from_bytes(data[position : position + length_size], "big")
        position += length_size
        header = data[position]
        if header & 31 in (_NAL_SLICE, _NAL_IDR):
            bits = int.from_bytes(data[position + 1 : position + 8], "big")
            _, left = _exp_golomb(bits, 56)
            slice_type, _ = _exp_golomb(bits, left)
            return _named(slice_type % _SLICE_TYPES_DOUBLED, is_reference=bool(header & 0x60))
        position += length
    return Kind.UNKNOWN


def _named(slice_type: int, *, is_reference: bool) -> Kind:
    if not is_reference:
        return Kind.LEAF
    return {0: Kind.FORWARD, 1: Kind.MIDDLE, 2: Kind.INTRA}.get(slice_type, Kind.UNKNOWN)


def _exp_golomb(bits: int, left: int) -> tuple[int, int]:
    """Return the next unsigned number and how many bits remain."""
    zeros = left - (bits & ((1 << left) - 1)).bit_length()
    left -= 2 * zeros + 1
    if left < 0:
        return 0, 0
    return ((bits >> left) & ((1 << (zeros + 1)) - 1)) - 1, left
