"""Footage with known changes of shot: textures that drift like a hand-held camera's picture."""

from collections.abc import Iterable, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import numpy.typing as npt

Pictures = npt.NDArray[np.uint8]
"""Frames of shape (frames, height, width, 3), RGB."""

SIZE = (320, 180)
NO_KEYFRAME_AT_CUTS = {"x264-params": "keyint=250:min-keyint=250:scenecut=0"}


def shot(seed: int, frames: int, *, drift: float = 0.5) -> Pictures:
    """Return a shot of its own colours and shapes that moves `drift` pixels a frame."""
    return pan(seed, [int(drift * number) for number in range(frames)])


def pan(seed: int, places: Sequence[int]) -> Pictures:
    """Return a shot whose camera has moved so many pixels to the right at each frame."""
    rng = np.random.default_rng(seed)
    width, height = SIZE
    room = max(places) + 2
    cells = rng.integers(0, 256, (6, 6 + room // 40, 3), dtype=np.uint8)
    wide = cv2.resize(cells, (width + room, height), interpolation=cv2.INTER_CUBIC)
    grain = rng.normal(0, 3, (height, width, 1))
    pictures = [wide[:, place : place + width] + grain for place in places]
    return np.clip(pictures, 0, 255).astype(np.uint8)


def dissolve(one: Pictures, other: Pictures) -> Pictures:
    """Return one shot turning into another, evenly, over all their frames."""
    shares = (np.arange(len(one)) + 1)[:, None, None, None] / (len(one) + 1)
    return (one * (1 - shares) + other * shares).astype(np.uint8)


def wipe(one: Pictures, other: Pictures) -> Pictures:
    """Return one shot being covered by another from the left."""
    mixed = one.copy()
    for number in range(len(one)):
        edge = round(one.shape[2] * (number + 1) / (len(one) + 1))
        mixed[number, :, :edge] = other[number, :, :edge]
    return mixed


def black(frames: int) -> Pictures:
    """Return a stretch of black."""
    return np.full((frames, SIZE[1], SIZE[0], 3), 16, dtype=np.uint8)


def film(
    path: Path,
    parts: Iterable[Pictures],
    *,
    times: Sequence[int] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write shots one after the other with x264, at 25 frames a second unless told otherwise.

    Args:
        path: Its ending names the container.
        parts: What follows on what.
        times: When each frame is shown, in milliseconds.
        options: For the encoder.
    """
    pictures = np.concatenate(list(parts))
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=25, options=options or {})
        stream.width, stream.height = SIZE
        stream.pix_fmt = "yuv420p"
        stream.codec_context.time_base = Fraction(1, 1000)
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts = times[number] if times is not None else 40 * number
            frame.time_base = Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path
