"""What is learned about a video. Times are seconds of the source, spans half-open and ordered."""

from pydantic import Field

from cutroom.records.base import Record
from cutroom.records.span import Span


class Scene(Span):
    """A shot, or what lies between two changes of picture."""

    gradual: bool = False
    """Whether a fade, dissolve or wipe begins it; its start is then the middle of the change."""
    change: Span | None = None
    """The gradual change that begins it."""


class Change(Record):
    """Where one shot ends and the next begins."""

    time: float = Field(ge=0)
    """When the new shot's first frame is shown; the middle of a gradual change."""
    change: Span | None = None
    """From the first frame that is touched to the first that is purely new; None for a cut."""


class Segment(Span):
    """A stretch of speech and what is said in it."""

    text: str


class Word(Span):
    """One spoken word."""

    text: str
    """As written, punctuation attached, no blanks around it."""
    probability: float = Field(ge=0, le=1)


class Transcript(Record):
    """Everything said."""

    engine: str
    """Who wrote it: `faster-whisper` or `pocketsphinx`."""
    model: str
    language: str
    degraded: bool = False
    """Whether a weaker engine had to stand in."""
    segments: tuple[Segment, ...] = ()
    words: tuple[Word, ...] = ()


class FaceBox(Record):
    """Where a face is at one time; fractions of the upright picture, (0, 0) at the top left."""

    time: float = Field(ge=0)
    x: float
    """Left edge."""
    y: float
    """Top edge."""
    width: float = Field(gt=0)
    height: float = Field(gt=0)
    score: float = Field(ge=0, le=1)


class FaceTrack(Span):
    """One face, followed through one shot."""

    boxes: tuple[FaceBox, ...]


class Topic(Span):
    """A stretch that is about one thing."""

    title: str
    summary: str = ""
    score: float = Field(default=0.0, ge=0, le=1)
