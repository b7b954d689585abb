"""The compressed stream is read as groups; only keyframes are decoded."""

import av
import pytest
from av.video.frame import PictureType
from shots import film, shot

from cutroom.media.probe import probe
from cutroom.media.shots.groups import Group, read_groups
from cutroom.media.shots.kinds import Kind
from cutroom.media.shots.reader import Reader
from cutroom.records.span import Span


@pytest.fixture
def path(tmp_path):
    return film(tmp_path / "film.mp4", [shot(1, 30), shot(2, 30), shot(3, 30)])


def all_groups(path):
    media = probe(path)
    return read_groups(path, media, Span(start=0, end=media.duration))


def test_each_group_begins_with_its_keyframe(path):
    """Every frame is in one group, and every keyframe was looked at."""
    groups = all_groups(path)

    assert [group.start for group in groups] == list(probe(path).keyframes)
    assert sum(len(group.times) for group in groups) == 90
    assert all(group.kinds[0] is Kind.KEY for group in groups)
    assert all(group.look is not None for group in groups)


def test_kinds_are_those_the_decoder_finds(path):
    """Read from the first bytes of each packet, without decoding it."""
    read = {
        time: kind
        for group in all_groups(path)
        for time, kind in zip(group.times, group.kinds, strict=True)
    }
    names = {Kind.KEY: "I", Kind.INTRA: "I", Kind.FORWARD: "P", Kind.MIDDLE: "B", Kind.LEAF: "B"}

    with av.open(str(path)) as container:
        truth = {
            frame.time: PictureType(frame.pict_type).name for frame in container.decode(video=0)
        }

    assert {time: names[kind] for time, kind in read.items()} == truth
    assert Kind.LEAF in read.values()


def test_a_span_is_read_from_a_keyframe_to_the_one_after_it(path):
    """The group that begins at the span's end is read whole, to see what follows a border."""
    groups = read_groups(path, probe(path), Span(start=1.2, end=1.3))

    assert groups[0].start == 1.2
    assert len(groups[0].times) == 30
    assert groups[1].start == 2.4


def test_a_group_is_found_again_by_its_position(path):
    """Any of them, in any order."""
    groups = all_groups(path)

    with Reader(path, probe(path)) as reader:
        for group in reversed(groups):
            times = [
                reader.time(packet) for packet in reader.packets_from(group.position, group.start)
            ]
            assert times == group.times


def test_frames_nothing_is_predicted_from_can_be_left_out(path):
    """All others are there, with their own time."""
    group = all_groups(path)[1]

    with Reader(path, probe(path)) as reader:
        for packet in reader.packets_from(group.position, group.start):
            reader.feed(packet, "NONREF")
        seen = reader.finish()

    leaves = {t for t, kind in zip(group.times, group.kinds, strict=True) if kind is Kind.LEAF}
    assert leaves
    assert set(seen) == set(group.times) - leaves


def test_more_is_left_out_of_short_groups_than_of_long_ones():
    """Errors of prediction add up; and without forward frames nothing would remain."""
    mixed = [Kind.FORWARD, Kind.LEAF, Kind.MIDDLE, Kind.LEAF]

    assert Group(position=0, kinds=[Kind.KEY, *mixed * 20]).skip == "BIDIR"
    assert Group(position=0, kinds=[Kind.KEY, *mixed * 60]).skip == "NONREF"
    assert Group(position=0, kinds=[Kind.KEY, *[Kind.UNKNOWN] * 50]).skip == "NONREF"
