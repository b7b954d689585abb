"""Decoding a few frames out of a video, and comparing them."""

from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import av.error
import numpy as np
import numpy.typing as npt

from cutroom.media.opening import open_media
from cutroom.records.errors import OutputUnsound

SEEK_BACK = 1.0
"""Seconds before a keyframe to seek to: containers' indexes keep decoding times, which lie earlier.
What is read in vain is not decoded."""
_STEP = 4
"""Pixels from one SSIM window of twice that size to the next, as in x264 and ffmpeg."""

Luma = npt.NDArray[np.uint8] | npt.NDArray[np.uint16]


def decode_few(
    path: Path, stream_index: int, *, key: int, wanted: Collection[int], may_seek: bool = True
) -> Iterator[Any]:
    """Decode some frames, and of those before them only what they lean on.

    Args:
        path: A local file.
        stream_index: Number of its picture.
        key: Time stamp in ticks of the keyframe to begin at, not after the first wanted frame.
        wanted: Time stamps of the frames.
        may_seek: False reads and decodes from the file's start.

    Yields:
        The wanted frames, in the order in which the decoder gives them.

    Raises:
        OutputUnsound: The decoder found a fault, or frames are missing.
    """
    left, seen = set(wanted), 0
    with open_media(path) as container:
        stream: Any = container.streams[stream_index]
        stream.codec_context.thread_type = "AUTO"
        try:
            for packet in _packets(container, stream, key, left, may_seek=may_seek):
                for frame in stream.codec_context.decode(packet):
                    if frame.pts in wanted:
                        seen += 1
                        yield _sound(frame)
        except av.error.FFmpegError as error:
            raise _unsound(f"decoding failed: {error}") from error
    if left or seen != len(wanted):
        raise _unsound(f"{seen} of {len(wanted)} frames could be decoded")


def _packets(
    container: Any, stream: Any, key: int, left: set[int], *, may_seek: bool
) -> Iterator[Any]:
    """Yield packets from a keyframe on until all that are wanted went by, then None."""
    target = key - round(SEEK_BACK / stream.time_base)
    if may_seek and target > 0:
        container.seek(target, stream=stream)
    has_begun = not may_seek
    for packet in container.demux(stream):
        has_begun |= packet.pts == key
        if not has_begun or not packet.size:
            continue
        # A frame that no other needs is skipped, unless it is wanted itself.
        stream.codec_context.skip_frame = "DEFAULT" if packet.pts in left else "NONREF"
        left.discard(packet.pts)
        yield packet
        if not left:
            break
    yield None


def _sound(frame: Any) -> Any:
    if frame.is_corrupt or frame.interlaced_frame:
        raise _unsound("a frame is damaged or interlaced")
    return frame


def _unsound(problem: str) -> OutputUnsound:
    return OutputUnsound(f"The clip cannot be cut smartly: {problem}.", "It is encoded instead.")


def luma_of(frame: Any) -> Luma:
    """Copy the brightness of a planar picture, shape (rows, columns), 8 to 16 bits."""
    depth = frame.format.components[0].bits
    plane = frame.planes[0]
    if depth <= 8:  # noqa: PLR2004  bits in a byte
        return np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : frame.width].copy()
    return np.frombuffer(plane, np.uint16).reshape(plane.height, -1)[:, : frame.width].copy()


def ssim(one: Luma, other: Luma, *, depth: int = 8) -> float:
    """Return the structural similarity of two pictures: 1 when they are the same.

    Wang et al., Image quality assessment: from error visibility to structural similarity, 2004;
    in flat windows of 8x8 pixels, 4 apart.

    Args:
        one: Brightness, shape (rows, columns), at least 8x8.
        other: Brightness of the same shape.
        depth: Bits of each pixel.
    """
    x, y = one.astype(np.float32), other.astype(np.float32)
    count = 4 * _STEP * _STEP
    mean_x, mean_y = _window_sums(x) / count, _window_sums(y) / count
    squares = _window_sums(x * x + y * y) / count
    variances = squares - mean_x**2 - mean_y**2
    covariance = _window_sums(x * y) / count - mean_x * mean_y
    peak = (1 << depth) - 1
    c1, c2 = (0.01 * peak) ** 2, (0.03 * peak) ** 2
    likeness = (2 * mean_x * mean_y + c1) * (2 * covariance + c2)
    return float(np.mean(likeness / ((mean_x**2 + mean_y**2 + c1) * (variances + c2))))


def _window_sums(values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
    """Add up each window of 8x8 pixels."""
    rows, columns = (size // _STEP for size in values.shape)
    whole = values[: rows * _STEP, : columns * _STEP]
    # Sums over four columns first, which lie side by side in memory.
    across = whole.reshape(-1, columns, _STEP).sum(axis=2)
    blocks = across.reshape(rows, _STEP, columns).sum(axis=1, dtype=np.float64)
    pairs = blocks[:-1] + blocks[1:]
    return np.asarray(pairs[:, :-1] + pairs[:, 1:])
