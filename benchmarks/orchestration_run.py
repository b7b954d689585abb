"""One call of `cutroom video` with a clock in hand, in a process of its own: `FILE FOLDER`."""

import time

started = time.monotonic(), time.process_time()

import json  # noqa: E402  what is imported here is on the clock
import sys  # noqa: E402
from importlib import import_module  # noqa: E402
from itertools import pairwise  # noqa: E402

from cutroom.cli import leaving_at_once  # noqa: E402
from cutroom.commands.connecting import connect, without_heartbeat  # noqa: E402
from cutroom.records.order import Order, Recipe  # noqa: E402
from cutroom.sources.kinds import source_from  # noqa: E402


def main(path: str, out: str) -> dict[str, dict[str, float]]:
    """Do what the command does, and say how many seconds each part of it took."""
    marks = [("", *started)]

    def mark(name: str) -> None:
        marks.append((name, time.monotonic(), time.process_time()))

    recipe = Recipe(transcribe=False)
    order = Order(source=source_from(path), recipe=recipe, out=out)
    mark("import the command line")
    connect()
    mark("settings, server")
    import prefect  # noqa: F401, PLC0415

    mark("import Prefect")
    from flows.video import video  # noqa: PLC0415
    from tasks.workbench import watched_by  # noqa: PLC0415

    mark("import flow and tasks")
    import_module("cutroom.catalog.tables")  # the first step would, on opening the catalog
    mark("import the catalog's tables")
    heard: list[tuple[str, float, float]] = []

    def watch(stage: str, _done: float) -> None:
        heard.append((stage, time.monotonic(), time.process_time()))

    with without_heartbeat(), watched_by(watch):
        video(order)
    # What anyone hears first is the first step that is not cached, last that the report is made.
    marks.append(("Prefect begins, catalog, cached steps before", *heard[0][1:]))
    marks.append(("steps, up to the report", *heard[-1][1:]))
    mark("deliver, catalog, artifact, Prefect ends")
    return {
        name: {"wall_seconds": round(wall - before, 3), "cpu_seconds": round(cpu - cpu_before, 3)}
        for (_, before, cpu_before), (name, wall, cpu) in pairwise(marks)
    }


if __name__ == "__main__":
    note = leaving_at_once()
    print(json.dumps(main(*sys.argv[1:3])))
    sys.exit(note(0))
