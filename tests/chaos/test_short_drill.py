"""The short form of `make chaos`: a flow's process is killed, then a worker with all it runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from videos import make_video

from benchmarks.arena import Arena, await_that, kill_tree, opened_arena
from benchmarks.chaos import RESUMED_WITHIN, strike
from cutroom.catalog import reading

LEASE = 12.0
"""Seconds; the usual forty would only make these tests wait longer."""


@pytest.fixture(scope="module")
def arena(tmp_path_factory) -> Iterator[Arena]:
    """A fleet of our own: a server, upkeep, and no worker yet."""
    with opened_arena(tmp_path_factory.mktemp("chaos"), LEASE) as opened:
        opened.start("upkeep")
        yield opened


@pytest.fixture
def film(tmp_path) -> Path:
    """A short video, where files may be put beside it."""
    return make_video(tmp_path / "film.mp4", seconds=8)


@pytest.mark.slow
@pytest.mark.parametrize(("place", "victim"), [("clip", "flow"), ("deliver", "worker")])
def test_a_job_survives_its_process(arena, film, place, victim):
    """It goes on by itself, repeats nothing that was finished, and publishes each clip once."""
    outcome = strike(arena, film, place, victim)

    assert outcome.status == "completed"
    assert outcome.attempts == 2
    assert outcome.resumed <= RESUMED_WITHIN
    assert outcome.repeated == []
    assert outcome.clips >= 1
    assert (outcome.strangers, outcome.left) == (0, 0)
    job = reading.jobs(arena.catalog, limit=1)[0]
    assert job.flow_run_id is not None
    run_id = job.flow_run_id
    await_that(lambda: "fetch file" in arena.steps(run_id, "Cached"), "Prefect to hear of it")


@pytest.mark.slow
@pytest.mark.parametrize("how", ["in Prefect", "by command"])
def test_a_job_at_a_worker_is_called_off(arena, tmp_path, how):
    """Its ffmpeg is gone in five seconds, the worker takes the next job, nothing is left behind."""
    film = make_video(tmp_path / "long.mp4", seconds=300, g=250)
    worker = arena.start("worker", "cpu", CUTROOM_HOST="cancel")
    encode = ("--preset", "transcode", "--renditions", "webm_720p")
    job_id = arena.order(film, tmp_path / "out", *encode)
    await_that(lambda: arena.ffmpegs("libvpx"), "a long encode")
    if how == "in Prefect":
        run = f"/flow_runs/{arena.job(job_id).flow_run_id}"
        arena.ask(f"{run}/set_state", {"state": {"type": "CANCELLING"}})
    else:
        arena.run("jobs", "cancel", job_id)

    await_that(lambda: not arena.ffmpegs("libvpx"), "ffmpeg to go", patience=5)
    job = arena.await_end(job_id)
    assert (job.status, job.spent) == ("cancelled", 1)
    run_id = job.flow_run_id

    def state() -> str:
        return str(arena.ask(f"/flow_runs/{run_id}")["state"]["type"])

    await_that(lambda: state() == "CANCELLED", "Prefect to say so")
    assert worker.poll() is None
    assert not (tmp_path / "out").exists()
    await_that(
        lambda: not any((arena.home / "parts").iterdir()), "the workspace to go", patience=10
    )
    kill_tree(worker.pid)
