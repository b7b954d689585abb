"""Units come apart and go together without a byte lost."""

import pytest

from cutroom.media.bitstream.nal_units import (
    Bits,
    escaped,
    join_lengths,
    split_lengths,
    split_start_codes,
    unescaped,
)


def test_start_codes_of_both_lengths_part_units():
    """Encoders write three bytes or four."""
    data = b"\x00\x00\x00\x01\x67abc\x00\x00\x01\x68d\x00\x00\x00\x01\x65\x00\x00\x03e"

    assert split_start_codes(data) == [b"\x67abc", b"\x68d", b"\x65\x00\x00\x03e"]


@pytest.mark.parametrize("length_size", [1, 2, 3, 4])
def test_units_survive_a_sample(length_size):
    """Whatever the size of the lengths."""
    units = [b"a", b"bcd" * 50, b"\x00\x00\x01"]

    assert split_lengths(join_lengths(units, length_size), length_size) == units


def test_a_unit_too_long_for_its_length_is_refused():
    """Rather than written with a wrong one."""
    with pytest.raises(OverflowError):
        join_lengths([b"a" * 256], 1)


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x05abc", b"\x00\x00\x00\x03abcd", b"\x00"])
def test_a_broken_sample_is_refused(data):
    """Lengths must add up."""
    with pytest.raises(ValueError, match="end at byte"):
        split_lengths(data, 4)


@pytest.mark.parametrize(
    ("plain", "coded"),
    [
        (b"\x00\x00\x00", b"\x00\x00\x03\x00"),
        (b"\x00\x00\x00\x00\x01", b"\x00\x00\x03\x00\x00\x03\x01"),
        (b"a\x00\x00\x03\x00\x00\x04", b"a\x00\x00\x03\x03\x00\x00\x04"),
    ],
)
def test_escapes_are_those_of_the_standard(plain, coded):
    """Clause 7.4.1 of H.264: no start code arises by chance, and all is restored."""
    assert escaped(plain) == coded
    assert unescaped(coded) == plain


def test_numbers_are_read_bit_by_bit():
    """Exp-Golomb codes of clause 9.1: 0, 1, 2, 3 and -1, 2 after four plain bits."""
    # 1010 | 1 010 011 00100 | 011 00100, and zeros to the end of the byte
    bits = Bits(bytes([0b10101010, 0b01100100, 0b01100100]))

    assert bits.read(4) == 0b1010
    assert [bits.read_ue() for _ in range(4)] == [0, 1, 2, 3]
    assert [bits.read_se(), bits.read_se()] == [-1, 2]
    with pytest.raises(ValueError, match="ends before"):
        bits.read()
