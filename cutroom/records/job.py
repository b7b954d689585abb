"""One accepted order."""

import random
from datetime import datetime, timedelta

from pydantic import Field

from cutroom.records.base import Record
from cutroom.records.order import Order
from cutroom.records.report import ErrorReport, JobStatus

MOST_ATTEMPTS = 3
"""Attempts that may fail before a job is dead: enough for a bad host and a bad minute, and few
enough that a poisonous file does not take one worker after the other down."""
FIRST_PAUSE = 20.0
"""Seconds between the first failed attempt and the next; each further pause is twice as long."""
LONGEST_PAUSE = 6 * 3600.0
"""Seconds; whoever asks us to stay away longer is asked again once in this time."""
LEASE = timedelta(seconds=40)
"""Silence after which nobody works on a job any more. Three of the four signs of life it should
have given may be late or lost on a machine that swaps; and it is still taken up within 90 s."""
CLOSED: frozenset[JobStatus] = frozenset({"completed", "dead", "cancelled"})
"""States in which nothing more happens by itself."""


class Job(Record):
    """One accepted order, from acceptance to its end."""

    id: str = Field(pattern=r"^[0-9a-f]{32}$")
    order: Order
    status: JobStatus = "queued"
    stage: str | None = None
    """The stage it is in, or failed in."""
    attempts: int = 0
    """How often it was begun or taken up: a number that only grows, and tells attempts apart."""
    error: ErrorReport | None = None
    accepted_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    spared: int = 0
    """Attempts that do not count, because they ended for no fault of the job."""
    flow_run_id: str | None = None
    """Prefect's run of the latest attempt, or the one that is to make the next."""
    beat_at: datetime | None = None
    """The latest sign of life of the latest attempt."""
    next_try_at: datetime | None = None
    """Not to be submitted before."""
    log_tail: str | None = None
    """The end of the latest attempt's log, without secrets."""

    @property
    def spent(self) -> int:
        """How many of its attempts count."""
        return self.attempts - self.spared

    @property
    def is_closed(self) -> bool:
        """Whether nothing more happens to it by itself."""
        return self.status in CLOSED


def pause_after(spent: int, asked_for: float | None = None) -> timedelta:
    """Return how long to leave a job alone after a failed attempt.

    Args:
        spent: Attempts made so far.
        asked_for: Seconds that the other side wants to be left alone, if it said so.
    """
    if asked_for is not None:
        # Up to a tenth more, so that those who were sent away together do not return together.
        return timedelta(seconds=min(asked_for * random.uniform(1.0, 1.1), LONGEST_PAUSE))  # noqa: S311
    doubled = FIRST_PAUSE * 2 ** max(0, spent - 1)
    return timedelta(seconds=min(doubled * random.uniform(0.5, 1.5), LONGEST_PAUSE))  # noqa: S311
