"""Making a run of H.264 that begins at a picture other than an IDR begin with one.

Such a picture opens a group whose first pictures, in decode order, are shown before it and lean on
the group before. Those are left out; after that nothing leans on anything from before. But pictures
count on from ones that are missing, and name the ones that they lean on by such counts. So the
first picture becomes an IDR, and the headers of all slices up to the source's next IDR are written
anew: with numbers and display order from 0, and with the same pictures in the same places of their
reference lists. The coded blocks stay as they are, and so does every pixel.

A picture that names a missing one in a list, used or not, is refused.
"""

from dataclasses import dataclass, replace

from cutroom.media.bitstream.nal_units import join_lengths, split_lengths
from cutroom.media.bitstream.reference_pictures import LOST, Memory, Reference, changes_to
from cutroom.media.bitstream.sample_description import SampleDescription, is_set, unit_type
from cutroom.media.bitstream.slice_header import (
    IDR,
    NOT_IDR,
    Command,
    I,
    Sets,
    SliceHeader,
    read_slice,
)

_NOTE, _DELIMITER, _FILLER = 6, 9, 12
_REPEATED_MARKING = 7
"""SEI that repeats another picture's marking, as Blu-ray asks; it would no longer be true."""


class Restart:
    """Writes the packets of one run anew, from its first one on."""

    def __init__(self, description: SampleDescription) -> None:
        """Begin before the run's first packet.

        Args:
            description: The source's.

        Raises:
            ValueError: Its parameter sets are broken.
        """
        self._description = description
        self._sets = Sets(description.of_kind("sps"), description.of_kind("pps"))
        self._pictures: _Pictures | None = None
        self._is_over = False

    def rewritten(self, data: bytes, *, is_kept: bool) -> bytes:
        """Return the next packet of the source, in decode order, as one of the run.

        Args:
            data: The packet, of one picture.
            is_kept: False for pictures that are shown before the run: they are only taken note of.

        Raises:
            ValueError: The picture cannot be part of a run that begins there.
        """
        if self._is_over:
            return data
        size = self._description.length_size
        units = split_lengths(data, size)
        if self._pictures is not None and any(unit_type("h264", one) == IDR for one in units):
            self._is_over = True
            return data
        slices = [read_slice(one, self._sets) for one in units if unit_type("h264", one) == NOT_IDR]
        written = iter([one.as_unit() for one in self._next(slices, is_kept=is_kept)])
        return join_lengths(
            [
                next(written, b"") if unit_type("h264", one) == NOT_IDR else one
                for one in units
                if self._stays(one)
            ],
            size,
        )

    def _stays(self, unit: bytes) -> bool:
        """Say whether a unit is copied, or else left out."""
        kind = unit_type("h264", unit)
        if kind == _NOTE:
            return unit[1] != _REPEATED_MARKING
        if is_set("h264", unit) and (kind, unit) not in self._description.sets:
            raise ValueError("Parameter sets change midway.")
        if kind in (NOT_IDR, _DELIMITER, _FILLER) or is_set("h264", unit):
            return True
        raise ValueError(f"There is a unit of type {kind} in the run.")

    def _next(self, slices: list[SliceHeader], *, is_kept: bool) -> list[SliceHeader]:
        if not slices:
            raise ValueError("A packet has no picture.")
        if self._pictures is None:
            if any(one.kind != I or not one.importance for one in slices):
                raise ValueError("The run begins with a picture that leans on others.")
            self._pictures = _Pictures(slices[0])
            return [replace(one, is_idr=True, number=0, order=0) for one in slices]
        if not is_kept:
            self._pictures.leave_out(slices[0])
            return []
        return self._pictures.renewed(slices)


class _Pictures:
    """The run's pictures so far, as its source numbers them and as the run does."""

    def __init__(self, first: SliceHeader) -> None:
        numbers, size = 1 << first.sequence.frame_number_bits, first.sequence.reference_frames
        if first.sequence.may_skip_numbers:
            raise ValueError("Pictures need not be numbered one by one.")
        self._source = Memory(max(1, size), numbers, [], max(1, size))
        self._run = Memory(max(1, size), numbers, [Reference(0, 0)], 0)
        bits = first.sequence.order_bits
        self._order = _DisplayOrder(bits, first.order if bits else -2)
        self._new_order = _DisplayOrder(bits, 0 if bits else -2)
        self._shift = self._last = first.number
        self._zero = self._order.of(first)
        self._new_order.of(replace(first, order=0))
        one = Reference(first.number, self._zero)
        self._source.keep(one, first.marking)
        self._names = {one: Reference(0, 0)}

    def leave_out(self, picture: SliceHeader) -> None:
        """Take note of a picture that is not part of the run."""
        one = self._reference(picture)
        if picture.importance:
            self._source.keep(one, picture.marking)
            self._shift += 1

    def renewed(self, slices: list[SliceHeader]) -> list[SliceHeader]:
        """Return the slices of the run's next picture as those of a run that began with an IDR."""
        picture = slices[0]
        one = self._reference(picture)
        new = Reference((one.number - self._shift) % self._run.numbers, one.order - self._zero)
        low = new.order % (1 << picture.sequence.order_bits)
        if self._new_order.of(replace(picture, order=low)) != new.order:
            raise ValueError("Pictures are too far apart in display order.")
        changes = [self._changes(each, one, new) for each in slices]
        marking = self._keep(one, new, picture) if picture.importance else None
        return [
            replace(each, number=new.number, order=low, changes=change, marking=marking)
            for each, change in zip(slices, changes, strict=True)
        ]

    def _reference(self, picture: SliceHeader) -> Reference:
        """Tell which picture comes next, in the source's counts."""
        if picture.number != (self._last + 1) % self._source.numbers:
            raise ValueError("A picture is missing.")
        if picture.importance:
            self._last = picture.number
        return Reference(picture.number, self._order.of(picture))

    def _changes(
        self, header: SliceHeader, one: Reference, new: Reference
    ) -> tuple[tuple[Command, ...], ...]:
        """Return how a slice's lists become those that it has in the source."""
        if header.kind == I:
            return ()
        before = self._source.lists(header.kind, one.number, one.order)
        after = self._run.lists(header.kind, new.number, new.order)
        found = []
        for place, commands in enumerate(header.changes):
            active = header.active[place]
            wanted = self._source.changed(before[place], commands, one.number, active)
            names = [self._names.get(each, LOST) for each in wanted]
            if LOST in names:
                raise ValueError("A picture leans on one from before the run.")
            found.append(changes_to(names, after[place], new.number, self._run.numbers))
        return tuple(found)

    def _keep(
        self, one: Reference, new: Reference, picture: SliceHeader
    ) -> tuple[Command, ...] | None:
        """Keep a picture in both memories; return the marking that the run's needs for it."""
        self._source.keep(one, picture.marking)
        left = [self._names[each] for each in self._source.kept if each in self._names]
        marking = self._run.marking_to(left, new.number)
        self._run.keep(new, marking)
        self._names[one] = new
        return marking


@dataclass(slots=True)
class _DisplayOrder:
    """Works out the whole place in display order from its low bits, clause 8.2.1."""

    bits: int
    """0 where pictures are shown in the order in which they are decoded."""
    last: int
    """Of the last picture that others may lean on."""

    def of(self, picture: SliceHeader) -> int:
        """Return the place of the next picture."""
        if not self.bits:
            self.last += 2
            return self.last
        size = 1 << self.bits
        order = self.last - self.last % size + picture.order
        if order - self.last > size // 2:
            order -= size
        elif self.last - order >= size // 2:
            order += size
        if picture.importance:
            self.last = order
        return order
