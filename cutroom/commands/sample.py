"""`cutroom sample`: make the demo video."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cutroom.commands import DONE

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("sample", help="make the demo video")
    parser.add_argument("path", type=Path)
    parser.set_defaults(command=_sample)


def _sample(arguments: argparse.Namespace) -> int:
    if arguments.path.exists():
        print(f"{arguments.path} is there already.")
        return DONE
    from cutroom.media.sample.making import make_sample  # noqa: PLC0415

    arguments.path.parent.mkdir(parents=True, exist_ok=True)
    print(f"Making {arguments.path} ...", flush=True)
    make_sample(arguments.path)
    return DONE
