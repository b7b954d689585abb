"""What the catalog remembers, as records."""

import re
from datetime import datetime
from typing import TYPE_CHECKING

from cutroom.catalog.kinds import WORDS, Kind, S
from cutroom.catalog.sessions import Catalog
from cutroom.records.clip import Clip, Cut
from cutroom.records.errors import JobUnknown
from cutroom.records.findings import Transcript, Word
from cutroom.records.job import CLOSED, Job
from cutroom.records.media import Media
from cutroom.records.report import JobStatus, Ledger, Report

if TYPE_CHECKING:
    from sqlmodel import Session

    from cutroom.catalog import tables

# ruff: noqa: PLC0415
# SQLModel and SQLAlchemy take most of a second to import: they come with the first call.


def job(catalog: Catalog, job_id: str) -> Job:
    """Return one job.

    Args:
        catalog: To look in.
        job_id: Its id, or the beginning of it where no other job's begins the same; dashes and
            capitals do not matter.

    Raises:
        JobUnknown: No job has it, or several have.
    """
    from cutroom.catalog.rows import as_job

    with catalog.reading() as session:
        return as_job(_find_job(session, job_id))


def jobs(catalog: Catalog, status: JobStatus | None = None, limit: int = 50) -> tuple[Job, ...]:
    """Return the jobs accepted last, the newest first, of one status if asked."""
    from sqlmodel import col, select

    from cutroom.catalog import tables
    from cutroom.catalog.rows import as_job

    newest = col(tables.Job.accepted_at).desc()
    query = select(tables.Job).order_by(newest, col(tables.Job.id)).limit(limit)
    if status is not None:
        query = query.where(tables.Job.status == status)
    with catalog.reading() as session:
        return tuple(as_job(row) for row in session.exec(query))


def open_jobs(catalog: Catalog) -> tuple[Job, ...]:
    """Return every job that is not closed, the longest accepted first."""
    from sqlmodel import col, select

    from cutroom.catalog import tables
    from cutroom.catalog.rows import as_job

    query = select(tables.Job).where(col(tables.Job.status).not_in(CLOSED))
    with catalog.reading() as session:
        return tuple(
            as_job(row) for row in session.exec(query.order_by(col(tables.Job.accepted_at)))
        )


def moment(catalog: Catalog) -> datetime:
    """Return the time by the clock that beats and waits are written with."""
    from cutroom.catalog import rows

    with catalog.reading() as session:
        return rows.moment(session)


def report(catalog: Catalog, job_id: str) -> Report | None:
    """Return the last report that a job wrote, None when it wrote none; the id as for `job`."""
    from cutroom.catalog import tables

    with catalog.reading() as session:
        row = session.get(tables.Report, _find_job(session, job_id).id)
        return None if row is None else Report.model_validate(row.body)


def ledger(catalog: Catalog, job_id: str) -> Ledger | None:
    """Return what a job cost, None when nobody has counted yet; the id as for `job`."""
    from cutroom.catalog.rows import read_ledger

    with catalog.reading() as session:
        return read_ledger(session, _find_job(session, job_id).id)


def media(catalog: Catalog, digest: str) -> Media | None:
    """Return what a probe found in the file with this digest, None when it was never probed."""
    from cutroom.catalog import tables

    with catalog.reading() as session:
        row = session.get(tables.Media, digest)
        if row is None:
            return None
        return Media.model_validate(row.probe | {"keyframes": _offsets(session, digest)})


def keyframes(catalog: Catalog, digest: str) -> tuple[float, ...]:
    """Return the times of a file's keyframes in seconds, ascending; empty when none is known."""
    with catalog.reading() as session:
        return tuple(_offsets(session, digest))


def findings(
    catalog: Catalog, digest: str, kind: Kind[S], parameters: str = ""
) -> tuple[S, ...] | None:
    """Return what was found in a file, in the order it was found.

    Args:
        catalog: To look in.
        digest: SHA-256 of the file.
        kind: Such as `kinds.SCENES`.
        parameters: The key under which the findings were remembered.

    Returns:
        Empty when there was nothing to find, None when nobody has looked in this way.
    """
    with catalog.reading() as session:
        analysis = _find_analysis(session, digest, kind, parameters)
        return None if analysis is None else _findings_of(session, analysis, kind)


def transcript(catalog: Catalog, digest: str, parameters: str = "") -> Transcript | None:
    """Return everything said in a file, None when nobody has listened in this way."""
    with catalog.reading() as session:
        analysis = _find_analysis(session, digest, WORDS, parameters)
        if analysis is None:
            return None
        words: tuple[Word, ...] = _findings_of(session, analysis, WORDS)
        return Transcript.model_validate({**(analysis.details or {}), "words": words})


def cuts(catalog: Catalog, job_id: str) -> tuple[Cut, ...]:
    """Return a job's cuts, rendered or not, in the job's own order; the id as for `job`."""
    from sqlmodel import col, select

    from cutroom.catalog import tables

    with catalog.reading() as session:
        found = _find_job(session, job_id)
        query = select(tables.Cut).where(tables.Cut.job_id == found.id)
        rows = session.exec(query.order_by(col(tables.Cut.position)))
        return tuple(Cut.model_validate(row.record) for row in rows)


def clips(catalog: Catalog, job_id: str) -> tuple[Clip, ...]:
    """Return a job's rendered clips, in the order of its cuts; the id as for `job`."""
    from sqlmodel import col, select

    from cutroom.catalog import tables

    with catalog.reading() as session:
        found = _find_job(session, job_id)
        query = (
            select(tables.Clip, tables.Cut)
            .join(tables.Cut)
            .where(tables.Clip.job_id == found.id)
            .order_by(col(tables.Cut.position))
        )
        return tuple(
            Clip.model_validate(clip.record | {"cut": cut.record})
            for clip, cut in session.exec(query)
        )


def _find_job(session: "Session", job_id: str) -> "tables.Job":
    from sqlmodel import select

    from cutroom.catalog import tables

    prefix = job_id.replace("-", "").lower()
    if not re.fullmatch(r"[0-9a-f]{1,32}", prefix):
        raise JobUnknown(
            f"{job_id[:40]!r} is not a job's id.",
            "Ids are the digits 0-9 and a-f, as in report.json.",
        )
    # A range rather than LIKE: it uses the primary key's index in every collation.
    query = select(tables.Job).where(tables.Job.id >= prefix, tables.Job.id < prefix + "g")
    found = session.exec(query.limit(2)).all()
    if len(found) > 1:
        raise JobUnknown(f"Several jobs begin with {prefix}.", "Give more of the id.")
    if not found:
        raise JobUnknown(
            f"The catalog has no job {prefix}.", "Look the id up in report.json, as job_id."
        )
    return found[0]


def _offsets(session: "Session", digest: str) -> list[float]:
    from cutroom.catalog import tables

    row = session.get(tables.Keyframes, digest)
    return [] if row is None else row.offsets


def _find_analysis(
    session: "Session", digest: str, kind: Kind[S], parameters: str
) -> "tables.Analysis | None":
    from sqlmodel import select

    from cutroom.catalog import tables

    query = select(tables.Analysis).where(
        tables.Analysis.media_digest == digest,
        tables.Analysis.kind == kind.name,
        tables.Analysis.parameters == parameters,
    )
    return session.exec(query).first()


def _findings_of(session: "Session", analysis: "tables.Analysis", kind: Kind[S]) -> tuple[S, ...]:
    from sqlmodel import col, select

    from cutroom.catalog import tables

    table = tables.Finding
    query = select(table.start, table.end, table.payload)
    query = query.where(table.analysis_id == analysis.id).order_by(col(table.position))
    return tuple(
        kind.record.model_validate({**payload, "start": start, "end": end})
        for start, end, payload in session.exec(query)
    )
