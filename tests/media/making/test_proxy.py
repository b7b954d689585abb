"""A proxy is the normal file itself, another box, or one encode."""

import wave

import ffmpeg
import numpy as np
import pytest
from frames import frame_hashes, frame_times
from videos import make_video

from cutroom.media import ffmpeg as door
from cutroom.media.making.proxy import make_proxy
from cutroom.media.probe import probe


def proxy_of(path, tmp_path, **options):
    return make_proxy(path, probe(path), tmp_path, **options)


def test_h264_and_aac_within_1080p_is_reused(tmp_path):
    """No new file, no encode: only the sound is read for the listeners."""
    path = make_video(tmp_path / "a.mp4")

    with door.counted() as runs:
        made = proxy_of(path, tmp_path)

    assert (made.how, made.path) == ("reused", path)
    assert sum(run.video_encodes for run in runs) == 0


@pytest.mark.parametrize(
    ("ending", "options", "reason"),
    [
        ("mkv", {}, "box"),
        ("mp4", {"c:a": "mp3"}, "sound"),
        ("mkv", {"c:a": "flac"}, "sound"),
    ],
)
def test_a_wrong_box_or_sound_costs_no_picture(tmp_path, ending, options, reason):
    """The picture is copied frame by frame."""
    path = make_video(tmp_path / f"a.{ending}", **options)

    with door.counted() as runs:
        made = proxy_of(path, tmp_path)

    assert made.how == "remuxed"
    assert reason in made.reason
    assert sum(run.video_encodes for run in runs) == 0
    assert frame_hashes(made.path) == frame_hashes(path)
    assert [track.codec for track in made.media.audio] == ["aac"]


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"c:v": "mpeg4", "preset": ...}, "mpeg4"),
        ({"pix_fmt": "yuv444p"}, "yuv444p"),
        ({"size": "2560x1440", "seconds": 0.4}, "2560x1440"),
        ({"rate": "120", "seconds": 0.5}, "120 frames/s"),
    ],
)
def test_anything_else_is_encoded_once_and_says_why(tmp_path, options, reason):
    """One process decodes once for the picture and the sound."""
    path = make_video(tmp_path / "a.mp4", **options)

    with door.counted() as runs:
        made = proxy_of(path, tmp_path)

    video = made.media.video
    assert (made.how, len(runs), runs[0].video_encodes) == ("encoded", 1, 1)
    assert reason in made.reason
    assert (video.codec, video.pixel_format) == ("h264", "yuv420p")
    assert max(video.width, video.height) <= 1920
    assert video.frame_rate <= 60


def test_an_encoded_proxy_keeps_every_frames_time(tmp_path):
    """Variable rates stay variable, so that what is found in the proxy holds for the source."""
    path = make_video(
        tmp_path / "a.mkv",
        **{"c:v": "ffv1", "preset": ..., "vf": "select='not(eq(mod(n,7),3))'", "fps_mode": "vfr"},
    )

    made = proxy_of(path, tmp_path)

    assert frame_times(made.path) == pytest.approx(frame_times(path), abs=0.002)


def test_keyframes_come_at_least_every_four_seconds(tmp_path):
    """A seek never decodes more than four seconds."""
    path = make_video(tmp_path / "a.mp4", seconds=10, **{"c:v": "mpeg4", "preset": ..., "g": 300})

    keyframes = proxy_of(path, tmp_path).media.keyframes

    assert max(np.diff([*keyframes, 10.0])) <= 4.05


def test_turned_pictures_come_out_upright_with_square_pixels(tmp_path):
    """Rotation and pixel shape are applied by the encode."""
    path = make_video(tmp_path / "a.mp4", size="720x576", vf="setsar=64/45", pix_fmt="yuv444p")

    video = proxy_of(path, tmp_path).media.video

    assert (video.width, video.height, video.pixel_shape) == (1024, 576, 1)


def test_hdr_becomes_sdr(tmp_path):
    """A PQ picture comes out as BT.709, neither black nor burnt out."""
    tags = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
    hevc = {"c:v": "libx265", "pix_fmt": "yuv420p10le", "x265-params": "log-level=error"}
    path = make_video(tmp_path / "a.mp4", seconds=0.4, vf=tags, **hevc)

    made = proxy_of(path, tmp_path)

    assert made.media.video.hdr is None


def test_the_listeners_sound_starts_at_time_zero(tmp_path):
    """A track that begins late is preceded by silence, so its times are the video's times."""
    path = make_video(tmp_path / "a.mp4", seconds=3)
    late = tmp_path / "late.mkv"
    source = door.guarded_input(path)
    delayed = door.guarded_input(path, itsoffset=1.0)
    door.run(ffmpeg.output(source["v:0"], delayed["a:0"], f"file:{late}", c="copy"))

    made = proxy_of(late, tmp_path)

    with wave.open(str(made.sound)) as sound:
        assert (sound.getnchannels(), sound.getframerate(), sound.getsampwidth()) == (1, 16000, 2)
        samples = np.frombuffer(sound.readframes(sound.getnframes()), np.int16)
    assert np.abs(samples[: int(0.95 * 16000)]).max() < 50
    assert np.abs(samples[int(1.1 * 16000) : 2 * 16000]).max() > 1000


def test_a_silent_video_has_no_sound_file(tmp_path):
    """No track, no listening."""
    assert proxy_of(make_video(tmp_path / "a.mp4", sound=False), tmp_path).sound is None
