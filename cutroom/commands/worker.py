"""`cutroom worker`: take jobs of a pool, one at a time."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cutroom.commands import DONE, FAILED
from cutroom.commands.connecting import join_fleet

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("worker", help="take jobs of a pool, one at a time")
    parser.add_argument("pool", choices=["cpu", "gpu"], nargs="?", help="[cpu]", default="cpu")
    parser.add_argument(
        "--health", action="store_true", help="only say whether one of this data folder works"
    )
    parser.add_argument(
        "--queue", metavar="NAME", action="append", default=[], help="take from this queue alone"
    )
    parser.add_argument(
        "--drain-file", metavar="PATH", type=Path, help="drain as soon as this file is there"
    )
    parser.set_defaults(command=_worker)


def _worker(arguments: argparse.Namespace) -> int:
    if arguments.health:
        return _health()
    from cutroom.terminal import busy  # noqa: PLC0415

    with busy("Getting ready ..."):
        join_fleet()
        from blocks.settings import settings  # noqa: PLC0415
        from deployments.working import Terms, work  # noqa: PLC0415  Prefect reads its settings

    work(
        arguments.pool,
        settings(),
        queues=tuple(arguments.queue),
        terms=Terms(arguments.drain_file),
        tell=lambda line: print(line, flush=True),
    )
    return DONE


def _health() -> int:
    from blocks.settings import settings  # noqa: PLC0415
    from deployments.beats import is_healthy  # noqa: PLC0415

    is_well = is_healthy(settings().home)
    print("A worker looks for work." if is_well else "No worker has looked for work lately.")
    return DONE if is_well else FAILED
