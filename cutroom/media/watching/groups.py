"""The compressed stream as groups of pictures: what is known without decoding more than keys."""

import os
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import IntEnum
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, Self

import av.error
import numpy as np
import numpy.typing as npt

from cutroom.media.opening import open_media
from cutroom.media.watching.looks import Look, look_at
from cutroom.records.media import Media
from cutroom.records.span import Span

_SLICE_TYPES_DOUBLED = 5
"""H.264 slice types 5 to 9 say the same as 0 to 4, for all slices of a picture."""
_NAL_SLICE, _NAL_IDR = 1, 5
_AVCC = 1
"""First byte of an H.264 stream's header when its units carry their length (ISO 14496-15)."""
LONGEST_LEAN = 200
"""Frames of a group up to which they are: what is predicted without them drifts, and after 250 the
next keyframe looked like a cut."""
KEY_THREADS = min(4, os.cpu_count() or 1)
"""Keyframes decoded side by side; more would starve other jobs on the machine."""
SEEK_SLACK = 0.001
"""Seconds: the time of a keyframe may be rounded to a millisecond."""
SEEK_LEAD = 1.0
"""Seconds sought ahead: an index by decoding time stamps lags behind the time of display."""


Skip = Literal["DEFAULT", "NONREF", "BIDIR", "NONKEY"]
"""What a decoder leaves out: nothing, what nothing is predicted from, what is predicted from both
sides, all but keyframes."""
FORWARD_SHARE = 0.2
"""Of a group's frames that are predicted forward at least, for the others to be left out."""


class Kind(IntEnum):
    """How a frame was predicted, which says what its size means."""

    KEY = 0
    INTRA = 1
    """Coded on its own though no decoder may start there: x264 marks a cut so, near a keyframe."""
    FORWARD = 2
    MIDDLE = 3
    """Predicted from both sides, and predicted from."""
    LEAF = 4
    """Nothing is predicted from it: it can be skipped."""
    UNKNOWN = 5


@dataclass(slots=True)
class Group:
    """A group of pictures: a keyframe and the frames up to the next one."""

    position: int
    """Decoding time stamp of its keyframe, in ticks: where a seek finds it."""
    look: Look | None = None
    """Of its keyframe; None when that could not be decoded."""
    times: list[float] = field(default_factory=list)
    """When each frame is shown, in seconds of the source, in decoding order."""
    sizes: list[int] = field(default_factory=list)
    """Bytes of each frame."""
    kinds: list[Kind] = field(default_factory=list)

    @property
    def start(self) -> float:
        """When its keyframe is shown."""
        return self.times[0]

    @property
    def skip(self) -> Skip:
        """What may be left out where only the course of events matters.

        A forward frame may be predicted from one left out in between; the decoder then takes the
        one before that, and small pictures hardly show it.
        """
        if len(self.kinds) > LONGEST_LEAN:
            return "NONREF"
        forward = sum(kind is Kind.FORWARD for kind in self.kinds)
        return "BIDIR" if forward >= FORWARD_SHARE * len(self.kinds) else "NONREF"

    def in_order(
        self,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return times, sizes and kinds as they are shown."""
        order = np.argsort(self.times, kind="stable")
        columns = np.array(self.times), np.array(self.sizes, float), np.array(self.kinds)
        return columns[0][order], columns[1][order], columns[2][order]


@dataclass(frozen=True, slots=True)
class Strip:
    """Decoded frames in the order they are shown."""

    times: npt.NDArray[np.float64]
    """Seconds of the source, shape (frames,), ascending."""
    looks: Look
    """Shape (frames, 864)."""

    @classmethod
    def of(cls, seen: dict[float, Look]) -> "Strip":
        """Put frames in order."""
        times = sorted(seen)
        looks = [seen[time] for time in times]
        return cls(np.array(times), np.array(looks, dtype=np.float32).reshape(len(times), -1))


def read_groups(path: Path, media: Media, span: Span) -> list[Group]:
    """Read the packets from the keyframe before a span to the keyframe after it.

    Only keyframes are decoded. Where a keyframe is broken its look is None.
    """
    groups: list[Group] = []
    with Reader(path, media, skip="NONKEY") as reader:
        reader.seek_before(span.start)
        for packet in reader.packets():
            time = reader.time(packet)
            if packet.is_keyframe and time >= span.start - SEEK_SLACK:
                groups.append(Group(position=packet.pts if packet.dts is None else packet.dts))
            if not groups:
                continue
            groups[-1].times.append(time)
            groups[-1].sizes.append(packet.size)
            groups[-1].kinds.append(reader.kind(packet))
            if packet.is_keyframe:
                reader.feed(packet)
                if time > span.end:
                    break
        keys = reader.finish()
    for group in groups:
        group.look = keys.get(group.start)
    return groups


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

    def packets_of(self, group: Group) -> Iterator[Any]:
        """Yield the packets of one group."""
        self._seek(group.position)
        has_begun = False
        for packet in self.packets():
            if packet.is_keyframe:
                if has_begun:
                    return
                has_begun = abs(self.time(packet) - group.start) < SEEK_SLACK
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
        return _kind(memoryview(packet), self._length_size) if self._length_size else Kind.UNKNOWN

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


def _kind(data: memoryview, length_size: int) -> Kind:
    """Read the header of the first slice in an H.264 packet (ITU-T H.264, 7.3.3)."""
    position = 0
    while position + length_size + 8 <= len(data):
        length = int.from_bytes(data[position : position + length_size], "big")
        position += length_size
        header = data[position]
        if header & 31 in (_NAL_SLICE, _NAL_IDR):
            bits = int.from_bytes(data[position + 1 : position + 8], "big")
            _, left = _exp_golomb(bits, 56)
            slice_type, _ = _exp_golomb(bits, left)
            return _named(slice_type % _SLICE_TYPES_DOUBLED, is_reference=bool(header & 0x60))
        position += length
    return Kind.UNKNOWN


def _named(slice_type: int, *, is_reference: bool) -> Kind:
    if not is_reference:
        return Kind.LEAF
    return {0: Kind.FORWARD, 1: Kind.MIDDLE, 2: Kind.INTRA}.get(slice_type, Kind.UNKNOWN)


def _exp_golomb(bits: int, left: int) -> tuple[int, int]:
    """Return the next unsigned number and how many bits remain."""
    zeros = left - (bits & ((1 << left) - 1)).bit_length()
    left -= 2 * zeros + 1
    if left < 0:
        return 0, 0
    return ((bits >> left) & ((1 << (zeros + 1)) - 1)) - 1, left
