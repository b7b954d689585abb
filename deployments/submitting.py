"""Hand an accepted job to the fleet."""

from pathlib import Path
from typing import TYPE_CHECKING

from cutroom.media.probe import probe
from cutroom.records.errors import CutroomError
from cutroom.records.job import Job
from cutroom.records.media import Media
from cutroom.records.order import Order
from deployments.fleet import POOLS, TAG, Pool, Queue, read_fleet, server
from deployments.routing import Route, route

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

# ruff: noqa: PLC0415
# Prefect takes two seconds to import, and reads its settings then: it comes with the first call.


def submit(job: Job, *, queue: Queue | None = None) -> str:
    """Create the run of an accepted job, in the pool and queue that suit it.

    The same job at the same attempt gives the same run, however often this is called, so it may
    be called again after any failure.

    Args:
        job: Accepted in the catalog; its run works on the order that the catalog has.
        queue: The queue to use instead of the one that its length asks for.

    Returns:
        The id of Prefect's flow run.

    Raises:
        ServerUnavailable: The Prefect server does not answer.
        FleetMissing: `cutroom setup` was never run there.
    """
    with server() as client:
        chosen = route(job.order, look_ahead(job.order), alive_pools(client), read_fleet(client))
        return _create_run(client, job, chosen if queue is None else with_queue(chosen, queue))


def with_queue(chosen: Route, queue: Queue) -> Route:
    """Return a route with another queue."""
    return Route(pool=chosen.pool, queue=queue)


def look_ahead(order: Order) -> Media | None:
    """Probe a source that lies on this machine; None for any other, and for a broken one.

    What is wrong with it is the job's to say, where it is kept with the job.
    """
    if order.source.kind != "file":
        return None
    try:
        return probe(Path(order.source.location))
    except (CutroomError, OSError):
        return None


def alive_pools(client: "SyncPrefectClient") -> frozenset[Pool]:
    """Return the pools where some worker was heard of lately.

    Raises:
        FleetMissing: A pool is not there.
    """
    from prefect.client.schemas.filters import WorkerFilter, WorkerFilterStatus
    from prefect.client.schemas.objects import WorkerStatus

    online = WorkerFilter(status=WorkerFilterStatus(any_=[WorkerStatus.ONLINE]))
    return frozenset(
        pool
        for pool in POOLS
        if client.read_workers_for_work_pool(pool, worker_filter=online, limit=1)
    )


def _create_run(client: "SyncPrefectClient", job: Job, chosen: Route) -> str:
    deployment = client.read_deployment_by_name(f"video/{chosen.pool}")
    order = job.order.without_secrets().model_copy(update={"job_id": job.id})
    run = client.create_flow_run_from_deployment(
        deployment.id,
        parameters={"order": order.model_dump(mode="json")},
        idempotency_key=f"{job.id}-{job.attempts}",
        work_queue_name=chosen.queue,
        name=f"video {order.label}",
        tags=[TAG, f"job:{job.id}"],
    )
    return str(run.id)
