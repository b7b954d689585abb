"""Between rows and records, for `reading` and `writing`; imported with the first call of either."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, delete, func, insert, select

from cutroom.catalog import tables
from cutroom.catalog.kinds import Kind, S
from cutroom.records.errors import JobCancelled, JobUnknown, RunLost, Superseded
from cutroom.records.job import Job
from cutroom.records.order import Order
from cutroom.records.report import Cost, ErrorReport, JobStatus, Ledger, StorageRequests
from cutroom.records.secrets import redact

_REQUESTS = tuple(StorageRequests.model_fields)
_COSTS = tuple(Cost.model_fields)
_NUMBERS = tuple(
    name for name in Ledger.model_fields if name not in {"stages", "storage_requests", "cost_usd"}
)
"""The ledger's fields that are a number: a column each, as are each request and each cost."""


def as_job(row: tables.Job) -> Job:
    """Return a row of the job table as the record it stands for."""
    error = None
    if row.error_code is not None:
        error = {"code": row.error_code, "message": row.error_message, "hint": row.error_hint}
    columns = (
        "id",
        "order",
        "status",
        "stage",
        "attempts",
        "accepted_at",
        "started_at",
        "ended_at",
        "spared",
        "flow_run_id",
        "beat_at",
        "next_try_at",
        "log_tail",
    )
    return Job.model_validate({name: getattr(row, name) for name in columns} | {"error": error})


def new_job(order: Order, accepted_at: datetime) -> dict[str, Any]:
    """Return the row of an order that was just accepted; the order names its job."""
    return {
        "id": order.job_id,
        "order": order.model_dump(mode="json"),
        "owner": plain(order.owner),
        "tier": order.tier,
        "source_kind": order.source.kind,
        "source_location": plain(order.source.location),
        "status": "queued",
        "attempts": 0,
        "accepted_at": accepted_at,
    }


def lock_job(session: Session, job_id: str) -> tables.Job:
    """Return a job's row, which nobody else changes until this transaction ends."""
    row = session.get(tables.Job, job_id, with_for_update=True)
    if row is None:
        raise JobUnknown(f"The catalog has no job {job_id[:40]!r}.", "Accept the order first.")
    return row


def lock_media(session: Session, digest: str) -> tables.Media:
    """Return a file's row, which nobody else changes until this transaction ends."""
    row = session.get(tables.Media, digest, with_for_update=True)
    if row is None:
        raise ValueError(f"Remember the media of file {digest[:12]!r} before what lies in it.")
    return row


def insert_if_missing(
    session: Session, table: type[tables.Job | tables.Media | tables.Breaker], row: dict[str, Any]
) -> None:
    """Insert a row unless its key is there, also when two processes do so at once."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    dialect_insert = sqlite.insert if is_sqlite else postgresql.insert
    session.execute(dialect_insert(table).values(row).on_conflict_do_nothing())


def set_error(row: tables.Job, error: ErrorReport | None) -> None:
    """Write why a job failed, or that it did not."""
    row.error_code = error.code if error else None
    row.error_message = plain(redact(error.message)) if error else None
    row.error_hint = plain(redact(error.hint)) if error else None


def moment(session: Session) -> datetime:
    """Return the time by the one clock that all hosts share: the database's.

    A file of SQLite belongs to one host, whose own clock is as good and finer.
    """
    if session.get_bind().dialect.name == "sqlite":
        return datetime.now(UTC)
    found: datetime = session.execute(func.clock_timestamp().select()).scalar_one()
    return found.astimezone(UTC)


def end(session: Session, row: tables.Job, status: JobStatus, error: ErrorReport | None) -> None:
    """Write how an attempt ended."""
    row.status, row.ended_at, row.next_try_at = status, moment(session), None
    set_error(row, error)


def lost() -> ErrorReport:
    """Return what is said of an attempt that ended without a word."""
    error = RunLost(
        "The process that worked on the job ended without a word.",
        "Look whether the machine ran out of memory or was restarted; finished steps are kept.",
    )
    return ErrorReport(code=error.code, message=error.problem, hint=error.hint)


def is_holder(row: tables.Job, attempt: int) -> bool:
    """Say whether an attempt is still the job's own."""
    return row.status == "running" and row.attempts == attempt


def check_holder(row: tables.Job, attempt: int) -> None:
    """Refuse an attempt that is no longer the job's own."""
    if is_holder(row, attempt):
        return
    if row.status == "cancelled":
        raise JobCancelled(f"Job {row.id} was cancelled.", "`cutroom jobs retry` takes it up.")
    raise Superseded(
        f"Attempt {attempt} at job {row.id} is over: the job is {row.status} (attempt"
        f" {row.attempts}).",
        "Nothing need be done; what was finished is kept.",
    )


def check_free(
    session: Session, row: tables.Job, flow_run_id: str | None, lease: timedelta
) -> None:
    """Refuse a second run of a job that another run is alive with.

    The same run may take it up again at any time: Prefect has put it back.
    """
    if row.status != "running" or not flow_run_id or row.flow_run_id in {None, flow_run_id}:
        return
    if row.beat_at is not None and moment(session) - row.beat_at < lease:
        raise Superseded(
            f"Another run works on job {row.id}.", "Nothing need be done; look at that one."
        )


def plain(text: str) -> str:
    """Return text that every database takes: no NUL, which PostgreSQL refuses, no lone surrogate.

    Both come from names and logs of hostile files.
    """
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()


def replace_analysis(
    session: Session,
    digest: str,
    kind: Kind[S],
    found: Sequence[S],
    *,
    parameters: str,
    details: dict[str, Any] | None = None,
) -> None:
    """Write what was found in a file, in place of what was found before in the same way."""
    if len(parameters) > tables.PARAMETERS_LENGTH:
        raise ValueError(f"Hash the parameters' key, got {len(parameters)} characters.")
    lock_media(session, digest)
    table = tables.Analysis
    is_same = (
        col(table.media_digest) == digest,
        col(table.kind) == kind.name,
        col(table.parameters) == parameters,
    )
    session.exec(delete(table).where(*is_same))
    analysis = table(media_digest=digest, kind=kind.name, parameters=parameters, details=details)
    session.add(analysis)
    session.flush()
    lines = [
        {
            "analysis_id": analysis.id,
            "position": position,
            "start": finding.start,
            "end": finding.end,
            "payload": finding.model_dump(mode="json", exclude={"start", "end"}),
        }
        for position, finding in enumerate(found)
    ]
    if lines:
        session.execute(insert(tables.Finding), lines)


def write_ledger(session: Session, job_id: str, ledger: Ledger) -> None:
    """Write what a job cost, in place of what it was said to cost before."""
    numbers = {name: getattr(ledger, name) for name in _NUMBERS}
    requests = {f"storage_{verb}s": getattr(ledger.storage_requests, verb) for verb in _REQUESTS}
    dollars = {f"{what}_usd": getattr(ledger.cost_usd, what) for what in _COSTS}
    session.merge(tables.Ledger(job_id=job_id, **numbers, **requests, **dollars))
    session.exec(delete(tables.Stage).where(col(tables.Stage.job_id) == job_id))
    for position, stage in enumerate(ledger.stages):
        session.add(tables.Stage(job_id=job_id, position=position, **stage.model_dump()))


def read_ledger(session: Session, job_id: str) -> Ledger | None:
    """Return what a job cost, None when nobody has counted yet."""
    row = session.get(tables.Ledger, job_id)
    if row is None:
        return None
    query = select(tables.Stage).where(tables.Stage.job_id == job_id)
    stages = session.exec(query.order_by(col(tables.Stage.position)))
    return Ledger.model_validate(
        {
            **{name: getattr(row, name) for name in _NUMBERS},
            "storage_requests": {verb: getattr(row, f"storage_{verb}s") for verb in _REQUESTS},
            "cost_usd": {what: getattr(row, f"{what}_usd") for what in _COSTS},
            "stages": [stage.model_dump(exclude={"job_id", "position"}) for stage in stages],
        }
    )
