"""Decode the frames at a few times, upright and small, and as little else as can be."""

import bisect
import itertools
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Self, TypeVar

import av.error
import numpy as np
import numpy.typing as npt
from av.video.reformatter import VideoReformatter

from cutroom.media.opening import open_media
from cutroom.records.media import Media

MOST_THREADS = 4
"""Groups of pictures decoded side by side; more would starve other jobs on the machine."""
_SLACK = 1e-3
"""Seconds by which times may differ and still mean one frame: containers round to that."""

Picture = npt.NDArray[np.uint8]
T = TypeVar("T")


def look_at_frames(
    path: Path,
    media: Media,
    times: list[float],
    size: tuple[int, int],
    look: Callable[[float, Picture], T],
) -> list[T]:
    """Decode the frames at some times, several groups of pictures side by side.

    Only what leads to a wanted frame is decoded, and in H.264 only what other frames are
    predicted from: the frame that is looked at is the first such at or after its time, the last
    one where there is none. What cannot be decoded is passed over.

    Args:
        path: The file that `media` describes.
        media: Its probe.
        times: When, in order, in seconds of the source; keyframes' own times cost least.
        size: Width and height that the pictures are fitted into; they are never enlarged.
        look: Given the time at which a frame is shown and the frame as people see it, RGB of
            shape (height, width, 3). Called from several threads.

    Returns:
        What `look` returned, in order of time; a frame nearest to several times counts once.
    """
    groups = _by_group(media, times)
    todo = iter(groups)

    def work() -> list[tuple[float, T]]:
        seen = []
        with _Decoder(path, media, size) as decoder:
            for key, wanted in todo:
                seen += [(time, look(time, picture)) for time, picture in decoder.at(key, wanted)]
        return seen

    threads = min(MOST_THREADS, os.cpu_count() or 1, max(1, len(groups)))
    with ThreadPoolExecutor(threads) as pool:
        parts = [pool.submit(work) for _ in range(threads)]
        looks = {time: seen for part in parts for time, seen in part.result()}
    return [looks[time] for time in sorted(looks)]


def _by_group(media: Media, times: list[float]) -> list[tuple[float | None, list[float]]]:
    """Group times by the keyframe from which they are decoded; None stands for the beginning."""
    if not media.is_seekable or not media.keyframes:
        return [(None, times)] if times else []

    def keyframe(time: float) -> float:
        place = bisect.bisect_right(media.keyframes, time + _SLACK) - 1
        return media.keyframes[max(0, place)]

    return [(key, list(group)) for key, group in itertools.groupby(times, keyframe)]


class _Decoder:
    """One thread's way into the file."""

    def __init__(self, path: Path, media: Media, size: tuple[int, int]) -> None:
        self._opening = open_media(path)
        self._media = media
        full = media.video.display_size
        scale = min(1.0, *(room / side for room, side in zip(size, full, strict=True)))
        width, height = (max(1, round(side * scale)) for side in full)
        self._size = (height, width) if media.video.rotation % 180 else (width, height)
        self._scaler = VideoReformatter()

    def __enter__(self) -> Self:
        self._container = self._opening.__enter__()
        self._stream: Any = self._container.streams[self._media.video.index]
        self._context: Any = self._stream.codec_context
        self._context.thread_type = "NONE"
        if self._context.name == "h264":
            # Pictures are looked at small: blocks hide nothing in them, and a frame from which
            # others are predicted is always near.
            self._context.options = {**self._context.options, "skip_loop_filter": "all"}
            self._context.skip_frame = "NONREF"
        return self

    def __exit__(self, *failure: object) -> None:
        self._opening.__exit__(None, None, None)

    def at(self, key: float | None, wanted: list[float]) -> Iterator[tuple[float, Picture]]:
        """Yield the frames for times of one group, upright and small, and their own times."""
        if key is not None:
            seconds = key + self._media.start
            self._container.seek(round(seconds / self._stream.time_base), stream=self._stream)
            self._context.flush_buffers()
        waiting = iter(wanted)
        time = next(waiting, None)
        last = None
        for frame in self._frames(key, wanted[-1]):
            shown = float(frame.pts * self._stream.time_base) - self._media.start
            if time is None:
                return
            if key is not None and shown < key - _SLACK:
                continue  # a frame before the keyframe that leans on the group before
            last = (shown, frame)
            if shown >= time - _SLACK:
                yield max(0.0, shown), self._upright(frame)
                time, last = next((later for later in waiting if later > shown), None), None
        if last is not None and time is not None:
            yield max(0.0, last[0]), self._upright(last[1])

    def _frames(self, key: float | None, until: float) -> Iterator[Any]:
        """Decode frames up to a time, and give out at once what the decoder holds back."""
        has_begun = key is None
        for packet in self._container.demux(self._stream):
            # A seek may lead to a keyframe before the wanted one.
            has_begun |= packet.is_keyframe and self._seconds(packet.pts) >= (key or 0.0) - _SLACK
            if has_begun and packet.size:
                yield from self._decode(packet)
            if has_begun and self._is_enough(packet, key, until):
                break
        yield from self._decode(None)
        self._context.flush_buffers()

    def _decode(self, packet: Any) -> list[Any]:
        try:
            return [frame for frame in self._context.decode(packet) if frame.pts is not None]
        except av.error.FFmpegError:
            return []

    def _is_enough(self, packet: Any, key: float | None, until: float) -> bool:
        """Say whether no later packet holds a frame up to a time."""
        if packet.is_keyframe and key is not None and until <= key + _SLACK:
            return True
        decoded = packet.pts if packet.dts is None else packet.dts
        return decoded is not None and self._seconds(decoded) > until

    def _seconds(self, ticks: int | None) -> float:
        return float((ticks or 0) * self._stream.time_base) - self._media.start

    def _upright(self, frame: Any) -> Picture:
        width, height = self._size
        small = self._scaler.reformat(frame, width, height, "rgb24", interpolation="AREA")
        picture = small.to_ndarray()
        if self._media.video.is_mirrored:
            picture = picture[::-1]
        turned = np.rot90(picture, self._media.video.rotation // 90)
        return np.ascontiguousarray(turned, dtype=np.uint8)
