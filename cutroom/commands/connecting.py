"""Point Prefect at a server before anything imports it."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


def connect() -> None:
    """Point Prefect at the server the environment names, else at this data folder's own."""
    from blocks.settings import prefect_environment, settings  # noqa: PLC0415

    home = settings().home
    for name, value in prefect_environment(home).items():
        os.environ.setdefault(name, value)
    # On a new host the data folder is not there yet, and Prefect makes one folder, not those above.
    with suppress(OSError):
        Path(os.environ["PREFECT_HOME"]).mkdir(parents=True, exist_ok=True)
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


def consult_fleet(*wanted: str) -> None:
    """Take over from a fleet's blocks what this host's settings do not say; start no server.

    For commands that only look: where there is no fleet, they work without one.

    Args:
        wanted: The settings that matter; a host that has set them all asks nobody.

    Raises:
        ServerUnavailable: The server that the environment names does not answer.
    """
    from blocks.settings import settings  # noqa: PLC0415
    from deployments.server import find_server  # noqa: PLC0415

    chosen = settings()
    if chosen.model_fields_set.issuperset(wanted):
        return
    if "PREFECT_API_URL" in os.environ or find_server(chosen.home):
        join_fleet()


@contextmanager
def without_heartbeat() -> Iterator[None]:
    """Spare a run in the foreground the second that joining its heartbeat would take."""
    from prefect.settings import (  # noqa: PLC0415
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield
