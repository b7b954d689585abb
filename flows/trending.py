"""The story of a night: look where videos trend, choose, order the best within the budget."""

from collections.abc import Sequence
from functools import partial
from typing import Any

from prefect import flow
from prefect.task_runners import ThreadPoolTaskRunner

from cutroom.records.trend import Reading, TrendOrder, TrendReport
from deployments.submitting import submit
from tasks.trending import (
    Submit,
    busiest,
    decide,
    gathered,
    joined,
    read_one,
    shown,
    submit_all,
    tell,
    weigh,
)
from tasks.trending_desk import TrendDesk, open_desk

SIDE_BY_SIDE = 16
"""Sources read at once; they wait for the network nearly all of their time."""

runner: Any = ThreadPoolTaskRunner(SIDE_BY_SIDE)


@flow(
    name="trending",
    flow_run_name="trending {order.owner}",
    task_runner=runner,
)
def trending(order: TrendOrder) -> TrendReport:
    """Order the videos that trend and that the owner cares about, within a budget.

    Repeating a run orders nothing twice. What was ordered and what was skipped, and why, is the
    run's artifact and stays in the catalog.
    """
    return night(order, partial(submit, queue="batch"))


def night(order: TrendOrder, submit: Submit) -> TrendReport:
    """Tell the story, with someone who hands accepted jobs to the fleet."""
    desk = open_desk(order)

    # Look everywhere at once; whoever fails or is late is left out, and named.
    readings = look(order.sources, desk)

    # What many people search for is no video yet: look for videos of it.
    topics = busiest(readings, order.topics)
    readings += look([f"search:{topic.words}" for topic in topics], desk)

    # Each video once, the best first.
    candidates = joined(readings, desk)
    ranked, refused = weigh(candidates, topics, desk)

    # Order what the budget holds, and remember every verdict.
    report = decide(ranked, refused, desk)
    submit_all(report, submit, desk)
    return tell(report, desk)


def look(addresses: Sequence[str], desk: TrendDesk) -> list[Reading]:
    """Read sources side by side, each within its own time."""
    futures = {address: read_one.submit(address, shown(address), desk) for address in addresses}
    return gathered(futures, desk)
