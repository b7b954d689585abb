"""Captions are files that players read, and that hold text and nothing else."""

import re

import av
import ffmpeg
import numpy as np
import pytest

from cutroom.media import ffmpeg as door
from cutroom.media.cutting.captions import FONT, font_folder, write_captions
from cutroom.records.findings import Transcript, Word
from cutroom.records.span import Span

WIDE = {"width": 640, "height": 360}


def transcript(*words, language="en"):
    """Return a transcript of words half a second long, one after the other from 1 s on."""
    return Transcript(
        engine="faster-whisper",
        model="m",
        language=language,
        words=tuple(
            Word(start=1 + number / 2, end=1.5 + number / 2, text=text, probability=1)
            for number, text in enumerate(words)
        ),
    )


CLIP = Span(start=0, end=60)


def decoded(path):
    """Return the cues of a caption file as ffmpeg reads them: (seconds, text)."""
    with av.open(str(path)) as container:
        return [
            (float(packet.pts * packet.time_base), packet.decode()[0].dialogue.decode())
            for packet in container.demux(subtitles=0)
            if packet.size
        ]


def test_three_files_hold_the_same_words(tmp_path):
    """SubRip, WebVTT and SubStation, in UTF-8, timed from the clip's start."""
    paths = write_captions(
        transcript("Grüße", "an", "alle."), Span(start=0.5, end=60), tmp_path, **WIDE
    )

    assert paths.srt.read_text("utf-8") == "1\n00:00:00,500 --> 00:00:02,000\nGrüße an alle.\n"
    assert paths.vtt.read_text("utf-8") == (
        "WEBVTT\n\n00:00:00.500 --> 00:00:02.000\nGrüße an alle.\n"
    )
    assert "Dialogue: 0,0:00:00.50,0:00:02.00,Default,,0,0,0,,Grüße an alle." in (
        paths.ass.read_text("utf-8")
    )


@pytest.mark.parametrize("kind", ["srt", "vtt", "ass"])
def test_players_read_every_format(tmp_path, kind):
    """The readers inside ffmpeg find each cue at its time."""
    words = ["One.", "Two.", "Three."]
    paths = write_captions(transcript(*words), CLIP, tmp_path, **WIDE)

    cues = decoded(getattr(paths, kind))

    assert [time for time, _ in cues] == [1.0, 1.5, 2.0]
    assert [text for _, text in cues] == words


def test_without_words_there_are_no_captions(tmp_path):
    """Neither where nothing is said, nor where nothing readable is."""
    assert write_captions(transcript("late"), Span(start=0, end=0.9), tmp_path, **WIDE) is None
    assert write_captions(transcript("{}", "\\"), CLIP, tmp_path, **WIDE) is None
    assert list(tmp_path.iterdir()) == []


NASTY = [
    r"{\an8}", r"{\p1}m", r"\N\h\n", "-->", "00:00:01,000", "<i>", "</b>", "<c.red>", "&lt;",
    "&amp;", "a\n\n2\n00:00:00,000\n", "NOTE", "STYLE", "a\r\nDialogue:", "\u2028x\u0085y", "\x00z",
    "%{eif}", "Dialogue:", "[Events]", ";", "!:", "\u202eabc",
]  # fmt: skip


@pytest.mark.parametrize("nasty", NASTY, ids=repr)
@pytest.mark.parametrize("kind", ["srt", "vtt", "ass"])
def test_a_word_is_never_markup(tmp_path, nasty, kind):
    """Whatever is said, each format still holds two cues, of plain text, at their times."""
    paths = write_captions(transcript("Start.", "So", nasty, "end."), CLIP, tmp_path, **WIDE)
    path = getattr(paths, kind)

    cues = decoded(path)

    assert len(cues) == 2
    assert [time for time, _ in cues] == [1.0, 1.5]
    assert cues[0][1] == "Start."
    assert cues[1][1].startswith("So")
    assert cues[1][1].endswith("end.")
    text = path.read_text("utf-8")
    assert "{" not in text
    if kind != "ass":
        assert text.count("-->") == 2
        assert not re.search(r"<|>", text.replace("-->", ""))


@pytest.mark.parametrize("kind", ["vtt", "ass"])
def test_angle_brackets_are_shown_as_said(tmp_path, kind):
    """Where a format can write them, they are not lost."""
    paths = write_captions(transcript("3", "<", "5", "&", "6"), CLIP, tmp_path, **WIDE)

    escaped = {"vtt": "3 &lt; 5 &amp; 6", "ass": "3 < 5 & 6"}[kind]
    assert escaped in getattr(paths, kind).read_text("utf-8")


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (640, 360), (1080, 1080), (608, 1080)])
def test_lines_fit_the_picture(tmp_path, width, height):
    """At the font's size no line is wider than the safe area; upright lines are shorter."""
    words = ["captions", "are", "read", "by", "people", "who", "watch"] * 6
    paths = write_captions(transcript(*words), CLIP, tmp_path, width=width, height=height)
    style = re.search(r"^Style: Default,(.*)$", paths.ass.read_text(), re.MULTILINE)[1].split(",")
    lines = [
        line
        for text in re.findall(r"^Dialogue:.*?,,0,0,0,,(.*)$", paths.ass.read_text(), re.MULTILINE)
        for line in text.split(r"\N")
    ]

    size = int(style[1])
    assert style[0] == FONT
    assert f"PlayResX: {width}\nPlayResY: {height}\n" in paths.ass.read_text()
    assert 0.05 * min(width, height) < size < 0.07 * min(width, height)
    assert max(map(len, lines)) * 0.56 * size <= 0.91 * width
    assert max(map(len, lines)) <= 37
    if height > width:
        assert max(map(len, lines)) <= 26


def test_highlighted_words_light_up_in_turn(tmp_path):
    """Each word waits for its time, in hundredths of a second."""
    paths = write_captions(
        transcript("one", "two", "three"), CLIP, tmp_path, **WIDE, highlight=True
    )

    assert paths.ass.read_text().rstrip().endswith(r",,{\k50}one {\k50}two {\k50}three")
    assert "{" not in paths.srt.read_text()


def test_burned_captions_are_in_the_lower_third(tmp_path):
    """The lower third of the picture changes while the words last, nothing else does."""
    write_captions(transcript("Hello", "there,", "world."), CLIP, tmp_path, **WIDE)
    blue = ffmpeg.input("color=c=0x203080:s=640x360:r=5:d=4", f="lavfi")
    burned = blue.filter("ass", "clip.ass", fontsdir=str(font_folder()))
    door.run(
        burned.output(str(tmp_path / "out.mkv"), vcodec="ffv1", pix_fmt="bgr0"), folder=tmp_path
    )
    with av.open(str(tmp_path / "out.mkv")) as container:
        frames = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]

    plain = frames[0].astype(int)
    changed = np.abs(frames[9].astype(int) - plain).max(axis=2) > 40
    assert changed[240:].sum() > 500
    assert not changed[:240].any()
    columns_hit = np.flatnonzero(changed.any(axis=0))
    assert abs((columns_hit[0] + columns_hit[-1]) / 2 - 320) < 10
    assert np.array_equal(frames[-1], frames[0])


def test_a_font_comes_with_the_project():
    """A bare machine has no fonts; ours lies in a package that is always there."""
    assert (font_folder() / "DejaVuSans-Bold.ttf").is_file()
