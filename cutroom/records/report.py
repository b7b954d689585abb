"""The contract of report.json: everything about one job, as others read it.

The field names here are public. Extend them; do not rename or remove one.
"""

from typing import Literal

from pydantic import Field

from cutroom.records.base import Record
from cutroom.records.findings import FaceTrack, Scene, Topic, Transcript
from cutroom.records.media import AudioStream, Rate
from cutroom.records.order import Layout, SourceKind
from cutroom.records.span import Span

StageName = Literal[
    "fetch", "normal", "proxy", "master", "keyframes", "scenes", "silences", "speech", "words",
    "faces", "topics", "moments", "clips", "renditions", "report",
]  # fmt: skip
JobStatus = Literal["queued", "running", "completed", "failed", "dead", "cancelled"]


class ErrorReport(Record):
    """Why a job failed."""

    code: str
    message: str
    hint: str


class Degraded(Record):
    """A part of the job that was done less well than it could be."""

    what: str
    """The stage or the part, such as `words`."""
    why: str


class SourceReport(Record):
    """Where the video came from."""

    kind: SourceKind
    location: str
    """Without user names, passwords, tokens or signatures."""
    title: str
    duration: float
    size_bytes: int
    sha256: str


class VideoReport(Record):
    """The picture, as the source had it."""

    codec: str
    width: int
    height: int
    rotation: int
    frame_rate: Rate
    is_vfr: bool
    pixel_format: str
    hdr: Literal["pq", "hlg"] | None


class MediaReport(Record):
    """The streams of the source."""

    container: str
    duration: float
    keyframes: int
    video: VideoReport
    audio: tuple[AudioStream, ...]


class NormalReport(Record):
    """How the full-quality file came to be."""

    how: Literal["copied", "remuxed", "encoded"]
    reason: str


class ProxyReport(Record):
    """How the file that is analysed came to be."""

    file: str | None
    how: Literal["reused", "remuxed", "encoded"]
    reason: str


class MasterReport(Record):
    """The lossless copy."""

    file: str
    size_bytes: int


class RenditionReport(Record):
    """A copy transcoded by profile."""

    profile: str
    file: str
    width: int
    height: int
    size_bytes: int


class CaptionsReport(Record):
    """Caption files of one clip."""

    srt: str
    vtt: str
    ass: str


class ClipReport(Span):
    """One clip; `file` is None for a virtual clip."""

    id: str
    file: str | None
    title: str
    score: float
    reasons: tuple[str, ...]
    layout: Layout
    how: Literal["copied", "smart", "encoded"] | None
    captions: CaptionsReport | None
    thumbnail: str | None


class StorageRequests(Record):
    """Requests to the object store."""

    put: int = 0
    get: int = 0
    head: int = 0


class Stage(Record):
    """What one stage took."""

    name: StageName
    seconds: float = 0.0
    """From the stage's first start to its last end; stages that run side by side overlap."""
    cpu_seconds: float = 0.0
    """Of the threads and the ffmpeg processes that did it; decoders' own threads not counted."""
    cached: bool = False
    """Whether nothing had to be done because it was done before."""


class Cost(Record):
    """Dollars, by the rates in the settings."""

    compute: float = 0.0
    storage: float = 0.0
    transfer: float = 0.0
    language: float = 0.0
    total: float = 0.0


class Ledger(Record):
    """What a job cost."""

    downloads: int = 0
    bytes_downloaded: int = 0
    bytes_uploaded: int = 0
    storage_requests: StorageRequests = StorageRequests()
    video_encodes: int = 0
    """Files whose picture was encoded whole. The ends of a smart cut are not counted."""
    wall_seconds: float = 0.0
    cpu_seconds: float = 0.0
    stages: tuple[Stage, ...] = ()
    cost_usd: Cost = Cost()


class Report(Record):
    """One job, whole."""

    schema_version: Literal[1] = 1
    job_id: str
    status: JobStatus
    error: ErrorReport | None = None
    degraded: tuple[Degraded, ...] = ()
    source: SourceReport
    media: MediaReport
    normal: NormalReport
    proxy: ProxyReport | None
    """None where nothing was analysed."""
    master: MasterReport | None = None
    renditions: tuple[RenditionReport, ...] = ()
    scenes: tuple[Scene, ...] = ()
    silences: tuple[Span, ...] = ()
    speech: tuple[Span, ...] = ()
    transcript: Transcript | None = None
    faces: tuple[FaceTrack, ...] = ()
    topics: tuple[Topic, ...] = ()
    clips: tuple[ClipReport, ...] = ()
    ledger: Ledger = Field(default_factory=Ledger)
