"""Limits that a fleet shares: slots of a host's encoders and card, downloads, language calls.

They hold where a worker runs the job. A job in the foreground of one machine has nobody to share
with, and asks no server for leave.
"""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from blocks.settings import settings

Limit = Literal["encoders", "gpu", "downloads"]

LEASE = 60.0
"""Seconds after which the slot of a process that was killed is free again: the least that Prefect
allows. A living one renews its lease."""
_OF_A_HOST = ("encoders", "gpu")
_WORKER = "PREFECT__WORKER_NAME"
"""Prefect sets it in a worker, and so in the processes of its jobs."""


@contextmanager
def limited(limit: Limit) -> Iterator[None]:
    """Hold a slot of a limit while something runs; wait for one if all are taken.

    Two requests of some 20 ms where a worker runs the job, none elsewhere.
    """
    if _WORKER not in os.environ:
        yield
        return
    from prefect.concurrency.sync import concurrency  # noqa: PLC0415  only workers need it

    with concurrency(limit_name(limit), lease_duration=LEASE, strict=False):
        yield


def paced() -> None:
    """Wait until the fleet may call the language model once more."""
    if _WORKER not in os.environ:
        return
    from prefect.concurrency.sync import rate_limit  # noqa: PLC0415  only workers need it

    rate_limit("language")


def limit_name(limit: Limit) -> str:
    """Return what Prefect knows a limit by; one of a host carries the host's name."""
    if limit not in _OF_A_HOST:
        return limit
    return f"{limit}-{settings().host or socket.gethostname().partition('.')[0] or 'host'}"
