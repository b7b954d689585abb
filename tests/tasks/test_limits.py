"""Limits hold where a worker runs the job, and cost nothing elsewhere."""

import pytest

from deployments.fleet import server
from deployments.pools import host_name, make_host_limits
from tasks.limits import limit_name, limited, paced


@pytest.mark.parametrize("limit", ["downloads", "encoders", "gpu"])
def test_a_job_in_the_foreground_asks_no_server(monkeypatch, limit):
    """There is none at that address, and nobody notices."""
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.delenv("PREFECT__WORKER_NAME", raising=False)

    with limited(limit):
        paced()


def test_a_job_of_a_worker_holds_a_slot(house, monkeypatch):
    """While it encodes, and no longer; a limit that nobody made stops nobody."""
    monkeypatch.setenv("PREFECT__WORKER_NAME", "host-cpu-1")
    monkeypatch.setenv("CUTROOM_HOST", "somewhere")
    with server() as client:
        make_host_limits(client, "somewhere", encoders=2, gpus=1)

        with limited("encoders"):
            assert client.read_global_concurrency_limit_by_name("encoders-somewhere").active_slots


def test_the_worker_and_its_jobs_mean_the_same_host(house):
    """The worker makes the limit that its jobs then ask for."""
    assert limit_name("encoders") == f"encoders-{host_name()}"
    assert limit_name("downloads") == "downloads"
