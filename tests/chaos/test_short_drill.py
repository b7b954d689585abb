"""The short form of `make chaos`: a flow's process is killed, then a worker with all it runs."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from videos import make_video

from benchmarks.arena import Arena, await_that, kill_tree, opened_arena
from benchmarks.chaos import strike
from benchmarks.drill_cases import SILENT, choose
from cutroom.catalog import reading

LEASE = 8.0
"""Seconds; the usual forty would only make these tests wait longer. A job looks up every two
seconds at most, so three signs of life may be lost."""
OFTEN = "1"
"""Seconds between two looks of a worker for work; nobody else asks this server."""


@pytest.fixture(scope="module")
def arena(tmp_path_factory) -> Iterator[Arena]:
    """A fleet of our own: a server, upkeep, and no worker yet."""
    folder = tmp_path_factory.mktemp("chaos")
    with opened_arena(folder, LEASE, PREFECT_WORKER_QUERY_SECONDS=OFTEN) as opened:
        opened.start("upkeep")
        yield opened


@pytest.fixture
def film(tmp_path) -> Path:
    """A short video, where files may be put beside it."""
    return make_video(tmp_path / "film.mp4", seconds=8)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["clip-flow", "deliver-worker"])
def test_a_job_survives_its_process(arena, film, name):
    """It goes on by itself, repeats nothing that was finished, and publishes each clip once."""
    (case,) = choose([name])
    outcome = strike(arena, case, {"sample": film})

    assert outcome.is_well, outcome
    assert outcome.attempts == 2
    job = reading.jobs(arena.catalog, limit=1)[0]
    assert job.flow_run_id is not None
    run_id = job.flow_run_id
    await_that(lambda: "fetch file" in arena.steps(run_id, "Cached"), "Prefect to hear of it")


@pytest.mark.slow
def test_jobs_at_a_worker_are_called_off(arena, tmp_path):
    """Their ffmpeg is gone in five seconds, the worker takes the next job, nothing is left."""
    film = make_video(tmp_path / "long.mp4", seconds=200, g=250)
    worker = arena.start("worker", "cpu", CUTROOM_HOST="cancel")

    _call_off(arena, film, tmp_path / "one", how="in Prefect")
    _call_off(arena, film, tmp_path / "two", how="by command")

    assert worker.poll() is None
    kill_tree(worker.pid)


def _call_off(arena: Arena, film: Path, out: Path, how: str) -> None:
    encode = ("--preset", "transcode", "--renditions", "webm_720p", *SILENT)
    job_id = arena.order(film, out, *encode)
    await_that(lambda: arena.ffmpegs("libvpx"), "a long encode")
    run = f"/flow_runs/{arena.job(job_id).flow_run_id}"
    if how == "in Prefect":
        arena.ask(f"{run}/set_state", {"state": {"type": "CANCELLING"}})
    else:
        arena.run("jobs", "cancel", job_id)

    await_that(lambda: not arena.ffmpegs("libvpx"), "ffmpeg to go", patience=5)
    job = arena.await_end(job_id)
    assert (job.status, job.spent) == ("cancelled", 1)
    await_that(lambda: arena.ask(run)["state"]["type"] == "CANCELLED", "Prefect to say so")
    assert not out.exists()
    await_that(
        lambda: not any((arena.home / "parts").iterdir()), "the workspace to go", patience=10
    )
