"""How long a video lasts is measured; what its header claims is only compared with that."""

import pytest
from videos import make_video

from cutroom.media.extent import measure_extent
from cutroom.media.opening import open_media
from cutroom.records.errors import MediaTruncated


def extent_of(path):
    with open_media(path) as container:
        return measure_extent(container, container.streams.video[0], path.stat().st_size)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        *(("a.mp4", {}), ("a.mp4", {"movflags": "+cmaf"}), ("a.mkv", {}), ("a.mkv", {"live": 1})),
        *(("a.ts", {}), ("a.flv", {}), ("a.avi", {"c:v": "mpeg4", "c:a": "mp3"})),
    ],
)
def test_every_container_tells_its_length(tmp_path, name, options):
    """By an index, by the last packet, or by a walk over all of them."""
    found = extent_of(make_video(tmp_path / name, seconds=12, size="64x36", **options))

    assert found.duration == pytest.approx(12, abs=0.1)
    assert found.damage == ()


def test_a_recording_of_a_browser_has_no_index(tmp_path):
    """It says neither how long it is nor where its keyframes are, so it must be remuxed."""
    options = {"live": 1, "c:v": "libvpx", "deadline": "realtime", "c:a": "libopus"}
    found = extent_of(make_video(tmp_path / "a.webm", seconds=20, size="64x36", **options))

    assert not found.is_seekable
    assert found.duration == pytest.approx(20, abs=0.1)


@pytest.mark.parametrize("name", ["a.mkv", "a.flv"])
def test_a_lost_tail_is_noted_and_a_lost_half_is_refused(tmp_path, name):
    """The border is a tenth."""
    whole = make_video(tmp_path / name, seconds=40, size="64x36").read_bytes()
    path = tmp_path / f"cut-{name}"

    path.write_bytes(whole[: round(len(whole) * 0.95)])
    (note,) = extent_of(path).damage
    assert "are missing" in note

    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(MediaTruncated, match=r"of the 40\.\d s it claims"):
        extent_of(path)


def test_a_late_start_is_no_missing_end(tmp_path):
    """Some Matroska writers count their length from zero, some from the first frame."""
    found = extent_of(make_video(tmp_path / "a.mkv", seconds=2, output_ts_offset=5000))

    assert found.start == pytest.approx(5000, abs=0.1)
    assert found.duration == pytest.approx(2, abs=0.1)
    assert found.keyframes == pytest.approx((0.02, 1.02), abs=0.05)
