"""The story of upkeep: what was accepted goes on, what nobody needs goes away."""

from datetime import timedelta

from prefect import flow, get_run_logger

from blocks.settings import settings
from cutroom.catalog.sessions import open_catalog
from deployments.reconciling import reconcile
from deployments.submitting import submit
from tasks.sweeping import sweep


@flow(name="upkeep")
def upkeep() -> str:
    """Compare what was accepted with what runs, and clear away what nobody needs.

    The process `cutroom upkeep` does the same more often; this flow is for fleets without one, and
    for a person who wants it done now. Both at once are harmless.
    """
    chosen = settings()
    catalog = open_catalog(chosen.catalog)

    # No accepted job is lost, and no run works for nobody.
    tally = reconcile(catalog, submit, timedelta(seconds=chosen.lease))

    # Each machine clears its own disk.
    cleared = sweep(chosen, catalog)

    told = f"{tally.told}; {cleared}." if tally.is_alone else f"Someone else is at it; {cleared}."
    get_run_logger().info(told)
    return told
