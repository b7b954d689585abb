"""Slices are taken apart and put together without a bit lost, and with another header if asked."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import pytest

from cutroom.media.bitstream.nal_units import split_lengths
from cutroom.media.bitstream.sample_description import SampleDescription, unit_type
from cutroom.media.bitstream.slice_header import NOT_IDR, B, P, Sets, SliceHeader, read_slice
from tests.media.numbered_video import make_numbered

KINDS = {
    "CABAC": "bframes=3:ref=4:weightp=2",
    "CAVLC": "cabac=0:bframes=3:ref=4:weightp=1",
    "slices": "slices=3:bframes=2:b-pyramid=strict:aud=1",
    "no B-frames": "bframes=0:ref=3",
    "deep B-frames": "bframes=8:b-adapt=0:b-pyramid=normal:ref=6:direct=temporal",
    "frames of two fields": "fake-interlaced=1:bframes=2",
    "no deblocking": "no-deblock=1:bframes=2",
}


@pytest.fixture(params=KINDS)
def stream(tmp_path, request) -> tuple[Sets, list[bytes]]:
    """The parameter sets and the slices, but those of IDR pictures, of a short video."""
    path = tmp_path / "source.mp4"
    words = f"keyint=20:scenecut=0:open-gop=1:{KINDS[request.param]}"
    make_numbered(path, frames=50, options={"x264-params": words})
    return read_stream(path)


def read_stream(path: Path) -> tuple[Sets, list[bytes]]:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        description = SampleDescription.read("h264", stream.codec_context.extradata)
        packets = [bytes(packet) for packet in container.demux(stream)]
    slices = [unit for data in packets for unit in slices_of(data)]
    return Sets(description.of_kind("sps"), description.of_kind("pps")), slices


def slices_of(data: bytes) -> Iterator[bytes]:
    return (unit for unit in split_lengths(data, 4) if unit_type("h264", unit) == NOT_IDR)


def test_a_slice_is_put_together_as_it_was(stream):
    """Whatever tools it was coded with."""
    sets, units = stream

    headers = [read_slice(unit, sets) for unit in units]

    assert [header.as_unit() for header in headers] == units
    assert {header.kind for header in headers} >= {P}


def test_another_header_leaves_the_blocks_as_they_are(stream):
    """A header of any length: shorter by its changes, longer by memory commands."""
    sets, units = stream

    for unit in units:
        header = read_slice(unit, sets)
        marking = ((1, 0), (1, 3)) if header.importance else None
        changed = replace(
            header,
            number=(header.number + 5) % 16,
            changes=tuple(((0, 1), (1, 6)) for _ in header.changes),
            marking=marking,
        )

        again = read_slice(changed.as_unit(), sets)

        assert said(again) == said(changed)
        assert blocks_of(again) == blocks_of(header)


def said(header: SliceHeader) -> tuple[object, ...]:
    return (header.number, header.order, header.changes, header.marking, header.rest)


def blocks_of(header: SliceHeader) -> str:
    """Return the coded blocks as 0 and 1, up to the last 1, which ends them."""
    bits = f"{int.from_bytes(header.data, 'big'):0{8 * len(header.data)}b}"
    start = header.blocks
    if header.picture.is_arithmetic:
        start += -start % 8
    return bits[start:].rstrip("0")


def test_numbers_go_up_by_one_for_each_picture_others_lean_on(tmp_path):
    """As clause 7.4.3 has it; that they do shows that they are read from the right bits."""
    path = make_numbered(
        tmp_path / "a.mp4",
        frames=40,
        options={"x264-params": "keyint=90:scenecut=0:bframes=3:b-adapt=0"},
    )
    sets, units = read_stream(path)

    headers = [read_slice(unit, sets) for unit in units]

    count = 0
    for header in headers:
        assert header.number == (count + 1) % (1 << header.sequence.frame_number_bits)
        count += bool(header.importance)
    assert {header.kind for header in headers} == {P, B}


def test_a_slice_of_unknown_sets_is_refused(stream):
    """It could not be read."""
    _, units = stream

    with pytest.raises(ValueError, match="not there"):
        read_slice(units[0], Sets([], []))


def test_a_slice_that_ends_early_is_refused(stream):
    """Within its header."""
    sets, units = stream

    with pytest.raises(ValueError, match="ends before"):
        read_slice(units[0][:2], sets)
