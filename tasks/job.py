"""Open and close a job: its row in the catalog, its tools, its end whatever happens."""

from collections.abc import Iterator
from contextlib import contextmanager

from blocks.settings import settings
from cutroom.catalog import reading, writing
from cutroom.catalog.sessions import open_catalog
from cutroom.records.blob import vouched_by
from cutroom.records.errors import CutroomError, JobUnknown, MediaError, ModelError
from cutroom.records.order import Order
from cutroom.records.report import Degraded, ErrorReport, Report
from cutroom.storage.local import LocalStore, room_to_write
from tasks.workbench import Workbench


@contextmanager
def open_job(order: Order) -> Iterator[Workbench]:
    """Accept an order as a job, or take up the job it names, and note how it ends.

    Within, cached results whose files are gone read as not cached.
    """
    chosen = settings()
    catalog = open_catalog(chosen.catalog)
    job = writing.start(catalog, writing.accept(catalog, order).id)
    store = LocalStore(chosen.home.resolve())
    store.sweep()
    bench = Workbench(job, chosen, store, catalog)
    with vouched_by(store.has):
        try:
            with room_to_write():
                yield bench
        except CutroomError as error:
            why = ErrorReport(code=error.code, message=error.problem, hint=error.hint)
            writing.fail(catalog, job.id, why, bench.book.latest_stage)
            raise
        except BaseException as error:
            why = ErrorReport(
                code="INTERNAL",
                message=f"{type(error).__name__}: {error}"[:2000],
                hint="Run it again; finished steps are kept. If it stays so, report it.",
            )
            writing.fail(catalog, job.id, why, bench.book.latest_stage)
            raise


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
    with vouched_by(store.has):
        yield Workbench(job, chosen, store, catalog), report


@contextmanager
def or_degraded(bench: Workbench, what: str) -> Iterator[None]:
    """Let a job go on without a part that could not be done, and say so in its report.

    Only picture, sound and models are forgiven: a full disk or a lost catalog ends the job.
    """
    try:
        yield
    except (MediaError, ModelError) as error:
        bench.degrade(Degraded(what=what, why=f"{error.problem} {error.hint}"))
