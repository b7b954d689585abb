"""A worker takes one job at a time, holds back when its host is full, and drains."""

import asyncio
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from uuid import uuid4

import pytest
from fleet import wait_for
from videos import make_video

from blocks.settings import settings
from cutroom.records.order import Order, Recipe, Source

# ruff: noqa: PLC0415
# Prefect reads its settings on import, and those of a house are temporary.


@pytest.fixture
def slow_site(site, tmp_path):
    """Return a site whose `/slow.mp4` trickles until its event is set, then comes whole."""
    body = make_video(tmp_path / "a.mp4", seconds=3).read_bytes()
    site.may_end = threading.Event()

    def trickle(visit):
        visit.send_response(200)
        visit.send_header("Content-Type", "video/mp4")
        visit.send_header("Content-Length", str(len(body)))
        visit.end_headers()
        at = 0
        while not site.may_end.is_set() and at < len(body) // 2:
            visit.wfile.write(body[at : at + 1])
            at += 1
            time.sleep(0.1)
        visit.wfile.write(body[at:])

    site.answers["/slow.mp4"] = trickle
    site.put("/other.mp4", body)
    yield site
    site.may_end.set()


def order(site, path):
    """Return an order that chooses a clip of what lies there, and renders none."""
    recipe = Recipe(transcribe=False, render=False, clips=1)
    return Order(source=Source(kind="link", location=site.url(path)), recipe=recipe)


def allowed(site):
    """Return the setting that lets the site through."""
    return {"CUTROOM_ALLOWED_HOSTS": f'["{site.host}"]'}


@pytest.mark.slow
def test_a_draining_worker_ends_its_job_and_takes_no_other(fleet, slow_site):
    """The first SIGTERM: what runs goes on to its end, what waits is left to others."""
    running = fleet.submit(order(slow_site, "/slow.mp4"))
    worker = fleet.start(**allowed(slow_site))
    wait_for(lambda: slow_site.requests)

    worker.signal(signal.SIGTERM)
    wait_for(lambda: "takes no other" in worker.said)
    waiting = fleet.submit(order(slow_site, "/other.mp4"))
    slow_site.may_end.set()

    assert worker.wait() == 0, worker.said
    assert fleet.job(running).status == "completed"
    assert fleet.run(running).state.name == "Completed"
    assert fleet.job(waiting).status == "queued"
    assert fleet.run(waiting).state.type.value == "SCHEDULED"


@pytest.mark.slow
def test_a_job_put_back_goes_on_at_the_next_worker(fleet, slow_site, tmp_path):
    """The second SIGTERM: the run awaits its retry at once, and the attempt does not count."""
    job = fleet.submit(order(slow_site, "/slow.mp4"))
    worker = fleet.start(**allowed(slow_site))
    wait_for(lambda: slow_site.requests)

    worker.signal(signal.SIGTERM)
    wait_for(lambda: "takes no other" in worker.said)
    worker.signal(signal.SIGTERM)

    assert worker.wait() == 0, worker.said
    assert "Put the running job back" in worker.said
    assert fleet.run(job).state.name == "AwaitingRetry"
    assert (fleet.job(job).status, fleet.job(job).spent) == ("queued", 0)

    # Another one goes on with it, and drains once a file says so.
    slow_site.may_end.set()
    drain = tmp_path / "drain"
    other = fleet.start("--drain-file", str(drain), **allowed(slow_site))
    wait_for(lambda: fleet.job(job).status == "completed")
    drain.touch()
    assert other.wait() == 0, other.said
    assert fleet.run(job).run_count == 2


@pytest.mark.parametrize(
    ("wishes", "grace", "is_over"), [(1, 3600, False), (2, 3600, True), (1, 0, True), (0, 0, False)]
)
def test_a_second_wish_or_the_end_of_the_grace_puts_a_job_back(house, wishes, grace, is_over):
    """One wish leaves the job its time; nobody's wish leaves it alone."""
    from deployments.worker import OneJobWorker
    from deployments.working import Terms, _Shift

    worker = OneJobWorker(chosen=settings(), tell=print, work_pool_name="cpu", name="tired")
    shift = _Shift(worker, Terms(), grace, print, wishes=wishes)
    if wishes:
        shift._drain()

    assert shift._is_out_of_time() is is_over


@pytest.mark.parametrize(
    ("settings_now", "said"),
    [
        ({"memory_limit": 0.001, "scratch_floor": 0}, "memory is"),
        ({"memory_limit": 100, "scratch_floor": 2**60}, "of scratch are free"),
    ],
)
def test_a_full_host_takes_no_new_job_and_says_so(fleet, settings_now, said):
    """Once when it begins, once when it is over; the run stays for others."""
    from deployments.worker import OneJobWorker

    full = settings().model_copy(update=settings_now)
    lines = []
    worker = OneJobWorker(chosen=full, tell=lines.append, work_pool_name="cpu", name="full")

    async def poll():
        return [await worker.get_and_submit_flow_runs() for _ in range(3)]

    assert asyncio.run(poll()) == [[], [], []]
    assert len(lines) == 1
    assert lines[0].startswith("Takes no new job: ")
    assert said in lines[0]

    worker._chosen = settings().model_copy(update={"memory_limit": 100, "scratch_floor": 0})
    asyncio.run(worker.get_and_submit_flow_runs())
    assert lines[1:] == ["Takes jobs again."]


def test_workers_of_one_host_have_names_of_their_own(tmp_path):
    """Two of one name would count as one; a name that is free again is taken again."""
    from deployments.working import _own_name

    with _own_name(tmp_path, "host-cpu") as first:
        with _own_name(tmp_path, "host-cpu") as second:
            assert (first, second) == ("host-cpu-1", "host-cpu-2")
        with _own_name(tmp_path, "host-cpu") as third:
            assert third == "host-cpu-2"


def test_workers_of_one_host_may_start_at_the_same_moment(house):
    """All of them want the host's limits made, and each goes on."""
    from deployments.fleet import server
    from deployments.pools import make_host_limits

    host, ready = f"crowd-{uuid4().hex}", threading.Barrier(6)

    def start():
        with server() as client:
            ready.wait()
            make_host_limits(client, host, encoders=2, gpus=1)

    with ThreadPoolExecutor(6) as workers:
        for begun in [workers.submit(copy_context().run, start) for _ in range(6)]:
            begun.result()

    with server() as client:
        assert client.read_global_concurrency_limit_by_name(f"encoders-{host}").limit == 2
