"""Make the file that everything analyses, and the sound for everything that listens."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ffmpeg

from cutroom.media.ffmpeg import OnProgress, guarded_input, run
from cutroom.media.limits import OURS
from cutroom.media.making.chunks import Chunking
from cutroom.media.making.copies import SOUND_NAME, Copy, encode_copies, listened, targets_of
from cutroom.media.making.encoder_choice import IN_SOFTWARE, Chosen, Encoders
from cutroom.media.making.filters import SDR_TAGS
from cutroom.media.making.renditions import RenditionFile, copies_of, finish_rendition
from cutroom.media.making.video_encoder import PRESET, Target
from cutroom.media.probe import probe
from cutroom.records.errors import OutputUnsound
from cutroom.records.media import AudioStream, Media

SHORT_SIDE, LONG_SIDE = 1080, 1920
MAX_FRAME_RATE = 60
KEYFRAME_EVERY = 4.0
"""Seconds between keyframes at most: a seek then decodes at most a hundred frames or so."""
PROXY_QUALITY: dict[str, Any] = {"preset": PRESET, "crf": 21}
"""Clean enough for detectors and eyes; the clips are cut from the normal file, not from this."""
PROXY_SOUND_KBPS = 320
"""The source's AAC goes along up to there: this file is heard on the page, and never sent far."""
PROXY_NAME = "proxy.mp4"
PICTURE_OPTIONS: Mapping[str, Any] = {
    "fps_mode": "vfr",
    "enc_time_base:v": "demux",  # one tick a frame would drop frames that come close together
    **SDR_TAGS,
    "force_key_frames": f"expr:gte(t,n_forced*{KEYFRAME_EVERY:g})",
    "movflags": "+faststart",
    "f": "mp4",
    "map_metadata": -1,
    "map_chapters": -1,
}


@dataclass(frozen=True, slots=True)
class ProxyFile:
    """What `make_proxy` gives back."""

    path: Path
    """The normal file's own path when it was good as it is."""
    media: Media
    how: Literal["reused", "remuxed", "encoded"]
    reason: str
    sound: Path | None
    renditions: tuple[RenditionFile, ...] = ()
    """Those that came out of the same encode."""


def make_proxy(
    normal: Path,
    media: Media,
    folder: Path,
    *,
    language: str | None = None,
    on_progress: OnProgress | None = None,
    chunking: Chunking | None = None,
    encoders: Encoders = IN_SOFTWARE,
    also: tuple[str, ...] = (),
) -> ProxyFile:
    """Return H.264 and AAC at most 1080p, reusing the normal file where it already is that.

    Args:
        normal: The normal file.
        media: Its probe.
        folder: Where new files may be written.
        language: Which sound track to listen to, when there are several.
        on_progress: Called with seconds done.
        chunking: When a long video is encoded in chunks side by side; the machine decides if None.
        encoders: What encodes H.264 here.
        also: Names of profiles that are made on the way if the picture has to be encoded anyway:
            one process then decodes it once for everyone.
    """
    track = media.sound_track(language)
    why_encode = _why_encode(media)
    if why_encode:
        # A copy for people carries the default track, whatever track is listened to.
        also = also if track == media.sound_track() else ()
        copies = [_copy(media, track), *copies_of(also)]

        def work(chosen: Chosen) -> ProxyFile:
            encode_copies(
                *(normal, media, copies, folder),
                chosen=chosen,
                decoding=encoders.decoding(normal, media, chosen),
                track=track,
                listens=True,
                chunking=chunking,
                on_progress=on_progress,
            )
            path, sound = folder / PROXY_NAME, folder / SOUND_NAME if track is not None else None
            made = tuple(finish_rendition(normal, media, name, folder) for name in also)
            return ProxyFile(path, _checked(path, media), "encoded", why_encode, sound, made)

        return encoders.run(targets_of(copies), work)
    why_remux = _why_remux(media)
    path = _remux(normal, media, folder) if why_remux else normal
    sound = _extract_sound(normal, media, track, folder, on_progress)
    if why_remux:
        return ProxyFile(path, _checked(path, media), "remuxed", why_remux, sound)
    return ProxyFile(path, media, "reused", "already H.264 and AAC within 1080p", sound)


def _why_encode(media: Media) -> str:
    """Return why the picture must be encoded, "" when it need not."""
    video = media.video
    shorter, longer = sorted((video.width, video.height))
    reasons = (
        (video.codec != "h264", f"the picture is {video.codec}"),
        (video.pixel_format not in ("yuv420p", "yuvj420p"), f"its pixels are {video.pixel_format}"),
        (shorter > SHORT_SIDE or longer > LONG_SIDE, f"it is {video.width}x{video.height}"),
        (video.frame_rate > MAX_FRAME_RATE + 1, f"it has {float(video.frame_rate):.0f} frames/s"),
        (video.is_interlaced, "it is interlaced"),
        (bool(video.hdr), f"it is HDR ({video.hdr})"),
        (not media.is_seekable, "it cannot be seeked"),
    )
    return ", ".join(reason for holds, reason in reasons if holds)


def _why_remux(media: Media) -> str:
    foreign = sorted({track.codec for track in media.audio} - {"aac"})
    if foreign:
        return f"only the sound ({', '.join(foreign)}) had to become AAC"
    if media.container != "mov":
        return f"only the box was wrong ({media.container})"
    return ""


def _extract_sound(
    source: Path,
    media: Media,
    track: AudioStream | None,
    folder: Path,
    on_progress: OnProgress | None,
) -> Path | None:
    if track is None:
        return None
    path = folder / SOUND_NAME
    sound = guarded_input(source, media.container, vn=None)[str(track.index)]
    run(listened(sound, path), on_progress=on_progress)
    return path


def _remux(normal: Path, media: Media, folder: Path) -> Path:
    path = folder / PROXY_NAME
    source_file = guarded_input(normal, media.container)
    streams = [source_file[str(media.video.index)]]
    streams += [source_file[str(track.index)] for track in media.audio]
    options: dict[str, Any] = {"c": "copy", "movflags": "+faststart", "f": "mp4"}
    for number, track in enumerate(media.audio):
        if track.codec != "aac":
            options |= {f"c:a:{number}": "aac", f"b:a:{number}": "160k"}
    run(ffmpeg.output(*streams, f"file:{path}", **options))
    return path


def _copy(media: Media, track: AudioStream | None) -> Copy:
    """Describe the proxy."""
    return Copy(
        PROXY_NAME,
        SHORT_SIDE,
        LONG_SIDE,
        PICTURE_OPTIONS,
        Target(crf=PROXY_QUALITY["crf"]),
        {} if track is None else {"c:a": "aac", "b:a": "128k", "ac": min(track.channels, 2)},
        kept_kbps=PROXY_SOUND_KBPS,
        most_frames=MAX_FRAME_RATE if media.video.frame_rate > MAX_FRAME_RATE + 1 else None,
    )


def _checked(path: Path, source: Media) -> Media:
    made = probe(path, OURS)
    if abs(made.duration - source.duration) > max(0.5, 0.02 * source.duration):
        raise OutputUnsound(
            f"The proxy lasts {made.duration:.2f} s, the video {source.duration:.2f} s.",
            "The source is damaged on the way; fetch or export it again.",
        )
    return made
