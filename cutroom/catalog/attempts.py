"""What befalls a job between its acceptance and its end, other than working on it.

As in `writing`, every function is one short transaction, from records, and may be repeated.
"""

from cutroom.catalog.sessions import Catalog
from cutroom.records.errors import JobCancelled, OrderInvalid
from cutroom.records.job import CLOSED, MOST_ATTEMPTS, Job
from cutroom.records.order import Order
from cutroom.records.report import ErrorReport, StageName
from cutroom.records.secrets import redact

# ruff: noqa: PLC0415
# SQLModel and SQLAlchemy take most of a second to import: they come with the first call.


def beat(
    catalog: Catalog, job_id: str, attempt: int, stage: StageName | None, log_tail: str
) -> None:
    """Give a sign of life, and note how far the attempt has come.

    Raises:
        JobUnknown: The job was dropped.
        JobCancelled, Superseded: The attempt is no longer the job's own.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        rows.check_holder(row, attempt)
        row.beat_at = rows.moment(session)
        row.stage = stage or row.stage
        row.log_tail = rows.plain(redact(log_tail))


def look(catalog: Catalog, job_id: str, attempt: int) -> None:
    """See, without writing, that an attempt is still the job's own; raises as `beat`."""
    from cutroom.catalog import rows, tables

    with catalog.reading() as session:
        row = session.get(tables.Job, job_id) or rows.lock_job(session, job_id)
        rows.check_holder(row, attempt)


def put_back(catalog: Catalog, job_id: str, attempt: int, pause: float = 0.0) -> Job:
    """Take an attempt back that ends for no fault of the job: it will not count.

    Args:
        catalog: To write to.
        job_id: The job.
        attempt: The number of the attempt; one that is no longer the job's own changes nothing.
        pause: Seconds before the job may be submitted again.

    Raises:
        JobUnknown: The catalog has no such job.
    """
    from datetime import timedelta

    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        if rows.is_holder(row, attempt):
            row.spared += 1
            rows.end(session, row, "queued", None)
            row.ended_at = None
            row.next_try_at = rows.moment(session) + timedelta(seconds=pause)
        return rows.as_job(row)


def lose(catalog: Catalog, seen: Job) -> Job:
    """Remember that the run of a job is gone, as far as one who looked could see.

    An attempt that had begun was counted when it began. A run that ended before it could begin is
    counted here, so that a job whose run never begins is dead after as many as any other.

    Args:
        catalog: To write to.
        seen: The job as it stood then; where it has moved on since, nothing changes.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, seen.id)
        if (row.status, row.attempts, row.flow_run_id) == (
            *(seen.status, seen.attempts, seen.flow_run_id),
        ) and row.status in {"queued", "running"}:
            row.attempts += row.status == "queued"
            is_last = row.attempts - row.spared >= MOST_ATTEMPTS
            rows.end(session, row, "dead" if is_last else "failed", rows.lost())
        return rows.as_job(row)


def note_run(catalog: Catalog, seen: Job, flow_run_id: str) -> Job:
    """Remember the run that is to make a job's next attempt; nothing changes if it has begun."""
    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, seen.id)
        if row.attempts == seen.attempts and row.status in {"queued", "failed"}:
            row.status, row.flow_run_id, row.next_try_at = "queued", flow_run_id, None
        return rows.as_job(row)


def cancel(catalog: Catalog, job_id: str) -> Job:
    """Call a job off; one that is closed stays as it is. Whoever works on it hears of it soon.

    Raises:
        JobUnknown: The catalog has no such job.
    """
    from cutroom.catalog import rows

    error = JobCancelled(f"Job {job_id} was cancelled.", "`cutroom jobs retry` takes it up.")
    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        if row.status not in CLOSED:
            why = ErrorReport(code=error.code, message=error.problem, hint=error.hint)
            rows.end(session, row, "cancelled", why)
        return rows.as_job(row)


def revive(catalog: Catalog, job_id: str, order: Order | None = None) -> Job:
    """Queue a job anew that is dead, cancelled or waits, with all its attempts before it.

    Args:
        catalog: To write to.
        job_id: The job.
        order: In place of the one it has, if something is to be changed.

    Raises:
        JobUnknown: The catalog has no such job.
        OrderInvalid: It is running, or completed.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        if row.status in {"running", "completed"}:
            raise OrderInvalid(
                f"Job {job_id} is {row.status}.",
                "Cancel it first." if row.status == "running" else "Order the video anew.",
            )
        if order is not None:
            row.order = order.model_copy(update={"job_id": job_id}).model_dump(mode="json")
        row.attempts += 1  # the run that was cancelled with it keeps its key for itself
        row.status, row.spared, row.flow_run_id = "queued", row.attempts, None
        row.ended_at = row.next_try_at = None
        return rows.as_job(row)


def drop(catalog: Catalog, job_id: str) -> None:
    """Forget a job and all that belongs to it; what was learned about its video stays.

    Raises:
        JobUnknown: The catalog has no such job.
        OrderInvalid: It is running.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        if row.status == "running":
            raise OrderInvalid(f"Job {job_id} is running.", "Cancel it first.")
        session.delete(row)
