"""What a file holds, and the files made to work with it.

Time zero is the container's own start: a frame's time is its presentation time stamp less the
earliest start of any stream, so picture and sound keep their offset and every time is at least 0.
"""

from fractions import Fraction
from typing import Annotated, Literal

from pydantic import Field, PlainSerializer, PlainValidator

from cutroom.records.base import Record
from cutroom.records.blob import Blob


def _as_fraction(value: object) -> Fraction:
    if isinstance(value, Fraction | str | int):
        return Fraction(value)
    raise ValueError(f"A rate is a fraction such as 30000/1001, got {value!r}.")


Rate = Annotated[
    Fraction,
    PlainValidator(_as_fraction, json_schema_input_type=str),
    PlainSerializer(lambda rate: f"{rate.numerator}/{rate.denominator}", return_type=str),
]
"""Frames per second as an exact fraction, written `30000/1001`."""


class VideoStream(Record):
    """The picture of a file."""

    index: int
    """Number of the stream in its container, from 0."""
    codec: str
    profile: str | None = None
    width: int = Field(gt=0)
    """Coded pixels, before rotation and pixel shape."""
    height: int = Field(gt=0)
    rotation: int = 0
    """Degrees to turn the picture counter-clockwise for display, one of 0, 90, 180, 270."""
    is_mirrored: bool = False
    """Whether the display matrix also flips the picture."""
    pixel_shape: Rate = Fraction(1)
    """Width of one pixel over its height (sample aspect ratio)."""
    frame_rate: Rate
    """Average frames per second."""
    time_base: Rate
    """Seconds a tick."""
    is_vfr: bool = False
    pixel_format: str
    hdr: Literal["pq", "hlg"] | None = None
    is_interlaced: bool = False
    frames: int | None = None
    """How many the index lists; None where there is no index."""

    @property
    def display_size(self) -> tuple[int, int]:
        """Width and height in square pixels, upright, rounded to whole pixels."""
        width, height = round(self.width * self.pixel_shape), self.height
        return (height, width) if self.rotation % 180 else (width, height)


class AudioStream(Record):
    """One sound track of a file."""

    index: int
    codec: str
    channels: int
    sample_rate: int
    """Samples per second, in Hz."""
    profile: str | None = None
    """Such as `LC` or `HE-AAC`."""
    kbps: int | None = Field(default=None, gt=0)
    """Average bit rate by its headers, in 1,000 bits a second; None where they do not say."""
    language: str | None = None
    is_default: bool = False


class Media(Record):
    """What a probe found, without decoding."""

    container: str
    """ffmpeg's name of the demuxer, such as `mov` or `matroska`."""
    duration: float = Field(ge=0)
    """Seconds, measured from the index where there is one."""
    size_bytes: int
    start: float = 0.0
    """Seconds on the container's own clock at which our time zero lies."""
    video: VideoStream
    audio: tuple[AudioStream, ...] = ()
    keyframes: tuple[float, ...] = ()
    """Display times of the keyframes, in seconds, ascending; empty where the index has none."""
    is_seekable: bool = True
    """Whether an index leads to every keyframe."""
    damage: tuple[str, ...] = ()
    """What is wrong with the file though most of it is readable, in words."""

    def sound_track(self, language: str | None = None) -> AudioStream | None:
        """Return the track to listen to: the asked language, else the default, else the first."""
        for track in self.audio:
            if language and (track.language or "").startswith(language[:2]):
                return track
        return next(
            (track for track in self.audio if track.is_default), next(iter(self.audio), None)
        )


class Original(Record):
    """The file as it was fetched."""

    file: Blob
    title: str
    media: Media


class Normal(Record):
    """One sound, seekable file of the video at full quality."""

    file: Blob
    media: Media
    how: Literal["copied", "remuxed", "encoded"]
    reason: str


class Proxy(Record):
    """What everything analyses: H.264 and AAC at most 1080p, and the sound for the listeners."""

    file: Blob
    media: Media
    how: Literal["reused", "remuxed", "encoded"]
    reason: str
    sound: Blob | None
    """Mono 16 kHz 16-bit WAV that starts at time zero; None for a silent video."""


class Master(Record):
    """A lossless FFV1 copy."""

    file: Blob


class Rendition(Record):
    """A copy transcoded by profile."""

    profile: str
    file: Blob
    width: int
    height: int


class Still(Record):
    """One small picture of a video."""

    time: float
    """Middle of the stretch it stands for, in seconds."""
    file: Blob
