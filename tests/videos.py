"""Small videos that tests make for themselves, through the same door as everything else."""

from pathlib import Path
from typing import Any

import ffmpeg

from cutroom.media.ffmpeg import run


def make_video(
    path: Path,
    *,
    seconds: float = 2.0,
    size: str = "320x180",
    rate: str = "25",
    sound: bool = True,
    **options: Any,
) -> Path:
    """Write a moving test pattern with a tone, H.264 and AAC unless options say else.

    Args:
        path: Where; the ending chooses the container.
        seconds: How long.
        size: Width x height in pixels.
        rate: Frames per second.
        sound: Whether it has a sound track.
        options: More output options; they win over the defaults.
    """
    picture = ffmpeg.input(f"testsrc2=size={size}:rate={rate}", f="lavfi", t=seconds)
    streams = [picture]
    if sound:
        streams.append(ffmpeg.input("sine=frequency=440:sample_rate=48000", f="lavfi", t=seconds))
    chosen = {"c:v": "libx264", "preset": "ultrafast", "pix_fmt": "yuv420p", "c:a": "aac", "g": 25}
    chosen |= options
    if not sound:
        chosen.pop("c:a", None)
    kept = {name: value for name, value in chosen.items() if value is not ...}
    run(ffmpeg.output(*streams, f"file:{path}", **kept))
    return path
