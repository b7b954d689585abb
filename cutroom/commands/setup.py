"""`cutroom setup`: make a Prefect server ready for a fleet."""

import argparse
from typing import TYPE_CHECKING

from cutroom.commands import DONE
from cutroom.commands.connecting import connect

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("setup", help="make the Prefect server ready for a fleet")
    parser.add_argument(
        "--overwrite", action="store_true", help="this machine's settings replace those in blocks"
    )
    parser.set_defaults(command=_setup)


def _setup(arguments: argparse.Namespace) -> int:
    from cutroom.terminal import busy  # noqa: PLC0415

    with busy("Getting ready ..."):
        connect()
        from deployments.setup import set_up  # noqa: PLC0415  Prefect reads its settings on import

    set_up(overwrite=arguments.overwrite, tell=_say)
    print("Ready. Start workers with `cutroom worker cpu`, or everything with `cutroom serve`.")
    return DONE


def _say(line: str) -> None:
    print(f"made {line}", flush=True)
