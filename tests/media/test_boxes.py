"""The boxes of an MP4 are counted before any demuxer believes them."""

import pytest
from story.mp4_boxes import box
from videos import make_video

from cutroom.media import boxes
from cutroom.media.boxes import check_boxes
from cutroom.records.errors import LimitExceeded, MediaTruncated


def write(tmp_path, *parts):
    path = tmp_path / "a.mp4"
    path.write_bytes(b"".join(parts))
    return path


@pytest.mark.parametrize(
    "movflags", ["0", "+faststart", "+frag_keyframe+empty_moov", "+cmaf", "+dash"]
)
def test_honest_files_pass(tmp_path, movflags):
    """Whatever order their boxes have."""
    check_boxes(make_video(tmp_path / "a.mp4", seconds=1, movflags=movflags))


def test_a_file_without_a_table_of_contents_is_truncated(tmp_path):
    """Its index was to come last."""
    with pytest.raises(MediaTruncated):
        check_boxes(write(tmp_path, box(b"ftyp"), box(b"mdat", bytes(99))))


def test_a_64_bit_length_is_read(tmp_path):
    """Media data beyond 4 GiB say their length in eight bytes."""
    large = (1).to_bytes(4, "big") + b"mdat" + (24).to_bytes(8, "big") + bytes(8)

    check_boxes(write(tmp_path, large, box(b"moov")))


def test_a_length_of_zero_goes_to_the_end(tmp_path):
    """So a recorder writes it that does not know yet."""
    check_boxes(write(tmp_path, box(b"moov"), bytes(4) + b"mdat" + bytes(999)))


@pytest.mark.parametrize(
    ("kind", "count"),
    [(b"pssh", boxes.MOST_KEYS + 1), (b"free", boxes.MOST_INNER + 1)],
)
def test_absurd_numbers_of_boxes_are_refused(tmp_path, kind, count):
    """However deep they lie."""
    moov = box(b"moov", box(b"trak", box(b"mdia", box(kind) * count)))

    with pytest.raises(LimitExceeded):
        check_boxes(write(tmp_path, moov))


def test_lengths_that_lead_nowhere_end_the_walk(tmp_path):
    """A box shorter than its own header would be walked for ever."""
    with pytest.raises(MediaTruncated):
        check_boxes(write(tmp_path, (4).to_bytes(4, "big") + b"free" + bytes(999)))
