"""Circuit breakers: how services outside fare, shared by all jobs on all hosts.

A service that failed `MOST_FAILURES` times in a row is left alone for `REST`. Then one caller may
ask it again, while the others wait on: if that goes well the service is as good as new, else it
rests once more.
"""

from datetime import timedelta

from cutroom.catalog.sessions import Catalog
from cutroom.records.errors import ServiceResting

# ruff: noqa: PLC0415
# SQLModel and SQLAlchemy take most of a second to import: they come with the first call.

MOST_FAILURES = 5
"""In a row: one job's own retries are four, so it takes more than one job's bad luck."""
REST = timedelta(seconds=30)
"""Long enough for a restart or a lost route, short enough that nobody waits for nothing."""
NAME_LENGTH = 200
"""Characters of a service's name, which is a key in an index."""


def ask_leave(catalog: Catalog, service: str) -> None:
    """See that a service may be asked now; whoever may try a resting one is told nothing else.

    Raises:
        ServiceResting: It is left alone; the error says for how long.
    """
    from cutroom.catalog import rows, tables

    service = service[:NAME_LENGTH]
    with catalog.reading() as session:
        row = session.get(tables.Breaker, service)
        if row is None or row.resting_until is None:
            return
    with catalog.writing() as session:
        row = session.get(tables.Breaker, service, with_for_update=True)
        if row is None or row.resting_until is None:
            return
        now = rows.moment(session)
        if row.resting_until <= now:
            row.resting_until = now + REST  # for the others; this caller is the one that tries
            return
        left, failures = (row.resting_until - now).total_seconds(), row.failures
    raise ServiceResting(
        f"{service} failed {failures} times in a row and is left alone for a while.",
        f"The job waits; by hand, try again in {left:.0f} s.",
    ).with_pause(left)


def note_failure(catalog: Catalog, service: str) -> None:
    """Count a failure that may heal; with enough of them in a row, the service gets its rest."""
    from cutroom.catalog import rows, tables

    service = service[:NAME_LENGTH]
    with catalog.writing() as session:
        rows.insert_if_missing(session, tables.Breaker, {"service": service, "failures": 0})
        row = session.get_one(tables.Breaker, service, with_for_update=True)
        row.failures += 1
        if row.failures >= MOST_FAILURES:
            row.resting_until = rows.moment(session) + REST


def note_success(catalog: Catalog, service: str) -> None:
    """Forget what went wrong before; costs one small read where nothing did."""
    from cutroom.catalog import tables

    service = service[:NAME_LENGTH]
    with catalog.reading() as session:
        if session.get(tables.Breaker, service) is None:
            return
    with catalog.writing() as session:
        row = session.get(tables.Breaker, service)
        if row is not None:
            session.delete(row)
