"""`cutroom server`: the local Prefect server."""

import argparse
from typing import TYPE_CHECKING

from cutroom.commands import DONE, FAILED

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("server", help="the local Prefect server")
    parser.add_argument("action", choices=["start", "stop", "status"])
    parser.set_defaults(command=_server)


def _server(arguments: argparse.Namespace) -> int:
    from blocks.settings import settings  # noqa: PLC0415
    from deployments.server import ensure_server, find_server, stop_server  # noqa: PLC0415

    home = settings().home
    if arguments.action == "stop":
        print("Stopped." if stop_server(home) else "No server was running.")
        return DONE
    server = ensure_server(home) if arguments.action == "start" else find_server(home)
    print(f"Running at {server.page} (process {server.pid})." if server else "Not running.")
    return DONE if server else FAILED
