"""Hand an order to the fleet, and follow the job that it becomes."""

import sys
import time
from typing import TYPE_CHECKING

from cutroom.commands import DONE
from cutroom.commands.connecting import join_fleet
from cutroom.records import errors
from cutroom.records.errors import CutroomError, ServerUnavailable

if TYPE_CHECKING:
    from cutroom.catalog.sessions import Catalog
    from cutroom.records.job import Job
    from cutroom.records.order import Order
    from cutroom.records.report import ErrorReport

LOOK_EVERY = 1.0
"""Seconds between two looks at the job."""


def hand_over(order: "Order", *, wait: bool) -> int:
    """Accept an order, give it to the fleet, and wait for its end if asked.

    Once it is accepted nothing is lost: what cannot be handed over now is handed over by upkeep.

    Raises:
        CutroomError: With `wait`, the error that ended the job.
    """
    from cutroom.terminal import busy  # noqa: PLC0415

    with busy("Getting ready ..."):
        join_fleet()
        from blocks.settings import settings  # noqa: PLC0415
        from cutroom.catalog import attempts  # noqa: PLC0415
        from cutroom.catalog.sessions import open_catalog  # noqa: PLC0415
        from deployments.submitting import submit  # noqa: PLC0415
        from tasks.accepting import accept_order  # noqa: PLC0415

        catalog, job = open_catalog(settings().catalog), accept_order(order)
    try:
        attempts.note_run(catalog, job, submit(job))
        print(f"Job {job.id} is with the fleet.")
    except ServerUnavailable as error:
        print(f"Job {job.id} is accepted; upkeep hands it over. {error.problem}", file=sys.stderr)
    return _follow(catalog, job) if wait else DONE


def _follow(catalog: "Catalog", job: "Job") -> int:
    """Tell each stage that the job comes to, until its end."""
    from cutroom.catalog import reading  # noqa: PLC0415

    told = ""
    while not job.is_closed:
        time.sleep(LOOK_EVERY)
        job = reading.job(catalog, job.id)
        now = f"{job.status} {job.stage or ''}".strip()
        if now != told:
            print(now, file=sys.stderr, flush=True)
        told = now
    if job.error is not None:
        raise _as_error(job.error)
    return DONE


def _as_error(why: "ErrorReport") -> CutroomError:
    """Return the error of our family that a job ended with."""
    kinds = {
        kind.code: kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, CutroomError)
    }
    return kinds.get(why.code, CutroomError)(why.message, why.hint)
