"""The compressed frames around a cut: their times and keyframes, read without decoding.

What a clip must hold is decided here, from time stamps alone, before anything is copied or encoded;
the finished clip is then held against the same list.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutroom.media.opening import open_media
from cutroom.records.errors import MediaCorrupt
from cutroom.records.media import Media
from cutroom.records.span import Span

EDGE_TOLERANCE = 0.001
"""Seconds: findings are passed on in milliseconds, so an edge may miss its frame by one."""
SEEK_MARGIN = 1.0
"""Seconds read before a cut: in Matroska the sound of a keyframe may lie before its picture."""
INTERLEAVING = 10.0
"""Seconds past the cut after which no stream that is still silent is waited for."""


@dataclass(frozen=True, slots=True)
class Packets:
    """The packets of picture and sound around a span, in decode order.

    All times are seconds of the source, as in `cutroom.records.media`.
    """

    pts: npt.NDArray[np.int64]
    """Display time of each picture packet, in ticks, shape (packets,)."""
    is_key: npt.NDArray[np.bool_]
    is_shown: npt.NDArray[np.bool_]
    """False where the container's edit list hides the frame."""
    ends: npt.NDArray[np.int64]
    """Where the display of each frame ends by its own duration, in ticks."""
    time_base: Fraction
    origin: float
    """Seconds on the container's clock at which our time zero lies."""
    reached_end: bool
    """Whether the last packet read is the last one of the picture."""
    sound: npt.NDArray[np.float64]
    """Start and end of each sound packet, shape (packets, 2); empty without sound."""

    def time(self, ticks: int) -> float:
        """Return a tick count as seconds of the source."""
        return float(ticks * self.time_base) - self.origin

    def ticks(self, time: float) -> int:
        """Return the tick nearest to a time in seconds of the source."""
        return round((time + self.origin) / float(self.time_base))


@dataclass(frozen=True, slots=True)
class Frames:
    """The frames that a clip must hold."""

    pts: npt.NDArray[np.int64]
    """In display order, in ticks of the source, at least one."""
    zero: int
    """Tick that becomes the clip's time zero: the first frame's, but for frames shown for long."""
    stop: int
    """Tick at which the clip ends."""
    is_last: bool
    """Whether the last one is the last of the video."""


def read_packets(
    source: Path,
    media: Media,
    span: Span,
    *,
    sound_track: int | None = None,
    to_keyframe: bool = False,
) -> Packets:
    """Read the time stamps of all packets that may matter for a span.

    Args:
        source: The file that `media` describes.
        media: Its probe.
        span: The stretch asked for.
        sound_track: Stream index of the sound to read along; None for none.
        to_keyframe: Read on until a keyframe at or after the span's end was seen.

    Raises:
        MediaCorrupt: There is no picture packet with a time stamp.
    """
    with open_media(source) as container:
        video = container.streams[media.video.index]
        streams = [video] + ([] if sound_track is None else [container.streams[sound_track]])
        rows: list[_Row] = []
        sounds: list[Span] = []
        finish = _Finish(span, media, has_sound=sound_track is not None, to_keyframe=to_keyframe)
        reached_end = True
        for packet in packets_from(container, streams, media, span.start):
            if packet.stream.index != video.index:
                sounds += _sound_span(packet, media.start)
            else:
                rows.append(_row(packet, media))
            if finish.is_passed_by(packet):
                reached_end = False
                break
        time_base = media.video.time_base
    if not any(row.is_shown for row in rows):
        raise MediaCorrupt(
            f"No frame of {source.name} around {span.start:.2f} s has a time stamp.",
            "The file is damaged there; fetch or export it again.",
        )
    return Packets(
        pts=np.array([row.pts for row in rows], dtype=np.int64),
        is_key=np.array([row.is_key for row in rows], dtype=np.bool_),
        is_shown=np.array([row.is_shown for row in rows], dtype=np.bool_),
        ends=np.array([row.pts + row.duration for row in rows], dtype=np.int64),
        time_base=time_base,
        origin=media.start,
        reached_end=reached_end,
        sound=np.array([(one.start, one.end) for one in sounds]).reshape(-1, 2),
    )


def packets_from(container: Any, streams: list[Any], media: Media, start: float) -> Iterator[Any]:
    """Yield packets that carry a time stamp, from a keyframe safely before `start` seconds on."""
    video = streams[0]
    if starts_cleanly_anywhere(media) and start > SEEK_MARGIN:
        target = Fraction(start - SEEK_MARGIN + media.start)
        container.seek(int(target / video.time_base), stream=video)
    for packet in container.demux(streams):
        if packet.pts is not None and packet.size:
            yield packet


def starts_cleanly_anywhere(media: Media) -> bool:
    """Say whether decoding may begin at any keyframe rather than only at the file's start.

    Streams in 4:4:4 by old x264 decode right only when the decoder has read the encoder's version,
    which stands in the first packet alone; after a seek they come out green, without an error.
    """
    is_old_444 = media.video.codec == "h264" and "444" in media.video.pixel_format
    return media.is_seekable and not is_old_444


def choose_frames(packets: Packets, span: Span, media: Media) -> Frames:
    """Choose the frames of a span: none lost, none doubled.

    The first is the one nearest to the span's start: at or after it, or less than half an average
    frame before. The last is the last before the span's end, or of a video that ends there.
    Where a frame is shown for longer than an average one, as in screen recordings, the one on
    screen at the start comes first, and start and end of the clip are those of the span.
    """
    usual = 1 / float(media.video.frame_rate or 25)
    shown = np.unique(packets.pts[packets.is_shown])
    times = np.asarray(shown * float(packets.time_base) - packets.origin, dtype=np.float64)
    first = _first_of(times, span.start, usual)
    stop = int(np.searchsorted(times, span.end - EDGE_TOLERANCE))
    is_whole = span.end >= media.duration - EDGE_TOLERANCE and times[-1] < span.end + usual
    if packets.reached_end and is_whole:
        stop = len(shown)
    stop = max(stop, first + 1)
    is_last = stop == len(shown) and packets.reached_end
    last_end = int(packets.ends[packets.pts == shown[-1]].max())
    zero, end = int(shown[first]), last_end if stop == len(shown) else int(shown[stop])
    if abs(times[first] - span.start) > usual:
        zero = packets.ticks(span.start)
    if not is_last and packets.time(end) - span.end > usual:
        end = max(packets.ticks(span.end), int(shown[stop - 1]) + 1)
    return Frames(shown[first:stop], zero, end, is_last=is_last)


def _first_of(times: npt.NDArray[np.float64], start: float, usual: float) -> int:
    """Return the number of the frame to begin with."""
    after = int(np.searchsorted(times, start - EDGE_TOLERANCE))
    if after == 0:
        return 0
    if after == len(times):
        return after - 1
    early, late = start - times[after - 1], times[after] - start
    is_nearest = early <= usual / 2 and early < late
    return after - 1 if is_nearest or late > usual else after


@dataclass(frozen=True, slots=True)
class _Row:
    """One picture packet."""

    pts: int
    duration: int
    is_key: bool
    is_shown: bool


def _row(packet: Any, media: Media) -> _Row:
    usual = round(1 / (media.video.frame_rate or 25) / packet.time_base)
    return _Row(
        packet.pts, packet.duration or max(1, usual), packet.is_keyframe, not packet.is_discard
    )


def _sound_span(packet: Any, origin: float) -> list[Span]:
    """Return where a sound packet plays; nothing for one before time zero."""
    start = float(packet.pts * packet.time_base) - origin
    end = start + float((packet.duration or 0) * packet.time_base)
    return [Span(start=max(0.0, start), end=end)] if end > max(0.0, start) else []


class _Finish:
    """Watches packets go by and says when no later one can belong to the span."""

    def __init__(self, span: Span, media: Media, *, has_sound: bool, to_keyframe: bool) -> None:
        self._span = span
        # A header may end a frame or two before the video does.
        is_whole = span.end >= media.duration - EDGE_TOLERANCE
        self._picture_end = span.end + (SEEK_MARGIN if is_whole else 0.0)
        self._media = media
        self._to_keyframe = to_keyframe
        self._keyframe: int | None = None
        self._end = math.inf if to_keyframe else span.end
        self._picture_is_over = False
        self._sound_is_over = not has_sound

    def is_passed_by(self, packet: Any) -> bool:
        """Take note of one more packet; in decode order, so a frame is never shown before."""
        ticks = packet.pts if packet.dts is None else packet.dts
        now = float(ticks * packet.time_base) - self._media.start
        if packet.stream.index == self._media.video.index:
            self._picture_is_over |= packet.dts is not None and self._is_over(packet, now)
        else:
            self._sound_is_over |= now > self._end
        if self._picture_is_over and self._sound_is_over:
            return True
        is_late = now > self._span.end + INTERLEAVING
        return is_late and (self._picture_is_over or not self._to_keyframe)

    def _is_over(self, packet: Any, now: float) -> bool:
        """Say whether every later frame is shown after the end, and after a keyframe if asked."""
        if not self._to_keyframe:
            return now > self._picture_end
        shown = float(packet.pts * packet.time_base) - self._media.start
        if self._keyframe is None:
            if packet.is_keyframe and shown >= self._span.end - EDGE_TOLERANCE:
                self._keyframe, self._end = packet.pts, shown
            return False
        return bool(packet.dts > self._keyframe)
