"""A job that someone calls off stops at once, whoever says so and wherever they say it."""

import contextlib
import signal
import subprocess
import sys
import time
from pathlib import Path

import prefect_api
import psutil
import pytest
from videos import make_video

from cutroom.catalog import reading
from cutroom.catalog.sessions import open_catalog
from cutroom.records.job import Job

STOPS_WITHIN = 5.0
"""Seconds until ffmpeg is gone."""
PATIENCE = 120.0


class Running:
    """A job in the foreground, at an encode that takes minutes."""

    def __init__(self, house, source: Path) -> None:
        self.house = house
        command = [sys.executable, "-m", "cutroom.cli", "video", str(source), "--out", house.out]
        options = ["--preset", "transcode", "--renditions", "webm_720p"]
        self.process = subprocess.Popen(
            [*command, *options],
            env=house.environment(),
            stderr=subprocess.PIPE,
            text=True,
            # In the background of a script Ctrl-C is ignored, and stays so in every child.
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509
        )
        self.until(lambda: self.ffmpegs, "ffmpeg")

    @property
    def ffmpegs(self) -> list[psutil.Process]:
        """Its long encodes; others come and go."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if any(word.startswith("libvpx") for word in child.cmdline()):
                    found.append(child)
        return found

    @property
    def job(self) -> Job:
        """As the catalog has it."""
        (job,) = reading.jobs(open_catalog(f"sqlite:///{self.house.home / 'catalog.db'}"))
        return job

    @property
    def state(self) -> str:
        """Of its run, as Prefect has it."""
        found = prefect_api.get(f"{self.house.api}/flow_runs/{self.job.flow_run_id}").json()
        return found["state"]["type"]

    def until(self, is_so, what: str) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + PATIENCE
        while not is_so():
            assert self.process.poll() is None, self.process.stderr.read()
            assert time.monotonic() < deadline, f"no {what}"
            time.sleep(0.05)

    def cutroom(self, *words: str) -> None:
        """Run another command in the same house."""
        command = [sys.executable, "-m", "cutroom.cli", *words]
        done = subprocess.run(
            command, env=self.house.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr

    def say_in_prefect(self) -> None:
        """Cancel the run, as the button in Prefect's pages does."""
        body = {"state": {"type": "CANCELLING"}}
        prefect_api.post(f"{self.house.api}/flow_runs/{self.job.flow_run_id}/set_state", json=body)


def by_command(running: Running) -> None:
    running.cutroom("jobs", "cancel", running.job.id[:10])


def by_prefect(running: Running) -> None:
    running.say_in_prefect()


def by_hand(running: Running) -> None:
    running.process.send_signal(signal.SIGINT)


@pytest.fixture
def running(house, tmp_path):
    """A job that is in the middle of an encode."""
    started = Running(house, make_video(tmp_path / "long.mp4", seconds=300, g=250))
    yield started
    started.process.kill()
    started.process.communicate()


@pytest.mark.parametrize("how", [by_command, by_prefect, by_hand])
def test_a_job_that_is_called_off_leaves_nothing_behind(running, how):
    """Its ffmpeg is gone in five seconds; the job says so in the catalog, the run in Prefect."""
    (ffmpeg,) = running.ffmpegs
    how(running)
    psutil.wait_procs([ffmpeg], timeout=STOPS_WITHIN)
    _, told = running.process.communicate(timeout=PATIENCE)

    assert not ffmpeg.is_running()
    assert running.job.status == "cancelled", told
    assert running.process.returncode == 1
    assert "Traceback" not in told
    # Ctrl-C is a crash to Prefect, whose engine says so by itself.
    assert running.state == ("CRASHED" if how is by_hand else "CANCELLED")
    assert not running.house.out.exists()
    assert not any((running.house.home / "parts").iterdir())


def test_a_process_that_is_told_to_end_puts_its_job_back(running):
    """A host that goes away costs the job no attempt."""
    running.process.send_signal(signal.SIGTERM)
    running.process.communicate(timeout=PATIENCE)

    assert (running.job.status, running.job.attempts, running.job.spent) == ("queued", 1, 0)
    assert not any((running.house.home / "parts").iterdir())
