"""Make one sound, seekable MP4 or MKV of a source at its full quality."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import av.error
import ffmpeg

from cutroom.media.damage import HOPELESS, Damage, find_damage
from cutroom.media.ffmpeg import OnProgress, guarded_input, run
from cutroom.media.limits import OURS
from cutroom.media.opening import open_media
from cutroom.media.probe import probe
from cutroom.records.errors import (
    FfmpegFailed,
    FfmpegKilled,
    MediaCorrupt,
    MediaError,
    OutputUnsound,
)
from cutroom.records.media import Media

How = Literal["copied", "remuxed", "encoded"]

MP4_PICTURES = {"h264", "hevc", "av1", "vp9", "mpeg4"}
MP4_SOUNDS = {"aac", "mp3", "ac3", "eac3", "alac", "opus", "flac", "mp2"}
MKV_PICTURES = {
    *MP4_PICTURES,
    "vp8",
    "mpeg2video",
    "mpeg1video",
    "mjpeg",
    "prores",
    "ffv1",
    "theora",
}
"""Codecs that each container has a native mapping for; others would travel as a guess."""
PLAIN_H264 = {"yuv420p", "yuvj420p"}
NORMAL_QUALITY = {"preset": "veryfast", "crf": 16}
"""libx264 at crf 16 is visually lossless; speed matters more than size for a file we keep here."""
H264_PIXELS = {"yuv420p", "yuv422p", "yuv444p", "yuvj420p", "yuv420p10le", "yuv422p10le"}


@dataclass(frozen=True, slots=True)
class NormalFile:
    """What `make_normal` gives back."""

    path: Path
    """The source's own path when it was good as it is."""
    media: Media
    how: How
    reason: str


def make_normal(
    source: Path, media: Media, folder: Path, on_progress: OnProgress | None = None
) -> NormalFile:
    """Return a sound, seekable file: the source itself, else a remux, else an encode.

    Args:
        source: The original.
        media: Its probe.
        folder: Where a new file may be written.
        on_progress: Called with seconds done.

    Raises:
        FfmpegKilled: Someone killed ffmpeg; the same call may work in a minute.
        MediaError: Nothing sound could be made of it.
    """
    damage = find_damage(source, media)
    if damage and damage.share >= HOPELESS:
        raise MediaCorrupt(
            f"The file is damaged: {damage}.", "Fetch or export it again; too little is readable."
        )
    if damage:
        media = media.model_copy(update={"damage": (*media.damage, str(damage))})
    why_encode = _why_encode(source, media, damage)
    why_remux = _why_remux(media)
    if not why_encode and not why_remux:
        box = "MP4" if media.container == "mov" else "MKV"
        return NormalFile(source, media, "copied", f"already a sound, seekable {box}")
    if not why_encode:
        try:
            path = _remux(source, media, folder, on_progress)
            made = _checked(path, media).model_copy(update={"damage": media.damage})
            return NormalFile(path, made, "remuxed", why_remux)
        except FfmpegKilled:
            raise  # It says nothing about the streams: the same copy may work in a minute.
        except MediaError as error:
            why_encode = f"copying the streams failed: {type(error).__name__}"
    path = _encode(source, media, folder, on_progress)
    made = _checked(path, media).model_copy(update={"damage": media.damage})
    return NormalFile(path, made, "encoded", why_encode)


def join_streams(picture: Path, sound: Path, folder: Path) -> Path:
    """Put a picture and a sound that were fetched apart into one MKV, copying both."""
    path = folder / "joined.mkv"
    streams = guarded_input(picture)["v:0"], guarded_input(sound)["a:0"]
    run(ffmpeg.output(*streams, f"file:{path}", c="copy", f="matroska"))
    return path


def _why_encode(source: Path, media: Media, damage: Damage | None) -> str:
    """Return why the picture cannot be kept as it is, "" when it can."""
    if damage:
        return f"{damage}; the decoder conceals what it can"
    if media.video.codec not in MKV_PICTURES:
        return f"{media.video.codec} fits neither MP4 nor MKV"
    if not seeks_truly(source, media):
        return "after a seek its decoder shows other pictures than when played through"
    return ""


def _why_remux(media: Media) -> str:
    """Return why the container must change, "" when it need not."""
    if media.container not in ("mov", "matroska"):
        return f"{media.container} has no index that leads to every keyframe"
    if not media.is_seekable:
        return "its container has no index"
    return ""


def seeks_truly(path: Path, media: Media) -> bool:
    """Say whether a seek shows the same picture as playing through.

    Old x264 wrote 4:4:4 H.264 that decoders read rightly only after the note in its first frame.
    Only H.264 beyond 4:2:0 is suspected; the second keyframe, or the last, is looked at both ways.
    """
    if media.video.codec != "h264" or media.video.pixel_format in PLAIN_H264:
        return True
    if len(media.keyframes) < 2:  # noqa: PLR2004  nowhere to seek to
        return True
    target = media.keyframes[1]
    played, sought = _picture_at(path, media, target, 0.0), _picture_at(path, media, target, target)
    if played is None or sought is None:
        return played is sought
    return played == sought


def _picture_at(path: Path, media: Media, time: float, seek: float) -> bytes | None:
    """Return the first plane of the frame at or after a time, decoding from a seek point."""
    with open_media(path, media.container) as container:
        stream: Any = container.streams[media.video.index]
        if seek:
            container.seek(round((seek + media.start) / stream.time_base), stream=stream)
        try:
            frames: Iterable[Any] = container.decode(stream)
            for frame in frames:
                if frame.time is not None and frame.time - media.start >= time - 0.001:
                    return bytes(frame.planes[0])
        except av.error.FFmpegError:
            return None
    return None


def _remux(source: Path, media: Media, folder: Path, on_progress: OnProgress | None) -> Path:
    fits_mp4 = media.video.codec in MP4_PICTURES and all(
        track.codec in MP4_SOUNDS for track in media.audio
    )
    path = folder / ("normal.mp4" if fits_mp4 else "normal.mkv")
    options: dict[str, Any] = {"c": "copy", "f": "mp4" if fits_mp4 else "matroska"}
    if fits_mp4:
        options["movflags"] = "+faststart"
    source_file = guarded_input(source, media.container, fflags="+genpts")
    run(
        ffmpeg.output(*_streams(source_file, media), f"file:{path}", **options),
        on_progress=on_progress,
    )
    return path


def _encode(source: Path, media: Media, folder: Path, on_progress: OnProgress | None) -> Path:
    path = folder / "normal.mp4"
    pixels = media.video.pixel_format
    options: dict[str, Any] = {
        "c:v": "libx264",
        "c:a": "aac",
        "b:a": "192k",
        **NORMAL_QUALITY,
        "fps_mode": "vfr",
        "enc_time_base:v": "demux",  # one tick a frame would drop frames that come close together
        "movflags": "+faststart",
        "f": "mp4",
        "pix_fmt": pixels if pixels in H264_PIXELS else "yuv420p",
    }
    source_file = guarded_input(source, media.container)
    picture, *sounds = _streams(source_file, media)
    if media.video.width % 2 or media.video.height % 2:
        picture = picture.filter("pad", "ceil(iw/2)*2", "ceil(ih/2)*2")
    run(ffmpeg.output(picture, *sounds, f"file:{path}", **options), on_progress=on_progress)
    return path


def _streams(source_file: Any, media: Media) -> list[Any]:
    return [
        source_file[str(index)] for index in (media.video.index, *(t.index for t in media.audio))
    ]


def _checked(path: Path, source: Media) -> Media:
    """Return the probe of a new file, having made sure that it is whole and seekable."""
    made = probe(path, OURS)
    if not made.is_seekable:
        raise OutputUnsound("The new file has no index.", "Report this file: it should have one.")
    allowed = max(0.5, 0.02 * source.duration)
    if source.duration and source.duration - made.duration > allowed:
        raise OutputUnsound(
            f"The new file lasts {made.duration:.2f} s, the source {source.duration:.2f} s.",
            "The source is damaged on the way; fetch or export it again.",
        )
    if made.video.codec == source.video.codec and not seeks_truly(path, made):
        raise FfmpegFailed("The new file does not seek truly.", "Encode it instead.")
    return made
