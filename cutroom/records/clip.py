"""From a stretch worth cutting to a rendered clip."""

from typing import Literal

from pydantic import Field

from cutroom.records.base import Record
from cutroom.records.blob import Blob
from cutroom.records.order import Captions, CutMode, Layout
from cutroom.records.span import Span


class Moment(Span):
    """A stretch worth cutting."""

    title: str
    score: float = Field(ge=0, le=1)
    reasons: tuple[str, ...] = ()
    """Why, in words a person understands, strongest first."""


class CropPoint(Record):
    """Where the crop lies at one time."""

    time: float = Field(ge=0)
    """Seconds of the source."""
    x: float = Field(ge=0, le=1)
    """Left edge, as a fraction of the upright picture's width."""
    y: float = Field(ge=0, le=1)
    """Top edge, as a fraction of the upright picture's height."""


class FramingPath(Record):
    """A crop of fixed size that may move: between two points it goes in a straight line.

    Two points at the same time are a jump, as at a cut.
    """

    width: float = Field(gt=0, le=1)
    """Of the crop, as a fraction of the upright picture's width."""
    height: float = Field(gt=0, le=1)
    points: tuple[CropPoint, ...] = Field(min_length=1)


class Cut(Record):
    """The edit decision for one clip. A cut that nobody rendered is a virtual clip."""

    id: str = Field(pattern=r"^[0-9a-f]{16}$")
    """From the source's digest, the span and the settings: the same cut has the same id."""
    span: Span
    title: str
    score: float = Field(ge=0, le=1)
    reasons: tuple[str, ...] = ()
    layout: Layout = "source"
    framing: FramingPath | None = None
    """None leaves the picture whole."""
    captions: Captions = "none"
    mode: CutMode = "smart"
    loudness: Literal["source", "broadcast"] = "source"


class CaptionFiles(Record):
    """The words of one clip, timed from its first frame."""

    srt: Blob
    vtt: Blob
    ass: Blob


class Clip(Record):
    """A rendered cut."""

    cut: Cut
    file: Blob
    span: Span
    """What was really cut; differs from the cut's span only when copying at keyframes."""
    how: Literal["copied", "smart", "encoded"]
    width: int
    height: int
    captions: CaptionFiles | None
    thumbnail: Blob
