"""The pictures that an H.264 decoder keeps for others to lean on, and the lists that name them.

After ITU-T H.264, clauses 8.2.4 (lists) and 8.2.5 (what is kept), for streams of whole frames
without long-term references.

A stream entered midway is followed without its past. Pictures from before are `LOST`: the lists
say where they may stand, so that what leans on one is noticed.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from cutroom.media.bitstream.slice_header import B, Command

_FORGET = 1
"""`memory_management_control_operation`: a short-term picture is no more needed."""
_BACK, _FORTH = 0, 1
"""`modification_of_pic_nums_idc`: the next picture has a lower or a higher number."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A picture that others may lean on."""

    number: int
    """`frame_num`."""
    order: int
    """Place in display order."""


LOST = Reference(-1, 0)
"""A picture from before the entry."""


@dataclass(slots=True)
class Memory:
    """What a decoder keeps, by the time that the next picture is decoded."""

    size: int
    """How many pictures it keeps at most."""
    numbers: int
    """`MaxFrameNum`, from which on numbers begin anew."""
    kept: list[Reference]
    lost: int
    """How many pictures from before the entry may be kept beside them at most."""

    def lists(self, kind: int, number: int, order: int) -> tuple[list[Reference], ...]:
        """Return the reference lists of a P or B slice before changes, clause 8.2.4.2."""
        lost = [LOST] if self.lost else []
        if kind != B:
            return ([*sorted(self.kept, key=lambda one: -self._age(number, one)), *lost],)
        ordered = sorted(self.kept, key=lambda one: one.order)
        # Those from before the entry are shown before all that follows it.
        lower = [*(one for one in reversed(ordered) if one.order < order), *lost]
        higher = [one for one in ordered if one.order > order]
        first, second = lower + higher, higher + lower
        if first == second and len(second) > 1:
            second[:2] = second[1::-1]
        return first, second

    def _age(self, number: int, one: Reference) -> int:
        """Return `FrameNumWrap`: numbers above the current one are from the round before."""
        return one.number - self.numbers if one.number > number else one.number

    def changed(
        self, first: list[Reference], commands: Iterable[Command], number: int, active: int
    ) -> list[Reference]:
        """Return a reference list after a slice's changes, as long as it is in use."""
        found = (first + [LOST] * active)[:active]
        wanted = number
        for at, (command, value) in enumerate(commands):
            if command not in (_BACK, _FORTH):
                return [LOST]
            step = value + 1
            wanted = (wanted + (step if command == _FORTH else -step)) % self.numbers
            one = self._named(wanted)
            found = [*found[:at], one, *(other for other in found[at:] if other != one)]
            found = (found + [LOST] * active)[:active]
        return found

    def _named(self, number: int) -> Reference:
        return next((one for one in self.kept if one.number == number), LOST)

    def keep(self, one: Reference, marking: tuple[Command, ...] | None) -> None:
        """Take in a picture that others may lean on, and forget what it says, clause 8.2.5.

        Raises:
            ValueError: It speaks of long-term references, or keeps more than there is room for.
        """
        if marking is None:
            pushed_out = self._pushed_out(one.number)
            self.kept = [other for other in self.kept if other not in pushed_out]
        else:
            self._forget(one.number, marking)
        self.kept = [*self.kept, one]
        self.lost = min(self.lost, self.size - len(self.kept))
        if self.lost < 0:
            raise ValueError("More pictures are kept than there is room for.")

    def _pushed_out(self, number: int) -> list[Reference]:
        """Return the picture that makes room for the one of this number: the oldest, or none."""
        if len(self.kept) < self.size:
            return []
        return [min(self.kept, key=lambda one: self._age(number, one))]

    def _forget(self, number: int, marking: tuple[Command, ...]) -> None:
        for command, *values in marking:
            if command != _FORGET:
                raise ValueError("A picture is kept for long.")
            one = self._named((number - values[0] - 1) % self.numbers)
            if one is LOST:
                self.lost = max(0, self.lost - 1)
            else:
                self.kept.remove(one)

    def marking_to(self, left: list[Reference], number: int) -> tuple[Command, ...] | None:
        """Return the marking by which the picture of this number leaves just these others kept.

        None where a decoder does so without being told.
        """
        gone = [one for one in self.kept if one not in left]
        if gone == self._pushed_out(number):
            return None
        return tuple((_FORGET, (number - one.number - 1) % self.numbers) for one in gone)


def changes_to(
    wanted: list[Reference], first: list[Reference], number: int, numbers: int
) -> tuple[Command, ...]:
    """Return the changes that make a slice's own reference list of the one it begins with.

    Args:
        wanted: The list, as long as it is in use.
        first: What it would be without changes.
        number: `frame_num` of the slice's picture.
        numbers: `MaxFrameNum`.
    """
    if first[: len(wanted)] == wanted:
        return ()
    changes = []
    for one in wanted:
        # The same picture twice in a row is a whole round away.
        changes.append((_BACK, (number - one.number - 1) % numbers))
        number = one.number
    return tuple(changes)
