"""Clips whose middle is copied: every frame once, bit by bit, whatever the source is like."""

import hashlib
from fractions import Fraction
from pathlib import Path

import av
import ffmpeg
import numpy as np
import pytest

from cutroom.media.cutting.few_frames import luma_of
from cutroom.media.cutting.smart_plan import OVERHEAD
from cutroom.media.ffmpeg import guarded_input, run
from cutroom.media.probe import probe
from tests.media.cutting.smart_sources import (
    OPEN,
    SOURCES,
    X264,
    cut_out,
    h264,
    pictures,
    plan_of,
    same_as,
)
from tests.media.numbered_video import heard_clicks, shown_numbers, shown_times

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
SYNC = 0.02


@pytest.mark.parametrize("kind", SOURCES)
def test_every_frame_is_there_once_and_all_but_the_ends_are_the_sources(tmp_path, kind):
    """First and last frame are the asked ones; what was copied is the same to the last bit."""
    source = SOURCES[kind](tmp_path)
    rate = float(probe(source).video.frame_rate)

    clip = cut_out(source, 17 / rate, 117 / rate)

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(17, 117))
    is_same = same_as(source, clip.path, 17)
    # The first keyframe is number 24; at the end at most a group of B-frames is encoded.
    assert all(is_same[7:90])
    assert sum(is_same) < len(is_same)
    assert shown_times(clip.path) == pytest.approx([n / rate for n in range(100)], abs=0.001)


@pytest.mark.parametrize("kind", ["plain", "deep B-frames", "open groups", "HEVC, open groups"])
@pytest.mark.parametrize("stop", [95, 96, 97, 98, 101, 103])
def test_a_clip_may_end_at_any_frame(tmp_path, kind, stop):
    """Wherever between two groups of B-frames the last frame lies."""
    source = SOURCES[kind](tmp_path)

    clip = cut_out(source, 17 / 25, stop / 25)

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(17, stop))


@pytest.mark.parametrize(
    "kind",
    [
        "plain",
        "deep B-frames",
        "open groups",
        "open groups, strict pyramid",
        "open groups, no CABAC",
        "HEVC, open groups",
        "HEVC, 10 bits",
    ],
)
def test_other_players_see_the_same(tmp_path, kind):
    """The ffmpeg program, of another version and told to be strict, complains of nothing."""
    source = SOURCES[kind](tmp_path)
    clip = cut_out(source, 17 / 25, 106 / 25).path
    raw = tmp_path / "raw"
    pixels = probe(source).video.pixel_format

    strict = guarded_input(clip, err_detect="crccheck+bitstream+buffer+careful+explode")
    words = {"f": "rawvideo", "fps_mode": "passthrough", "pix_fmt": pixels}
    result = run(ffmpeg.output(strict["v"], str(raw), **words))

    assert result.log == ""
    expected = b"".join(one.tobytes() for one in pictures(clip))
    assert raw.read_bytes() == expected


@pytest.mark.parametrize(
    "kind",
    [
        "plain",
        "baseline",
        "open groups",
        "HEVC, open groups",
        "HEVC, 10 bits",
    ],
)
def test_a_player_may_seek_to_anywhere(tmp_path, kind):
    """After a seek into either end or the copied run, the same pictures are shown."""
    source = SOURCES[kind](tmp_path)
    clip = cut_out(source, 17 / 25, 106 / 25).path
    played = pictures(clip)

    with av.open(str(clip)) as container:
        stream = container.streams.video[0]
        # Backwards too: the sets of the last end must not linger.
        for number in (0, 3, 9, 30, 60, 88, 60, 9, 0):
            container.seek(round(number / 25 / stream.time_base), stream=stream)
            sought = [
                (round(frame.time * 25), frame.to_ndarray())
                for frame, _ in zip(container.decode(stream), range(40), strict=False)
            ]
            assert sought[0][0] <= number
            assert all(np.array_equal(picture, played[at]) for at, picture in sought)


@pytest.mark.parametrize(
    ("name", "words"), [("vfr.mp4", X264), ("vfr.mkv", X264), ("open.mp4", OPEN)]
)
def test_a_variable_frame_rate_keeps_its_ticks(tmp_path, name, words):
    """Times are the source's to the tick, across both seams."""
    ticks = np.cumsum(np.resize([33, 50, 33, 100, 16, 40], 120)).tolist()
    words = {"words": words, "time_base": Fraction(1, 1000), "clicks": [2.0, 4.0]}
    source = h264(tmp_path / name, times=ticks, **words)
    times = shown_times(source)

    clip = cut_out(source, times[17], times[106])

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(17, 106))
    expected = [time - times[17] for time in times[17:106]]
    assert shown_times(clip.path) == pytest.approx(expected, abs=1e-6)
    clicks = [time - times[17] for time in heard_clicks(source)]
    assert heard_clicks(clip.path) == pytest.approx(clicks, abs=SYNC)


@pytest.mark.parametrize(
    ("name", "codec"),
    [
        ("aac.mp4", "aac"),
        ("opus.mkv", "libopus"),
        ("mp3.mkv", "libmp3lame"),
        ("flac.mkv", "flac"),
        ("pcm.mkv", "pcm_s16le"),
    ],
)
def test_sound_is_in_sync_whether_copied_or_encoded(tmp_path, name, codec):
    """What MP4 does not hold is encoded, and no click is lost, doubled or moved."""
    source = h264(tmp_path / name, clicks=[0.4, 0.7, 1.6, 3.2, 4.1, 4.5], sound_codec=codec)

    clip = cut_out(source, 17 / 25, 106 / 25)

    assert clip.how == "smart"
    assert heard_clicks(clip.path) == pytest.approx([0.02, 0.92, 2.52, 3.42], abs=SYNC)


def test_a_clip_that_starts_on_a_keyframe_has_no_head(tmp_path):
    """Only the end is encoded, and nothing where that falls between two groups of B-frames."""
    source = SOURCES["deep B-frames"](tmp_path)

    plan = plan_of(source, 24 / 25, 101 / 25)
    clip = cut_out(source, 24 / 25, 101 / 25)

    assert plan is not None
    assert len(plan.head) == 0
    assert 0 < len(plan.tail) < 9
    assert clip.how == "smart"
    assert all(same_as(source, clip.path, 24)[: -len(plan.tail)])
    assert shown_numbers(clip.path) == list(range(24, 101))


def test_a_clip_that_ends_with_a_picture_others_need_no_more_is_copied(tmp_path):
    """Without B-frames any frame may be the last: nothing is encoded at all."""
    source = SOURCES["no B-frames"](tmp_path)

    clip = cut_out(source, 24 / 25, 83 / 25)

    assert clip.how == "copied"
    assert all(same_as(source, clip.path, 24))
    assert shown_numbers(clip.path) == list(range(24, 83))


@pytest.mark.parametrize(("start", "end"), [(30, 40), (10, 110), (30, 119)])
def test_what_does_not_pay_is_encoded(tmp_path, start, end):
    """A clip within one group of pictures has nothing to copy; one of few frames too little."""
    source = h264(tmp_path / "long.mp4", "keyint=250:scenecut=0", frames=120)

    assert plan_of(source, start / 25, end / 25) is None
    clip = cut_out(source, start / 25, end / 25)

    assert clip.how == "encoded"
    assert shown_numbers(clip.path) == list(range(start, end))


def test_it_pays_when_fewer_frames_are_encoded_than_a_clip_has(tmp_path):
    """The few frames of overhead included."""
    source = SOURCES["no B-frames"](tmp_path)

    for frames in (OVERHEAD + 7, OVERHEAD + 8):
        plan = plan_of(source, 17 / 25, (17 + frames) / 25)
        assert (plan is not None) == (frames > OVERHEAD + 7)


def test_keyframes_ten_seconds_apart(tmp_path):
    """x264's own default; what lies between two of them is copied."""
    source = h264(tmp_path / "far.mp4", "keyint=250:scenecut=0", frames=560, size=(96, 48))

    clip = cut_out(source, 200 / 25, 540 / 25)

    assert clip.how == "smart"
    assert shown_numbers(clip.path) == list(range(200, 540))
    assert all(same_as(source, clip.path, 200)[50:330])


@pytest.mark.corpus
@pytest.mark.parametrize(
    ("name", "start", "end"),
    [
        ("truth/comp1_hard.mp4", 60.5, 66.5),
        ("originals/butterfly_720p.mp4", 0.7, 8.0),
        ("originals/bbb_480p24_30s_5.1.mp4", 3.1, 24.3),
        ("originals/artcritic_webcam_1920x880_60fps.mp4", 3.1, 6.4),
        ("originals/rectpixels_1280x1080_sar3-2.mp4", 1.2, 4.5),
        ("originals/hdr10_hevc_1080p_vfr.mp4", 0.4, 1.0),
    ],
)
def test_real_files_keep_their_frames_bit_by_bit(tmp_path, name, start, end):
    """However they were made: most of the frames are the source's own."""
    original = CORPUS / name
    if not original.exists():
        pytest.skip(f"{original} is missing")
    source = tmp_path / original.name
    source.symlink_to(original)
    media = probe(source)
    end = min(end, media.duration)

    plan = plan_of(source, start, end)
    clip = cut_out(source, start, end)

    assert (clip.how == "smart") == (plan is not None)
    if plan is not None:
        kept, originals = digests(clip.path), set(digests(source))
        copied = kept[len(plan.head) : len(kept) - len(plan.tail)]
        assert len(kept) == len(plan.frames.pts)
        assert originals.issuperset(copied)


def digests(path: Path) -> list[bytes]:
    """Return a digest of each frame's brightness."""
    video = probe(path).video.index
    with av.open(str(path)) as container:
        frames = container.decode(container.streams[video])
        return [hashlib.sha256(luma_of(frame)).digest() for frame in frames]
