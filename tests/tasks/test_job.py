"""How an attempt at a job begins and ends, as the catalog tells it."""

import logging
from datetime import timedelta

import ffmpeg
import pytest

from cutroom.catalog import attempts, reading, writing
from cutroom.catalog.sessions import open_catalog
from cutroom.media import ffmpeg as door
from cutroom.records.errors import (
    JobCancelled,
    JobClosed,
    JobUnknown,
    ServiceResting,
    SourceUnreachable,
)
from cutroom.records.order import Order, Source

LINK = "https://example.org/v.mp4?signature=0123456789"
ORDER = Order(source=Source(kind="link", location=LINK))


@pytest.fixture
def catalog(house):
    """The catalog of the house."""
    return open_catalog(f"sqlite:///{house.home / 'catalog.db'}")


@pytest.fixture
def open_job(house):
    """The context around every flow; Prefect's settings are those of the house by now."""
    from tasks.job import open_job  # noqa: PLC0415

    return open_job


def the_job(catalog):
    """Return the only job."""
    (job,) = reading.jobs(catalog)
    return job


def test_a_run_works_on_the_order_that_the_catalog_has(catalog, open_job):
    """Its own parameter has lost the secrets on the way."""
    accepted = writing.accept(catalog, ORDER)

    with open_job(accepted.order.without_secrets()) as bench:
        assert bench.job.order.source.location == LINK


def test_an_order_without_its_secrets_opens_no_job(catalog, open_job):
    """The rest of its address is nowhere."""
    masked = ORDER.model_copy(update={"job_id": "ab" * 16}).without_secrets()

    with pytest.raises(JobUnknown), open_job(masked):
        pytest.fail("it was opened")
    assert reading.jobs(catalog) == ()


def test_a_job_of_another_catalog_is_not_begun(catalog, open_job, monkeypatch):
    """A worker that looks into the wrong catalog must not do the work where nobody sees it."""
    monkeypatch.setattr("tasks.job.is_in_foreground", lambda _run: False)
    foreign = ORDER.model_copy(update={"job_id": "cd" * 16})

    with pytest.raises(JobUnknown), open_job(foreign):
        pytest.fail("it was opened")
    assert reading.jobs(catalog) == ()


def test_a_job_that_waits_for_a_service_spends_no_attempt(catalog, open_job):
    """It is queued again, for when the service may be asked."""
    resting = ServiceResting("The host rests.", "Wait.").with_pause(20)

    with pytest.raises(ServiceResting), open_job(ORDER):
        raise resting
    job = the_job(catalog)
    assert (job.status, job.attempts, job.spent) == ("queued", 1, 0)
    wait = job.next_try_at - reading.moment(catalog)
    assert timedelta(seconds=10) < wait <= timedelta(seconds=20)


def test_a_failure_is_kept_with_its_stage_and_the_logs_end(catalog, open_job):
    """Without the secrets in either."""

    def ask_in_vain(bench) -> None:
        bench.book.latest_stage = "fetch"
        logging.getLogger("cutroom.sources").warning("asked %s", LINK)
        raise SourceUnreachable(f"No answer from {LINK}", "Wait.")

    with pytest.raises(SourceUnreachable), open_job(ORDER) as bench:
        ask_in_vain(bench)
    job = the_job(catalog)
    assert (job.status, job.stage) == ("failed", "fetch")
    assert job.error is not None
    assert job.error.message == "No answer from https://example.org/v.mp4?signature=..."
    assert job.log_tail.endswith("WARNING asked https://example.org/v.mp4?signature=...")


def test_an_error_leaves_a_job_without_its_secrets(open_job):
    """Prefect makes a state of its text."""
    with pytest.raises(OSError, match="refused") as caught, open_job(ORDER):
        raise OSError(f"refused by {LINK}")

    assert "0123456789" not in str(caught.value)


def test_a_closed_job_is_not_begun_again(catalog, open_job):
    """Whoever runs its order once more."""
    accepted = writing.accept(catalog, ORDER)
    attempts.cancel(catalog, accepted.id)

    with pytest.raises(JobClosed, match="cancelled"), open_job(accepted.order):
        pytest.fail("it was begun")


def test_a_finished_job_is_not_done_again(house, tmp_path):
    """A run that takes the place of one that died at the very end gives the same report."""
    from videos import make_video  # noqa: PLC0415

    from flows.video import video  # noqa: PLC0415

    path = make_video(tmp_path / "a.mp4", seconds=4)
    order = house.order(path, clips=1).model_copy(update={"job_id": "cd" * 16})
    first = video(order)
    (house.out / "report.json").unlink()
    second = video(order)

    assert second == first
    assert not (house.out / "report.json").exists(), "nothing was delivered again"


def test_cancelling_stops_what_runs(catalog, open_job):
    """The process hears of it from the catalog and ends its ffmpeg, and nothing new begins."""
    endless = ffmpeg.output(ffmpeg.input("testsrc2", f="lavfi", re=None), "-", f="null")

    def encode(bench) -> None:
        attempts.cancel(catalog, bench.job.id)
        with pytest.raises(JobCancelled):
            door.run(endless, timeout=60)
        with bench.book.stage("clips"):
            pytest.fail("the next stage began")

    with pytest.raises(JobCancelled), open_job(ORDER) as bench:
        encode(bench)
    assert the_job(catalog).status == "cancelled"
