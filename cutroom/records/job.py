"""One accepted order."""

from datetime import datetime

from pydantic import Field

from cutroom.records.base import Record
from cutroom.records.order import Order
from cutroom.records.report import ErrorReport, JobStatus


class Job(Record):
    """One accepted order, from acceptance to its end."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    order: Order
    status: JobStatus = "queued"
    stage: str | None = None
    """The stage it is in, or failed in."""
    attempts: int = 0
    """How often it was started."""
    error: ErrorReport | None = None
    accepted_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
