"""The only place where rows are written, and always from records.

Every function is one short transaction and may be repeated: the same call twice leaves one set of
rows. What belongs together is replaced together, so a reader sees the old set or the new one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import uuid4

from cutroom.catalog.kinds import WORDS, Kind, S
from cutroom.catalog.sessions import Catalog
from cutroom.records.clip import Clip, Cut
from cutroom.records.errors import CutroomError
from cutroom.records.findings import Transcript
from cutroom.records.job import Job
from cutroom.records.media import Media
from cutroom.records.order import Order
from cutroom.records.report import ErrorReport, Ledger, Report, StageName

# ruff: noqa: PLC0415
# SQLModel and SQLAlchemy take most of a second to import: they come with the first call.


def accept(catalog: Catalog, order: Order) -> Job:
    """Give an order its job, on disk before this returns.

    Args:
        catalog: To write to.
        order: What is asked for. One that names its job gets that job, as it stands, and opens
            it only where the catalog does not have it yet: accepting twice is harmless.

    Returns:
        The job. Its order names it, ready to be handed to a run.
    """
    from cutroom.catalog import rows, tables

    job_id = order.job_id or uuid4().hex
    order = order.model_copy(update={"job_id": job_id})
    row = {
        "id": job_id,
        "order": order.model_dump(mode="json"),
        "owner": rows.plain(order.owner),
        "tier": order.tier,
        "source_kind": order.source.kind,
        "source_location": rows.plain(order.source.location),
        "status": "queued",
        "attempts": 0,
        "accepted_at": datetime.now(UTC),
    }
    with catalog.writing() as session:
        rows.insert_if_missing(session, tables.Job, row)
        return rows.as_job(rows.lock_job(session, job_id))


def start(catalog: Catalog, job_id: str) -> Job:
    """Begin an attempt at a job, the first or another one.

    Raises:
        JobUnknown: The catalog has no such job.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        row.attempts += 1
        row.status, row.stage = "running", None
        row.started_at, row.ended_at = datetime.now(UTC), None
        rows.set_error(row, None)
        return rows.as_job(row)


def note_stage(catalog: Catalog, job_id: str, stage: StageName) -> None:
    """Remember the stage a job has come to.

    Raises:
        JobUnknown: The catalog has no such job.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        rows.lock_job(session, job_id).stage = stage


def note_source(catalog: Catalog, job_id: str, digest: str, title: str) -> None:
    """Remember what a job's source turned out to be, as soon as it is here.

    Args:
        catalog: To write to.
        job_id: The job.
        digest: SHA-256 of the file that was fetched.
        title: What people call the video.

    Raises:
        JobUnknown: The catalog has no such job.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        row.media_digest, row.title = digest, rows.plain(title)


def finish(catalog: Catalog, job_id: str, report: Report) -> Job:
    """Remember how a job ended: its status, its report and its ledger.

    Raises:
        JobUnknown: The catalog has no such job.
        ValueError: The report is another job's.
    """
    from cutroom.catalog import rows, tables

    if report.job_id != job_id:
        raise ValueError(f"Job {job_id} cannot end with the report of {report.job_id!r}.")
    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        row.status, row.ended_at = report.status, datetime.now(UTC)
        if report.status == "completed":
            row.stage = None
        row.title, row.media_digest = rows.plain(report.source.title), report.source.sha256
        rows.set_error(row, report.error)
        session.merge(tables.Report(job_id=job_id, body=report.model_dump(mode="json")))
        rows.write_ledger(session, job_id, report.ledger)
        return rows.as_job(row)


def fail(
    catalog: Catalog,
    job_id: str,
    error: CutroomError | ErrorReport,
    stage: StageName | None = None,
    ledger: Ledger | None = None,
) -> Job:
    """Remember that a job failed, and why.

    Args:
        catalog: To write to.
        job_id: The job.
        error: What went wrong and what to do about it.
        stage: Where it went wrong; None leaves the stage noted last.
        ledger: What was spent until then, if it was counted.

    Raises:
        JobUnknown: The catalog has no such job.
    """
    from cutroom.catalog import rows

    if isinstance(error, CutroomError):
        error = ErrorReport(
            code=error.code, message=rows.plain(error.problem), hint=rows.plain(error.hint)
        )
    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        row.status, row.ended_at = "failed", datetime.now(UTC)
        row.stage = stage or row.stage
        rows.set_error(row, error)
        if ledger is not None:
            rows.write_ledger(session, job_id, ledger)
        return rows.as_job(row)


def remember_media(catalog: Catalog, digest: str, media: Media) -> None:
    """Remember what a probe found in a file, and where its keyframes are.

    Args:
        catalog: To write to.
        digest: SHA-256 of the file.
        media: What the probe found.
    """
    from cutroom.catalog import rows, tables

    probe = media.model_dump(mode="json", exclude={"keyframes"})
    row = {"digest": digest, "duration": media.duration, "probe": probe}
    with catalog.writing() as session:
        rows.insert_if_missing(session, tables.Media, row)
        known = rows.lock_media(session, digest)
        known.duration, known.probe = media.duration, probe
        session.merge(tables.Keyframes(media_digest=digest, offsets=list(media.keyframes)))


def remember_findings(
    catalog: Catalog, digest: str, kind: Kind[S], found: Sequence[S], parameters: str = ""
) -> None:
    """Remember what was found in a file, in place of what was found before in the same way.

    Args:
        catalog: To write to.
        digest: SHA-256 of the file; its media must be remembered already.
        kind: Such as `kinds.SCENES`.
        found: In order; empty when there was nothing to find, which is worth remembering too.
        parameters: A key for the way it was looked for (method, version, options), at most 200
            characters.

    Raises:
        ValueError: The file's media was never remembered, or the key is too long.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        rows.replace_analysis(session, digest, kind, found, parameters=parameters)


def remember_transcript(
    catalog: Catalog, digest: str, transcript: Transcript, parameters: str = ""
) -> None:
    """Remember everything said in a file, the words as findings; as `remember_findings`."""
    from cutroom.catalog import rows

    details = transcript.model_dump(mode="json", exclude={"words"})
    with catalog.writing() as session:
        rows.replace_analysis(
            session, digest, WORDS, transcript.words, parameters=parameters, details=details
        )


def remember_cuts(catalog: Catalog, job_id: str, digest: str, cuts: Sequence[Cut]) -> None:
    """Remember a job's edit decisions, in place of those it had.

    A cut that stays keeps its clip; one that is gone takes its clip along.

    Args:
        catalog: To write to.
        job_id: The job.
        digest: SHA-256 of the source; its media must be remembered already.
        cuts: In the job's order of preference.

    Raises:
        JobUnknown: The catalog has no such job.
        ValueError: The source's media was never remembered.
    """
    from sqlmodel import col, delete

    from cutroom.catalog import rows, tables

    with catalog.writing() as session:
        rows.lock_job(session, job_id)
        rows.lock_media(session, digest)
        stays = [cut.id for cut in cuts]
        table = tables.Cut
        session.exec(delete(table).where(col(table.job_id) == job_id, col(table.id).not_in(stays)))
        for position, cut in enumerate(cuts):
            record = cut.model_dump(mode="json")
            session.merge(
                table(
                    job_id=job_id,
                    id=cut.id,
                    media_digest=digest,
                    position=position,
                    record=record,
                )
            )


def remember_clips(catalog: Catalog, job_id: str, clips: Sequence[Clip]) -> None:
    """Remember a job's rendered clips, in place of those it had.

    Raises:
        JobUnknown: The catalog has no such job.
        ValueError: A clip is of a cut that the job does not have.
    """
    from sqlmodel import col, delete, select

    from cutroom.catalog import rows, tables

    with catalog.writing() as session:
        rows.lock_job(session, job_id)
        known = session.exec(select(tables.Cut.id).where(tables.Cut.job_id == job_id)).all()
        strangers = sorted({clip.cut.id for clip in clips} - set(known))
        if strangers:
            raise ValueError(f"Remember the cuts of job {job_id} first, got clips of {strangers}.")
        session.exec(delete(tables.Clip).where(col(tables.Clip.job_id) == job_id))
        for clip in clips:
            record = clip.model_dump(mode="json", exclude={"cut"})
            session.add(tables.Clip(job_id=job_id, cut_id=clip.cut.id, record=record))
