"""Videos that are unusual but sound: every one of them must work."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import ffmpeg
from videos import make_video

from cutroom.media.ffmpeg import guarded_input, run

PQ = "setparams=color_primaries=bt2020:color_trc=smpte2084:colorspace=bt2020nc"
X265 = {"c:v": "libx265", "x265-params": "log-level=error"}


def video(name: str, **options: Any) -> Callable[[Path], Path]:
    """Return a maker of a video with `make_video`'s options."""

    def make(folder: Path) -> Path:
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        return make_video(path, **options)

    return make


def named(name: str) -> Callable[[Path], Path]:
    """Return a maker of an ordinary video with an extraordinary name."""

    def make(folder: Path) -> Path:
        return make_video(folder / "plain.mp4", seconds=1).rename(folder / name)

    return make


def copied(name: str, first: dict[str, Any], **options: Any) -> Callable[[Path], Path]:
    """Return a maker of a copy of a video's streams, with input and output options."""

    def make(folder: Path) -> Path:
        plain = make_video(folder / "plain.mp4", seconds=3)
        source = guarded_input(plain, **first)
        run(ffmpeg.output(source, f"file:{folder / name}", **{"c": "copy", **options}))
        return folder / name

    return make


def mixed(
    name: str,
    *sounds: str,
    picture: float = 2.0,
    sound: float = 2.0,
    late: float = 0.0,
    **options: Any,
) -> Callable[[Path], Path]:
    """Return a maker of a picture with any number of sound tracks, given as lavfi sources."""

    def make(folder: Path) -> Path:
        streams = [ffmpeg.input("testsrc2=size=320x180:rate=25", f="lavfi", t=picture)]
        streams += [ffmpeg.input(one, f="lavfi", t=sound, itsoffset=late) for one in sounds]
        chosen = {"c:v": "libx264", "preset": "ultrafast", "pix_fmt": "yuv420p", **options}
        run(ffmpeg.output(*streams, f"file:{folder / name}", **chosen))
        return folder / name

    return make


def size_changes(folder: Path) -> Path:
    """Write a transport stream whose picture doubles its size half-way."""
    small = make_video(folder / "small.ts", seconds=1)
    large = make_video(folder / "large.ts", seconds=1, size="640x360", output_ts_offset=1)
    path = folder / "changes.ts"
    path.write_bytes(small.read_bytes() + large.read_bytes())
    return path


def wrong_ending(folder: Path) -> Path:
    """Write an MP4 under another container's name."""
    return make_video(folder / "plain.mp4", seconds=1).rename(folder / "wrong.avi")


def two_pictures(folder: Path) -> Path:
    """Write a file with a small picture before the large one, subtitles and chapters."""
    small = ffmpeg.input("testsrc2=size=160x90:rate=25", f="lavfi", t=2)
    large = ffmpeg.input("testsrc2=size=320x180:rate=25", f="lavfi", t=2)
    (folder / "words.srt").write_text("1\n00:00:00,000 --> 00:00:01,500\nHello\n")
    words = ffmpeg.input(str(folder / "words.srt"))
    path = folder / "two.mkv"
    run(ffmpeg.output(small, large, words, f"file:{path}", preset="ultrafast", pix_fmt="yuv420p"))
    return path
