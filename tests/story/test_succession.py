"""Processes that die right after a promise, and processes that were thought dead and wake up."""

import os
import signal
import subprocess
import sys
import time

from videos import make_video

from cutroom.catalog import reading, tables
from cutroom.catalog.sessions import open_catalog
from cutroom.records.job import LEASE
from deployments.reconciling import GRACE, decide


def test_one_that_wakes_up_late_publishes_nothing(house, tmp_path):
    """Its successor's results stay as they are, and so does the job."""
    from flows.video import video  # noqa: PLC0415  Prefect's settings are temporary

    source, note = make_video(tmp_path / "a.mp4", seconds=8), tmp_path / "note"
    words = [sys.executable, "-m", "cutroom.cli", "video", str(source), "--out", str(house.out)]
    hold = {"CUTROOM_FAILPOINT": "deliver:1:hold", "CUTROOM_FAILPOINT_NOTE": str(note)}
    sleeper = subprocess.Popen(
        [*words, "--no-transcript", "--clips", "1"],
        env={**house.environment(), **hold},
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 120
        while not note.exists():
            assert sleeper.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.05)
        catalog = open_catalog(f"sqlite:///{house.home / 'catalog.db'}")
        (job,) = reading.jobs(catalog)
        with catalog.writing() as session:
            session.get_one(tables.Job, job.id).beat_at -= 2 * LEASE

        report = video(job.order)
        published = (house.out / "report.json").stat()
        os.kill(sleeper.pid, signal.SIGCONT)
        _, told = sleeper.communicate(timeout=120)
    finally:
        sleeper.kill()
        sleeper.wait()

    assert sleeper.returncode == 1
    assert "SUPERSEDED" in told
    assert (house.out / "report.json").stat() == published
    done = reading.job(catalog, job.id)
    assert (done.status, done.attempts) == ("completed", 2)
    assert reading.report(catalog, job.id) == report
    assert not any(path.name.startswith(".part-") for path in house.out.iterdir())


def test_what_was_accepted_is_there_though_nobody_began_it(house, tmp_path):
    """The command is killed between the two; upkeep will hand the job on after its grace."""
    source = make_video(tmp_path / "a.mp4", seconds=2)
    words = [sys.executable, "-m", "cutroom.cli", "video", str(source), "--out", str(house.out)]
    environment = {**house.environment(), "CUTROOM_FAILPOINT": "accepted"}
    died = subprocess.run(words, env=environment, capture_output=True, timeout=120, check=False)

    assert died.returncode == -signal.SIGKILL
    (job,) = reading.open_jobs(open_catalog(f"sqlite:///{house.home / 'catalog.db'}"))
    assert (job.status, job.attempts, job.order.source.location) == ("queued", 0, str(source))
    assert decide(job, None, job.accepted_at + GRACE) == "submit"
