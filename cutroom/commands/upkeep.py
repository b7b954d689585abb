"""`cutroom upkeep`: keep accepted jobs going."""

import argparse
import signal
import threading
from typing import TYPE_CHECKING

from cutroom.commands import DONE
from cutroom.commands.connecting import join_fleet

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("upkeep", help="keep accepted jobs going, and the disk clear")
    parser.add_argument("--once", action="store_true", help="look once, and end")
    parser.set_defaults(command=_upkeep)


def _upkeep(arguments: argparse.Namespace) -> int:
    join_fleet()
    from blocks.settings import settings  # noqa: PLC0415
    from deployments.keeping_up import keep_up, look_once  # noqa: PLC0415
    from deployments.submitting import submit  # noqa: PLC0415
    from tasks.redaction import install_redaction  # noqa: PLC0415

    def tell(line: str) -> None:
        print(line, flush=True)

    install_redaction()
    if arguments.once:
        look_once(settings(), submit, tell, sweeps=True)
        return DONE
    is_over = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: is_over.set())
    keep_up(settings(), submit, tell, is_over)
    return DONE
