"""A normal file is the source where it can be, a remux where it must, an encode at last."""

import os

import ffmpeg
import pytest
from frames import frame_hashes, frame_times
from videos import make_video

from cutroom.media import ffmpeg as door
from cutroom.media.damage import find_damage
from cutroom.media.limits import Limits
from cutroom.media.making.normal import join_streams, make_normal, seeks_truly
from cutroom.media.probe import probe
from cutroom.records.errors import FfmpegKilled, MediaCorrupt


def normal_of(path, tmp_path):
    return make_normal(path, probe(path), tmp_path)


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("mp4", {}),
        ("mov", {}),
        ("mkv", {}),
        ("webm", {"c:v": "libvpx-vp9", "deadline": "realtime", "cpu-used": 8, "c:a": "libopus"}),
        ("mp4", {"c:v": "libx265", "x265-params": "log-level=error"}),
        ("mkv", {"c:v": "ffv1", "c:a": "flac"}),
    ],
)
def test_a_sound_seekable_file_is_left_alone(tmp_path, ending, options):
    """Nothing is read or written when the source is already what is wanted."""
    path = make_video(tmp_path / f"a.{ending}", seconds=1, **{"preset": ..., **options})

    made = normal_of(path, tmp_path)

    assert (made.how, made.path) == ("copied", path)


@pytest.mark.parametrize(
    ("ending", "options", "suffix"),
    [
        ("ts", {}, ".mp4"),
        ("flv", {}, ".mp4"),
        ("avi", {"c:v": "mpeg4", "preset": ..., "c:a": "mp3"}, ".mp4"),
        ("ts", {"c:v": "mpeg2video", "preset": ..., "c:a": "mp2"}, ".mkv"),
    ],
)
def test_a_wrong_box_is_changed_without_an_encode(tmp_path, ending, options, suffix):
    """Streams are copied, every frame stays what it was."""
    path = make_video(tmp_path / f"a.{ending}", seconds=2, **options)

    with door.counted() as runs:
        made = normal_of(path, tmp_path)

    assert (made.how, made.path.suffix) == ("remuxed", suffix)
    assert made.media.is_seekable
    assert sum(run.video_encodes for run in runs) == 0
    assert frame_hashes(made.path) == frame_hashes(path)


@pytest.mark.parametrize(
    ("ending", "options"),
    [
        ("flv", {"c:v": "flv1", "preset": ...}),
        ("gif", {"c:v": "gif", "preset": ..., "pix_fmt": ...}),
    ],
)
def test_what_fits_no_box_is_encoded_and_says_why(tmp_path, ending, options):
    """The reason names the codec."""
    path = make_video(tmp_path / f"a.{ending}", seconds=1, sound=ending != "gif", **options)

    made = normal_of(path, tmp_path)

    assert made.how == "encoded"
    assert options["c:v"] in made.reason
    assert len(frame_hashes(made.path)) == len(frame_hashes(path))


def test_a_killed_copy_is_no_reason_to_encode(tmp_path, monkeypatch, no_place_reached):
    """The streams are as good as they were: the step tries again, and nothing is lost by it."""
    path = make_video(tmp_path / "a.ts", seconds=2)
    monkeypatch.setenv("CUTROOM_FAILPOINT", "ffmpeg:1:child")
    monkeypatch.setenv("CUTROOM_FAILPOINT_ABOUT", "/normal.mp4")

    with pytest.raises(FfmpegKilled):
        normal_of(path, tmp_path)

    assert normal_of(path, tmp_path).how == "remuxed"


def test_odd_sizes_are_encoded_whole(tmp_path):
    """A picture of odd size loses no pixel: it is padded to even."""
    gif = {"c:v": "gif", "preset": ..., "pix_fmt": ..., "vf": "scale=161:91"}
    path = make_video(tmp_path / "a.gif", sound=False, **gif)

    made = normal_of(path, tmp_path)

    assert (made.media.video.width, made.media.video.height) == (162, 92)


def damaged(tmp_path, share):
    """Return a video with a share of its picture overwritten, its index whole."""
    path = make_video(tmp_path / "a.mp4", seconds=6, sound=False, movflags="+faststart")
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 4
    size = int((len(data) - start) * share)
    middle = start + (len(data) - start - size) // 2
    data[middle : middle + size] = os.urandom(size)
    path.write_bytes(data)
    return path


def test_damage_is_found_without_decoding(tmp_path):
    """Overwritten bytes are found by lengths that do not add up, and where they are."""
    path = damaged(tmp_path, 1 / 8)

    damage = find_damage(path, probe(path))

    assert 0.05 < damage.share < 0.3
    assert all(1.5 < start <= end < 4.5 for start, end in damage.stretches)
    assert find_damage(make_video(tmp_path / "b.mp4"), probe(tmp_path / "b.mp4")) is None


def test_a_file_that_is_mostly_readable_is_made_sound(tmp_path):
    """Damage in the middle costs an encode and a warning, not the job."""
    made = normal_of(damaged(tmp_path, 1 / 8), tmp_path)

    assert made.how == "encoded"
    assert "damaged" in made.media.damage[0]
    assert find_damage(made.path, made.media) is None


def test_a_file_that_is_mostly_noise_is_refused(tmp_path):
    """When most is lost, the error says so."""
    with pytest.raises(MediaCorrupt, match="damaged"):
        normal_of(damaged(tmp_path, 0.8), tmp_path)


def test_picture_and_sound_fetched_apart_are_joined_untouched(tmp_path):
    """The best picture and the best sound become one file without an encode."""
    picture = make_video(tmp_path / "a.mp4", sound=False)
    sound = tmp_path / "a.m4a"
    door.run(ffmpeg.output(ffmpeg.input("sine", f="lavfi", t=2), f"file:{sound}"))

    joined = join_streams(picture, sound, tmp_path)

    assert frame_hashes(joined) == frame_hashes(picture)
    assert probe(joined).audio[0].codec == "aac"


def test_plain_and_444_files_seek_truly(tmp_path):
    """Sound files pass the check that exists for unsound ones."""
    path = make_video(tmp_path / "a.mp4", seconds=3, pix_fmt="yuv444p")

    assert seeks_truly(path, probe(path))


@pytest.mark.corpus
def test_a_file_that_shows_garbage_after_a_seek_is_encoded(corpus, tmp_path):
    """An old x264's 4:4:4 decodes only from its start; a plain decoder never notices."""
    made = normal_of(corpus / "originals" / "cockatoo_yuv444_seekbug.mp4", tmp_path)

    assert made.how == "encoded"
    assert "seek" in made.reason


def test_an_encode_keeps_frames_that_come_close_together(tmp_path):
    """Three frames may lie within what is one of the average rate; all of them are kept."""
    bursts = "setpts='(floor(N/4)*0.3+mod(N,4)*0.02)/TB'"
    timing = {"vf": bursts, "fps_mode": "vfr", "enc_time_base:v": "1/1000"}
    path = make_video(tmp_path / "a.flv", sound=False, **{"c:v": "flv1", "preset": ...}, **timing)

    made = normal_of(path, tmp_path)

    assert made.how == "encoded"
    assert len(frame_times(path)) == 50
    assert frame_times(made.path) == pytest.approx(frame_times(path), abs=0.002)


def test_raised_limits_hold_for_what_is_made_of_the_source(tmp_path):
    """A recording longer than the defaults allow is not refused after it was let in."""
    path = make_video(
        tmp_path / "a.avi",
        seconds=25_000,
        rate="1/50",
        size="64x36",
        sound=False,
        **{"c:v": "mpeg4"},
    )
    media = probe(path, Limits(duration=30_000))

    made = make_normal(path, media, tmp_path)

    assert made.how == "remuxed"
    assert made.media.duration == pytest.approx(25_000, abs=100)


def test_a_title_in_another_alphabet_is_no_damage(tmp_path):
    """Old files keep names in encodings that nobody noted."""
    path = make_video(
        tmp_path / "a.avi", metadata="title=ABCDEFGH", **{"c:v": "mpeg4", "c:a": "mp3"}
    )
    path.write_bytes(path.read_bytes().replace(b"ABCDEFGH", b"\xcd\xe0\xf2\xe0\xf8\xe0\xff\xff"))

    assert normal_of(path, tmp_path).how == "remuxed"
