"""Reading H.264 parameter sets: what slice headers cannot be read without.

The names are those of ITU-T H.264, clause 7.3.2.
"""

from dataclasses import dataclass

from cutroom.media.bitstream.nal_units import Bits, unescaped

_HIGH_PROFILES = {100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135}
"""Those whose sequence parameter set tells chroma and depth, by clause 7.3.2.1.1."""
_444 = 3


@dataclass(frozen=True, slots=True)
class Sequence:
    """A sequence parameter set, as far as slice headers and memory depend on it."""

    number: int
    """Its id."""
    has_chroma: bool
    has_planes_apart: bool
    """Whether a slice may hold one of three colour planes alone."""
    frame_number_bits: int
    order_type: int
    """`pic_order_cnt_type`."""
    order_bits: int
    """Of the display order's low bits in a slice header; 0 where they are not written."""
    reference_frames: int
    """`max_num_ref_frames`."""
    may_skip_numbers: bool
    """`gaps_in_frame_num_value_allowed_flag`."""
    is_frames_only: bool
    """Whether no picture is a single field."""


@dataclass(frozen=True, slots=True)
class PictureSet:
    """A picture parameter set, as far as slice headers depend on it."""

    number: int
    sequence: int
    """Id of the sequence parameter set that it belongs to."""
    is_arithmetic: bool
    """Whether slices are coded with CABAC, which begins at a whole byte."""
    has_bottom_order: bool
    slice_groups: int
    active: tuple[int, int]
    """Entries in use of both reference lists, unless a slice says otherwise."""
    weights_p: bool
    weights_b: bool
    """Whether slices of B pictures carry weights; implicit ones are worked out, not written."""
    tells_deblocking: bool
    has_redundant: bool


def read_sequence(sps: bytes) -> Sequence:
    """Read a sequence parameter set, its header of one byte included.

    Raises:
        ValueError: It ends early.
    """
    bits = Bits(unescaped(sps[4:]))
    number, chroma = bits.read_ue(), 1
    if sps[1] in _HIGH_PROFILES:
        chroma = bits.read_ue()
    has_planes_apart = chroma == _444 and bool(bits.read())
    if sps[1] in _HIGH_PROFILES:
        _pass_depths(bits, chroma)
    frame_number_bits = bits.read_ue() + 4
    order_type, order_bits = _read_order(bits)
    return Sequence(
        number=number,
        has_chroma=chroma != 0 and not has_planes_apart,
        has_planes_apart=has_planes_apart,
        frame_number_bits=frame_number_bits,
        order_type=order_type,
        order_bits=order_bits,
        reference_frames=bits.read_ue(),
        may_skip_numbers=bool(bits.read()),
        is_frames_only=_read_frames_only(bits),
    )


def read_picture_set(pps: bytes) -> PictureSet:
    """Read a picture parameter set, its header of one byte included.

    Raises:
        ValueError: It ends early, or has slice groups, which only the extended profile has.
    """
    bits = Bits(unescaped(pps[1:]))
    number, sequence = bits.read_ue(), bits.read_ue()
    is_arithmetic, has_bottom_order = bool(bits.read()), bool(bits.read())
    slice_groups = bits.read_ue() + 1
    if slice_groups > 1:
        raise ValueError("A picture has groups of slices.")
    active = (bits.read_ue() + 1, bits.read_ue() + 1)
    weights_p, weights_b = bool(bits.read()), bits.read(2) == 1
    for _ in range(3):
        bits.read_se()
    tells_deblocking, _, has_redundant = (bool(bits.read()) for _ in range(3))
    return PictureSet(
        number=number,
        sequence=sequence,
        is_arithmetic=is_arithmetic,
        has_bottom_order=has_bottom_order,
        slice_groups=slice_groups,
        active=active,
        weights_p=weights_p,
        weights_b=weights_b,
        tells_deblocking=tells_deblocking,
        has_redundant=has_redundant,
    )


def _pass_depths(bits: Bits, chroma: int) -> None:
    """Read past bit depths, a flag on lossless blocks and scaling lists."""
    bits.read_ue()
    bits.read_ue()
    bits.read()
    if not bits.read():
        return
    for number in range(8 if chroma != _444 else 12):
        if bits.read():
            _pass_scaling_list(bits, 16 if number < 6 else 64)  # noqa: PLR2004


def _pass_scaling_list(bits: Bits, size: int) -> None:
    last = following = 8
    for _ in range(size):
        if following:
            following = (last + bits.read_se()) % 256
        last = following or last


def _read_order(bits: Bits) -> tuple[int, int]:
    """Return the type of display order and how many of its bits a slice header has."""
    order_type = bits.read_ue()
    if order_type == 0:
        return order_type, bits.read_ue() + 4
    if order_type == 1:
        bits.read()
        for _ in range(2):
            bits.read_se()
        for _ in range(bits.read_ue()):
            bits.read_se()
    return order_type, 0


def _read_frames_only(bits: Bits) -> bool:
    for _ in range(2):
        bits.read_ue()
    return bool(bits.read())
