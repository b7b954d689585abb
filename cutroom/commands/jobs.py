"""`cutroom jobs`: what was accepted and what became of it; take up, drop or cancel one."""

import argparse
import json
from typing import TYPE_CHECKING, Any

from cutroom.commands import DONE
from cutroom.commands.connecting import consult_fleet, join_fleet, without_heartbeat
from cutroom.records.errors import FleetMissing, OrderInvalid

if TYPE_CHECKING:
    from cutroom.catalog.sessions import Catalog
    from cutroom.commands import Commands
    from cutroom.records.job import Job
    from cutroom.records.order import Order

STATUSES = ("queued", "running", "completed", "failed", "dead", "cancelled")


def add_to(commands: "Commands") -> None:
    """Add the command and what it can do."""
    parser = commands.add_parser("jobs", help="what became of the orders; retry, drop, cancel")
    parser.set_defaults(command=_list, status=None, limit=20)
    actions = parser.add_subparsers(metavar="ACTION")

    listed = actions.add_parser("list", help="the latest jobs")
    listed.add_argument("--status", choices=STATUSES)
    listed.add_argument("--limit", metavar="N", type=int, default=20)
    listed.set_defaults(command=_list)

    for name, command, what in (
        ("show", _show, "everything about one"),
        ("retry", _retry, "take up one that is dead, cancelled or waits"),
        ("drop", _drop, "forget one"),
        ("cancel", _cancel, "call one off, running or not"),
    ):
        action = actions.add_parser(name, help=what)
        action.add_argument("job", metavar="ID", help="a job's id, or its beginning")
        action.set_defaults(command=command)
        if name == "retry":
            action.add_argument("--source", help="another path or address in place of its own")
            action.add_argument(
                *("--set",),
                metavar="NAME=VALUE",
                action="append",
                default=[],
                dest="changes",
                help="another value for an option of its recipe, such as clips=3",
            )
            action.add_argument("--here", action="store_true", help="run it in this process")


def _list(arguments: argparse.Namespace) -> int:
    from cutroom.catalog import reading  # noqa: PLC0415
    from cutroom.terminal import print_jobs  # noqa: PLC0415

    print_jobs(reading.jobs(_catalog(), arguments.status, arguments.limit))
    return DONE


def _show(arguments: argparse.Namespace) -> int:
    from cutroom.catalog import reading  # noqa: PLC0415
    from cutroom.terminal import print_job  # noqa: PLC0415

    print_job(reading.job(_catalog(), arguments.job))
    return DONE


def _drop(arguments: argparse.Namespace) -> int:
    from cutroom.catalog import attempts, reading  # noqa: PLC0415

    catalog = _catalog()
    job = reading.job(catalog, arguments.job)
    attempts.drop(catalog, job.id)
    print(f"Dropped {job.id}.")
    return DONE


def _cancel(arguments: argparse.Namespace) -> int:
    """Call a job off: in the catalog, which its process looks at, and then in Prefect."""
    from cutroom.catalog import attempts, reading  # noqa: PLC0415

    catalog = _catalog()
    job = attempts.cancel(catalog, reading.job(catalog, arguments.job).id)
    if job.status != "cancelled":
        raise OrderInvalid(f"Job {job.id} is {job.status}.", "There is nothing to cancel.")
    if job.flow_run_id is not None:
        join_fleet()
        from deployments.fleet import server  # noqa: PLC0415
        from deployments.runs import cancel_run, read_runs  # noqa: PLC0415

        with server() as client:
            for run in read_runs(client, [job.flow_run_id]).values():
                cancel_run(client, run)
    print(f"Cancelled {job.id}.")
    return DONE


def _retry(arguments: argparse.Namespace) -> int:
    """Take a job up again; its finished steps are cached, so it goes on where it failed."""
    from cutroom.catalog import attempts, reading  # noqa: PLC0415

    catalog = _catalog()
    job = reading.job(catalog, arguments.job)
    order = _changed(job.order, arguments.changes, arguments.source)
    job = attempts.revive(catalog, job.id, order)
    join_fleet()
    if not arguments.here:
        from deployments.submitting import submit  # noqa: PLC0415

        try:
            run = submit(job)
        except FleetMissing:
            print("There is no fleet to hand it to: it runs here.", flush=True)
        else:
            attempts.note_run(catalog, job, run)
            print(f"Queued {job.id}.")
            return DONE
    return _run_here(job)


def _run_here(job: "Job") -> int:
    from pathlib import Path  # noqa: PLC0415

    from cutroom.terminal import print_report, show_progress  # noqa: PLC0415
    from flows.video import video  # noqa: PLC0415  Prefect reads its settings on import
    from tasks.workbench import watched_by  # noqa: PLC0415

    order = job.order.without_secrets()
    with without_heartbeat(), show_progress(order.label) as watcher, watched_by(watcher):
        report = video(order)
    print_report(report, Path(order.out or "."))
    return DONE


def _changed(order: "Order", changes: list[str], source: str | None) -> "Order":
    """Return an order with other options.

    Raises:
        OrderInvalid: An option does not exist, or does not take that value.
    """
    from pydantic import ValidationError  # noqa: PLC0415

    from cutroom.sources.kinds import source_from  # noqa: PLC0415

    recipe = order.recipe.model_dump(mode="json")
    for change in changes:
        name, equals, value = change.partition("=")
        if not equals or name not in recipe:
            raise OrderInvalid(
                f"{change!r} sets no option.", f"Write NAME=VALUE; there are {', '.join(recipe)}."
            )
        recipe[name] = _value(value)
    try:
        changed = type(order.recipe).model_validate(recipe)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the recipe"
        raise OrderInvalid(f"{where}: {first['msg']}.", "Correct the value.") from error
    given = {"recipe": changed} | ({"source": source_from(source)} if source else {})
    return order.model_copy(update=given)


def _value(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _catalog() -> "Catalog":
    """Open the catalog that the fleet's workers write to."""
    consult_fleet("catalog_url")
    from blocks.settings import settings  # noqa: PLC0415
    from cutroom.catalog.sessions import open_catalog  # noqa: PLC0415

    return open_catalog(settings().catalog)
