"""Make the file that everything analyses, and the sound for everything that listens."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import ffmpeg

from cutroom.media.ffmpeg import OnProgress, guarded_input, run
from cutroom.media.limits import OURS
from cutroom.media.making.chunks import Chunking
from cutroom.media.making.encoding import Encode, encode_whole
from cutroom.media.making.filters import SDR_TAGS, scaled, to_sdr, upright_size
from cutroom.media.probe import probe
from cutroom.records.errors import OutputUnsound
from cutroom.records.media import AudioStream, Media

SHORT_SIDE, LONG_SIDE = 1080, 1920
MAX_FRAME_RATE = 60
KEYFRAME_EVERY = 4.0
"""Seconds between keyframes at most: a seek then decodes at most a hundred frames or so."""
PROXY_QUALITY: dict[str, Any] = {"preset": "veryfast", "crf": 21}
"""Clean enough for detectors and eyes; the clips are cut from the normal file, not from this."""
SOUND_RATE = 16_000
"""Samples a second, in Hz: what Whisper, Silero and PocketSphinx listen at."""
PROXY_NAME, SOUND_NAME = "proxy.mp4", "sound.wav"
PICTURE_OPTIONS: Mapping[str, Any] = {
    "c:v": "libx264",
    **PROXY_QUALITY,
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


def make_proxy(
    normal: Path,
    media: Media,
    folder: Path,
    *,
    language: str | None = None,
    on_progress: OnProgress | None = None,
    chunking: Chunking | None = None,
) -> ProxyFile:
    """Return H.264 and AAC at most 1080p, reusing the normal file where it already is that.

    Args:
        normal: The normal file.
        media: Its probe.
        folder: Where new files may be written.
        language: Which sound track to listen to, when there are several.
        on_progress: Called with seconds done.
        chunking: When a long video is encoded in chunks side by side; the machine decides if None.
    """
    track = media.sound_track(language)
    why_encode = _why_encode(media)
    if why_encode:
        path = _encode(normal, media, folder, track, chunking or Chunking(), on_progress)
        sound = folder / SOUND_NAME if track is not None else None
        return ProxyFile(path, _checked(path, media), "encoded", why_encode, sound)
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
    run(_sound_output(sound, path), on_progress=on_progress)
    return path


def _sound_output(sound: Any, path: Path) -> Any:
    """Compose the listeners' sound: its first sample is time zero, gaps are filled with silence."""
    return ffmpeg.output(
        sound.filter("aresample", SOUND_RATE, **{"async": 1, "first_pts": 0}),
        f"file:{path}",
        **{"ac": 1, "c:a": "pcm_s16le", "f": "wav", "bitexact": None, "map_metadata": -1},
    )


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


def _encode(
    normal: Path,
    media: Media,
    folder: Path,
    track: AudioStream | None,
    chunking: Chunking,
    on_progress: OnProgress | None,
) -> Path:
    """Decode once; the picture and the listeners' sound come out of the same process."""
    lowers_rate = media.video.frame_rate > MAX_FRAME_RATE + 1
    options = PICTURE_OPTIONS
    if track is not None:
        options = {**options, "c:a": "aac", "b:a": "128k", "ac": min(track.channels, 2)}

    def compose(picture: Any, sound: Any, folder: Path) -> Any:
        streams = [] if picture is None else [_small(picture, media, lowers_rate=lowers_rate)]
        streams += [] if sound is None else [sound]
        outputs = [ffmpeg.output(*streams, f"file:{folder / PROXY_NAME}", **options)]
        if sound is not None:
            outputs.append(_sound_output(sound, folder / SOUND_NAME))
        return ffmpeg.merge_outputs(*outputs)

    # Chunks are checked by their frames, all of which a file must show.
    chunking = Chunking(cores=1) if lowers_rate else chunking
    encode = Encode(normal, media, track, (PROXY_NAME,), compose)
    encode_whole(encode, folder, chunking, on_progress)
    return folder / PROXY_NAME


def _small(picture: Any, media: Media, *, lowers_rate: bool) -> Any:
    """Bring a picture into the proxy's limits."""
    width, height = upright_size(media, short_side=SHORT_SIDE, long_side=LONG_SIDE)
    picture = to_sdr(scaled(picture, width, height), media)
    return picture.filter("fps", MAX_FRAME_RATE) if lowers_rate else picture


def _checked(path: Path, source: Media) -> Media:
    made = probe(path, OURS)
    if abs(made.duration - source.duration) > max(0.5, 0.02 * source.duration):
        raise OutputUnsound(
            f"The proxy lasts {made.duration:.2f} s, the video {source.duration:.2f} s.",
            "The source is damaged on the way; fetch or export it again.",
        )
    return made
