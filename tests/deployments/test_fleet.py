"""Twelve jobs on three workers."""

import struct
from itertools import pairwise

import pytest
from fleet import wait_for
from videos import make_video

from cutroom.catalog import reading
from cutroom.records.order import Order, Recipe, Source

LINKS = 9


def different(body, number):
    """Return a video of other bytes and the same content: an empty box is added at its end."""
    return body + struct.pack(">I4sI", 12, b"free", number)


def order(source, **more):
    """Return an order that chooses a clip and renders none."""
    return Order(source=source, recipe=Recipe(transcribe=False, render=False, clips=1), **more)


def local(path, **more):
    """Return an order for a file of this machine."""
    return order(Source(kind="file", location=str(path)), **more)


@pytest.mark.slow
def test_twelve_jobs_on_three_workers(fleet, site, tmp_path):
    """Each on one worker from end to end and fetched once; a premium short one overtakes."""
    body = make_video(tmp_path / "a.mp4", seconds=2).read_bytes()
    for number in range(LINKS):
        site.put(f"/{number}.mp4", different(body, number), Content_Type="video/mp4")
    (tmp_path / "short.mp4").write_bytes(different(body, LINKS))
    size = {"size": "32x32", "rate": "1", "sound": False}
    films = [make_video(tmp_path / f"film{n}.mp4", seconds=1900 + n, **size) for n in range(2)]

    long_ones = [fleet.submit(local(film)) for film in films]
    usual = [
        fleet.submit(order(Source(kind="link", location=site.url(f"/{number}.mp4"))))
        for number in range(LINKS)
    ]
    premium = fleet.submit(local(tmp_path / "short.mp4", tier="premium"))
    workers = [fleet.start(CUTROOM_ALLOWED_HOSTS=f'["{site.host}"]') for _ in range(3)]
    jobs = [*long_ones, *usual, premium]
    wait_for(lambda: all(fleet.job(job).is_closed for job in jobs))
    wait_for(lambda: all(fleet.run(job).end_time for job in jobs))

    said = "".join(worker.said for worker in workers)
    assert [fleet.job(job).status for job in jobs] == ["completed"] * 12, said
    runs = {job.id: fleet.run(job) for job in jobs}
    assert [runs[job.id].work_queue_name for job in jobs] == (
        ["batch"] * 2 + ["standard"] * LINKS + ["express"]
    )

    # All of a job in one run on one worker, one job at a time on each, and all three at work.
    assert {run.run_count for run in runs.values()} == {1}
    shifts = {}
    for run in runs.values():
        shifts.setdefault(run.labels["prefect.worker.name"], []).append(run)
    assert len(shifts) == 3
    for shift in shifts.values():
        for earlier, later in pairwise(sorted(shift, key=lambda run: run.start_time)):
            assert earlier.end_time <= later.start_time

    # Fetched once, whatever else.
    fetched = [path for method, path, _ in site.requests if method == "GET"]
    assert sorted(fetched) == sorted(f"/{number}.mp4" for number in range(LINKS))
    assert {reading.ledger(fleet.catalog, job.id).downloads for job in jobs} == {1}

    # The last to be ordered is among the first to be taken, the films are the last.
    taken = [job.id for job in sorted(jobs, key=fleet.taken)]
    assert premium.id in taken[:3]
    assert set(taken[-2:]) == {job.id for job in long_ones}
