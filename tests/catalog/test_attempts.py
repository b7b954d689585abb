"""A job's way through its attempts: what counts, who may publish, when it is over."""

from datetime import timedelta

import pytest

from cutroom.catalog import attempts, reading, tables, writing
from cutroom.catalog.alone import alone
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.errors import (
    DiskFull,
    JobCancelled,
    JobClosed,
    JobUnknown,
    OrderInvalid,
    SourceUnreachable,
    Superseded,
)
from cutroom.records.job import LEASE
from cutroom.records.report import ErrorReport

DOZES = SourceUnreachable("It dozes.", "Wait.")


@pytest.fixture
def job(catalog, order):
    """A job that has been accepted, and no more."""
    return writing.accept(catalog, order)


def test_what_may_heal_is_tried_three_times(catalog, job):
    """Each time later than the last; then the job is dead and stays so."""
    seen = []
    for _ in range(3):
        begun = writing.start(catalog, job.id)
        seen.append(writing.fail(catalog, job.id, DOZES, attempt=begun.attempts))

    assert [one.status for one in seen] == ["failed", "failed", "dead"]
    waits = [one.next_try_at - one.ended_at for one in seen[:2]]
    assert timedelta(seconds=5) < waits[0] < timedelta(seconds=35)
    assert timedelta(seconds=15) < waits[1] < timedelta(seconds=65)
    assert seen[2].next_try_at is None
    with pytest.raises(JobClosed, match="is dead"):
        writing.start(catalog, job.id)


def test_what_cannot_heal_is_dead_at_once(catalog, job):
    """A full disk is nothing that time mends."""
    writing.start(catalog, job.id)

    assert writing.fail(catalog, job.id, DiskFull("Full.", "Free some.")).status == "dead"


def test_what_nobody_foresaw_is_tried_again(catalog, job):
    """It may have been the machine."""
    writing.start(catalog, job.id)
    odd = ErrorReport(code="INTERNAL", message="OSError: odd", hint="Report it.")

    assert writing.fail(catalog, job.id, odd).status == "failed"


def test_a_host_that_says_when_to_come_back_is_obeyed(catalog, job):
    """Not earlier, and not all at the same moment."""
    writing.start(catalog, job.id)
    failed = writing.fail(catalog, job.id, SourceUnreachable("Later.", "").with_pause(900))

    wait = failed.next_try_at - failed.ended_at
    assert timedelta(seconds=900) <= wait <= timedelta(seconds=991)


def test_crashes_count_though_nobody_tells_of_them(catalog, job):
    """Three attempts that ended without a word are enough, whoever starts the fourth."""
    for _ in range(3):
        writing.start(catalog, job.id)

    with pytest.raises(JobClosed):
        writing.start(catalog, job.id)
    found = reading.job(catalog, job.id)
    assert (found.status, found.error and found.error.code) == ("dead", "RUN_LOST")


def test_a_run_that_never_began_counts_as_well(catalog, job):
    """A job whose flow cannot even be loaded does not go round for ever."""
    for number in range(3):
        waiting = attempts.note_run(catalog, reading.job(catalog, job.id), f"run {number}")
        lost = attempts.lose(catalog, waiting)

    assert (lost.status, lost.attempts) == ("dead", 3)


def test_what_was_lost_is_lost_once(catalog, job):
    """Two reconcilers, or one that is late, do not take a job that has moved on."""
    begun = writing.start(catalog, job.id, "run 1")
    attempts.lose(catalog, begun)
    again = attempts.lose(catalog, begun)
    writing.start(catalog, job.id, "run 2")
    late = attempts.lose(catalog, begun)

    assert (again.status, again.attempts) == ("failed", 1)
    assert (late.status, late.attempts, late.flow_run_id) == ("running", 2, "run 2")


def test_an_attempt_that_is_put_back_does_not_count(catalog, job):
    """A host may go away as often as it likes."""
    for _ in range(5):
        begun = writing.start(catalog, job.id)
        put_back = attempts.put_back(catalog, job.id, begun.attempts)

    assert (put_back.status, put_back.attempts, put_back.spent) == ("queued", 5, 0)


def test_a_stale_attempt_publishes_nothing(catalog, job, report):
    """Its successor holds the job: it may neither check in, nor finish, nor fail it."""
    stale = writing.start(catalog, job.id)
    fresh = writing.start(catalog, job.id)
    report = report.model_copy(update={"job_id": job.id})

    writing.check_attempt(catalog, job.id, fresh.attempts)
    for call in (
        lambda: writing.check_attempt(catalog, job.id, stale.attempts),
        lambda: attempts.look(catalog, job.id, stale.attempts),
        lambda: attempts.beat(catalog, job.id, stale.attempts, "clips", ""),
        lambda: writing.finish(catalog, job.id, report, stale.attempts),
    ):
        with pytest.raises(Superseded):
            call()
    assert writing.fail(catalog, job.id, DOZES, attempt=stale.attempts).status == "running"
    assert attempts.put_back(catalog, job.id, stale.attempts).status == "running"
    assert writing.finish(catalog, job.id, report, fresh.attempts).status == "completed"


def test_a_second_run_is_refused_while_the_first_is_alive(catalog, job):
    """Prefect may put back the same run; another one takes over only from the dead."""
    writing.start(catalog, job.id, "run 1")

    with pytest.raises(Superseded, match="Another run"):
        writing.start(catalog, job.id, "run 2")
    assert writing.start(catalog, job.id, "run 1").attempts == 2
    with catalog.writing() as session:
        session.get_one(tables.Job, job.id).beat_at -= LEASE
    assert writing.start(catalog, job.id, "run 2").attempts == 3


def test_a_sign_of_life_tells_how_far_it_is(catalog, job):
    """The stage and the log's end are there even if the process dies without a word."""
    begun = writing.start(catalog, job.id)
    attempts.beat(catalog, job.id, begun.attempts, "words", "12 scenes\npassword=hunter22")

    found = reading.job(catalog, job.id)
    assert (found.stage, found.log_tail) == ("words", "12 scenes\npassword=...")
    assert begun.beat_at is not None
    assert begun.beat_at <= found.beat_at <= reading.moment(catalog)


def test_a_cancelled_job_stops_its_attempt_and_stays_cancelled(catalog, job):
    """Nothing starts it but someone who says so."""
    begun = writing.start(catalog, job.id)
    cancelled = attempts.cancel(catalog, job.id)

    assert (cancelled.status, cancelled.error and cancelled.error.code) == (
        *("cancelled", "JOB_CANCELLED"),
    )
    with pytest.raises(JobCancelled):
        attempts.look(catalog, job.id, begun.attempts)
    with pytest.raises(JobClosed):
        writing.start(catalog, job.id)
    assert attempts.cancel(catalog, job.id).ended_at == cancelled.ended_at


def test_a_dead_job_can_be_taken_up_with_changes(catalog, job, order):
    """With all its attempts before it; its number goes on, so that no old run can meddle."""
    for _ in range(3):
        writing.start(catalog, job.id)
    attempts.lose(catalog, reading.job(catalog, job.id))
    changed = order.model_copy(update={"tier": "standard"})

    revived = attempts.revive(catalog, job.id, changed)

    assert (revived.status, revived.spent, revived.order.tier) == ("queued", 0, "standard")
    assert revived.order.job_id == job.id
    assert writing.start(catalog, job.id).attempts == 5


def test_a_job_that_is_taken_up_gets_a_run_of_its_own(catalog, job):
    """Runs are made by job and attempt: the run that was cancelled with it must not come back."""
    attempts.note_run(catalog, job, "run 1")
    attempts.cancel(catalog, job.id)

    revived = attempts.revive(catalog, job.id)

    assert revived.attempts > job.attempts
    assert (revived.flow_run_id, revived.spent) == (None, 0)


def test_a_running_job_is_neither_taken_up_nor_dropped(catalog, job):
    """Someone works on it."""
    writing.start(catalog, job.id)

    with pytest.raises(OrderInvalid, match="running"):
        attempts.revive(catalog, job.id)
    with pytest.raises(OrderInvalid, match="running"):
        attempts.drop(catalog, job.id)


def test_a_dropped_job_takes_along_what_belongs_to_it(catalog, job, report, media, cuts):
    """And leaves what was learned about its video."""
    digest = "d1" * 32
    writing.remember_media(catalog, digest, media)
    writing.remember_cuts(catalog, job.id, digest, cuts)
    writing.finish(catalog, job.id, report.model_copy(update={"job_id": job.id}))

    attempts.drop(catalog, job.id)

    with pytest.raises(JobUnknown):
        reading.job(catalog, job.id)
    with catalog.reading() as session:
        assert session.get(tables.Report, job.id) is None
    assert reading.media(catalog, digest) is not None


def test_open_jobs_are_those_that_something_must_happen_to(catalog, order, report):
    """The oldest first."""
    first, second, third = (writing.accept(catalog, order) for _ in range(3))
    writing.start(catalog, second.id)
    writing.finish(catalog, third.id, report.model_copy(update={"job_id": third.id}))

    assert [job.id for job in reading.open_jobs(catalog)] == [first.id, second.id]


def test_only_one_reconciles_at_a_time(url):
    """The second does not wait; it is told that it is not alone, until the first is done."""
    catalog = open_catalog(url)
    with (
        alone(catalog, "upkeep") as first,
        alone(Catalog(catalog.place, catalog.engine), "upkeep") as second,
    ):
        assert (first, second) == (True, False)
    with alone(catalog, "upkeep") as again:
        assert again
