"""`cutroom fetch`: bring a job's results from the bucket to this machine."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from cutroom.commands import DONE
from cutroom.commands.connecting import consult_fleet
from cutroom.commands.outputs import check_output
from cutroom.records.errors import JobUnknown, OrderInvalid

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("fetch", help="bring a job's results here from the bucket")
    parser.add_argument("job", metavar="JOB", help="a job's id, or its beginning")
    parser.add_argument("--out", metavar="DIR", default="out", help="folder for results [out]")
    parser.set_defaults(command=_fetch)


def _fetch(arguments: argparse.Namespace) -> int:
    consult_fleet("catalog_url", "s3_bucket")
    from blocks.settings import settings  # noqa: PLC0415
    from cutroom.catalog import reading  # noqa: PLC0415
    from cutroom.catalog.sessions import open_catalog  # noqa: PLC0415
    from cutroom.storage.publishing import bring_back, read_manifest  # noqa: PLC0415
    from cutroom.storage.s3 import S3Store  # noqa: PLC0415
    from tasks.deliver import delivering  # noqa: PLC0415

    chosen, out = settings(), Path(arguments.out).resolve()
    if chosen.bucket is None:
        raise OrderInvalid("No bucket is set.", "Set CUTROOM_S3_BUCKET; docs/storage.md says more.")
    check_output(out)
    job = reading.job(open_catalog(chosen.catalog), arguments.job)
    store = S3Store(chosen.bucket)
    manifest = read_manifest(store, job.id)
    if manifest is None:
        raise JobUnknown(
            f"Job {job.id} has published nothing; it is {job.status}.",
            f"Look at it with `cutroom jobs show {job.id[:8]}`.",
        )
    with delivering(out, job.id) as folder:
        bring_back(store, manifest, folder)
    for file in manifest.files:
        print(out / file.name)
    return DONE
