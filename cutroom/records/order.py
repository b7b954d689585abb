"""What someone asks for."""

import re
from enum import StrEnum
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, model_validator

from cutroom.records.base import Record

MASK = "?kept-in-the-catalog"
"""Ends an address whose user, query and fragment stay in the catalog: any of them may be a key."""

SourceKind = Literal["page", "link", "upload", "file"]
Layout = Literal["source", "vertical", "square"]
Captions = Literal["none", "burned"]
CutMode = Literal["copy", "smart", "encode"]
Device = Literal["auto", "cpu", "cuda"]


def number_fields(schema: dict[str, Any]) -> None:
    """Give a form's fields the order in which they are written; else it is the alphabet's."""
    for position, field in enumerate(schema["properties"].values()):
        field["position"] = position


class Form(Record):
    """A record that people fill in, on a page made from its schema."""

    model_config = ConfigDict(json_schema_extra=number_fields)


class Preset(StrEnum):
    """What to make of a video when nothing else is said."""

    CLIPS = "clips"
    TRANSCODE = "transcode"
    ARCHIVE = "archive"


class Source(Form):
    """Where a video comes from."""

    kind: SourceKind
    """`page` by yt-dlp, `link` by direct HTTP, `upload` by object key, `file` by local path."""
    location: str = Field(min_length=1)
    """The address, the object key or the absolute path."""


class Recipe(Form):
    """What to make of a video; every option has a default.

    All durations are in seconds.
    """

    preset: Preset = Preset.CLIPS
    """`clips` chooses and cuts, `transcode` makes copies by profile, `archive` a lossless one."""
    clips: int = Field(default=6, ge=0, le=200)
    """At most this many clips."""
    shortest_clip: float = Field(default=6.0, ge=1, le=600)
    """No clip is shorter, in seconds."""
    longest_clip: float = Field(default=60.0, ge=2, le=3600)
    """No clip is longer, in seconds."""
    layout: Layout = "source"
    """Shape of the clips; `vertical` (9:16) and `square` follow faces where there are any."""
    captions: Captions = "none"
    """Whether what is said is drawn on the picture; caption files are made in any case."""
    cut: CutMode = "smart"
    """`copy` never encodes and moves edges out to keyframes; `smart` is frame-exact and copies
    what it can; `encode` is frame-exact and always encodes."""
    loudness: Literal["source", "broadcast"] = "source"
    """`broadcast` brings clips to -14 LUFS and a true peak of -2 dBTP, which encodes the sound."""
    renditions: tuple[str, ...] = ()
    """Names of profiles, such as 720p."""
    render: bool = True
    """Whether clips are rendered; without it they stay virtual until someone exports them."""
    proxy: bool = False
    """Whether the proxy is among the results."""
    master: bool = False
    """Whether a lossless FFV1 copy is made."""
    master_slices: int = Field(default=16, ge=4, le=64)
    """FFV1 slices a frame: more decode in parallel and lose less to a damaged byte."""
    master_slice_crc: bool = True
    """Whether each slice carries a checksum, so that damage is found where it is."""
    transcribe: bool = True
    """Whether what is said is written down."""
    language: str | None = Field(default=None, pattern=r"^[a-z]{2,3}$")
    """Spoken language as an ISO 639 code; detected when not given."""
    device: Device = "auto"
    """Where speech is written down; `auto` takes a graphics card where there is one."""
    speech_model: str | None = None
    """A faster-whisper model's name or folder; None takes the machine's setting."""
    silence_threshold_db: float = Field(default=-40.0, ge=-90, le=0)
    """Quieter than this counts as silence, in dBFS."""
    shortest_silence: float = Field(default=0.5, ge=0.05, le=60)
    """Briefer pauses are left alone, in seconds."""
    silence_margin: float = Field(default=0.1, ge=0, le=5)
    """Seconds kept on each side of a sound, so that its attack and decay survive."""

    @property
    def wants_clips(self) -> bool:
        """Whether the video is to be understood and clips chosen."""
        return self.preset is Preset.CLIPS

    @property
    def wants_master(self) -> bool:
        """Whether a lossless master is to be made."""
        return self.master or self.preset is Preset.ARCHIVE

    @property
    def wanted_renditions(self) -> tuple[str, ...]:
        """The profiles to make; the preset `transcode` has some of its own."""
        if self.preset is Preset.TRANSCODE and not self.renditions:
            return ("720p", "480p", "thumbnail")
        return self.renditions

    @model_validator(mode="after")
    def _lengths_must_fit(self) -> Self:
        if self.longest_clip < self.shortest_clip:
            raise ValueError(
                f"longest_clip ({self.longest_clip}) is below shortest_clip ({self.shortest_clip})."
            )
        return self


class Order(Form):
    """A source, a recipe, and who asks."""

    source: Source
    """The video."""
    recipe: Recipe = Recipe()
    """What to make of it."""
    owner: str = Field(default="local", min_length=1, max_length=200)
    """Who asks."""
    tier: Literal["batch", "standard", "premium"] = "standard"
    """`premium` is one step nearer to the front; `batch` is what nobody waits for."""
    out: str | None = None
    """Folder on this machine that gets the finished files; None keeps them in the store only."""
    job_id: str | None = Field(default=None, pattern=r"^[0-9a-f]{32}$")
    """The job this order already has in the catalog; None opens a new one."""

    @property
    def label(self) -> str:
        """A short name that a person recognises in a list of runs."""
        path = self.without_secrets().source.location.partition("?")[0].rstrip("/")
        return re.sub(r"[^\w .-]+", "_", path.rsplit("/", 1)[-1])[:60] or self.source.kind

    @property
    def is_masked(self) -> bool:
        """Whether the address is not whole, so that only the catalog's order can be carried out."""
        return self.source.location.endswith(MASK)

    def without_secrets(self) -> Self:
        """Return the order as it may be shown, as a run's parameter for one.

        Of an address only scheme, host and path stay; the whole one is in the catalog, under the
        job that the order names.
        """
        if not re.match(r"[a-z][a-z0-9+.-]*://", self.source.location, re.IGNORECASE):
            return self
        parts = urlsplit(self.source.location)
        shown = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
        if shown == self.source.location:
            return self
        source = self.source.model_copy(update={"location": f"{shown}{MASK}"})
        return self.model_copy(update={"source": source})


class ExportOrder(Form):
    """What to make of a job that is done."""

    job_id: str
    """The job's id, or enough of its beginning to tell it from others."""
    master: bool = False
    """Whether a lossless FFV1 copy is made."""
    clips: tuple[str, ...] = ()
    """Ids of clips to render."""
    out: str
    """Folder on this machine that gets the files."""
