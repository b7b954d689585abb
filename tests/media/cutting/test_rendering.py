"""Clips hold exactly the frames they promise, told by the number each frame carries."""

from fractions import Fraction
from itertools import count
from pathlib import Path

import av
import ffmpeg
import numpy as np
import pytest

from cutroom.media.cutting.rendering import RenderedCut, render_cut
from cutroom.media.ffmpeg import counted, guarded_input, run
from cutroom.media.probe import probe
from cutroom.records.clip import CropPoint, Cut, FramingPath
from cutroom.records.span import Span
from tests.media.numbered_video import (
    heard_clicks,
    make_numbered,
    read_number,
    shown_numbers,
    shown_times,
)

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
GOP_10 = {"g": "10", "keyint_min": "10", "sc_threshold": "0"}
SYNC = 0.02
NUMBERS = count()


def cut_out(source: Path, start: float, end: float, **settings) -> RenderedCut:
    """Render one span of a file beside it."""
    words = {key: settings.pop(key) for key in ("ass", "sound_track") if key in settings}
    name = f"{next(NUMBERS):016x}"
    cut = Cut(id=name, span=Span(start=start, end=end), title="", score=1, **settings)
    return render_cut(source, probe(source), cut, source.parent, **words)


def keyframes_of(source: Path) -> list[float]:
    """Return when each keyframe of a source is shown, by decoding it."""
    with av.open(str(source)) as container:
        return [frame.time for frame in container.decode(video=0) if frame.key_frame]


@pytest.mark.parametrize(
    ("name", "codec", "pixel_format", "options"),
    [
        ("b_frames.mp4", "libx264", "yuv420p", {"bf": "3", "g": "50"}),
        ("b_frames.mkv", "libx264", "yuv420p", {"bf": "3", "g": "50"}),
        ("open_gop.mp4", "libx264", "yuv420p", {"bf": "3", "x264-params": "open-gop=1:keyint=24"}),
        ("ten_bit.mkv", "libx265", "yuv420p10le", {"x265-params": "log-level=none:keyint=40"}),
        ("vp9.webm", "libvpx-vp9", "yuv420p", {"cpu-used": "8", "deadline": "realtime"}),
        ("lossless.mkv", "ffv1", "yuv420p", {}),
    ],
)
@pytest.mark.parametrize(("start", "end"), [(0.0, 1.0), (1.24, 2.48), (2.999, 4.0), (1.31, 1.33)])
def test_a_clip_holds_each_frame_of_its_span_once(
    tmp_path, name, codec, pixel_format, options, start, end
):
    """First and last frame are the asked ones, whatever the codec and wherever keyframes lie."""
    source = make_numbered(tmp_path / name, codec=codec, pixel_format=pixel_format, options=options)

    clip = cut_out(source, start, end)

    first = round(start * 25)
    assert shown_numbers(clip.path) == list(range(first, max(first + 1, int(np.ceil(end * 25)))))


def test_a_start_between_two_frames_takes_the_nearer_one(tmp_path):
    """Up to half a frame early, never a whole one."""
    source = make_numbered(tmp_path / "source.mp4")

    assert shown_numbers(cut_out(source, 1.015, 1.2).path)[0] == 25
    assert shown_numbers(cut_out(source, 1.025, 1.2).path)[0] == 26


def test_neighbouring_cuts_at_a_frame_share_none(tmp_path):
    """A scene's end and the next one's start neither lose nor double a frame, rounded to ms."""
    source = make_numbered(tmp_path / "source.mp4", rate=Fraction(30000, 1001))
    border = round(40 * 1001 / 30000, 3)

    before = shown_numbers(cut_out(source, 0, border).path)
    after = shown_numbers(cut_out(source, border, probe(source).duration).path)

    assert before + after == list(range(100))


def test_picture_and_sound_stay_in_sync(tmp_path):
    """A click is heard within 20 ms of the frame it belongs to, encoded or copied."""
    source = make_numbered(
        tmp_path / "source.mp4", options=GOP_10, clicks=[0.5, 1.6, 2.04, 2.6, 3.5]
    )

    encoded = cut_out(source, 1.24, 2.72, mode="encode")
    copied = cut_out(source, 1.2, 2.8)

    assert (encoded.how, copied.how) == ("encoded", "copied")
    assert heard_clicks(encoded.path) == pytest.approx([0.36, 0.8, 1.36], abs=SYNC)
    assert heard_clicks(copied.path) == pytest.approx([0.4, 0.84, 1.4], abs=SYNC)


def test_sound_is_in_sync_from_matroska_too(tmp_path):
    """Where a keyframe's sound lies before it in the file, its first click is still there."""
    source = make_numbered(
        tmp_path / "source.mkv", options=GOP_10, clicks=[0.8, 1.21, 2.0], sound_codec="libopus"
    )

    for clip in (cut_out(source, 1.2, 2.4), cut_out(source, 1.2, 2.4, mode="encode")):
        assert heard_clicks(clip.path) == pytest.approx([0.01, 0.8], abs=SYNC)


def test_a_span_between_keyframes_is_copied_without_an_encode(tmp_path):
    """Where both ends are keyframes, no ffmpeg runs and the frames' times are the source's."""
    source = make_numbered(tmp_path / "source.mp4", options={**GOP_10, "bf": "2"})

    with counted() as runs:
        clip = cut_out(source, 0.8, 2.0)

    assert (clip.how, runs) == ("copied", [])
    assert shown_numbers(clip.path) == list(range(20, 50))
    assert shown_times(clip.path) == pytest.approx([k / 25 for k in range(30)], abs=0.001)


def test_start_and_end_of_the_video_count_as_keyframes(tmp_path):
    """The whole video is copied, and so is its tail from a keyframe on."""
    source = make_numbered(tmp_path / "source.mp4", options=GOP_10)

    whole, tail = cut_out(source, 0, 4.0), cut_out(source, 2.4, 4.0)

    assert (whole.how, tail.how) == ("copied", "copied")
    assert shown_numbers(tail.path) == list(range(60, 100))


def test_an_open_group_of_pictures_is_cut_from_the_one_before(tmp_path):
    """Pictures that lead to its keyframe stay behind, and so do those that lead to the next."""
    source = make_numbered(
        tmp_path / "source.mp4",
        options={"bf": "3", "x264-params": "open-gop=1:keyint=24:min-keyint=24:scenecut=0"},
    )
    keyframes = keyframes_of(source)
    assert len(keyframes) > 2

    clip = cut_out(source, keyframes[1], keyframes[2])

    first, stop = (round(time * 25) for time in keyframes[1:3])
    assert shown_numbers(clip.path) == list(range(first, stop))
    assert clip.how != "encoded"


def test_mode_copy_encodes_mp3(tmp_path):
    """Players drop what MP3 needs from before the cut: copied, it would begin with silence."""
    source = make_numbered(
        tmp_path / "source.mp4",
        options=GOP_10,
        clicks=[1.19, 1.21, 2.0],
        sound_codec="libmp3lame",
    )

    clip = cut_out(source, 1.2, 2.8, mode="copy")

    assert clip.how == "copied"
    assert (clip.span.start, clip.span.end) == pytest.approx((1.2, 2.8))
    assert heard_clicks(clip.path) == pytest.approx([0.01, 0.8], abs=SYNC)
    assert not list(tmp_path.glob("*.m4a"))


def test_mode_copy_moves_out_to_keyframes_and_says_so(tmp_path):
    """Nothing asked for is missing, and the span tells what came along."""
    source = make_numbered(tmp_path / "source.mp4", options=GOP_10, clicks=[1.6])

    with counted() as runs:
        clip = cut_out(source, 0.9, 1.7, mode="copy")

    assert (clip.how, runs) == ("copied", [])
    assert (clip.span.start, clip.span.end) == pytest.approx((0.8, 2.0))
    assert shown_numbers(clip.path) == list(range(20, 50))
    assert heard_clicks(clip.path) == pytest.approx([0.8], abs=SYNC)


def test_mode_copy_keeps_the_leading_pictures_of_an_open_end(tmp_path):
    """They need the keyframe they lead to, so it comes along."""
    source = make_numbered(
        tmp_path / "source.mp4",
        options={"bf": "3", "x264-params": "open-gop=1:keyint=24:min-keyint=24:scenecut=0"},
    )
    key = round(keyframes_of(source)[1] * 25)

    clip = cut_out(source, 0.1, key / 25 - 0.3, mode="copy")

    assert clip.how == "copied"
    assert shown_numbers(clip.path) == list(range(key + 1))


def test_mode_encode_always_encodes(tmp_path):
    """Even where a copy would do."""
    source = make_numbered(tmp_path / "source.mp4", options=GOP_10)

    with counted() as runs:
        clip = cut_out(source, 0.8, 2.0, mode="encode")

    assert (clip.how, len(runs)) == ("encoded", 1)
    assert shown_numbers(clip.path) == list(range(20, 50))


@pytest.mark.parametrize("name", ["vfr.mp4", "vfr.mkv"])
def test_a_variable_frame_rate_keeps_its_times(tmp_path, name):
    """Each frame is shown as long as in the source."""
    ticks = np.cumsum(np.resize([33, 50, 33, 100, 16, 40], 90)).tolist()
    source = make_numbered(
        tmp_path / name, times=ticks, time_base=Fraction(1, 1000), clicks=[1.5, 2.5]
    )
    times = shown_times(source)

    clip = cut_out(source, times[20], times[55])

    assert shown_numbers(clip.path) == list(range(20, 55))
    expected = [time - times[20] for time in times[20:55]]
    assert shown_times(clip.path) == pytest.approx(expected, abs=0.002)
    clicks = [time - times[20] for time in heard_clicks(source) if times[20] < time < times[55]]
    assert heard_clicks(clip.path) == pytest.approx(clicks, abs=SYNC)


def test_a_frame_shown_for_seconds_is_on_screen_at_the_start(tmp_path):
    """A screen recording cut while nothing moves begins with what is on screen then."""
    ticks = [0, 100, 200, 3000, 6000, 6100, 6200, 9000]
    source = make_numbered(tmp_path / "still.mp4", times=ticks, time_base=Fraction(1, 1000))

    clip = cut_out(source, 4.0, 8.0)

    assert shown_numbers(clip.path) == [3, 4, 5, 6]
    assert shown_times(clip.path) == pytest.approx([0, 2.0, 2.1, 2.2], abs=0.002)


def test_a_silent_film_gives_a_silent_clip(tmp_path):
    """No sound is made up."""
    source = make_numbered(tmp_path / "source.mp4")

    clip = cut_out(source, 1.0, 2.5)

    with av.open(str(clip.path)) as container:
        assert not container.streams.audio


def test_sound_that_ends_early_leaves_the_rest_silent(tmp_path):
    """A span after the last sound is cut like one of a silent film."""
    video = make_numbered(tmp_path / "video.mp4", frames=150)
    short = make_numbered(tmp_path / "short.mp4", frames=25, clicks=[0.2])
    source = tmp_path / "both.mp4"
    picture, sound = guarded_input(video)["v"], guarded_input(short)["a"]
    run(ffmpeg.output(picture, sound, str(source), c="copy"))

    clip = cut_out(source, 3.0, 4.0)

    assert shown_numbers(clip.path) == list(range(75, 100))


@pytest.mark.parametrize("mode", ["copy", "smart", "encode"])
def test_sound_that_outlasts_the_picture_is_not_cut_off(tmp_path, mode):
    """The last frame stays on screen while the talk goes on, however the clip is made."""
    video = make_numbered(tmp_path / "video.mp4", frames=50)
    long = make_numbered(tmp_path / "long.mp4", frames=150, clicks=[0.2, 5.2])
    source = tmp_path / "both.mp4"
    picture, sound = guarded_input(video)["v"], guarded_input(long)["a"]
    run(ffmpeg.output(picture, sound, str(source), c="copy"))

    clip = cut_out(source, 0.0, 6.0, mode=mode)

    assert shown_numbers(clip.path) == list(range(50))
    assert heard_clicks(clip.path) == pytest.approx([0.2, 5.2], abs=0.05)


def test_odd_sizes_become_even_and_square(tmp_path):
    """4:2:0 colour needs pairs; the odd row and column are dropped, nothing is blurred."""
    source = make_numbered(
        tmp_path / "odd.mkv", size=(193, 97), codec="ffv1", pixel_format="yuv444p"
    )

    clip = cut_out(source, 1.0, 2.0)

    assert (clip.width, clip.height) == (192, 96)
    assert shown_numbers(clip.path) == list(range(25, 50))


@pytest.mark.parametrize("degrees", [90, 180, 270])
def test_a_rotated_video_comes_out_upright(tmp_path, degrees):
    """Copied it keeps its rotation mark; encoded it is turned."""
    plain = make_numbered(tmp_path / "plain.mp4", options=GOP_10)
    source = tmp_path / "turned.mp4"
    turned = guarded_input(plain, display_rotation=degrees)
    run(ffmpeg.output(turned, str(source), c="copy"))

    encoded, copied = cut_out(source, 1.0, 1.96, mode="encode"), cut_out(source, 0.8, 2.0)

    size = (192, 96) if degrees == 180 else (96, 192)
    assert (encoded.width, encoded.height) == (copied.width, copied.height) == size
    assert probe(encoded.path).video.rotation == 0
    assert probe(copied.path).video.rotation == probe(source).video.rotation
    assert (encoded.how, copied.how) == ("encoded", "copied")
    with av.open(str(encoded.path)) as container:
        picture = next(container.decode(video=0)).to_ndarray(format="rgb24")
    assert read_number(np.rot90(picture, -degrees // 90)) == 25


def test_a_framing_shows_its_part_and_jumps_at_its_frame(tmp_path):
    """A crop of two columns follows its path: each frame shows the bits it points at."""
    source = make_numbered(tmp_path / "source.mp4", frames=60, options={"crf": "1"})
    framing = FramingPath(
        width=1 / 3,
        height=1,
        points=(
            CropPoint(time=0, x=2 / 3, y=0),
            CropPoint(time=1.2, x=2 / 3, y=0),
            CropPoint(time=1.2, x=1 / 3, y=0),
            CropPoint(time=2.4, x=1 / 3, y=0),
        ),
    )

    clip = cut_out(source, 1.0, 1.6, layout="vertical", framing=framing)

    assert (clip.width, clip.height) == (64, 96)
    with av.open(str(clip.path)) as container:
        pictures = [one.to_ndarray(format="rgb24") for one in container.decode(video=0)]
    row = [picture[40:56].mean(axis=(0, 2)) for picture in pictures]
    nibbles = [
        int("".join("1" if line[8 + 16 * k] > 128 else "0" for k in range(4)), 2) for line in row
    ]
    assert nibbles == [k & 15 if k < 30 else k >> 4 & 15 for k in range(25, 40)]


def test_a_steady_pan_moves_with_time(tmp_path):
    """Between two points the crop goes in a straight line."""
    source = make_numbered(tmp_path / "source.mp4", frames=50, size=(480, 96))
    framing = FramingPath(
        width=0.5, height=1, points=(CropPoint(time=0, x=0, y=0), CropPoint(time=2, x=0.5, y=0))
    )

    clip = cut_out(source, 0, 1.6, layout="square", framing=framing)

    assert (clip.width, clip.height) == (240, 96)
    moves = (tmp_path / "crop.cmd").read_text().splitlines()
    lefts = [int(line.split("crop x ")[1].split(",")[0]) for line in moves]
    assert len(lefts) > 30
    assert lefts == sorted(lefts)
    assert lefts[-1] == pytest.approx(480 * 0.5 * 1.56 / 2, abs=2)


def test_captions_are_burned_only_when_asked(tmp_path):
    """The words appear at their time, counted from the clip's first frame."""
    source = make_numbered(tmp_path / "source.mp4", size=(320, 240), options=GOP_10)
    ass = tmp_path / "words; 'of' [one].ass"
    ass.write_text(
        "[Script Info]\nPlayResX: 320\nPlayResY: 240\n[V4+ Styles]\n"
        "Format: Name, Fontname, Fontsize, PrimaryColour, Alignment\n"
        "Style: Default,DejaVu Sans,40,&H000000FF,2\n[Events]\n"
        "Format: Start, End, Style, Text\nDialogue: 0:00:00.40,0:00:00.80,Default,HELLO\n"
    )

    plain = cut_out(source, 0.8, 2.0, ass=ass)

    assert plain.how == "copied"
    burned = cut_out(source, 0.8, 2.0, captions="burned", ass=ass)
    with av.open(str(burned.path)) as container:
        reds = [
            int(((one[..., 0] > 150) & (one[..., 1] < 90)).sum())
            for one in (frame.to_ndarray(format="rgb24") for frame in container.decode(video=0))
        ]
    assert [count > 50 for count in reds] == [10 <= k < 20 for k in range(30)]


def test_broadcast_loudness_reaches_its_target(tmp_path):
    """-14 LUFS, give or take what one pass can do, as ffmpeg's own meter reads it."""
    source = tmp_path / "quiet.mp4"
    picture = ffmpeg.input("testsrc2=size=160x120:rate=25", f="lavfi", t=8)
    sound = ffmpeg.input("anoisesrc=color=pink:amplitude=0.02:seed=7", f="lavfi", t=8)
    run(ffmpeg.output(picture, sound, str(source), preset="ultrafast"))

    clip = cut_out(source, 0, 8, loudness="broadcast")

    meter = (
        guarded_input(clip.path)["a"].filter("ebur128", framelog="verbose").filter("volumedetect")
    )
    assert clip.how == "encoded"
    log = run(ffmpeg.output(meter, "-", f="null", loglevel="info")).log
    loudness = float(log.rsplit("I:", 1)[1].split("LUFS")[0])
    assert loudness == pytest.approx(-14, abs=2)


def test_wrong_calls_show_what_they_got(tmp_path):
    """A span past the end and a track that is none are the caller's mistakes."""
    source = make_numbered(tmp_path / "source.mp4")

    with pytest.raises(ValueError, match="begins at 9"):
        cut_out(source, 9, 10)
    with pytest.raises(ValueError, match="Stream 5"):
        cut_out(source, 0, 1, sound_track=5)


def test_one_frame_and_a_fifth_of_a_second_can_be_cut(tmp_path):
    """However short the video."""
    one = make_numbered(tmp_path / "one.mp4", frames=1)
    five = make_numbered(tmp_path / "five.mp4", frames=5, clicks=[0.1])

    assert shown_numbers(cut_out(one, 0, 0.04).path) == [0]
    assert shown_numbers(cut_out(five, 0, 0.2, mode="encode").path) == list(range(5))


@pytest.mark.corpus
@pytest.mark.parametrize(
    "name",
    [
        "fire_phone_rot180_vfr.mp4", "hlg_hevc_1080p.mp4", "iphone_hevc_1080p60_vertical.mov",
        "vp9_10bit_240p.webm", "fireworks_480x352_vfr.3gp", "googlework_paris_180p.mp4",
        "grampa_laughing_vp6.flv", "two_people_headpose.gif", "bbb_642x642_vp9.webm",
    ],
)  # fmt: skip
def test_real_files_are_cut_and_pass_their_check(tmp_path, name):
    """Phones, webcams and old cameras: frames and sync are checked inside, or it raises."""
    original = CORPUS / "originals" / name
    if not original.exists():
        pytest.skip(f"{original} is missing")
    source = tmp_path / name
    source.symlink_to(original)
    duration = probe(source).duration

    for mode in ("smart", "encode", "copy"):
        clip = cut_out(source, duration * 0.3, min(duration, duration * 0.3 + 3), mode=mode)
        assert clip.path.stat().st_size > 0
