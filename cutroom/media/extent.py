"""How long a video lasts and where its keyframes are: by its index, else by its packets.

What a header claims is only ever compared with that; it never drives a loop.
"""

import contextlib
import math
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import av.error

from cutroom.records.errors import MediaTruncated

MOSTLY = 0.9
"""At least this share of what index or header promise must be there, else it is truncated."""
NOTED = 1.0
"""Seconds by which a file may be shorter than its header claims before that is worth a note."""
ALL_KEYFRAMES = 0.5
"""From this share of keyframes on, one walk over the packets beats a seek to each of them."""
VFR_SPREAD = 0.15
"""Frame intervals that differ by more than this share of their median make a variable rate;
rounding in millisecond time bases (Matroska, FLV) stays below it up to 120 frames a second."""
WALKED = ("matroska", "flv", "asf", "avi")
"""Containers whose header claims a length that the end of the file does not confirm."""
_PAST_THE_END = 10
"""Seconds sought past the last frame of the index, to land on its group of pictures."""


@dataclass(frozen=True, slots=True)
class Extent:
    """Where a video begins and ends, and what leads into it. Times are in seconds."""

    start: float
    """Of the container, on its own clock; everything else counts from here."""
    duration: float
    keyframes: tuple[float, ...]
    """Display times, ascending; empty where the index has none."""
    frames: int | None
    """How many the index lists; None where it does not list all."""
    is_vfr: bool
    is_seekable: bool
    """Whether an index leads to every keyframe."""
    damage: tuple[str, ...]
    """What is wrong though most is there, in words."""


def measure_extent(container: Any, stream: Any, size_bytes: int) -> Extent:
    """Measure a container that was just opened; it is read from anew afterwards.

    Args:
        container: PyAV's.
        stream: Its picture.
        size_bytes: Of the file.

    Raises:
        MediaTruncated: The file ends well before its index or its header says.
    """
    demuxer = container.format.name.partition(",")[0]
    start = float(container.start_time or 0) / 1e6
    if demuxer == "matroska":
        _read_cues(container)
    index = _Index.read(stream, size_bytes)
    damage = index.damage
    is_indexed = bool(index.key_ticks) and demuxer in ("mov", "matroska")
    keyframes = _keyframe_times(container, stream, index, start)
    if index.is_complete:
        duration = _indexed_end(container, stream, index, start)
    elif demuxer in WALKED:
        tail = _Tail.read(container, stream, index)
        duration = tail.end - start
        claimed = _claimed(container, stream, start)
        # Some Matroska writers count from zero, some from the first frame; the smaller is meant.
        damage += _compare(duration, claimed - start if claimed > start > 0 else claimed)
        is_indexed &= not tail.has_more_keyframes
    else:
        duration = _claimed(container, stream, start)
    return Extent(
        start=start,
        duration=max(0.0, duration),
        keyframes=keyframes,
        frames=len(index.ticks) if index.is_complete else None,
        is_vfr=_is_vfr(stream, index),
        is_seekable=is_indexed,
        damage=damage,
    )


@dataclass(frozen=True, slots=True)
class _Index:
    """The container's own list of frames, in decoding order."""

    ticks: tuple[int, ...]
    """Decoding time stamps, in the stream's time base."""
    key_ticks: tuple[int, ...]
    missing: int
    """Frames that lie past the end of the file."""

    @classmethod
    def read(cls, stream: Any, size_bytes: int) -> "_Index":
        """Read the index; Matroska's lists keyframes only, a transport stream has none."""
        entries = list(stream.index_entries)
        missing = sum(1 for entry in entries if entry.pos + entry.size > size_bytes)
        if entries and missing > (1 - MOSTLY) * len(entries):
            readable = 1 - missing / len(entries)
            raise _truncated(f"only {readable:.0%} of its frames are there")
        ticks = tuple(entry.timestamp for entry in entries)
        key_ticks = tuple(entry.timestamp for entry in entries if entry.is_keyframe)
        return cls(ticks, key_ticks, missing)

    @property
    def is_complete(self) -> bool:
        """Whether it lists every frame, not only keyframes."""
        return len(self.ticks) > len(self.key_ticks)

    @property
    def damage(self) -> tuple[str, ...]:
        """What is wrong, in words."""
        if not self.missing:
            return ()
        return (f"the last {self.missing} frames are missing",)


def _truncated(how: str) -> MediaTruncated:
    return MediaTruncated(
        f"The file ends early: {how}.",
        "The download or copy stopped half-way; fetch the file again.",
    )


def _read_cues(container: Any) -> None:
    """Make Matroska load its index, which it puts off until the first seek."""
    with contextlib.suppress(av.error.FFmpegError):
        container.seek(container.start_time or 0)


def _keyframe_times(container: Any, stream: Any, index: _Index, start: float) -> tuple[float, ...]:
    """Return the display times of the keyframes.

    The index of an MP4 has decoding times, which B-frames set apart from display times, so each
    keyframe's packet is asked for. (Letting the demuxer discard the others is no way out: its
    table of display offsets then falls out of step.)
    """
    if not index.key_ticks:
        return ()
    time_base = float(stream.time_base)
    if container.format.name.startswith("matroska"):
        return _ascending(tick * time_base - start for tick in index.key_ticks)
    if len(index.key_ticks) > ALL_KEYFRAMES * len(index.ticks):
        packets = (packet for packet in container.demux(stream) if packet.is_keyframe)
    else:
        # A seek lands on the last keyframe displayed by then, so ask for just before the next.
        until = [
            *(tick - 1 for tick in index.key_ticks[1:]),
            index.ticks[-1] + round(_PAST_THE_END / time_base),
        ]
        packets = (_packet_at(container, stream, tick) for tick in until)
    times = (packet.pts for packet in packets if packet is not None and packet.pts is not None)
    return _ascending(pts * time_base - start for pts in times)


def _packet_at(container: Any, stream: Any, tick: int) -> Any:
    """Return the first packet after a seek; None where the file ends before it."""
    try:
        container.seek(tick, stream=stream)
        return next(iter(container.demux(stream)), None)
    except av.error.FFmpegError:
        return None


def _ascending(times: Any) -> tuple[float, ...]:
    return tuple(sorted({round(max(0.0, time), 6) for time in times}))


def _indexed_end(container: Any, stream: Any, index: _Index, start: float) -> float:
    """Return when picture and sound end, by an index of all frames."""
    picture_end = _picture_end(container, stream, index, start)
    sound_end = max((_end(track, start) for track in container.streams.audio), default=0.0)
    # Sound may outlast the picture, but only so far before one of the two is a lie.
    return max(picture_end, min(sound_end, 2 * picture_end + 60))


def _picture_end(container: Any, stream: Any, index: _Index, start: float) -> float:
    """Return when the last frame that is there leaves the screen.

    The index has decoding times alone; display times of the last group of pictures come from its
    packets.
    """
    present = index.ticks[: len(index.ticks) - index.missing]
    step = _median_step(present)
    last = present[-1]
    with contextlib.suppress(av.error.FFmpegError):  # what can be read counts
        container.seek(last + round(_PAST_THE_END / stream.time_base), stream=stream)
        for packet in container.demux(stream):
            if packet.pts is not None and packet.size:
                last = max(last, packet.pts)
                step = packet.duration or step if packet.pts == last else step
    return float((last + step) * stream.time_base) - start


def _median_step(ticks: tuple[int, ...]) -> int:
    steps = sorted(after - before for before, after in pairwise(ticks) if after > before)
    return steps[len(steps) // 2] if steps else 0


@dataclass(slots=True)
class _Tail:
    """What lies behind the last keyframe that an index knows, all of it where there is none."""

    end: float
    """When the last picture or sound ends, in seconds of the container's clock."""
    has_more_keyframes: bool
    """Whether the index left some out."""

    @classmethod
    def read(cls, container: Any, stream: Any, index: _Index) -> "_Tail":
        """Walk the packets to the end of the file."""
        last = max(index.key_ticks, default=None)
        tail = cls(0.0, has_more_keyframes=False)
        with contextlib.suppress(av.error.FFmpegError):  # what can be read counts
            container.seek(last or 0, stream=stream if last is not None else None)
            for packet in container.demux():
                if packet.pts is None or not packet.size:
                    continue
                end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
                tail.end = max(tail.end, end)
                if packet.stream is stream and packet.is_keyframe:
                    tail.has_more_keyframes |= last is None or packet.pts > last
        return tail


def _claimed(container: Any, stream: Any, start: float) -> float:
    """Return how long the headers say that picture or sound last, in seconds."""
    ends = [_end(track, start) for track in (stream, *container.streams.audio)]
    ends.append((container.duration or 0) / 1e6)
    if container.format.name == "avi" and stream.average_rate:
        ends.append(float(stream.frames / stream.average_rate))
    return max((end for end in ends if math.isfinite(end)), default=0.0)


def _compare(duration: float, claimed: float) -> tuple[str, ...]:
    """Return a note where a file is shorter than its headers claim."""
    if duration < MOSTLY * claimed:
        raise _truncated(f"it holds {duration:.1f} s of the {claimed:.1f} s it claims")
    missing = claimed - duration
    return (f"the last {missing:.1f} s are missing",) if missing > NOTED else ()


def _end(stream: Any, start: float) -> float:
    """Return when a stream claims to end, in our seconds; 0 when it claims nothing."""
    if not stream.duration or not stream.time_base:
        return 0.0
    return (
        float((stream.start_time or 0) * stream.time_base + stream.duration * stream.time_base)
        - start
    )


def _is_vfr(stream: Any, index: _Index) -> bool:
    """Tell a variable frame rate from the index; without one, from the two rates claimed."""
    steps = sorted(
        after - before for before, after in pairwise(index.ticks[:5000]) if after > before
    )
    if index.is_complete and len(steps) > 2:  # noqa: PLR2004  two intervals can always differ
        median = steps[len(steps) // 2]
        odd = sum(1 for step in steps if abs(step - median) > VFR_SPREAD * median)
        return odd > 0.005 * len(steps)
    average, base = stream.average_rate, stream.guessed_rate
    return bool(average and base and abs(float(average) - float(base)) > 0.02 * float(base))
