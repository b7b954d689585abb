"""The header of an H.264 slice: taken apart, and written anew before the same coded blocks.

The names are those of ITU-T H.264, clause 7.3.3. Only what says which picture this is, and which
others it leans on, can be changed; the rest is kept bit by bit.
"""

from dataclasses import dataclass

from cutroom.media.bitstream.h264_sets import PictureSet, Sequence, read_picture_set, read_sequence
from cutroom.media.bitstream.nal_units import Bits, escaped, unescaped

NOT_IDR, IDR = 1, 5
P, B, I = 0, 1, 2  # noqa: E741  the standard's own names
NEW_START = 2
"""`idr_pic_id` of a picture that becomes an IDR. Neighbours must differ in it: encoders take turns
between 0 and 1, or count up from 0, and another IDR right beside this one is rare anyhow."""
_END_OF_CHANGES = 3
_MARKING_NUMBERS = {1: 1, 2: 1, 3: 2, 4: 1, 5: 0, 6: 1}
"""How many numbers follow each `memory_management_control_operation`."""
_NO_DEBLOCKING = 1

Command = tuple[int, ...]
"""A command of the standard's and the numbers that go with it."""


class Sets:
    """The parameter sets of a stream, which slices name by number.

    Raises:
        ValueError: One is broken.
    """

    def __init__(self, sequences: list[bytes], pictures: list[bytes]) -> None:
        self._sequences = {one.number: one for one in map(read_sequence, sequences)}
        self._pictures = {one.number: one for one in map(read_picture_set, pictures)}

    def of(self, number: int) -> tuple[Sequence, PictureSet]:
        """Return the sets of a slice that names this picture parameter set.

        Raises:
            ValueError: There is none of this number, or of the sequence that it belongs to.
        """
        picture = self._pictures.get(number)
        sequence = self._sequences.get(picture.sequence) if picture else None
        if picture is None or sequence is None:
            raise ValueError(f"A slice names parameter set {number}, which is not there.")
        return sequence, picture


@dataclass(frozen=True, slots=True)
class SliceHeader:
    """A slice whose header was read; the parts that are kept are bits written out as 0 and 1."""

    sequence: Sequence
    picture: PictureSet
    importance: int
    """`nal_ref_idc`: 0 where no other picture leans on this one."""
    is_idr: bool
    kind: int
    """`P`, `B` or `I`."""
    before: str
    number: int
    """`frame_num`."""
    between: str
    order: int
    """`pic_order_cnt_lsb`, the low bits of the display order."""
    options: str
    active: tuple[int, int]
    """How many entries of either reference list are in use."""
    changes: tuple[tuple[Command, ...], ...]
    """What is done to each reference list that the slice has."""
    weights: str
    marking: tuple[Command, ...] | None
    """Commands on which pictures to forget; None forgets the oldest once memory is full."""
    rest: str
    data: bytes
    """The slice without its unit's header and without escapes."""
    blocks: int
    """Bit of the data at which the coded blocks begin."""

    def as_unit(self) -> bytes:
        """Put the slice together again."""
        head = "".join(
            (
                self.before,
                _fixed(self.number, self.sequence.frame_number_bits),
                self.between,
                _ue(NEW_START) if self.is_idr else "",
                _fixed(self.order, self.sequence.order_bits),
                self.options,
                *map(_changes_as_bits, self.changes),
                self.weights,
                self._marking_as_bits(),
                self.rest,
            )
        )
        kind = IDR if self.is_idr else NOT_IDR
        return bytes([self.importance << 5 | kind]) + escaped(self._with_blocks(head))

    def _marking_as_bits(self) -> str:
        if self.is_idr:
            return "00"
        if not self.importance:
            return ""
        if self.marking is None:
            return "0"
        return "1" + "".join(_ue(one) for command in self.marking for one in command) + _ue(0)

    def _with_blocks(self, head: str) -> bytes:
        """Return the slice's data with another header before its blocks."""
        if self.picture.is_arithmetic:
            head += "1" * (-len(head) % 8)
            # Ones fill the header up to a byte here as they did in the source.
            return _as_bytes(int(head, 2), len(head)) + self.data[(self.blocks + 7) // 8 :]
        left = 8 * len(self.data) - self.blocks
        blocks = int.from_bytes(self.data, "big") & ((1 << left) - 1)
        # The last bit set ends the slice; zeros behind it fill the byte.
        return _as_bytes(int(head, 2) << left | blocks, len(head) + left).rstrip(b"\0")


def read_slice(unit: bytes, sets: Sets) -> SliceHeader:
    """Read the header of a slice that is not of an IDR picture.

    Raises:
        ValueError: It is broken, or of a form that this does not write: fields, colour planes
            apart, switching slices.
    """
    data = unescaped(unit[1:])
    bits = Bits(data)
    bits.read_ue()
    kind = bits.read_ue() % 5
    sequence, picture = sets.of(bits.read_ue())
    if kind not in (P, B, I) or sequence.has_planes_apart or sequence.order_type == 1:
        raise ValueError("A slice is of a rare form.")
    before = bits.text(0)
    number = bits.read(sequence.frame_number_bits)
    between = _read_field_flag(bits, sequence)
    order = bits.read(sequence.order_bits)
    at = bits.at
    active = _read_options(bits, sequence, picture, kind)
    options = bits.text(at)
    changes = tuple(_read_changes(bits) for _ in range(_lists(kind)))
    at = bits.at
    if (picture.weights_p and kind == P) or (picture.weights_b and kind == B):
        _pass_weights(bits, active[: _lists(kind)], has_chroma=sequence.has_chroma)
    weights = bits.text(at)
    importance = unit[0] >> 5 & 3
    marking = _read_marking(bits) if importance else None
    at = bits.at
    _pass_rest(bits, picture, kind)
    return SliceHeader(
        sequence=sequence,
        picture=picture,
        importance=importance,
        is_idr=False,
        kind=kind,
        before=before,
        number=number,
        between=between,
        order=order,
        options=options,
        active=active,
        changes=changes,
        weights=weights,
        marking=marking,
        rest=bits.text(at),
        data=data,
        blocks=bits.at,
    )


def _lists(kind: int) -> int:
    return {P: 1, B: 2}.get(kind, 0)


def _read_field_flag(bits: Bits, sequence: Sequence) -> str:
    if sequence.is_frames_only:
        return ""
    if bits.read():
        raise ValueError("A picture is a single field.")
    return "0"


def _read_options(
    bits: Bits, sequence: Sequence, picture: PictureSet, kind: int
) -> tuple[int, int]:
    """Read past choices of this slice; return how many entries its lists have in use."""
    if sequence.order_type == 0 and picture.has_bottom_order:
        bits.read_se()
    if picture.has_redundant and bits.read_ue():
        raise ValueError("A slice repeats another one.")
    if kind == I:
        return (0, 0)
    if kind == B:
        bits.read()
    first, second = picture.active
    if bits.read():
        first = bits.read_ue() + 1
        second = bits.read_ue() + 1 if kind == B else second
    return (first, second if kind == B else 0)


def _read_changes(bits: Bits) -> tuple[Command, ...]:
    """Return the changes to one reference list."""
    changes: list[Command] = []
    if not bits.read():
        return ()
    while (command := bits.read_ue()) != _END_OF_CHANGES:
        changes.append((command, bits.read_ue()))
    return tuple(changes)


def _pass_weights(bits: Bits, active: tuple[int, ...], *, has_chroma: bool) -> None:
    """Read past a table of weights for each reference."""
    bits.read_ue()
    if has_chroma:
        bits.read_ue()
    for _ in range(sum(active)):
        for numbers in (2, 4) if has_chroma else (2,):
            for _ in range(numbers if bits.read() else 0):
                bits.read_se()


def _read_marking(bits: Bits) -> tuple[Command, ...] | None:
    if not bits.read():
        return None
    commands: list[Command] = []
    while command := bits.read_ue():
        if command not in _MARKING_NUMBERS:
            raise ValueError(f"There is no memory command {command}.")
        commands.append((command, *(bits.read_ue() for _ in range(_MARKING_NUMBERS[command]))))
    return tuple(commands)


def _pass_rest(bits: Bits, picture: PictureSet, kind: int) -> None:
    """Read past the end of the header."""
    if picture.is_arithmetic and kind != I:
        bits.read_ue()
    bits.read_se()
    if picture.tells_deblocking and bits.read_ue() != _NO_DEBLOCKING:
        bits.read_se()
        bits.read_se()


def _changes_as_bits(changes: tuple[Command, ...]) -> str:
    if not changes:
        return "0"
    numbers = [*(one for command in changes for one in command), _END_OF_CHANGES]
    return "1" + "".join(map(_ue, numbers))


def _fixed(value: int, count: int) -> str:
    """Write u(n)."""
    return f"{value:0{count}b}" if count else ""


def _ue(value: int) -> str:
    """Write ue(v), the Exp-Golomb code of clause 9.1."""
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code


def _as_bytes(value: int, count: int) -> bytes:
    """Return bits as bytes, filled up with zeros."""
    return (value << (-count % 8)).to_bytes((count + 7) // 8, "big")
