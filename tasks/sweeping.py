"""Clear away what nobody needs any more on this machine."""

import shutil
from datetime import timedelta
from pathlib import Path

from blocks.settings import Settings
from cutroom.catalog import forgetting, reading
from cutroom.catalog.sessions import Catalog
from cutroom.records.report import JobStatus
from cutroom.storage.lifecycle import abandon_multiparts
from cutroom.storage.local import LocalStore
from cutroom.storage.objects import Objects
from cutroom.storage.scratch import tidy
from tasks.deliver import staging_folder

LOOK_BACK = timedelta(days=1)
"""How long after its end a job's own folder is looked for what it may have left there."""

PARTS_KEPT = 24 * 3600
"""Seconds after which an upload in parts counts as abandoned; even a master is up by then."""

TRENDS_KEPT = timedelta(days=90)
"""How long the catalog tells why trending left a video out: a season, to look back at. The ranking
itself looks back two weeks; what was ordered is never forgotten."""

_FORSAKEN: tuple[JobStatus, ...] = ("dead", "cancelled")


def sweep(settings: Settings, catalog: Catalog) -> str:
    """Remove what killed processes left, and blobs beyond the limit; say what it was."""
    tidied = tidy(LocalStore(settings.home.resolve()), settings.scratch_limit)
    staged = sum(_clear_staging(folder) for folder in _forsaken(catalog))
    broken = _abandon_parts(settings)
    skipped = forgetting.forget_skipped(catalog, reading.moment(catalog) - TRENDS_KEPT)
    return (
        f"{tidied.workspaces} workspaces, {tidied.downloads} downloads, {tidied.blobs} blobs"
        f" ({tidied.bytes_freed / 1e6:.0f} MB), {staged} half-delivered folders, {broken}"
        f" uploads in parts and {skipped} old verdicts of trending cleared away"
    )


def _abandon_parts(settings: Settings) -> int:
    """Abort uploads in parts that nobody goes on with, also where the bucket has no rules."""
    if settings.bucket is None:
        return 0
    return abandon_multiparts(Objects(settings.bucket), PARTS_KEPT)


def _forsaken(catalog: Catalog) -> list[Path]:
    """Return where jobs that are over, but not by completion, gathered their results."""
    since = reading.moment(catalog) - LOOK_BACK
    jobs = [job for status in _FORSAKEN for job in reading.jobs(catalog, status, limit=500)]
    return [
        staging_folder(Path(job.order.out), job.id)
        for job in jobs
        if job.order.out is not None and job.ended_at is not None and job.ended_at > since
    ]


def _clear_staging(folder: Path) -> bool:
    if not folder.is_dir():
        return False
    shutil.rmtree(folder, ignore_errors=True)
    return True
