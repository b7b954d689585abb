"""Put a job's results into the bucket: each file once, the manifest last."""

import logging
from dataclasses import dataclass
from pathlib import Path

from cutroom.catalog import writing
from cutroom.records.blob import Blob
from cutroom.records.errors import StorageError
from cutroom.records.failpoints import reached
from cutroom.records.manifest import Manifest
from cutroom.records.report import Report
from cutroom.storage.lifecycle import MASTERS
from cutroom.storage.local import describe
from cutroom.storage.packing import pack
from cutroom.storage.publishing import drop_earlier_packs, pack_name, stored, write_manifest
from cutroom.storage.s3 import S3Store, Upload, place
from tasks.breakers import guarded
from tasks.deliver import list_files, write_pages
from tasks.results import MASTER_NAME, Results
from tasks.workbench import Workbench

PACKED_BELOW = 1 << 20
"""Bytes up to which a file goes into the pack: whoever wants one such file can take them all."""
_PLAYED = frozenset((".mp4", ".webm", ".mkv", ".mov", ".m4v", ".mp3", ".m4a"))
"""What a link has to lead to, however small it is: a player cannot look into a pack."""
_log = logging.getLogger("cutroom.upload")


@dataclass(frozen=True, slots=True)
class _File:
    """One file of the results."""

    blob: Blob
    name: str

    @property
    def object(self) -> str:
        """Of this name; masters lie apart, where a rule sends them to Glacier."""
        return MASTERS + self.blob.name if self.name == MASTER_NAME else place(self.blob)

    @property
    def is_packed(self) -> bool:
        return self.blob.size_bytes <= PACKED_BELOW and self.blob.suffix not in _PLAYED


def upload(results: Results, report: Report, bench: Workbench) -> Manifest | None:
    """Publish the results in the bucket; without a bucket nothing happens.

    What plays goes up as it is, named by its digest; what is small goes up as one pack, named by
    the job and the attempt, for no other attempt packs the same pages. Files
    that are the source's own bytes stay here: its owner has them already.

    Args:
        results: What was made.
        report: Tells of it. What this upload costs is only in the report that the catalog keeps.
        bench: The job's tools.

    Raises:
        JobCancelled, Superseded: The attempt is no longer the job's own; nothing is published.
        StorageDenied, StorageUnavailable: As the store says.
    """
    if bench.bucket is None:
        return None
    with guarded(bench.catalog, "the bucket"), bench.sending:
        manifest = _upload(results, report, bench, bench.bucket)
        bench.is_published = True
    return manifest


def _upload(results: Results, report: Report, bench: Workbench, bucket: S3Store) -> Manifest:
    files = [_File(blob, name) for blob, name in list_files(results, report)]
    ours = [file for file in files if file.blob.digest != results.original.file.digest]
    played = [file for file in ours if not file.is_packed]
    with bench.store.workspace() as folder:
        small = _gather([file for file in ours if file.is_packed], results, report, folder, bench)
        archive = folder / "pack.zip"
        packed, pack_blob = pack(small, archive), describe(archive, ".zip")
        reached("upload")
        uploads = [
            Upload(
                *(file.blob, bench.store.path(file.blob), file.object),
                is_old=file.blob.digest not in bench.store.fresh,
            )
            for file in played
            if file.blob.digest not in bench.in_bucket
        ]
        together = pack_name(bench.job.id, bench.job.attempts)
        bucket.save_all([*uploads, Upload(pack_blob, archive, together)])
    manifest = Manifest(
        job_id=bench.job.id,
        attempt=bench.job.attempts,
        source_sha256=results.original.file.digest,
        files=(
            *(stored(file.blob, file.name, file.object) for file in played),
            *(file.model_copy(update={"object": together}) for file in packed),
        ),
        left_out=tuple(file.name for file in files if file not in ours),
    )
    writing.check_attempt(bench.catalog, bench.job.id, bench.job.attempts)
    reached("manifest")
    write_manifest(bucket, manifest)
    if manifest.attempt > 1:
        _tidy(bucket, manifest)
    return manifest


def _tidy(bucket: S3Store, manifest: Manifest) -> None:
    """Take away what attempts that died had packed; the job is done, with or without."""
    try:
        drop_earlier_packs(bucket, manifest)
    except StorageError as error:
        _log.warning("An earlier attempt's pack is left: %s", error.problem)


def _gather(
    small: list[_File], results: Results, report: Report, folder: Path, bench: Workbench
) -> Path:
    """Bring what is packed into one folder, with the pages that tell about the job."""
    gathered = folder / "small"
    gathered.mkdir()
    for file in small:
        bench.store.deliver(file.blob, gathered / file.name)
    write_pages(results, report, gathered, bench)
    return gathered
