"""A probe tells what a file holds, without decoding more than its first frame."""

import struct
from fractions import Fraction

import ffmpeg
import pytest
from videos import make_video

from cutroom.media import ffmpeg as door
from cutroom.media.limits import Limits
from cutroom.media.probe import probe
from cutroom.records.errors import (
    CutroomError,
    LimitExceeded,
    MediaCorrupt,
    MediaEncrypted,
    MediaTruncated,
    SourceTooLarge,
    SourceTooLong,
    VideoMissing,
)


def test_rates_are_exact_fractions(tmp_path):
    """29.97 is 30000/1001, in a file and in the record."""
    media = probe(make_video(tmp_path / "a.mp4", rate="30000/1001"))

    assert media.video.frame_rate == Fraction(30000, 1001)
    assert '"30000/1001"' in media.model_dump_json()


def test_keyframes_are_display_times(tmp_path):
    """B-frames set decoding times apart from display times; the record has the latter."""
    path = make_video(tmp_path / "a.mp4", seconds=3, g=25, bf=3, preset="medium", sc_threshold=0)

    assert probe(path).keyframes == pytest.approx((0.0, 1.0, 2.0))


@pytest.mark.parametrize("ending", ["mp4", "mkv", "mov"])
def test_indexed_containers_are_seekable(tmp_path, ending):
    """MP4 and Matroska lead to every keyframe."""
    media = probe(make_video(tmp_path / f"a.{ending}", seconds=3))

    assert media.is_seekable
    assert len(media.keyframes) == 3
    assert media.duration == pytest.approx(3, abs=0.05)


@pytest.mark.parametrize(
    ("ending", "options"),
    [("ts", {}), ("flv", {})],
)
def test_containers_without_an_index_say_so(tmp_path, ending, options):
    """Streams are readable, but not seekable."""
    media = probe(make_video(tmp_path / f"a.{ending}", seconds=2, **options))

    assert not media.is_seekable
    assert media.duration == pytest.approx(2, abs=0.1)


def test_rotation_is_counter_clockwise(tmp_path):
    """A phone's upright film is told by its display matrix."""
    flat = make_video(tmp_path / "a.mp4")
    turned = ffmpeg.output(
        door.guarded_input(flat, display_rotation=90), f"file:{tmp_path / 'b.mp4'}", c="copy"
    )
    door.run(turned)

    video = probe(tmp_path / "b.mp4").video

    assert video.rotation == 90
    assert video.display_size == (180, 320)


def test_square_pixels_are_counted_for_display(tmp_path):
    """Anamorphic pictures are as wide as they look."""
    media = probe(make_video(tmp_path / "a.mp4", size="720x576", vf="setsar=64/45"))

    assert media.video.display_size == (1024, 576)


def test_a_variable_rate_is_told_from_the_index(tmp_path):
    """Frames left out make the rate variable."""
    even = probe(make_video(tmp_path / "a.mp4"))
    uneven = probe(
        make_video(tmp_path / "b.mp4", vf="select='not(eq(mod(n,7),3))'", fps_mode="vfr")
    )

    assert not even.video.is_vfr
    assert uneven.video.is_vfr


def test_languages_and_the_default_track(tmp_path):
    """Among several tracks the language asked for wins, else the default."""
    tone = ffmpeg.input("sine", f="lavfi", t=1)
    other = ffmpeg.input("sine=880", f="lavfi", t=1)
    picture = ffmpeg.input("testsrc2=size=160x90", f="lavfi", t=1)
    path = tmp_path / "a.mkv"
    tags = {"metadata:s:a:0": "language=deu", "metadata:s:a:1": "language=eng"}
    door.run(
        ffmpeg.output(
            picture, tone, other, f"file:{path}", **tags, **{"disposition:a:1": "default"}
        )
    )

    media = probe(path)

    assert [track.language for track in media.audio] == ["deu", "eng"]
    assert media.sound_track("en").index == 2
    assert media.sound_track("fr") == media.sound_track()


def test_hdr_and_depth_are_named(tmp_path):
    """PQ pictures are HDR; ten bits are in the pixel format."""
    colours = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    hevc = {"c:v": "libx265", "pix_fmt": "yuv420p10le", "x265-params": "log-level=error"}
    path = make_video(tmp_path / "a.mp4", seconds=0.4, vf=colours, **hevc)

    video = probe(path).video

    assert (video.codec, video.hdr, video.pixel_format) == ("hevc", "pq", "yuv420p10le")


def test_sound_alone_is_no_video(tmp_path):
    """A song, with or without cover, has no picture to cut."""
    door.run(ffmpeg.output(ffmpeg.input("sine", f="lavfi", t=1), f"file:{tmp_path / 'a.m4a'}"))

    with pytest.raises(VideoMissing):
        probe(tmp_path / "a.m4a")


@pytest.mark.parametrize("faststart", [True, False])
def test_half_a_file_is_truncated(tmp_path, faststart):
    """Whether its index stands first or last, half an MP4 is told as such."""
    options = {"movflags": "+faststart"} if faststart else {}
    whole = make_video(tmp_path / "a.mp4", seconds=3, **options).read_bytes()
    (tmp_path / "half.mp4").write_bytes(whole[: len(whole) // 2])

    with pytest.raises(MediaTruncated):
        probe(tmp_path / "half.mp4")


def test_a_lost_tail_is_damage_not_failure(tmp_path):
    """When nearly everything is there, the rest is worked with and the loss is told."""
    whole = make_video(tmp_path / "a.mp4", seconds=3, movflags="+faststart").read_bytes()
    (tmp_path / "most.mp4").write_bytes(whole[: int(len(whole) * 0.97)])

    media = probe(tmp_path / "most.mp4")

    assert media.damage
    assert media.duration == pytest.approx(3, abs=0.2)


def test_a_claimed_duration_is_not_believed(tmp_path):
    """A header that claims twelve hours changes nothing: the index is measured."""
    data = bytearray(make_video(tmp_path / "a.mp4", seconds=1).read_bytes())
    for box in (b"mvhd", b"tkhd"):
        place = data.index(box)
        offset = place + 4 + (16 if box == b"mvhd" else 20)
        data[offset : offset + 4] = struct.pack(">I", 0x7FFFFFF0)
    (tmp_path / "lies.mp4").write_bytes(data)

    assert probe(tmp_path / "lies.mp4").duration < 2


def test_encryption_is_named(tmp_path):
    """A file under DRM is told as encrypted, not as broken."""
    path = make_video(
        tmp_path / "a.mp4",
        encryption_scheme="cenc-aes-ctr",
        encryption_key="00112233445566778899aabbccddeeff",
        encryption_kid="00112233445566778899aabbccddeeff",
    )

    with pytest.raises(MediaEncrypted):
        probe(path)


def test_noise_in_the_index_is_corrupt(tmp_path):
    """Whatever is overwritten, the answer is a typed error or a probe, never a crash."""
    whole = make_video(tmp_path / "a.mp4", seconds=1).read_bytes()
    for place in range(0, len(whole), max(1, len(whole) // 60)):
        broken = bytearray(whole)
        broken[place : place + 8] = b"\xff" * 8
        (tmp_path / "broken.mp4").write_bytes(broken)
        try:
            probe(tmp_path / "broken.mp4")
        except CutroomError:
            continue


@pytest.mark.parametrize(
    ("limits", "error"),
    [
        (Limits(size_bytes=100), SourceTooLarge),
        (Limits(duration=1), SourceTooLong),
        (Limits(longest_side=100), LimitExceeded),
        (Limits(frame_rate=10), LimitExceeded),
    ],
)
def test_limits_hold(tmp_path, limits, error):
    """Each limit has its own error."""
    with pytest.raises(error):
        probe(make_video(tmp_path / "a.mp4", seconds=2), limits)


@pytest.mark.parametrize("seconds", [0.04, 0.2])
def test_the_shortest_videos_are_read(tmp_path, seconds):
    """One frame is a video."""
    media = probe(make_video(tmp_path / "a.mp4", seconds=seconds, sound=False))

    assert media.duration == pytest.approx(seconds, abs=0.01)


def test_a_declared_but_empty_picture_is_corrupt(tmp_path):
    """A file of headers alone is not worked with."""
    whole = make_video(tmp_path / "a.mkv", seconds=1).read_bytes()
    (tmp_path / "head.mkv").write_bytes(whole[:700])

    with pytest.raises((MediaCorrupt, VideoMissing)):
        probe(tmp_path / "head.mkv")
