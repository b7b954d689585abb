"""`cutroom export`: make a master or virtual clips of a job later."""

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from cutroom.commands import DONE
from cutroom.commands.connecting import join_fleet, without_heartbeat
from cutroom.commands.outputs import check_output
from cutroom.records.errors import JobUnknown, OrderInvalid

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("export", help="make a master or a virtual clip of a job later")
    parser.add_argument("job", metavar="JOB_OR_REPORT", help="a job's id, or its report.json")
    parser.add_argument("--out", metavar="DIR", default="out", help="folder for results [out]")
    parser.add_argument("--master", action="store_true", help="the lossless master")
    parser.add_argument("--clip", metavar="ID", action="append", default=[], help="a clip's id")
    parser.set_defaults(command=_export)


def _export(arguments: argparse.Namespace) -> int:
    from cutroom.terminal import busy, show_progress  # noqa: PLC0415

    if not arguments.master and not arguments.clip:
        raise OrderInvalid("Nothing to export.", "Add --master, or --clip with a clip's id.")
    out = Path(arguments.out).resolve()
    check_output(out)
    with busy("Getting ready ..."):
        join_fleet()
        from cutroom.records.order import ExportOrder  # noqa: PLC0415
        from flows.export import export  # noqa: PLC0415  Prefect reads its settings on import
        from tasks.workbench import watched_by  # noqa: PLC0415

    order = ExportOrder(
        job_id=_job_id(arguments.job), master=arguments.master, clips=arguments.clip, out=str(out)
    )
    title = f"export {order.job_id[:8]}"
    with without_heartbeat(), show_progress(title) as watcher, watched_by(watcher):
        made = export(order)
    for name in made:
        print(out / name)
    return DONE


def _job_id(job: str) -> str:
    """Return the id in a report, when a path is given, else the id itself."""
    path = Path(job)
    if path.is_dir():
        path /= "report.json"
    if not path.is_file():
        return job
    try:
        return str(json.loads(path.read_text())["job_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise JobUnknown(f"{path} is no report.", "Give a job's id or its report.json.") from error
