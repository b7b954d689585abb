"""Videos whose every frame carries its number, so that a cut is checked by what it shows.

The number stands as twelve black and white columns; the sound clicks at known times.
"""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import numpy.typing as npt

BITS = 12
SOUND_RATE = 48_000
CLICK = 0.01
"""Seconds of tone in one click."""


def numbered_picture(number: int, width: int, height: int) -> npt.NDArray[np.uint8]:
    """Draw a number as columns, most significant first, over a ground that moves a little."""
    rows = np.arange(height)[:, None]
    ground = 96 + ((rows + number * 3) % 32)
    picture = np.broadcast_to(ground, (height, width)).astype(np.uint8).copy()
    for bit in range(BITS):
        left, right = bit * width // BITS, (bit + 1) * width // BITS
        is_set = number >> (BITS - 1 - bit) & 1
        picture[height // 4 : 3 * height // 4, left:right] = 235 if is_set else 16
    return np.repeat(picture[:, :, None], 3, axis=2)


def read_number(picture: npt.NDArray[np.uint8]) -> int:
    """Read the number of a picture that was scaled or coded, but not turned."""
    height, width = picture.shape[:2]
    row = picture[int(height * 0.4) : int(height * 0.6)].mean(axis=(0, 2))
    centres = [int((bit + 0.5) * width / BITS) for bit in range(BITS)]
    return int("".join("1" if row[at] > 128 else "0" for at in centres), 2)


def make_numbered(
    path: Path,
    *,
    frames: int = 100,
    rate: Fraction = Fraction(25),
    times: Sequence[int] | None = None,
    time_base: Fraction | None = None,
    size: tuple[int, int] = (192, 96),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    clicks: Sequence[float] | None = None,
    sound_codec: str = "aac",
) -> Path:
    """Write a numbered video, with clicks at the given seconds if any.

    Args:
        path: Its ending names the container.
        frames: How many.
        rate: Of the frames, unless `times` says when each is shown.
        times: Display time of each frame in ticks of `time_base`, ascending.
        time_base: Seconds a tick; one frame when not given.
        size: Width and height.
        codec: PyAV's encoder for the picture.
        pixel_format: What it encodes.
        options: For the encoder.
        clicks: None makes a silent film.
        sound_codec: PyAV's encoder for the sound.
    """
    ticks = list(times) if times is not None else list(range(frames))
    base = time_base or 1 / rate
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, options=options or {})
        stream.width, stream.height = size
        stream.pix_fmt = pixel_format
        stream.codec_context.time_base = base
        sound: Any = None
        if clicks is not None:
            sound = container.add_stream(sound_codec, rate=SOUND_RATE, layout="mono")
        for number, tick in enumerate(ticks):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number, *size), format="rgb24")
            frame.pts, frame.time_base = tick, base
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
        if sound is not None:
            _write_sound(container, sound, float((ticks[-1] + 1) * base), clicks or ())
    return path


def _write_sound(container: Any, stream: Any, duration: float, clicks: Sequence[float]) -> None:
    samples = np.zeros(round(duration * SOUND_RATE), dtype=np.float32)
    tone = 0.8 * np.sin(2 * np.pi * 1000 * np.arange(round(CLICK * SOUND_RATE)) / SOUND_RATE)
    for click in clicks:
        at = round(click * SOUND_RATE)
        samples[at : at + len(tone)] = tone[: len(samples[at : at + len(tone)])]
    for at in range(0, len(samples), 1024):
        part = samples[None, at : at + 1024]
        frame = av.AudioFrame.from_ndarray(part, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = SOUND_RATE, at, Fraction(1, SOUND_RATE)
        container.mux(stream.encode(frame))
    container.mux(stream.encode(None))


def shown_numbers(path: Path) -> list[int]:
    """Decode a clip and read the number of every frame, in display order."""
    with av.open(str(path)) as container:
        return [
            read_number(frame.to_ndarray(format="rgb24")) for frame in container.decode(video=0)
        ]


def shown_times(path: Path) -> list[float]:
    """Decode a clip and return when each frame is shown, in seconds."""
    with av.open(str(path)) as container:
        return [float(frame.pts * frame.time_base) for frame in container.decode(video=0)]


def heard_clicks(path: Path) -> list[float]:
    """Decode a clip's sound and return when its clicks begin, in seconds."""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        blocks = [
            (float(frame.pts * frame.time_base), frame.to_ndarray().astype(np.float32))
            for frame in container.decode(stream)
        ]
        rate = stream.codec_context.sample_rate
    begins: list[float] = []
    loud = [
        start + at / rate
        for start, block in blocks
        for at in np.flatnonzero(np.abs(block).max(axis=0) > 0.25)
    ]
    for time in loud:
        if not begins or time - begins[-1] > 0.1:
            begins.append(time)
    return begins
