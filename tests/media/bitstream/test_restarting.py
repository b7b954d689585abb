"""A run of H.264 is written anew from a keyframe that is no IDR, or refused."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
import pytest

from cutroom.media.bitstream.nal_units import join_lengths, split_lengths
from cutroom.media.bitstream.restarting import Restart
from cutroom.media.bitstream.sample_description import SampleDescription, unit_type
from cutroom.media.bitstream.slice_header import IDR
from tests.media.numbered_video import make_numbered

OPEN = "keyint=24:min-keyint=24:scenecut=0:open-gop=1:b-adapt=0"
SEI = 6


@dataclass
class Packet:
    """One of a source."""

    pts: int
    data: bytes
    is_key: bool


@dataclass
class Source:
    """A short video, read whole."""

    description: SampleDescription
    packets: list[Packet]

    @property
    def key(self) -> int:
        """Number of the second keyframe's packet, which opens a group."""
        return [number for number, one in enumerate(self.packets) if one.is_key][1]

    def restarted(self) -> list[bytes]:
        """Return the packets from that keyframe on, as those of a run."""
        restart = Restart(self.description)
        first = self.packets[self.key].pts
        written = [
            (restart.rewritten(one.data, is_kept=one.pts >= first), one.pts)
            for one in self.packets[self.key :]
        ]
        return [data for data, pts in written if pts >= first]


def a_source(path: Path, words: str = f"{OPEN}:bframes=3") -> Source:
    make_numbered(path, frames=70, options={"x264-params": words})
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        description = SampleDescription.read("h264", stream.codec_context.extradata)
        packets = [
            Packet(one.pts, bytes(one), one.is_keyframe)
            for one in container.demux(stream)
            if one.size
        ]
    return Source(description, packets)


def kinds(data: bytes) -> list[int]:
    return [unit_type("h264", unit) for unit in split_lengths(data, 4)]


def decoded(description: SampleDescription, packets: list[bytes]) -> list[np.ndarray]:
    """Decode packets alone, and take no fault."""
    decoder = av.CodecContext.create("h264", "r")
    decoder.extradata = description.as_bytes()
    decoder.options = {"err_detect": "explode"}
    frames = [frame for data in packets for frame in decoder.decode(av.Packet(data))]
    return [frame.to_ndarray() for frame in (*frames, *decoder.decode(None))]


@pytest.mark.parametrize(
    "words", ["bframes=3", "bframes=5:b-pyramid=strict:ref=4", "bframes=8:b-pyramid=normal:ref=8"]
)
def test_the_pictures_stay_what_they_are(tmp_path, words):
    """Decoded from the run's first packet, with nothing known from before."""
    path = tmp_path / "source.mp4"
    source = a_source(path, f"{OPEN}:{words}")

    packets = source.restarted()

    assert IDR in kinds(packets[0])
    with av.open(str(path)) as container:
        originals = [frame.to_ndarray() for frame in container.decode(video=0)]
    found = decoded(source.description, packets)
    assert len(found) == len(packets)
    assert all(np.array_equal(*pair) for pair in zip(found, originals[-len(found) :], strict=True))


def test_only_the_first_picture_becomes_an_idr(tmp_path):
    """Pictures that lead to a later keyframe lean on what came before it."""
    source = a_source(tmp_path / "source.mp4")

    packets = source.restarted()

    assert [number for number, data in enumerate(packets) if IDR in kinds(data)] == [0]


def test_from_the_next_idr_on_packets_stay_as_they_are(tmp_path):
    """There the source's own counts begin anew."""
    source = a_source(tmp_path / "source.mp4")
    restart = Restart(source.description)
    idr = source.packets[0].data
    for one in source.packets[source.key :]:
        restart.rewritten(one.data, is_kept=one.pts >= source.packets[source.key].pts)

    assert restart.rewritten(idr, is_kept=True) == idr
    for one in source.packets[1:9]:
        assert restart.rewritten(one.data, is_kept=True) == one.data


def test_a_picture_that_leans_on_one_from_before_is_refused(tmp_path):
    """Those that lead to the keyframe do; a run with them would not decode."""
    source = a_source(tmp_path / "source.mp4")
    restart = Restart(source.description)
    restart.rewritten(source.packets[source.key].data, is_kept=True)

    with pytest.raises(ValueError, match="from before the run"):
        restart.rewritten(source.packets[source.key + 1].data, is_kept=True)


def test_a_run_begins_with_a_picture_that_leans_on_none(tmp_path):
    """A P picture is no place to begin at."""
    source = a_source(tmp_path / "source.mp4")

    with pytest.raises(ValueError, match="leans on others"):
        Restart(source.description).rewritten(source.packets[1].data, is_kept=True)


def test_a_gap_in_the_source_is_refused(tmp_path):
    """What leaned on the picture that is missing would not decode."""
    source = a_source(tmp_path / "source.mp4", f"{OPEN}:bframes=3:b-pyramid=none")
    del source.packets[source.key + 4]

    with pytest.raises(ValueError, match="missing"):
        source.restarted()


@pytest.mark.parametrize(
    ("unit", "problem"),
    [
        (b"\x67\x64\x00\x0b\xac\xd9\x43", "Parameter sets change"),
        (b"\x54\x00\x00", "unit of type 20"),
        (b"\x42\x00\x00", "unit of type 2"),
    ],
)
def test_what_is_not_understood_is_refused(tmp_path, unit, problem):
    """Sets that differ from the file's, layers and partitions."""
    source = a_source(tmp_path / "source.mp4")
    first = source.packets[source.key]
    first.data = join_lengths([unit, *split_lengths(first.data, 4)], 4)

    with pytest.raises(ValueError, match=problem):
        source.restarted()


def test_a_note_that_repeats_old_marking_is_left_out(tmp_path):
    """It would name pictures by counts that are no more; other notes stay."""
    source = a_source(tmp_path / "source.mp4")
    first = source.packets[source.key]
    notes = [b"\x06\x07\x01\x80\x80", b"\x06\x05\x01\x80\x80"]
    count = kinds(first.data).count(SEI)
    first.data = join_lengths([*notes, *split_lengths(first.data, 4)], 4)

    units = split_lengths(source.restarted()[0], 4)

    assert notes[0] not in units
    assert notes[1] in units
    assert kinds(source.restarted()[0]).count(SEI) == count + 1
