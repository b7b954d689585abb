"""Read and decode one video stream, as little of it as is asked."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Self

import av.error

from cutroom.media.opening import open_media
from cutroom.media.shots.kinds import Kind, kind_of
from cutroom.media.shots.looks import Look, look_at
from cutroom.records.media import Media

_AVCC = 1
"""First byte of an H.264 stream's header when its units carry their length (ISO 14496-15)."""
KEY_THREADS = min(4, os.cpu_count() or 1)
"""Keyframes decoded side by side; more would starve other jobs on the machine."""
SEEK_SLACK = 0.001
"""Seconds: the time of a keyframe may be rounded to a millisecond."""
SEEK_LEAD = 1.0
"""Seconds sought ahead: an index by decoding time stamps lags behind the time of display."""
Skip = Literal["DEFAULT", "NONREF", "BIDIR", "NONKEY"]
"""What a decoder leaves out: nothing, what nothing is predicted from, what is predicted from both
sides, all but keyframes."""


class Reader:
    """Reads and decodes one video stream, as little of it as asked."""

    def __init__(self, path: Path, media: Media, *, skip: Skip = "DEFAULT") -> None:
        self._media = media
        self._opening = open_media(path)
        self._skip = skip
        self.seen: dict[float, Look] = {}
        """Looks of the frames decoded so far, by their time."""

    def __enter__(self) -> Self:
        """Open the file."""
        self._container = self._opening.__enter__()
        self._stream: Any = self._container.streams[self._media.video.index]
        # Fractions are slow, and this is asked for every packet.
        self._ticks = Fraction(self._stream.time_base or 1).as_integer_ratio()
        self._context: Any = self._stream.codec_context
        # Frames are only compared, small: the filter against block edges would change nothing.
        self._context.options = {**self._context.options, "skip_loop_filter": "all"}
        # Keyframes need no other frame; of the rest, whole groups are decoded side by side.
        self._context.thread_type = "FRAME" if self._skip == "NONKEY" else "NONE"
        self._context.thread_count = KEY_THREADS if self._skip == "NONKEY" else 1
        self._context.skip_frame = self._skip
        header = bytes(self._context.extradata or b"")
        is_avcc = self._context.name == "h264" and len(header) > 4 and header[0] == _AVCC  # noqa: PLR2004
        self._length_size = (header[4] & 3) + 1 if is_avcc else 0
        return self

    def __exit__(self, *failure: object) -> None:
        """Close the file."""
        self._opening.__exit__(None, None, None)

    def seek_before(self, start: float) -> None:
        """Go to a keyframe before a time in seconds of the source."""
        if start > SEEK_LEAD and self._media.is_seekable:
            seconds = Fraction(start - SEEK_LEAD + self._media.start)
            self._seek(int(seconds / self._stream.time_base))

    def packets(self) -> Iterator[Any]:
        """Yield the packets that carry a time stamp, from here on."""
        for packet in self._container.demux(self._stream):
            if packet.pts is not None and packet.size:
                yield packet

    def packets_from(self, position: int, start: float) -> Iterator[Any]:
        """Yield the packets from one keyframe up to the next.

        Args:
            position: Its decoding time stamp, in ticks.
            start: When it is shown, in seconds of the source.
        """
        self._seek(position)
        has_begun = False
        for packet in self.packets():
            if packet.is_keyframe:
                if has_begun:
                    return
                has_begun = abs(self.time(packet) - start) < SEEK_SLACK
            if has_begun:
                yield packet

    def _seek(self, ticks: int) -> None:
        try:
            self._container.seek(ticks, stream=self._stream, backward=True)
        except av.error.FFmpegError:
            self._container.seek(0)

    def time(self, packet: Any) -> float:
        """Return when a packet or frame is shown, in seconds of the source."""
        return int(packet.pts) * self._ticks[0] / self._ticks[1] - self._media.start

    def decoding_time(self, packet: Any) -> float:
        """Return a time before which no later packet is shown, in seconds of the source."""
        ticks = packet.pts if packet.dts is None else packet.dts
        return int(ticks) * self._ticks[0] / self._ticks[1] - self._media.start

    def kind(self, packet: Any) -> Kind:
        """Tell from its first bytes how a packet was predicted."""
        if packet.is_keyframe:
            return Kind.KEY
        return kind_of(memoryview(packet), self._length_size) if self._length_size else Kind.UNKNOWN

    def feed(self, packet: Any, skip: Skip | None = None) -> None:
        """Decode a packet; a broken one is passed over.

        Args:
            packet: The next one.
            skip: What to leave out from here on; as before when None.
        """
        if skip is not None and skip != self._skip:
            self._context.skip_frame = self._skip = skip
        try:
            frames = self._context.decode(packet)
        except av.error.FFmpegError:
            return
        self._look_at(frames)

    def finish(self) -> dict[float, Look]:
        """Return the look of every frame decoded since the last call, by its time."""
        with suppress(av.error.FFmpegError):
            self._look_at(self._context.decode(None))
        self._context.flush_buffers()
        return self.take()

    def take(self) -> dict[float, Look]:
        """Hand over the looks decoded so far."""
        seen, self.seen = self.seen, {}
        return seen

    def _look_at(self, frames: Sequence[Any]) -> None:
        for frame in frames:
            if frame.pts is not None:
                self.seen[self.time(frame)] = look_at(frame)
