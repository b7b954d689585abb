"""Learn what a file holds, from its headers and its index, without decoding."""

import struct
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import av.error

from cutroom.media.boxes import check_boxes
from cutroom.media.extent import Extent, measure_extent
from cutroom.media.limits import MAX_PIXELS, SOUND_DECODERS, VIDEO_DECODERS, Limits
from cutroom.media.opening import open_media
from cutroom.media.sniff import sniff
from cutroom.records.errors import (
    CodecUnsupported,
    LimitExceeded,
    MediaCorrupt,
    MediaEncrypted,
    SourceTooLarge,
    SourceTooLong,
    VideoMissing,
)
from cutroom.records.media import AudioStream, Media, VideoStream

FIRST_FRAME_WITHIN = 600
"""Packets after which a stream that gave no frame counts as undecodable."""
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
        extent = measure_extent(container, stream, size_bytes)
        audio = [_describe_sound(track) for track in container.streams.audio if _is_usable(track)]
        media = Media(
            container=demuxer,
            duration=extent.duration,
            size_bytes=size_bytes,
            start=extent.start,
            video=_describe_picture(stream, extent, first_frame),
            audio=tuple(audio),
            keyframes=extent.keyframes,
            is_seekable=extent.is_seekable,
            damage=extent.damage,
        )
    _check_limits(media, limits)
    return media


def _picture(container: Any) -> Any:
    """Return the stream to watch: the largest real picture, cover art left out."""
    videos = [stream for stream in container.streams.video if not _is_cover_art(stream)]
    tags = {_tag(stream) for stream in container.streams if stream.type in ("video", "audio")}
    if tags & _ENCRYPTED_TAGS:
        raise MediaEncrypted(ENCRYPTED, "Ask its owner for an open copy.")
    playable = [stream for stream in videos if _codec_name(stream) in VIDEO_DECODERS]
    sized = [s for s in playable if s.codec_context.width > 0 and _has_frames(s)]
    if sized:
        return max(sized, key=lambda s: (s.codec_context.width * s.codec_context.height, -s.index))
    if videos and not playable:
        names = ", ".join(sorted({_codec_name(stream) for stream in videos}))
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


def _codec_name(stream: Any) -> str:
    return "in an unknown codec" if stream.codec_context is None else str(stream.codec_context.name)


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


def _describe_picture(stream: Any, extent: Extent, first_frame: Any) -> VideoStream:
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
        is_vfr=extent.is_vfr,
        pixel_format=str(context.pix_fmt or "unknown"),
        hdr=_TRANSFERS.get(int(context.color_trc or 0)),
        is_interlaced=str(context.field_order) not in _PROGRESSIVE,
        frames=extent.frames or stream.frames or None,
    )


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
        profile=str(context.profile) if context.profile else None,
        kbps=round(context.bit_rate / 1000) or None if context.bit_rate else None,
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
