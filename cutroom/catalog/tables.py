"""The tables. Nothing here validates: rows are written only by `writing`, from records.

A row has the columns that SQL asks by or sums up; the rest of a record is kept whole as JSON, so
that a record may grow a field without a migration.
"""

from datetime import UTC, datetime
from typing import Any, ClassVar

from sqlalchemy import (
    JSON,
    BigInteger,
    DateTime,
    Double,
    ForeignKeyConstraint,
    Index,
    MetaData,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}
"""A constraint without a name cannot be changed by a later migration, so each one gets one."""

PARAMETERS_LENGTH = 200
"""Characters of a parameters key: a key in an index, so short; longer ones are hashed first."""


class UtcTime(TypeDecorator[datetime]):
    """A moment in UTC that knows so, also from SQLite, which forgets time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  SQLAlchemy's own signature
        """Store the moment as UTC."""
        return None if value is None else value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  the same
        """Return the moment as UTC, whatever zone the database's session is in."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _json(*, is_optional: bool = False) -> Any:
    return Field(default=None, sa_type=JSON(none_as_null=True), nullable=is_optional)


def _of_job() -> Any:
    """Return a key that belongs to a job and goes with it."""
    return Field(primary_key=True, foreign_key="job.id", ondelete="CASCADE", max_length=32)


class Row(SQLModel):
    """What every table shares: one metadata of our own, so that no other library's tables join."""

    metadata: ClassVar[MetaData] = MetaData(naming_convention=NAMES)


class Job(Row, table=True):
    """One accepted order; the row outlives every run that works on it."""

    __table_args__ = (Index(None, "status", "accepted_at"), Index(None, "accepted_at"))

    id: str = Field(primary_key=True, max_length=32)
    order: dict[str, Any] = _json()
    """`records.order.Order`, whole."""
    owner: str
    tier: str
    source_kind: str
    source_location: str
    """As ordered. May be a signed link, so it is shown to nobody but the job itself."""
    status: str
    stage: str | None = None
    attempts: int = 0
    error_code: str | None = None
    error_message: str | None = None
    error_hint: str | None = None
    title: str | None = None
    media_digest: str | None = Field(default=None, max_length=64)
    """Known from the fetch on, before there is a row in `media`: hence no foreign key."""
    accepted_at: datetime = Field(sa_type=UtcTime)
    started_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """Of the latest attempt."""
    ended_at: datetime | None = Field(default=None, sa_type=UtcTime)
    spared: int = 0
    """Attempts that do not count, because they ended for no fault of the job."""
    flow_run_id: str | None = Field(default=None, max_length=36)
    """Prefect's run of the latest attempt, or the one that is to make the next."""
    beat_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """The latest sign of life of the latest attempt."""
    next_try_at: datetime | None = Field(default=None, sa_type=UtcTime)
    """Not to be submitted before."""
    log_tail: str | None = None
    """The end of the latest attempt's log."""


class Breaker(Row, table=True):
    """How a service outside has fared lately, for all jobs to know."""

    service: str = Field(primary_key=True, max_length=200)
    failures: int
    """In a row."""
    resting_until: datetime | None = Field(default=None, sa_type=UtcTime)
    """Left alone until then; None while it may be asked."""


class Report(Row, table=True):
    """The last report of a job, beside it because it is a thousand times as large."""

    job_id: str = _of_job()
    body: dict[str, Any] = _json()


class Media(Row, table=True):
    """What a probe found in one file."""

    digest: str = Field(primary_key=True, max_length=64)
    """SHA-256 of the file."""
    duration: float = Field(sa_type=Double)
    """Seconds."""
    probe: dict[str, Any] = _json()
    """`records.media.Media` without its keyframes."""


class Keyframes(Row, table=True):
    """Where the keyframes of one file are.

    One list for a file: it is written once, always read whole and never searched by SQL. A row
    each would be thousands of rows for a long video, in place of one of some 100 kB.
    """

    media_digest: str = Field(
        primary_key=True, foreign_key="media.digest", ondelete="CASCADE", max_length=64
    )
    offsets: list[float] = _json()
    """Seconds, ascending."""


class Analysis(Row, table=True):
    """One kind of finding was looked for in one file, in one way, even if nothing was found."""

    __table_args__ = (UniqueConstraint("media_digest", "kind", "parameters"),)

    id: int | None = Field(default=None, primary_key=True)
    media_digest: str = Field(foreign_key="media.digest", ondelete="CASCADE", max_length=64)
    kind: str
    parameters: str = Field(max_length=PARAMETERS_LENGTH)
    details: dict[str, Any] | None = _json(is_optional=True)
    """What holds for all its findings: a transcript's engine, model, language and segments."""


class Finding(Row, table=True):
    """One thing learned about a file."""

    analysis_id: int = Field(primary_key=True, foreign_key="analysis.id", ondelete="CASCADE")
    position: int = Field(primary_key=True)
    """Its place in the analysis, from 0."""
    start: float = Field(sa_type=Double)
    end: float = Field(sa_type=Double)
    payload: dict[str, Any] = _json()
    """The record less its start and end."""


class Cut(Row, table=True):
    """An edit decision of a job; without a clip it is a virtual clip.

    Two jobs may make the same cut, with the same id, for other reasons and with another score.
    """

    job_id: str = _of_job()
    id: str = Field(primary_key=True, max_length=16)
    media_digest: str = Field(foreign_key="media.digest", max_length=64)
    position: int
    """Its rank in the job, from 0."""
    record: dict[str, Any] = _json()
    """`records.clip.Cut`, whole."""


class Clip(Row, table=True):
    """A rendered cut."""

    __table_args__ = (
        ForeignKeyConstraint(["job_id", "cut_id"], ["cut.job_id", "cut.id"], ondelete="CASCADE"),
    )

    job_id: str = Field(primary_key=True, max_length=32)
    cut_id: str = Field(primary_key=True, max_length=16)
    record: dict[str, Any] = _json()
    """`records.clip.Clip` without its cut."""


class Ledger(Row, table=True):
    """What a job cost, whole."""

    job_id: str = _of_job()
    downloads: int
    bytes_downloaded: int = Field(sa_type=BigInteger)
    bytes_uploaded: int = Field(sa_type=BigInteger)
    storage_puts: int
    storage_gets: int
    storage_heads: int
    video_encodes: int
    wall_seconds: float = Field(sa_type=Double)
    cpu_seconds: float = Field(sa_type=Double)
    compute_usd: float = Field(sa_type=Double)
    storage_usd: float = Field(sa_type=Double)
    transfer_usd: float = Field(sa_type=Double)
    language_usd: float = Field(sa_type=Double)
    total_usd: float = Field(sa_type=Double)


class Stage(Row, table=True):
    """What one stage of a job took."""

    job_id: str = _of_job()
    name: str = Field(primary_key=True)
    position: int
    seconds: float = Field(sa_type=Double)
    cpu_seconds: float = Field(sa_type=Double)
    cached: bool


class TrendRun(Row, table=True):
    """One run of trending: what it looked at, and when."""

    __tablename__ = "trend_run"
    __table_args__ = (Index(None, "owner", "ran_at"),)

    id: str = Field(primary_key=True, max_length=32)
    owner: str
    ran_at: datetime = Field(sa_type=UtcTime)
    """The moment that ages and budgets were reckoned from."""
    order: dict[str, Any] = _json()
    """`records.trend.TrendOrder`, whole, addresses without their secrets."""
    sources: list[dict[str, Any]] = _json()
    """What became of each source: `records.trend.SourceOutcome`."""


class TrendVerdict(Row, table=True):
    """What a run of trending made of one candidate: a job, or the reason why not."""

    __tablename__ = "trend_verdict"
    __table_args__ = (
        Index(None, "owner", "decided_at"),
        Index(None, "owner", "video"),
    )

    run_id: str = Field(
        primary_key=True, foreign_key="trend_run.id", ondelete="CASCADE", max_length=32
    )
    position: int = Field(primary_key=True)
    """Its rank in the run, from 0."""
    owner: str
    """The run's, here as well because both look-ups begin with it."""
    video: str = Field(max_length=64)
    """SHA-256 of the canonical address, which alone may be too long for an index."""
    decision: str
    why: str
    job_id: str | None = Field(default=None, max_length=32)
    """No foreign key: a job that is dropped was still ordered, and stays in the day's account."""
    views: int | None = Field(default=None, sa_type=BigInteger)
    """As counted when the run looked: two runs make a growth."""
    seconds: float | None = Field(default=None, sa_type=Double)
    """Playing time that the account was charged with; None when nothing was ordered."""
    decided_at: datetime = Field(sa_type=UtcTime)
    record: dict[str, Any] = _json()
    """`records.trend.Verdict`, whole."""
