"""Make the pools, their queues, and the limits that hosts share."""

import socket
from typing import TYPE_CHECKING

from cutroom.records.errors import FleetMissing
from deployments.fleet import LAST_PRIORITY, POOLS, PRIORITIES, Fleet, Pool

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import WorkQueue

# ruff: noqa: PLC0415
# Prefect takes two seconds to import, and reads its settings then: it comes with the first call.

DESCRIPTIONS: dict[Pool, str] = {
    "cpu": "Hosts without a graphics card. One job at a time on each worker, from end to end.",
    "gpu": "Hosts with a graphics card: speech to text, and encoders where they are as good.",
}

MOST_QUEUES = 200
"""As many as the server gives in one answer."""


def make_pools(client: "SyncPrefectClient", fleet: Fleet) -> None:
    """Make both pools with their queues, or bring those that are there up to date."""
    from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
    from prefect.exceptions import ObjectAlreadyExists
    from prefect.workers.process import ProcessWorker

    template = ProcessWorker.get_default_base_job_template()
    for pool in POOLS:
        wish = {
            "description": DESCRIPTIONS[pool],
            "concurrency_limit": fleet.limit(pool),
            "base_job_template": template,
        }
        try:
            client.create_work_pool(WorkPoolCreate(name=pool, type="process", **wish))
        except ObjectAlreadyExists:
            client.update_work_pool(pool, WorkPoolUpdate(**wish))
        _make_queues(client, pool, fleet)


def _make_queues(client: "SyncPrefectClient", pool: Pool, fleet: Fleet) -> None:
    """Bring a pool's queues to the right priorities; no two of a pool may share one."""
    from prefect.client.schemas.filters import WorkQueueFilter

    found_there = client.read_work_queues(pool, WorkQueueFilter(), limit=MOST_QUEUES, offset=0)
    there: dict[str, WorkQueue] = {queue.name: queue for queue in found_there}
    wishes: dict[str, int] = {"default": LAST_PRIORITY, **PRIORITIES}
    for name, priority in wishes.items():
        limit = fleet.batch_limit if name == "batch" else None
        found = there.get(name)
        if found is None:
            client.create_work_queue(
                name, work_pool_name=pool, priority=priority, concurrency_limit=limit
            )
        elif (found.priority, found.concurrency_limit) != (priority, limit):
            client.update_work_queue(found.id, priority=priority, concurrency_limit=limit)


def make_limits(client: "SyncPrefectClient", fleet: Fleet) -> None:
    """Make the limits that all hosts share: downloads at once, language calls a second."""
    client.upsert_global_concurrency_limit_by_name("downloads", fleet.downloads)
    client.upsert_global_concurrency_limit_by_name(
        "language", fleet.language_calls, fleet.language_calls_per_second
    )


def make_host_limits(client: "SyncPrefectClient", host: str, encoders: int, gpus: int) -> None:
    """Make the limits of one host, which its workers share.

    Args:
        client: Of the server.
        host: Its name, as `host_name` gives it.
        encoders: Encodes at once. A worker alone stays below it by itself.
        gpus: Steps that use the graphics card at once.
    """
    _make_host_limit(client, f"encoders-{host}", encoders)
    _make_host_limit(client, f"gpu-{host}", gpus)


def _make_host_limit(client: "SyncPrefectClient", name: str, most: int) -> None:
    """Make a limit, or bring it up to date; workers of one host may start at the same moment."""
    from prefect.exceptions import ObjectAlreadyExists

    try:
        client.upsert_global_concurrency_limit_by_name(name, most)
    except ObjectAlreadyExists:  # Prefect looks first and creates then: another was quicker
        client.upsert_global_concurrency_limit_by_name(name, most)


def check_pool(client: "SyncPrefectClient", pool: str) -> None:
    """See that a pool is there.

    Raises:
        FleetMissing: It is not.
    """
    from prefect.exceptions import ObjectNotFound

    try:
        client.read_work_pool(pool)
    except ObjectNotFound as error:
        raise FleetMissing(
            f"The Prefect server has no pool {pool!r} yet.", "Run `cutroom setup` once."
        ) from error


def host_name() -> str:
    """Return this host's name as limits and workers carry it."""
    return socket.gethostname().partition(".")[0] or "host"
