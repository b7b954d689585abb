"""Reference lists and what is kept for them, as clauses 8.2.4 and 8.2.5 of H.264 have it."""

import pytest

from cutroom.media.bitstream.reference_pictures import LOST, Memory, Reference, changes_to
from cutroom.media.bitstream.slice_header import B, P

ONE, TWO, THREE, FOUR = (
    Reference(number, order) for number, order in ((1, 0), (2, 16), (3, 8), (4, 32))
)


def a_memory(*kept: Reference, size: int = 4, lost: int = 0) -> Memory:
    return Memory(size, 16, list(kept), lost)


def test_p_pictures_name_the_latest_decoded_first():
    """By number, and around the end of the numbers."""
    late = Reference(15, 4)

    assert a_memory(ONE, TWO, THREE).lists(P, 4, 24) == ([THREE, TWO, ONE],)
    assert a_memory(late, ONE).lists(P, 2, 24) == ([ONE, late],)


def test_b_pictures_name_the_nearest_shown_first():
    """One list looks back first, the other one ahead."""
    memory = a_memory(ONE, TWO, THREE, FOUR)

    assert memory.lists(B, 5, 12) == ([THREE, ONE, TWO, FOUR], [TWO, FOUR, THREE, ONE])


def test_two_lists_alike_differ_in_their_first_two():
    """Where all pictures lie on one side."""
    memory = a_memory(ONE, TWO, THREE)

    assert memory.lists(B, 4, 20) == ([TWO, THREE, ONE], [THREE, TWO, ONE])


def test_the_lost_come_where_they_may_stand():
    """They are shown before, and decoded before, all that is known."""
    memory = a_memory(ONE, TWO, lost=2)

    assert memory.lists(P, 3, 24) == ([TWO, ONE, LOST],)
    assert memory.lists(B, 3, 8) == ([ONE, LOST, TWO], [TWO, ONE, LOST])


def test_changes_put_pictures_first():
    """Each by the distance of its number from the one before; the others move down."""
    memory = a_memory(ONE, TWO, THREE)

    # From 4 back by 3 to 1, then on by 2 to 3.
    assert memory.changed([THREE, TWO, ONE], [(0, 2), (1, 1)], 4, 3) == [ONE, THREE, TWO]
    assert memory.changed([THREE, TWO, ONE], [(0, 2)], 4, 1) == [ONE]


def test_a_list_longer_than_memory_holds_the_lost():
    """So does one that names a number that is not kept, or a long-term picture."""
    memory = a_memory(ONE, TWO)

    assert memory.changed([TWO, ONE], [], 3, 3) == [TWO, ONE, LOST]
    assert memory.changed([TWO, ONE], [(0, 7)], 3, 2) == [LOST, TWO]
    assert LOST in memory.changed([TWO, ONE], [(2, 0)], 3, 2)


@pytest.mark.parametrize(
    "wanted", [[ONE, THREE, TWO], [TWO], [ONE, ONE, THREE], [TWO, ONE, TWO, THREE]]
)
def test_changes_lead_to_the_list_that_is_wanted(wanted):
    """The same picture twice included, as weights for it need."""
    memory = a_memory(ONE, TWO, THREE)
    first = memory.lists(P, 4, 24)[0]

    changes = changes_to(wanted, first, 4, 16)

    assert memory.changed(first, changes, 4, len(wanted)) == wanted
    assert len(changes) == len(wanted)


def test_a_list_that_is_so_from_the_start_needs_no_changes():
    """Nothing is written then."""
    assert changes_to([THREE, TWO], [THREE, TWO, ONE], 4, 16) == ()


def test_the_oldest_goes_once_memory_is_full():
    """Unless the picture says which."""
    memory = a_memory(ONE, TWO, THREE, size=3)

    memory.keep(FOUR, None)

    assert memory.kept == [TWO, THREE, FOUR]
    memory.keep(Reference(5, 40), ((1, 0),))
    assert memory.kept == [TWO, THREE, Reference(5, 40)]


def test_the_lost_go_first():
    """They are older than all that is known; how many there were is only known at most."""
    memory = a_memory(ONE, size=3, lost=2)

    memory.keep(TWO, None)
    assert (memory.kept, memory.lost) == ([ONE, TWO], 1)
    memory.keep(THREE, ((1, 9),))
    assert (memory.kept, memory.lost) == ([ONE, TWO, THREE], 0)


def test_marking_says_only_what_would_not_happen_anyway():
    """Where memory is full the oldest goes untold."""
    memory = a_memory(ONE, TWO, THREE, size=3)

    assert memory.marking_to([TWO, THREE], 4) is None
    marking = memory.marking_to([ONE, TWO], 4)
    assert marking == ((1, 0),)
    memory.keep(FOUR, marking)
    assert memory.kept == [ONE, TWO, FOUR]
    assert a_memory(ONE, TWO).marking_to([ONE, TWO], 3) is None


@pytest.mark.parametrize("command", [(2, 0), (3, 0, 0), (4, 1), (5,), (6, 0)])
def test_what_is_kept_for_long_is_refused(command):
    """It is rare, and followed nowhere here."""
    with pytest.raises(ValueError, match="for long"):
        a_memory(ONE).keep(TWO, (command,))


def test_more_than_there_is_room_for_is_refused():
    """A stream that says so is broken."""
    with pytest.raises(ValueError, match="room"):
        a_memory(ONE, TWO, size=2).keep(THREE, ())
