"""Learn what a file holds, from its headers and its index, without decoding."""

import contextlib
import math
import struct
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import av
import av.error

from cutroom.media.boxes import check_boxes
from cutroom.media.limits import MAX_PIXELS, SOUND_DECODERS, VIDEO_DECODERS, Limits
from cutroom.media.opening import open_media
from cutroom.media.sniff import sniff
from cutroom.records.errors import (
    CodecUnsupported,
    LimitExceeded,
    MediaCorrupt,
    MediaEncrypted,
    MediaTruncated,
    SourceTooLarge,
    SourceTooLong,
    VideoMissing,
)
from cutroom.records.media import AudioStream, Media, VideoStream

MOSTLY = 0.9
"""At least this share of the indexed frames must lie inside the file, or it counts as truncated."""
INDEXED = ("mov", "matroska")
"""Containers whose index leads to every keyframe; others are searched by guessing."""
FIRST_FRAME_WITHIN = 600
"""Packets after which a stream that gave no frame counts as undecodable."""
ALL_KEYFRAMES = 0.5
"""From this share of keyframes on, one walk over the packets beats a seek to each of them."""
VFR_SPREAD = 0.15
"""Frame intervals that differ by more than this share of their median make a variable rate;
rounding in millisecond time bases (Matroska, FLV) stays below it up to 120 frames a second."""
_TRANSFERS: dict[int, Literal["pq", "hlg"]] = {16: "pq", 18: "hlg"}
"""ITU-T H.273 transfer characteristics: SMPTE ST 2084 and ARIB STD-B67."""
_ENCRYPTED_TAGS = {"encv", "enca", "drmi", "drms"}
ENCRYPTED = "The file is encrypted (DRM) and holds no key."
_PROGRESSIVE = {"progressive", "unknown", "0", "1", "None"}


def probe(path: Path, limits: Limits | None = None) -> Media:
    """Return what a file holds.

    Args:
        path: A local file.
        limits: How large it may be; the defaults when None.

    Raises:
        SourceEmpty, SourceNotVideo, NotMedia, FormatForbidden: It is no media file.
        VideoMissing: It holds sound alone, or nothing.
        MediaTruncated: It ends well before its index says.
        MediaCorrupt: Its headers cannot be read.
        MediaEncrypted, CodecUnsupported: We cannot or will not decode it.
        SourceTooLarge, SourceTooLong, LimitExceeded: It is over a limit.
    """
    limits = limits or Limits()
    size_bytes = path.stat().st_size
    demuxer = sniff(path)
    if size_bytes > limits.size_bytes:
        raise SourceTooLarge(
            f"The file has {size_bytes:,} bytes; the limit is {limits.size_bytes:,}.",
            "Raise CUTROOM_MAX_BYTES or send a smaller file.",
        )
    if demuxer == "mov":
        check_boxes(path)
    with open_media(path, demuxer) as container:
        picture = _picture(container)
        _check_size(picture.codec_context.width, picture.codec_context.height, limits)
        first_frame = _first_frame(container, picture)
    with open_media(path, demuxer) as container:
        stream = _picture(container)
        start = _clock_start(container)
        if demuxer == "matroska":
            _read_cues(container)
        index = _Index.read(stream, size_bytes)
        keyframes = _keyframe_times(container, stream, index, start)
        video = _describe_picture(stream, index, first_frame)
        audio = tuple(
            _describe_sound(track) for track in container.streams.audio if _is_usable(track)
        )
        duration = _duration(container, stream, index, start)
        media = Media(
            container=demuxer,
            duration=duration,
            size_bytes=size_bytes,
            start=start,
            video=video,
            audio=audio,
            keyframes=keyframes,
            is_seekable=bool(keyframes) and demuxer in INDEXED,
            damage=index.damage,
        )
    _check_limits(media, limits)
    return media


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
            raise MediaTruncated(
                f"The file ends early: only {readable:.0%} of its frames are there.",
                "The download or copy stopped half-way; fetch the file again.",
            )
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


def _picture(container: Any) -> Any:
    """Return the stream to watch: the largest real picture, cover art left out."""
    videos = [
        stream
        for stream in container.streams.video
        if not _is_cover_art(stream) and (stream.codec_context is not None)
    ]
    tags = {_tag(stream) for stream in container.streams if stream.type in ("video", "audio")}
    if tags & _ENCRYPTED_TAGS:
        raise MediaEncrypted(ENCRYPTED, "Ask its owner for an open copy.")
    playable = [stream for stream in videos if stream.codec_context.name in VIDEO_DECODERS]
    sized = [s for s in playable if s.codec_context.width > 0 and _has_frames(s)]
    if sized:
        return max(sized, key=lambda s: (s.codec_context.width * s.codec_context.height, -s.index))
    if videos and not playable:
        names = ", ".join(sorted({str(stream.codec_context.name) for stream in videos}))
        raise CodecUnsupported(
            f"The picture is {names}, which is not decoded here.",
            "Convert it to H.264, HEVC, VP9, AV1, MPEG-2/4, ProRes or FFV1.",
        )
    if playable:
        raise MediaCorrupt(
            "The file declares a picture but holds no frame of it.", "Export or fetch it again."
        )
    raise VideoMissing(
        "The file has no picture, only sound." if container.streams.audio else "The file is empty.",
        "Send a file with a video track.",
    )


def _has_frames(stream: Any) -> bool:
    """Say whether a track holds anything: a declared but empty MP4 track has no sample."""
    if stream.container.format.name.startswith("mov"):
        return bool(stream.frames) or len(stream.index_entries) > 0 or _is_fragmented(stream)
    return True


def _is_fragmented(stream: Any) -> bool:
    return all(len(other.index_entries) == 0 for other in stream.container.streams)


def _is_cover_art(stream: Any) -> bool:
    return bool(int(stream.disposition) & 0x0400)  # AV_DISPOSITION_ATTACHED_PIC


def _tag(stream: Any) -> str:
    context = stream.codec_context
    try:
        return str(context.codec_tag) if context is not None else ""
    except UnicodeDecodeError:
        return ""


def _is_usable(track: Any) -> bool:
    context = track.codec_context
    return context is not None and context.name in SOUND_DECODERS and context.sample_rate > 0


def _clock_start(container: Any) -> float:
    """Return the container's start on its own clock, in seconds."""
    return float(container.start_time or 0) / 1e6


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
            index.ticks[-1] + round(10 / time_base),
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


def _read_cues(container: Any) -> None:
    """Make Matroska load its index, which it puts off until the first seek."""
    with contextlib.suppress(av.error.FFmpegError):
        container.seek(container.start_time or 0)


def _duration(container: Any, stream: Any, index: _Index, start: float) -> float:
    """Return how long picture and sound last, believing the index before the header.

    A header may claim hours that are not there; it must never drive a loop.
    """
    sound_end = max((_end(track, start) for track in container.streams.audio), default=0.0)
    if index.is_complete:
        picture_end = _picture_end(container, stream, index, start)
        # Sound may outlast the picture, but only so far before one of the two is a lie.
        return max(picture_end, min(sound_end, 2 * picture_end + 60))
    claimed = (container.duration or 0) / 1e6
    ends = [_end(stream, start), sound_end, claimed]
    return max((end for end in ends if math.isfinite(end)), default=0.0)


def _picture_end(container: Any, stream: Any, index: _Index, start: float) -> float:
    """Return when the last frame that is there leaves the screen.

    The index has decoding times alone; display times of the last group of pictures come from its
    packets.
    """
    present = index.ticks[: len(index.ticks) - index.missing]
    step = _median_step(present)
    last = present[-1]
    try:
        container.seek(last + round(10 / stream.time_base), stream=stream)
        for packet in container.demux(stream):
            if packet.pts is not None and packet.size:
                last = max(last, packet.pts)
                step = packet.duration or step if packet.pts == last else step
    except av.error.FFmpegError:
        pass  # what could be read counts
    return float((last + step) * stream.time_base) - start


def _end(stream: Any, start: float) -> float:
    """Return when a stream claims to end, in our seconds; 0 when it claims nothing."""
    if not stream.duration or not stream.time_base:
        return 0.0
    return (
        float((stream.start_time or 0) * stream.time_base + stream.duration * stream.time_base)
        - start
    )


def _median_step(ticks: tuple[int, ...]) -> int:
    steps = sorted(after - before for before, after in pairwise(ticks) if after > before)
    return steps[len(steps) // 2] if steps else 0


def _describe_picture(stream: Any, index: _Index, first_frame: Any) -> VideoStream:
    context = stream.codec_context
    rotation, is_mirrored = _orientation(first_frame)
    rate = stream.average_rate or stream.guessed_rate or stream.base_rate or Fraction(0)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return VideoStream(
        index=stream.index,
        codec=str(context.codec.canonical_name),
        profile=str(context.profile) if context.profile else None,
        width=context.width,
        height=context.height,
        rotation=rotation,
        is_mirrored=is_mirrored,
        pixel_shape=aspect if aspect > 0 else Fraction(1),
        frame_rate=Fraction(rate),
        time_base=Fraction(stream.time_base),
        is_vfr=_is_vfr(stream, index),
        pixel_format=str(context.pix_fmt or "unknown"),
        hdr=_TRANSFERS.get(int(context.color_trc or 0)),
        is_interlaced=str(context.field_order) not in _PROGRESSIVE,
        frames=len(index.ticks) if index.is_complete else (stream.frames or None),
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


def _orientation(frame: Any) -> tuple[int, bool]:
    """Return degrees counter-clockwise and whether it is mirrored, from a frame's side data."""
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return 0, False
    a, b, _, c, d, *_ = struct.unpack("<9i", bytes(matrix)[:36])
    return round(frame.rotation / 90) * 90 % 360, a * d - b * c < 0


def _first_frame(container: Any, stream: Any) -> Any:
    """Decode the first frame, which also proves that the stream can be decoded at all."""
    for count, packet in enumerate(container.demux(stream)):
        if any(data.data_type == "encryption_info" for data in packet.iter_sidedata()):
            raise MediaEncrypted(ENCRYPTED, "Ask its owner for an open copy.")
        try:
            frames = stream.codec_context.decode(packet)
        except av.error.FFmpegError:
            frames = []
        if frames:
            return frames[0]
        if count > FIRST_FRAME_WITHIN:
            break
    raise MediaCorrupt(
        "No frame of the picture can be decoded.", "The file is damaged; export or fetch it again."
    )


def _describe_sound(track: Any) -> AudioStream:
    context = track.codec_context
    language = track.metadata.get("language")
    return AudioStream(
        index=track.index,
        codec=str(context.codec.canonical_name),
        channels=context.channels,
        sample_rate=context.sample_rate,
        language=None if language in (None, "und") else language,
        is_default=bool(int(track.disposition) & 1),
    )


def _check_limits(media: Media, limits: Limits) -> None:
    if media.duration > limits.duration:
        raise SourceTooLong(
            f"The video lasts {media.duration / 3600:.1f} h; the limit is "
            f"{limits.duration / 3600:.1f} h.",
            "Raise CUTROOM_MAX_DURATION or send a shorter video.",
        )
    video = media.video
    if video.frame_rate > limits.frame_rate and (video.frames or 0) > limits.frame_rate:
        raise LimitExceeded(
            f"The picture has {float(video.frame_rate):.0f} frames a second; the limit is "
            f"{limits.frame_rate:.0f}.",
            "Lower its frame rate first.",
        )


def _check_size(width: int, height: int, limits: Limits) -> None:
    """Refuse too many pixels by what the headers say, before a frame of them is decoded."""
    if max(width, height) > limits.longest_side or width * height > MAX_PIXELS:
        raise LimitExceeded(
            f"The picture is {width}x{height}; the limit is {limits.longest_side} pixels a side "
            f"and {MAX_PIXELS:,} in all.",
            "Scale it down first.",
        )
