"""What was accepted and what runs come together again."""

from datetime import UTC, datetime, timedelta

import pytest
from fleet import alone_at_the_fleet

from cutroom.catalog import attempts, reading, tables, writing
from cutroom.catalog.alone import alone
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.job import LEASE, Job
from cutroom.records.order import Order, Source
from deployments.reconciling import BEGIN_LIMIT, GRACE, decide, reconcile
from deployments.runs import Run, read_runs

NOW = datetime(2026, 1, 2, 12, tzinfo=UTC)
LONG_AGO, JUST_NOW = NOW - timedelta(hours=1), NOW - timedelta(seconds=1)
ORDER = Order(source=Source(kind="file", location="/a.mp4"))
ID, RUN_ID = "ab" * 16, "11111111-1111-1111-1111-111111111111"


def job(status: str, **more: object) -> Job:
    """Return a job that was accepted long ago."""
    fields = {"id": ID, "order": ORDER, "status": status, "accepted_at": LONG_AGO, **more}
    return Job.model_validate(fields)


def run(state: str, **more: object) -> Run:
    """Return a run that came into its state long ago."""
    fields = {"since": LONG_AGO, "is_deployed": True, "key": f"{ID}-0", "job_id": ID, **more}
    return Run(id=RUN_ID, state=state, **fields)


ALIVE = {"attempts": 1, "flow_run_id": RUN_ID, "beat_at": JUST_NOW}
SILENT = {**ALIVE, "beat_at": NOW - LEASE - timedelta(seconds=1)}
WAITS = {"flow_run_id": RUN_ID}


@pytest.mark.parametrize(
    ("what", "the_job", "its_run", "step"),
    [
        ("it was accepted just now", job("queued", accepted_at=NOW - GRACE / 2), None, "leave"),
        ("nobody ever took it", job("queued"), None, "submit"),
        ("its run was deleted", job("queued", accepted_at=JUST_NOW, **WAITS), None, "submit"),
        ("it waits for a worker", job("queued", **WAITS), run("waiting"), "leave"),
        (
            "a worker has just taken it",
            job("queued", **WAITS),
            run("pending", since=JUST_NOW),
            "leave",
        ),
        ("a worker took it and died", job("queued", **WAITS), run("pending"), "crash"),
        ("its process died before it began", job("queued", **WAITS), run("running"), "crash"),
        ("its run failed before it began", job("queued", **WAITS), run("ended"), "lose"),
        (
            "its run ended after it was put back",
            job("queued", attempts=1, spared=1, **WAITS),
            run("ended"),
            "submit",
        ),
        ("someone cancelled its run", job("queued", **WAITS), run("cancelled"), "cancel"),
        ("it is alive", job("running", **ALIVE), run("running"), "leave"),
        ("it is alive in the foreground", job("running", **ALIVE), None, "leave"),
        ("its worker died with it", job("running", **SILENT), run("running"), "crash"),
        ("only its process died", job("running", **SILENT), run("ended"), "lose"),
        (
            "its process died just now",
            job("running", **SILENT),
            run("ended", since=JUST_NOW),
            "leave",
        ),
        ("Prefect has put it back already", job("running", **SILENT), run("waiting"), "leave"),
        ("its run is nowhere", job("running", **SILENT), None, "lose"),
        ("someone cancelled it at work", job("running", **SILENT), run("cancelled"), "cancel"),
        ("it failed and its pause is over", job("failed", next_try_at=JUST_NOW), None, "submit"),
        (
            "it failed and is to be left alone",
            job("failed", next_try_at=NOW + timedelta(minutes=1)),
            run("ended"),
            "leave",
        ),
        ("it was put back for later", job("queued", next_try_at=NOW + timedelta(1)), None, "leave"),
    ],
)
def test_what_is_done_about_a_job(what, the_job, its_run, step):
    """By what the catalog and Prefect say together."""
    assert decide(the_job, its_run, NOW) == step, what


def test_a_run_gets_a_minute_to_begin():
    """Starting a process takes half of that on a busy machine."""
    waits = job("queued", **WAITS)
    young, old = BEGIN_LIMIT - timedelta(seconds=1), BEGIN_LIMIT + timedelta(seconds=1)

    assert decide(waits, run("pending", since=NOW - young), NOW) == "leave"
    assert decide(waits, run("pending", since=NOW - old), NOW) == "crash"


@pytest.fixture
def catalog(house) -> Catalog:
    """The catalog of a house at a real server."""
    return open_catalog(f"sqlite:///{house.home / 'catalog.db'}")


@pytest.fixture
def client(house):
    """A client of the house's server, where no other test's upkeep looks at our runs."""
    from prefect.client.orchestration import get_client  # noqa: PLC0415

    with alone_at_the_fleet(), get_client(sync_client=True) as opened:
        yield opened


def begin(catalog, client, *, tags=(), state="RUNNING") -> tuple[Job, str]:
    """Accept a job and begin it in a run that Prefect knows, as a foreground command does."""
    from prefect import flow  # noqa: PLC0415
    from prefect.states import Pending, Running  # noqa: PLC0415

    @flow(name="video")
    def some_flow() -> None: ...

    accepted = writing.accept(catalog, ORDER)
    tags = [tag.format(accepted.id) for tag in tags]
    made = client.create_flow_run(some_flow, state=Pending(), tags=tags)
    if state == "RUNNING":
        client.set_flow_run_state(made.id, Running())
    return writing.start(catalog, accepted.id, str(made.id)), str(made.id)


def silence(catalog, job_id: str) -> None:
    """Let a job's latest sign of life be longer ago than its lease."""
    with catalog.writing() as session:
        session.get_one(tables.Job, job_id).beat_at -= 2 * LEASE


def test_a_job_whose_process_vanished_is_submitted_again(catalog, client):
    """Its old run is reported crashed; the job has one attempt less and goes on at once."""
    lost, run_id = begin(catalog, client)
    silence(catalog, lost.id)
    seen: list[Job] = []

    def submit(one: Job) -> str:
        seen.append(one)
        return RUN_ID

    tally = reconcile(catalog, submit)

    assert (tally.crashed, tally.submitted) == ([lost.id], [lost.id])
    assert client.read_flow_run(run_id).state.is_crashed()
    after = reading.job(catalog, lost.id)
    assert (after.status, after.flow_run_id, after.attempts) == ("queued", RUN_ID, 1)
    assert [one.attempts for one in seen] == [1], "the key of the new run differs from the old one"


def test_after_the_third_crash_a_job_is_dead(catalog, client):
    """Nobody submits it any more."""
    lost, run_id = begin(catalog, client)
    for _ in range(2):
        writing.start(catalog, lost.id, run_id)
    silence(catalog, lost.id)

    tally = reconcile(catalog, lambda _: pytest.fail("it was submitted"))

    assert tally.dead == [lost.id]
    assert reading.job(catalog, lost.id).status == "dead"


def test_a_living_job_is_left_alone(catalog, client):
    """Whatever Prefect believes."""
    alive, _ = begin(catalog, client)

    assert not reconcile(catalog, lambda _: pytest.fail("it was submitted")).has_done_something
    assert reading.job(catalog, alive.id) == alive


def test_a_run_that_no_job_wants_is_cancelled(catalog, client):
    """Its job was dropped, is over, or goes on in another run; a run of others is left alone."""
    tags = ("cutroom", "job:{}")
    dropped, dropped_run = begin(catalog, client, tags=tags)
    cancelled, cancelled_run = begin(catalog, client, tags=tags)
    wanted, wanted_run = begin(catalog, client, tags=tags)
    _, foreign_run = begin(catalog, client, tags=("job:{}",))
    attempts.cancel(catalog, cancelled.id)
    attempts.cancel(catalog, dropped.id)
    attempts.drop(catalog, dropped.id)

    tally = reconcile(catalog, lambda _: pytest.fail("it was submitted"))

    assert {dropped_run, cancelled_run} <= set(tally.strays)
    assert not {wanted_run, foreign_run} & set(tally.strays)
    states = read_runs(client, [dropped_run, cancelled_run, wanted_run])
    assert [states[each].state for each in (dropped_run, cancelled_run, wanted_run)] == [
        *("cancelled", "cancelled", "running"),
    ]
    assert reading.job(catalog, wanted.id).status == "running"


def test_a_run_cancelled_in_prefect_cancels_its_job(catalog, client):
    """Also when no process was there to hear of it."""
    from prefect.states import Cancelled  # noqa: PLC0415

    queued = writing.accept(catalog, ORDER)
    _, run_id = begin(catalog, client, state="PENDING")
    attempts.note_run(catalog, queued, run_id)
    client.set_flow_run_state(run_id, Cancelled())

    tally = reconcile(catalog, lambda _: RUN_ID)

    assert queued.id in tally.cancelled
    assert reading.job(catalog, queued.id).status == "cancelled"


def test_two_at_once_do_it_once(catalog, client):
    """The second sees that it is not alone, and does nothing."""
    writing.accept(catalog, ORDER)
    with alone(catalog, "upkeep"):
        tally = reconcile(catalog, lambda _: pytest.fail("it was submitted"))

    assert not tally.is_alone
