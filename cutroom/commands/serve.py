"""`cutroom serve`: everything on one machine."""

import argparse
from typing import TYPE_CHECKING

from cutroom.commands import DONE
from cutroom.commands.connecting import connect

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("serve", help="everything on one machine: server, workers, upkeep")
    parser.add_argument("--workers", metavar="N", type=int, default=1, help="for the CPU [1]")
    parser.add_argument(
        "--gpu-workers", metavar="N", type=int, help="for the graphics card [1 if there is one]"
    )
    parser.set_defaults(command=_serve)


def _serve(arguments: argparse.Namespace) -> int:
    import os  # noqa: PLC0415

    from cutroom.terminal import busy  # noqa: PLC0415

    with busy("Getting ready ..."):
        from blocks.settings import settings  # noqa: PLC0415
        from deployments.server import find_server, stop_server  # noqa: PLC0415

        home = settings().home
        is_ours = "PREFECT_API_URL" not in os.environ and find_server(home) is None
        connect()
        from deployments.serving import Household  # noqa: PLC0415
        from deployments.setup import set_up  # noqa: PLC0415  Prefect reads its settings on import

    set_up(tell=_say)
    server = find_server(home)
    if server is not None:
        _say(f"Prefect's pages: {server.page}")
    workers = [("worker", "cpu")] * arguments.workers
    workers += [("worker", "gpu")] * _gpu_workers(arguments.gpu_workers)
    Household(workers, [("upkeep",)], _say).run()
    if is_ours:
        stop_server(home)
    return DONE


def _gpu_workers(asked_for: int | None) -> int:
    if asked_for is not None:
        return asked_for
    from cutroom.media.listening.whisper_loading import has_cuda  # noqa: PLC0415

    return 1 if has_cuda() else 0


def _say(line: str) -> None:
    print(line, flush=True)
