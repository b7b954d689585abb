"""Upkeep as a process: look often, sweep seldom, and go on whatever fails."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

from blocks.settings import Settings
from cutroom.catalog.sessions import open_catalog
from cutroom.records.errors import CutroomError
from cutroom.records.job import Job
from deployments.reconciling import reconcile
from tasks.sweeping import sweep

LOOKS_IN_A_LEASE = 2
"""With the usual lease, a look each 20 s: a job whose worker died is found at most a lease and a
half after its last sign of life, and a worker needs some 15 s more to take it up."""
SWEEP_EVERY = 600.0
"""Seconds between two sweeps of the disk."""


def keep_up(
    chosen: Settings,
    submit: Callable[[Job], str],
    tell: Callable[[str], object],
    is_over: threading.Event,
) -> None:
    """Keep jobs going until told to end.

    A server or a database that is away now is asked again at the next look.

    Args:
        chosen: Where the catalog and the data folder are.
        submit: Makes the run of a job.
        tell: Called with one line when something was done or could not be.
        is_over: Ends it.
    """
    next_sweep = time.monotonic()
    while not is_over.is_set():
        try:
            look_once(chosen, submit, tell, sweeps=time.monotonic() >= next_sweep)
        except CutroomError as error:
            tell(f"{error.code}: {error.problem}")
        if time.monotonic() >= next_sweep:
            next_sweep = time.monotonic() + SWEEP_EVERY
        is_over.wait(chosen.lease / LOOKS_IN_A_LEASE)


def look_once(
    chosen: Settings, submit: Callable[[Job], str], tell: Callable[[str], object], *, sweeps: bool
) -> None:
    """Look once at jobs and runs, and sweep the disk if asked; tell what was done."""
    catalog = open_catalog(chosen.catalog)
    tally = reconcile(catalog, submit, timedelta(seconds=chosen.lease))
    if tally.has_done_something:
        tell(tally.told)
    if sweeps:
        tell(sweep(chosen, catalog))
