"""Point Prefect at a server before anything imports it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager


def connect() -> None:
    """Point Prefect at the server the environment names, else at this data folder's own."""
    from blocks.settings import prefect_environment, settings  # noqa: PLC0415

    home = settings().home
    for name, value in prefect_environment(home).items():
        os.environ.setdefault(name, value)
    if settings().ffmpeg:
        os.environ["CUTROOM_FFMPEG"] = settings().ffmpeg
    if "PREFECT_API_URL" not in os.environ:
        from deployments.server import ensure_server, find_server  # noqa: PLC0415

        if not find_server(home):
            print("Starting the local Prefect server; it stays for the next call.", file=sys.stderr)
        os.environ["PREFECT_API_URL"] = ensure_server(home).api


def join_fleet() -> None:
    """Connect, and take over from the server's blocks what this host's settings do not say.

    Raises:
        ServerUnavailable: The Prefect server does not answer.
    """
    connect()
    from blocks.loading import load_blocks  # noqa: PLC0415  Prefect reads its settings on import
    from deployments.fleet import server  # noqa: PLC0415

    with server():
        load_blocks()


@contextmanager
def without_heartbeat() -> Iterator[None]:
    """Spare a run in the foreground the second that joining its heartbeat would take."""
    from prefect.settings import (  # noqa: PLC0415
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
