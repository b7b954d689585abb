"""Which pool and queue an order goes to."""

from collections.abc import Collection

from cutroom.records.base import Record
from cutroom.records.media import Media
from cutroom.records.order import Order
from deployments.fleet import Fleet, Pool, Queue

_STEPS: tuple[Queue, ...] = ("batch", "standard", "express")


class Route(Record):
    """Where a job is to run, and how soon."""

    pool: Pool
    queue: Queue


def route(
    order: Order, media: Media | None, alive: Collection[Pool], fleet: Fleet | None = None
) -> Route:
    """Pick the pool and the queue of an order.

    Short videos go first and long ones last, so that a person who waits for a minute of video
    does not stand behind a film; tier premium is one step up, and tier batch always last. A GPU
    is taken where the recipe gains by it and some worker of that pool is alive, else the job runs
    on a CPU and says in its report what was degraded.

    Args:
        order: What is asked for.
        media: What a probe found in the source; None where it is not here yet, as with most
            addresses. Such an order is taken for one of usual length: to ask the site first
            would be a second request, and a wrong guess costs only its place in the line.
        alive: Pools that have a worker at the moment.
        fleet: Where the borders lie.
    """
    fleet = fleet or Fleet()
    if order.tier == "batch":
        return Route(pool=_pool(order, alive), queue="batch")
    return Route(pool=_pool(order, alive), queue=_queue(order, media, fleet))


def _queue(order: Order, media: Media | None, fleet: Fleet) -> Queue:
    if order.tier == "batch":
        return "batch"
    step = _STEPS.index(_queue_by_length(media, fleet)) + (order.tier == "premium")
    return _STEPS[min(step, len(_STEPS) - 1)]


def _queue_by_length(media: Media | None, fleet: Fleet) -> Queue:
    if media is None:
        return "standard"
    if media.duration < fleet.express_below:
        return "express"
    return "standard" if media.duration <= fleet.standard_below else "batch"


def _pool(order: Order, alive: Collection[Pool]) -> Pool:
    recipe = order.recipe
    listens = recipe.wants_clips and recipe.transcribe
    gains = recipe.device == "cuda" or (recipe.device == "auto" and listens)
    return "gpu" if gains and "gpu" in alive else "cpu"
