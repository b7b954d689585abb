"""Several files of one video from one process: it is decoded once, and each frame goes to all."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import ffmpeg

from cutroom.media.ffmpeg import OnProgress
from cutroom.media.making.chunks import Chunking
from cutroom.media.making.encoder_choice import Chosen
from cutroom.media.making.encoding import Encode, encode_whole
from cutroom.media.making.filters import scaled, to_sdr, upright_size
from cutroom.media.making.video_encoder import Target, upload, with_device
from cutroom.records.media import AudioStream, Media

SOUND_RATE = 16_000
"""Samples a second, in Hz: what Whisper, Silero and PocketSphinx listen at."""
SOUND_NAME = "sound.wav"
KEPT_RATE = 48_000
"""Samples a second, in Hz, up to which AAC is kept: what every phone plays."""
_ABOVE = 1.1
"""Times the bit rate asked for up to which AAC is kept: encoders hit theirs within a few percent,
and a second generation of it loses more than that."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One file with a picture."""

    name: str
    short_side: int
    """Pixels that the shorter side of its picture has at most."""
    long_side: int
    options: Mapping[str, Any]
    """ffmpeg's, all but those of the encoder that serves `target`."""
    target: Target | None = None
    """What is asked of an H.264 encoder; None where `options` name an encoder of another kind."""
    sound: Mapping[str, Any] = field(default_factory=dict)
    """ffmpeg's options for its sound, where that is encoded."""
    kept_kbps: int = 0
    """1,000 bits a second up to which the source's AAC goes along as it is; 0 where none may."""
    most_frames: int | None = None
    """Frames a second that it has at most; None keeps the source's."""


def encode_copies(
    source: Path,
    media: Media,
    copies: Sequence[Copy],
    folder: Path,
    *,
    chosen: Chosen,
    track: AudioStream | None,
    decoding: Mapping[str, Any],
    listens: bool = False,
    chunking: Chunking | None = None,
    on_progress: OnProgress | None = None,
) -> None:
    """Encode all copies of a video, and the sound for analysis, in one go.

    Args:
        source: The normal file.
        media: Its probe.
        copies: At least one.
        folder: Where the files go.
        chosen: An encoder for each target among the copies.
        track: The sound that goes along.
        listens: Whether `sound.wav` is made, too, for those who listen.
        decoding: ffmpeg's input options that choose the decoder.
        chunking: When a long video is encoded in chunks side by side; the machine decides if None.
        on_progress: Called with the seconds done.

    Raises:
        FfmpegFailed, FfmpegStalled, DiskFull: As `run` says.
    """
    chunking = chunking or Chunking()
    if any(copy.most_frames for copy in copies):
        chunking = Chunking(cores=1)  # A chunk must show each of its frames.

    def compose(picture: Any, sound: Any, folder: Path) -> Any:
        branches = [] if picture is None else _branches(picture, media, copies)
        outputs = [
            _output(
                *(copy, branches[number] if branches else None, sound, folder, chosen),
                keeps_sound=_is_good_enough(track, media, copy),
            )
            for number, copy in enumerate(copies)
        ]
        if listens and sound is not None:
            outputs.append(listened(sound, folder / SOUND_NAME))
        merged = ffmpeg.merge_outputs(*outputs)
        return merged if picture is None else with_device(merged, *chosen.values())

    names = tuple(copy.name for copy in copies)
    encode = Encode(source, media, track, names, compose, decoding)
    encode_whole(encode, folder, chunking, on_progress=on_progress)


def targets_of(copies: Iterable[Copy]) -> list[Target]:
    """Return what copies ask of H.264 encoders."""
    return [copy.target for copy in copies if copy.target is not None]


def listened(sound: Any, path: Path) -> Any:
    """Compose the listeners' sound: its first sample is time zero, gaps are filled with silence."""
    return ffmpeg.output(
        sound.filter("aresample", SOUND_RATE, **{"async": 1, "first_pts": 0}),
        f"file:{path}",
        **{"ac": 1, "c:a": "pcm_s16le", "f": "wav", "bitexact": None, "map_metadata": -1},
    )


def _is_good_enough(track: AudioStream | None, media: Media, copy: Copy) -> bool:
    """Say whether the source's sound already is what a copy asks for."""
    if track is None or media.damage or not track.kbps:
        return False
    is_plain = (track.codec, track.profile) == ("aac", "LC") and track.channels <= 2  # noqa: PLR2004
    return is_plain and track.sample_rate <= KEPT_RATE and track.kbps <= _ABOVE * copy.kept_kbps


def _output(
    copy: Copy, picture: Any, sound: Any, folder: Path, chosen: Chosen, *, keeps_sound: bool
) -> Any:
    options = dict(copy.options)
    if copy.target is not None:
        encoder = chosen[copy.target]
        options = {**encoder.options, **options}
        picture = None if picture is None else upload(picture, encoder)
    elif picture is not None:
        picture = picture.filter("format", "yuv420p")
    streams = [stream for stream in (picture, sound) if stream is not None]
    heard: Mapping[str, Any] = {}
    if sound is not None:
        heard = {"c:a": "copy"} if keeps_sound else copy.sound
    return ffmpeg.output(*streams, f"file:{folder / copy.name}", **options, **heard)


def _branches(picture: Any, media: Media, copies: Sequence[Copy]) -> list[Any]:
    """Bring the picture into each copy's limits, each scaled from the next larger one.

    Scaling the full picture for each would cost as much as a small copy's encode. Tones are mapped
    once, on no more pixels than are needed.
    """
    largest_first = sorted(range(len(copies)), key=lambda number: -_pixels(media, copies[number]))
    branches: dict[int, Any] = {}
    for place, number in enumerate(largest_first):
        picture = scaled(picture, *_size(media, copies[number]))
        if media.video.hdr and place == 0:
            picture = to_sdr(picture, media)
        branch = picture
        if place < len(copies) - 1:
            split = picture.filter_multi_output("split", 2)
            branch, picture = split.stream(0), split.stream(1)
        most = copies[number].most_frames
        branches[number] = branch.filter("fps", most) if most else branch
    return [branches[number] for number in range(len(copies))]


def _pixels(media: Media, copy: Copy) -> int:
    width, height = _size(media, copy)
    return width * height


def _size(media: Media, copy: Copy) -> tuple[int, int]:
    return upright_size(media, short_side=copy.short_side, long_side=copy.long_side)
