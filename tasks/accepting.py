"""Accept an order: from here on it is a job, whatever happens to this process."""

from blocks.settings import settings
from cutroom.catalog import writing
from cutroom.catalog.sessions import open_catalog
from cutroom.records.failpoints import reached
from cutroom.records.job import Job
from cutroom.records.order import Order


def accept_order(order: Order) -> Job:
    """Give an order its job, on disk before this returns.

    Hand on `job.order.without_secrets()`, never the order that came in: the run takes the whole
    one from the catalog.
    """
    job = writing.accept(open_catalog(settings().catalog), order)
    reached("accepted")
    return job
