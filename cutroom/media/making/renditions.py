"""Transcode by profile: every copy of one source comes out of one decode."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cutroom.media.ffmpeg import OnProgress
from cutroom.media.limits import OURS
from cutroom.media.making.chunks import Chunking
from cutroom.media.making.copies import Copy, encode_copies, targets_of
from cutroom.media.making.encoder_choice import IN_SOFTWARE, Chosen, Encoders
from cutroom.media.making.filters import SDR_TAGS
from cutroom.media.making.profiles import PROFILES, Profile, profile
from cutroom.media.making.video_encoder import Target
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
    encoders: Encoders = IN_SOFTWARE,
) -> list[RenditionFile]:
    """Write one file per profile into a folder.

    Args:
        source: The normal file.
        media: Its probe.
        names: Profile names, in the order the results come back.
        folder: Where the files go, each named by its profile.
        on_progress: Called with seconds done.
        chunking: When a long video is encoded in chunks side by side; the machine decides if None.
        encoders: What encodes H.264 here.

    Raises:
        OrderInvalid: There is no such profile.
        OutputUnsound: A copy is shorter or longer than its source.
    """
    copies = copies_of(names)

    def work(chosen: Chosen) -> list[RenditionFile]:
        if copies:
            encode_copies(
                *(source, media, copies, folder),
                chosen=chosen,
                decoding=encoders.decoding(source, media, chosen),
                track=media.sound_track(),
                chunking=chunking,
                on_progress=on_progress,
            )
        return [finish_rendition(source, media, name, folder) for name in names]

    return encoders.run(targets_of(copies), work)


def copies_of(names: Iterable[str]) -> list[Copy]:
    """Return what to encode for some profiles; a still needs no encode.

    Raises:
        OrderInvalid: There is no such profile.
    """
    chosen = {name: profile(name) for name in names}
    return [_copy(name, one) for name, one in chosen.items() if one.kind != "jpeg"]


def rendition_targets() -> dict[str, Target]:
    """Return what each profile asks of an H.264 encoder, by its name."""
    copies = {name: copies_of([name]) for name in PROFILES}
    return {name: target for name, ones in copies.items() for target in targets_of(ones)}


def finish_rendition(source: Path, media: Media, name: str, folder: Path) -> RenditionFile:
    """Check a copy that was encoded into a folder, or take the still that is asked for.

    Raises:
        OutputUnsound: The copy is shorter or longer than its source.
    """
    one = profile(name)
    path = folder / f"{name}{one.suffix}"
    if one.kind != "jpeg":
        return _checked(name, path, media)
    whole = Span(start=0.0, end=max(media.duration, 0.001))
    make_thumbnail(source, media, whole, path, size=(one.long_side, one.short_side))
    from PIL import Image  # noqa: PLC0415  only pictures need it

    with Image.open(path) as image:
        return RenditionFile(name, path, image.width, image.height)


def _copy(name: str, one: Profile) -> Copy:
    target = Target(kbps=one.video_kbps, short_side=one.short_side)
    common = {
        "fps_mode": "vfr",
        "enc_time_base:v": "demux",  # one tick a frame would drop frames that come close together
        "map_metadata": -1,
        **SDR_TAGS,
    }
    sound = {"b:a": f"{one.audio_kbps}k", "ac": 2}
    box = one.short_side, one.long_side
    if one.kind == "vp9":
        speed = {"deadline": "good", "cpu-used": 5, "row-mt": 1}
        options = {"c:v": "libvpx-vp9", **target.rate, **speed, "f": "webm", **common}
        return Copy(f"{name}{one.suffix}", *box, options, None, {"c:a": "libopus", **sound})
    keys = {"force_key_frames": "expr:gte(t,n_forced*4)", "movflags": "+faststart"}
    options = {**keys, "f": "mp4", **common}
    heard = {"c:a": "aac", **sound}
    kept = one.audio_kbps
    return Copy(f"{name}{one.suffix}", *box, options, target, heard, kept_kbps=kept)


def _checked(name: str, path: Path, source: Media) -> RenditionFile:
    made = probe(path, OURS)
    if abs(made.duration - source.duration) > max(0.5, 0.01 * source.duration):
        raise OutputUnsound(
            f"The {name} copy lasts {made.duration:.2f} s, its source {source.duration:.2f} s.",
            "Run the job again; if it stays so, the source is damaged.",
        )
    return RenditionFile(name, path, made.video.width, made.video.height)
