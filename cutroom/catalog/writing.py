"""The only place where rows are written, and always from records.

Every function is one short transaction and may be repeated: the same call twice leaves one set of
rows. What belongs together is replaced together, so a reader sees the old set or the new one.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from cutroom.catalog.kinds import WORDS, Kind, S
from cutroom.catalog.sessions import Catalog
from cutroom.records.clip import Clip, Cut
from cutroom.records.errors import CutroomError, JobClosed
from cutroom.records.findings import Transcript
from cutroom.records.job import CLOSED, LEASE, MOST_ATTEMPTS, Job, pause_after
from cutroom.records.media import Media
from cutroom.records.order import Order
from cutroom.records.report import ErrorReport, Ledger, Report, StageName
from cutroom.records.secrets import redact

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
    row = rows.new_job(order.model_copy(update={"job_id": job_id}), datetime.now(UTC))
    with catalog.writing() as session:
        rows.insert_if_missing(session, tables.Job, row)
        return rows.as_job(rows.lock_job(session, job_id))


def start(
    catalog: Catalog, job_id: str, flow_run_id: str | None = None, lease: timedelta = LEASE
) -> Job:
    """Begin an attempt at a job, the first or another one.

    Args:
        catalog: To write to.
        job_id: The job.
        flow_run_id: Prefect's run that makes this attempt.
        lease: Silence after which another run's attempt counts as over.

    Raises:
        JobUnknown: The catalog has no such job.
        JobClosed: It is completed, dead or cancelled, or this attempt would be one too many: a
            job whose attempts all ended without a word is dead then.
        Superseded: Another run works on it and was heard of lately.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        rows.check_free(session, row, flow_run_id, lease)
        if row.status not in CLOSED and row.attempts - row.spared >= MOST_ATTEMPTS:
            rows.end(session, row, "dead", rows.lost())
        elif row.status not in CLOSED:
            row.attempts += 1
            row.status, row.stage, row.log_tail = "running", None, None
            row.started_at = row.beat_at = rows.moment(session)
            row.ended_at = row.next_try_at = None
            row.flow_run_id = flow_run_id or row.flow_run_id
            rows.set_error(row, None)
            return rows.as_job(row)
        status = row.status
    raise JobClosed(
        f"Job {job_id} is {status}; it is not begun again by itself.",
        f"Look at it with `cutroom jobs show {job_id[:8]}`; `cutroom jobs retry` begins anew.",
    )


def check_attempt(catalog: Catalog, job_id: str, attempt: int) -> None:
    """See that an attempt is still the job's own; called before anything is published.

    Raises:
        JobUnknown: The job was dropped.
        JobCancelled: Someone called it off.
        Superseded: A later attempt has taken over, or the job is closed.
    """
    from cutroom.catalog import rows

    with catalog.writing() as session:
        rows.check_holder(rows.lock_job(session, job_id), attempt)


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


def finish(catalog: Catalog, job_id: str, report: Report, attempt: int | None = None) -> Job:
    """Remember how a job ended: its status, its report and its ledger.

    Args:
        catalog: To write to.
        job_id: The job.
        report: What was made.
        attempt: The number of the attempt that made it; it must still be the job's own.

    Raises:
        JobUnknown: The catalog has no such job.
        JobCancelled, Superseded: The attempt is no longer the job's own.
        ValueError: The report is another job's.
    """
    from cutroom.catalog import rows, tables

    if report.job_id != job_id:
        raise ValueError(f"Job {job_id} cannot end with the report of {report.job_id!r}.")
    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        if attempt is not None:
            rows.check_holder(row, attempt)
        rows.end(session, row, report.status, report.error)
        if report.status == "completed":
            row.stage = row.log_tail = None
        row.title, row.media_digest = rows.plain(report.source.title), report.source.sha256
        session.merge(tables.Report(job_id=job_id, body=report.model_dump(mode="json")))
        rows.write_ledger(session, job_id, report.ledger)
        return rows.as_job(row)


def fail(
    catalog: Catalog,
    job_id: str,
    error: CutroomError | ErrorReport,
    stage: StageName | None = None,
    ledger: Ledger | None = None,
    *,
    attempt: int | None = None,
    log_tail: str | None = None,
) -> Job:
    """Remember that an attempt failed, and why: the job is to be tried again later, or is dead.

    It is dead when the error cannot heal, or when this was the last attempt it had. What nobody
    foresaw (`ErrorReport`) may be anything, and is tried again.

    Args:
        catalog: To write to.
        job_id: The job.
        error: What went wrong and what to do about it.
        stage: Where it went wrong; None leaves the stage noted last.
        ledger: What was spent until then, if it was counted.
        attempt: The number of the attempt; one that is no longer the job's own changes nothing.
        log_tail: The end of its log.

    Raises:
        JobUnknown: The catalog has no such job.
    """
    from cutroom.catalog import rows

    may_heal, pause = True, None
    if isinstance(error, CutroomError):
        may_heal, pause = error.is_transient, error.retry_after
        error = ErrorReport(code=error.code, message=error.problem, hint=error.hint)
    with catalog.writing() as session:
        row = rows.lock_job(session, job_id)
        if attempt is not None and not rows.is_holder(row, attempt):
            return rows.as_job(row)
        is_last = row.attempts - row.spared >= MOST_ATTEMPTS
        rows.end(session, row, "failed" if may_heal and not is_last else "dead", error)
        if row.status == "failed":
            row.next_try_at = rows.moment(session) + pause_after(row.attempts - row.spared, pause)
        row.stage = stage or row.stage
        row.log_tail = rows.plain(redact(log_tail)) if log_tail else row.log_tail
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
