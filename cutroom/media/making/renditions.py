"""Transcode by profile: every copy of one source comes out of one decode."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ffmpeg

from cutroom.media.ffmpeg import OnProgress
from cutroom.media.limits import OURS
from cutroom.media.making.chunks import Chunking
from cutroom.media.making.encoding import Encode, encode_whole
from cutroom.media.making.filters import SDR_TAGS, scaled, to_sdr, upright_size
from cutroom.media.making.profiles import Profile, profile
from cutroom.media.probe import probe
from cutroom.media.watching.thumbnail import make_thumbnail
from cutroom.records.errors import OutputUnsound
from cutroom.records.media import Media
from cutroom.records.span import Span


@dataclass(frozen=True, slots=True)
class RenditionFile:
    """One finished copy."""

    profile: str
    path: Path
    width: int
    height: int


def make_renditions(
    source: Path,
    media: Media,
    names: tuple[str, ...],
    folder: Path,
    on_progress: OnProgress | None = None,
    *,
    chunking: Chunking | None = None,
) -> list[RenditionFile]:
    """Write one file per profile into a folder.

    Args:
        source: The normal file.
        media: Its probe.
        names: Profile names, in the order the results come back.
        folder: Where the files go, each named by its profile.
        on_progress: Called with seconds done.
        chunking: When a long video is encoded in chunks side by side; the machine decides if None.

    Raises:
        OrderInvalid: There is no such profile.
        OutputUnsound: A copy is shorter or longer than its source.
    """
    chosen = {name: profile(name) for name in names}
    moving = {name: one for name, one in chosen.items() if one.kind != "jpeg"}
    files = {name: folder / f"{name}{one.suffix}" for name, one in chosen.items()}
    if moving:
        _encode_all(source, media, moving, folder, chunking or Chunking(), on_progress)
    for name, one in chosen.items():
        if one.kind == "jpeg":
            whole = Span(start=0.0, end=max(media.duration, 0.001))
            size = (one.long_side, one.short_side)
            make_thumbnail(source, media, whole, files[name], size=size)
    return [_checked(name, files[name], chosen[name], media) for name in names]


def _encode_all(
    source: Path,
    media: Media,
    moving: dict[str, Profile],
    folder: Path,
    chunking: Chunking,
    on_progress: OnProgress | None,
) -> None:
    """Decode once for all copies."""
    names = {f"{name}{one.suffix}": one for name, one in moving.items()}

    def compose(picture: Any, sound: Any, folder: Path) -> Any:
        branches = None if picture is None else _branches(picture, media, [*names.values()])
        outputs = [
            ffmpeg.output(
                *([] if branches is None else [branches[number]]),
                *([] if sound is None else [sound]),
                f"file:{folder / name}",
                **_options(one),
            )
            for number, (name, one) in enumerate(names.items())
        ]
        return ffmpeg.merge_outputs(*outputs)

    encode = Encode(source, media, media.sound_track(), tuple(names), compose)
    encode_whole(encode, folder, chunking, on_progress)


def _branches(picture: Any, media: Media, profiles: list[Profile]) -> list[Any]:
    """Scale one picture for each profile."""
    if media.video.hdr:
        picture = to_sdr(picture, media)
    split = picture.filter_multi_output("split", len(profiles))
    sizes = [
        upright_size(media, short_side=one.short_side, long_side=one.long_side) for one in profiles
    ]
    return [
        scaled(split.stream(number), *size).filter("format", "yuv420p")
        for number, size in enumerate(sizes)
    ]


def _options(one: Profile) -> dict[str, Any]:
    rate = {
        "b:v": f"{one.video_kbps}k",
        "maxrate": f"{round(one.video_kbps * 1.5)}k",  # room for a hard scene, as MediaCMS gives
        "bufsize": f"{one.video_kbps * 2}k",
    }
    common = {
        "b:a": f"{one.audio_kbps}k",
        "ac": 2,
        "fps_mode": "vfr",
        "enc_time_base:v": "demux",  # one tick a frame would drop frames that come close together
        "map_metadata": -1,
        **SDR_TAGS,
    }
    if one.kind == "vp9":
        speed = {"deadline": "good", "cpu-used": 5, "row-mt": 1}
        return {"c:v": "libvpx-vp9", **rate, **speed, "c:a": "libopus", "f": "webm", **common}
    keys = {"force_key_frames": "expr:gte(t,n_forced*4)", "movflags": "+faststart"}
    return {
        "c:v": "libx264",
        "preset": "veryfast",
        **rate,
        **keys,
        "c:a": "aac",
        "f": "mp4",
        **common,
    }


def _checked(name: str, path: Path, one: Profile, source: Media) -> RenditionFile:
    if one.kind == "jpeg":
        from PIL import Image  # noqa: PLC0415  only pictures need it

        with Image.open(path) as image:
            return RenditionFile(name, path, image.width, image.height)
    made = probe(path, OURS)
    if abs(made.duration - source.duration) > max(0.5, 0.01 * source.duration):
        raise OutputUnsound(
            f"The {name} copy lasts {made.duration:.2f} s, its source {source.duration:.2f} s.",
            "Run the job again; if it stays so, the source is damaged.",
        )
    return RenditionFile(name, path, made.video.width, made.video.height)
