"""What is being watched elsewhere, and what a run of trending made of it."""

from datetime import datetime
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AwareDatetime, Field, field_validator

from cutroom.records.base import Record
from cutroom.records.order import Recipe

Decision = Literal["ordered", "skipped"]
Reason = Literal[
    "ordered",
    "known",
    "unwanted",
    "too_old",
    "too_short",
    "too_long",
    "run_videos",
    "run_minutes",
    "day_videos",
    "day_minutes",
]
"""Why a candidate was ordered or skipped, for programs; a verdict says it in words as well."""


class Candidate(Record):
    """One video that a source names, whatever kind of source that is."""

    address: str = Field(pattern=r"^https?://[^\s\x00-\x1f\x7f]+$", max_length=2000)
    """Where it may be fetched, as the source spells it."""
    title: str = Field(max_length=255)
    channel: str | None = Field(default=None, max_length=255)
    published: AwareDatetime | None = None
    duration: float | None = Field(default=None, ge=0, le=1e7, allow_inf_nan=False)
    """Seconds; few sources tell it."""
    views: int | None = Field(default=None, ge=0, le=10**15)
    """Counted when the source was read."""
    sources: tuple[str, ...] = ()
    """Where it was seen, without secrets."""


class Topic(Record):
    """Words that many people look for just now; not a video yet."""

    words: str = Field(min_length=1, max_length=255)
    searches: int = Field(default=0, ge=0)
    """About how many, as the source rounds it."""
    source: str


class Reading(Record):
    """What one source had to say."""

    candidates: tuple[Candidate, ...] = ()
    topics: tuple[Topic, ...] = ()
    left_out: int = Field(default=0, ge=0)
    """Entries that name no video, have not ended, or cannot be understood."""


class SourceOutcome(Record):
    """What became of one source in one run."""

    source: str
    """Its address, without secrets."""
    kind: str
    """The plug-in that read it."""
    candidates: int = 0
    topics: int = 0
    left_out: int = 0
    seconds: float = 0.0
    error: str | None = None
    """Why nothing came of it."""


class Ranked(Record):
    """A candidate, and what speaks for it."""

    candidate: Candidate
    score: float
    """In [0, 1], what is like a better one above it already taken off."""
    reasons: tuple[str, ...] = ()


class Verdict(Record):
    """What a run decided about one candidate."""

    ranked: Ranked
    decision: Decision
    reason: Reason
    why: str
    job_id: str | None = None
    """The job that was opened for it, or that there was already."""
    seconds: float | None = None
    """Playing time that the budget was charged with; None when nothing was ordered."""


class Sighting(Record):
    """How often a video had been watched when an earlier run saw it."""

    views: int = Field(ge=0)
    at: datetime


class Account(Record):
    """What an owner's runs have ordered in a day."""

    videos: int = 0
    seconds: float = 0.0
    """Playing time: as fetched where it was, as charged where it was not yet."""


class TrendOrder(Record):
    """Where to look for videos, what is wanted of them, and how much may be spent."""

    sources: tuple[str, ...] = Field(
        min_length=1, max_length=50, json_schema_extra={"position": 0}, title="Sources"
    )
    """Addresses of feeds, channels, playlists and chart pages, or `search:WORDS`,
    `chart:REGION` (YouTube's own, wants a key) and `topics:REGION` (Google Trends)."""
    words: tuple[str, ...] = Field(
        default=(), max_length=50, json_schema_extra={"position": 1}, title="Words"
    )
    """What the owner cares about; videos that speak of it come first."""
    unwanted: tuple[str, ...] = Field(
        default=(), max_length=50, json_schema_extra={"position": 2}, title="Unwanted words"
    )
    """Videos with one of these in the title or the channel's name are left out."""
    videos_per_run: int = Field(
        default=5, ge=0, le=100, json_schema_extra={"position": 3}, title="Videos per run"
    )
    """At most so many videos become jobs in one run."""
    minutes_per_run: float = Field(
        default=120, ge=0, le=10_000, json_schema_extra={"position": 4}, title="Minutes per run"
    )
    """Playing time that one run may order."""
    videos_per_day: int = Field(
        default=20, ge=0, le=1000, json_schema_extra={"position": 5}, title="Videos per day"
    )
    """Of one owner, all runs together."""
    minutes_per_day: float = Field(
        default=480, ge=0, le=100_000, json_schema_extra={"position": 6}, title="Minutes per day"
    )
    """Playing time that one owner's runs may order in a day."""
    time_zone: str = Field(default="UTC", json_schema_extra={"position": 7}, title="Time zone")
    """Whose midnight the day begins at, such as Europe/Berlin."""
    newest_days: float = Field(
        default=14, gt=0, le=3650, json_schema_extra={"position": 8}, title="Newest days"
    )
    """Videos published longer ago are left out."""
    shortest_minutes: float = Field(
        default=0.5, ge=0, le=600, json_schema_extra={"position": 9}, title="Shortest, minutes"
    )
    """Shorter videos are left out."""
    longest_minutes: float = Field(
        default=90, gt=0, le=1440, json_schema_extra={"position": 10}, title="Longest, minutes"
    )
    """Longer videos are left out."""
    assumed_minutes: float = Field(
        default=15, gt=0, le=1440, json_schema_extra={"position": 11}, title="Assumed, minutes"
    )
    """Charged for a video whose length its source does not tell, until it was fetched."""
    topics: int = Field(
        default=3, ge=0, le=20, json_schema_extra={"position": 12}, title="Topics searched"
    )
    """So many of the topics that sources name are searched for videos."""
    search: str = Field(
        default="ytsearch{most}:{words}",
        pattern=r"^([a-z]{2,20}search[a-z]*\{most\}:|https?://).*\{words\}",
        max_length=500,
        json_schema_extra={"position": 13},
        title="Search with",
    )
    """How words are searched: a prefix of yt-dlp's, or the address of a search page, with
    `{words}` and `{most}` where they belong."""
    source_timeout: float = Field(
        default=20, gt=0, le=300, json_schema_extra={"position": 14}, title="Time-out, seconds"
    )
    """For each source by itself."""
    owner: str = Field(
        default="local",
        min_length=1,
        max_length=200,
        json_schema_extra={"position": 15},
        title="Owner",
    )
    """Who gets the jobs; budgets and what counts as known are theirs."""
    recipe: Recipe = Field(default=Recipe(), json_schema_extra={"position": 16}, title="Recipe")
    """What is made of each video."""
    dry_run: bool = Field(default=False, json_schema_extra={"position": 17}, title="Dry run")
    """Rank and decide, but order nothing and remember nothing."""

    @field_validator("time_zone")
    @classmethod
    def _must_be_a_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ValueError(f"No time zone is called {name!r}, try Europe/Berlin.") from error
        return name

    @field_validator("sources", "words", "unwanted")
    @classmethod
    def _must_say_something(cls, texts: tuple[str, ...]) -> tuple[str, ...]:
        if any(not text.strip() for text in texts):
            raise ValueError("An empty text is in the list, leave it out.")
        return tuple(dict.fromkeys(text.strip() for text in texts))


class TrendReport(Record):
    """One run of trending, whole."""

    run_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    ran_at: datetime
    order: TrendOrder
    sources: tuple[SourceOutcome, ...]
    verdicts: tuple[Verdict, ...]
    """Best first."""
    notes: tuple[str, ...] = ()
    """What was done less well than it could be."""

    @property
    def ordered(self) -> tuple[Verdict, ...]:
        """The verdicts that opened a job, or would have in a dry run."""
        return tuple(each for each in self.verdicts if each.decision == "ordered")

    @property
    def skipped(self) -> tuple[Verdict, ...]:
        """The others."""
        return tuple(each for each in self.verdicts if each.decision == "skipped")
