"""What every fetch gives back, and how much it may take."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from pydantic import Field

from cutroom.records.base import Record

OnProgress = Callable[[float], None]
"""Called with the fraction fetched so far, in [0, 1]; seldom or never where no length is told."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A video that was brought in."""

    video: Path
    """The file, in the folder the caller gave."""
    sound: Path | None
    """A second file where the page keeps picture and sound apart; the caller merges them."""
    title: str
    """One line of at most 255 characters, without control or direction marks."""
    bytes_downloaded: int
    """What this call took over the network; a resumed fetch counts only the rest."""


class FetchLimits(Record):
    """How much one fetch may take. Times are in seconds."""

    size_bytes: int = Field(default=10 * 2**30, gt=0)
    """Of picture and sound together."""
    duration: float = Field(default=6 * 3600, gt=0)
    """How long the video may play, where the page says so before the fetch."""
    connect: float = Field(default=10, gt=0)
    idle: float = Field(default=30, gt=0)
    """Without a single byte."""
    deadline: float = Field(default=6 * 3600, gt=0)
    """For the whole fetch, so that a host that drips bytes cannot hold a worker for ever."""
    tries: int = Field(default=5, ge=1, le=20)
    """How often a cut connection is taken up again within one call."""
    pause: float = Field(default=1.0, ge=0)
    """Between two tries."""
