"""Groups that lean on the one before are copied too, and their own form is kept."""

from pathlib import Path

import av

from cutroom.media.bitstream.nal_units import split_lengths
from cutroom.media.bitstream.sample_description import SampleDescription, unit_type
from cutroom.media.bitstream.slice_header import IDR
from tests.media.cutting.smart_sources import (
    OPEN,
    SOURCES,
    cut_out,
    h264,
    plan_of,
    same_as,
)
from tests.media.numbered_video import shown_numbers


def test_a_clip_of_open_groups_begins_with_an_idr(tmp_path):
    """Wherever it is cut; the pictures that led to the keyframe and leaned back are encoded."""
    source = SOURCES["open groups"](tmp_path)

    plan = plan_of(source, 20 / 25, 107 / 25)
    clip = cut_out(source, 24 / 25, 107 / 25)

    assert plan is not None
    assert plan.start.is_restart
    assert unit_kinds(plan.start.data) >= {IDR}
    assert len(plan.head) == 4
    with av.open(str(clip.path)) as container:
        first = next(container.demux(video=0))
        assert IDR in unit_kinds(bytes(first))
    assert all(same_as(source, clip.path, 24)[:70])


def unit_kinds(data: bytes) -> set[int]:
    return {unit_type("h264", unit) for unit in split_lengths(data, 4)}


def test_a_seek_to_the_last_open_group_shows_all_of_it(tmp_path):
    """The seam never lies so close behind its keyframe that ffmpeg's decoder would drop one."""
    source = h264(tmp_path / "open.mp4", f"{OPEN}:b-pyramid=none:ref=5")

    for stop in range(97, 104):
        clip = cut_out(source, 24 / 25, stop / 25)

        assert clip.how != "encoded"
        with av.open(str(clip.path)) as container:
            stream = container.streams.video[0]
            keys = [packet.pts for packet in container.demux(stream) if packet.is_keyframe]
            container.seek(keys[-2], stream=stream)
            shown = [frame.pts for frame in container.decode(stream) if frame.pts >= keys[-2]]
        first = round(float(keys[-2] * stream.time_base) * 25)
        assert len(shown) == stop - 24 - first


def test_a_run_that_proves_broken_is_encoded(tmp_path):
    """A packet is missing far behind the keyframe that the run began at."""
    source = without_packet(SOURCES["open groups, no CABAC"](tmp_path), tmp_path / "gap.mp4", 63)

    plan = plan_of(source, 17 / 25, 107 / 25)
    clip = cut_out(source, 17 / 25, 107 / 25)

    assert plan is not None
    assert plan.start.is_restart
    assert clip.how == "encoded"


def without_packet(source: Path, path: Path, number: int) -> Path:
    """Copy a file but for one picture that others lean on: the first from `number` on."""
    with av.open(str(source)) as container, av.open(str(path), "w") as target:
        stream = container.streams.video[0]
        added = target.add_stream_from_template(stream)
        packets = [packet for packet in container.demux(stream) if packet.size]
        left_out = next(
            at for at, one in enumerate(packets) if at >= number and not one.is_disposable
        )
        for packet in (*packets[:left_out], *packets[left_out + 1 :]):
            packet.stream = added
            target.mux(packet)
    return path


def test_a_source_with_short_lengths_is_joined_in_its_own_form(tmp_path):
    """Units may be preceded by lengths of two bytes instead of four."""
    source = with_short_lengths(h264(tmp_path / "four.mp4"), tmp_path / "two.mp4")

    clip = cut_out(source, 17 / 25, 107 / 25)

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(17, 107))
    with av.open(str(clip.path)) as container:
        data = container.streams.video[0].codec_context.extradata
    assert SampleDescription.read("h264", data).length_size == 2


def with_short_lengths(source: Path, path: Path) -> Path:
    """Copy a file, lengths of four bytes becoming lengths of two."""
    with av.open(str(source)) as container, av.open(str(path), "w") as target:
        stream = container.streams.video[0]
        added = target.add_stream_from_template(stream)
        data = bytearray(stream.codec_context.extradata)
        data[4] = 0xFC | 1
        added.codec_context.extradata = bytes(data)
        for packet in container.demux(stream):
            if not packet.size:
                continue
            old, new, at = bytes(packet), b"", 0
            while at < len(old):
                end = at + 4 + int.from_bytes(old[at : at + 4], "big")
                new += old[at + 2 : end]
                at = end
            moved = av.Packet(new)
            moved.pts, moved.dts, moved.time_base = packet.pts, packet.dts, packet.time_base
            moved.is_keyframe, moved.stream = packet.is_keyframe, added
            target.mux(moved)
    return path
