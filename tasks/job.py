"""Open and close a job: its row in the catalog, its tools, its end whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from blocks.settings import settings
from cutroom.catalog import attempts, reading, writing
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.blob import vouched_by
from cutroom.records.errors import (
    CutroomError,
    JobCancelled,
    JobUnknown,
    MediaError,
    ModelError,
    ServiceResting,
)
from cutroom.records.job import Job
from cutroom.records.order import Order
from cutroom.records.report import Degraded, ErrorReport, Report
from cutroom.records.secrets import redact
from cutroom.records.stopping import Stop, stoppable
from cutroom.storage.backed import BackedStore
from cutroom.storage.local import LocalStore, room_to_write
from cutroom.storage.scratch import tidy
from tasks.lifeline import lifeline
from tasks.log_tail import LogTail, log_tail
from tasks.redaction import errors_redacted, install_redaction
from tasks.run import is_called_off, is_in_foreground, this_run, watching_for_cancel
from tasks.sharing import steps_shared
from tasks.workbench import Workbench


@contextmanager
def open_job(order: Order) -> Iterator[Workbench]:
    """Accept an order as a job, or take up the job it names, and note how the attempt ends.

    Within, cached results whose files are gone read as not cached, and everything stops soon
    after the job was cancelled or another attempt has taken over.

    Raises:
        JobClosed: The job is over already.
        JobUnknown: The order names a job that must be in the catalog and is not.
    """
    install_redaction()
    chosen, run = settings(), this_run()
    run_id = str(run.id) if run else None
    catalog = open_catalog(chosen.catalog)
    job = writing.start(
        catalog, _accept(catalog, order).id, run_id, timedelta(seconds=chosen.lease)
    )
    store = BackedStore(chosen.home.resolve())
    tidy(store, chosen.scratch_limit)
    bench = Workbench(job, chosen, store, catalog)
    with (
        store.holding(),
        vouched_by(store.has),
        stoppable() as stop,
        log_tail(run_id) as tail,
        errors_redacted(),
        _end_noted(bench, stop, tail),
        lifeline(bench, stop, tail, watching_for_cancel(run)),
        room_to_write(),
        steps_shared(bench, store),
    ):
        yield bench


def _accept(catalog: Catalog, order: Order) -> Job:
    """Return the order's job; accept one that has none yet.

    A run that a worker took names a job that someone accepted: where this catalog does not have
    it, it is another one than theirs, and what was done here nobody would ever see. One whose
    address is masked has the rest of it in the catalog alone.
    """
    is_handed_over = order.job_id is not None and not is_in_foreground(this_run())
    if order.is_masked or is_handed_over:
        return reading.job(catalog, order.job_id or "")
    return writing.accept(catalog, order)


@contextmanager
def _end_noted(bench: Workbench, stop: Stop, tail: LogTail) -> Iterator[None]:
    """Note in the catalog how an attempt ends that does not end well."""
    catalog, job = bench.catalog, bench.job

    def fail(why: CutroomError | ErrorReport) -> None:
        stage, attempt = bench.book.latest_stage, job.attempts
        writing.fail(catalog, job.id, why, stage, attempt=attempt, log_tail=tail.text)

    try:
        yield
    except ServiceResting as error:
        attempts.put_back(catalog, job.id, job.attempts, error.retry_after or 0.0)
        raise
    except CutroomError as error:
        fail(error)
        raise
    except Exception as error:
        why = ErrorReport(
            code="INTERNAL",
            message=f"{type(error).__name__}: {error}"[:2000],
            hint="Run it again; finished steps are kept. If it stays so, report it.",
        )
        fail(why)
        raise
    except BaseException as signal:
        _end_by(signal, bench, stop)
        raise


def _end_by(signal: BaseException, bench: Workbench, stop: Stop) -> None:
    """Note that the process was told to end: by whoever cancels the job, or who needs the host.

    The job goes back to where it was taken from, and this attempt does not count, unless a person
    called it off: in Prefect, or with Ctrl-C where they waited for it.
    """
    run = this_run()
    by_hand = isinstance(signal, KeyboardInterrupt) and is_in_foreground(run)
    if by_hand or is_called_off(run):
        attempts.cancel(bench.catalog, bench.job.id)
    else:
        attempts.put_back(bench.catalog, bench.job.id, bench.job.attempts)
    stop.ask(JobCancelled("The process was told to end.", "Nothing need be done."))


@contextmanager
def recall_job(job_id: str) -> Iterator[tuple[Workbench, Report]]:
    """Take up a job that is done, with its report; what happens within does not change its row.

    Raises:
        JobUnknown: There is no such job, or it has not come to a report.
    """
    chosen = settings()
    catalog = open_catalog(chosen.catalog)
    job = reading.job(catalog, job_id)
    report = reading.report(catalog, job.id)
    if report is None:
        raise JobUnknown(f"Job {job.id} has no results.", "Run its order again first.")
    store = LocalStore(chosen.home.resolve())
    with store.holding(), vouched_by(store.has), errors_redacted():
        yield Workbench(job, chosen, store, catalog), report


@contextmanager
def or_degraded(bench: Workbench, what: str) -> Iterator[None]:
    """Let a job go on without a part that could not be done, and say so in its report.

    Only picture, sound and models are forgiven: a full disk or a lost catalog ends the job.
    """
    try:
        yield
    except (MediaError, ModelError) as error:
        bench.degrade(Degraded(what=what, why=redact(f"{error.problem} {error.hint}")))


def finished(order: Order) -> Report | None:
    """Return the report of a job that an earlier attempt has brought to its end.

    A process may die after its job is completed and before Prefect knows; the run that is made in
    its place has nothing left to do.
    """
    if order.job_id is None:
        return None
    catalog = open_catalog(settings().catalog)
    try:
        job = reading.job(catalog, order.job_id)
    except JobUnknown:
        return None
    return reading.report(catalog, job.id) if job.status == "completed" else None
