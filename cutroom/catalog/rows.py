"""Between rows and records, for `reading` and `writing`; imported with the first call of either."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import Session, col, delete, insert, select

from cutroom.catalog import tables
from cutroom.catalog.kinds import Kind, S
from cutroom.records.errors import JobUnknown
from cutroom.records.job import Job
from cutroom.records.report import Cost, ErrorReport, Ledger, StorageRequests

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
    )
    return Job.model_validate({name: getattr(row, name) for name in columns} | {"error": error})


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
    session: Session, table: type[tables.Job | tables.Media], row: dict[str, Any]
) -> None:
    """Insert a row unless its key is there, also when two processes do so at once."""
    is_sqlite = session.get_bind().dialect.name == "sqlite"
    dialect_insert = sqlite.insert if is_sqlite else postgresql.insert
    session.execute(dialect_insert(table).values(row).on_conflict_do_nothing())


def set_error(row: tables.Job, error: ErrorReport | None) -> None:
    """Write why a job failed, or that it did not."""
    row.error_code = error.code if error else None
    row.error_message = plain(error.message) if error else None
    row.error_hint = plain(error.hint) if error else None


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
