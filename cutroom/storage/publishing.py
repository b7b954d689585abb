"""A job's results in a bucket: all of them, then the manifest that names them, or nothing."""

from pathlib import Path

from cutroom.records.blob import Blob
from cutroom.records.errors import BlobMissing, StorageUnavailable, Superseded
from cutroom.records.manifest import Manifest, StoredFile
from cutroom.storage.objects import Objects
from cutroom.storage.packing import unpack
from cutroom.storage.s3 import S3Store, place

_PACK_ENDING = ".zip"
_ROUNDS = 4
"""How often a manifest is read again because someone else replaced it meanwhile."""


def stored(blob: Blob, name: str, under: str | None = None) -> StoredFile:
    """Return how a manifest names a file that is an object of its own."""
    return StoredFile(
        name=name, sha256=blob.digest, size_bytes=blob.size_bytes, object=under or place(blob)
    )


def write_manifest(objects: Objects, manifest: Manifest) -> None:
    """Publish a job's results: from here on readers see them.

    Everything the manifest names has to be in the bucket already.

    Raises:
        Superseded: A later attempt at the job has published its own.
        StorageDenied, StorageUnavailable: As the store says.
    """
    name, body = manifest_name(manifest.job_id), manifest.model_dump_json(indent=1).encode()
    seen = None
    for _ in range(_ROUNDS):
        if objects.write(name, body, over=seen):
            return
        seen = objects.read(name)
        theirs = Manifest.model_validate_json(seen.body) if seen else None
        if theirs == manifest:  # ours: it was written, and only the answer was lost
            return
        if theirs is not None and theirs.attempt >= manifest.attempt:
            raise Superseded(
                f"Attempt {theirs.attempt} at job {manifest.job_id} has published its results.",
                "Nothing is lost: look at the job's results.",
            )
    raise StorageUnavailable(
        f"The manifest of job {manifest.job_id} changes faster than it can be written.",
        "Try again in a few minutes.",
    )


def read_manifest(objects: Objects, job_id: str) -> Manifest | None:
    """Return what a job has published, None when it has not, or not yet."""
    found = objects.read(manifest_name(job_id))
    return Manifest.model_validate_json(found.body) if found else None


def bring_back(store: S3Store, manifest: Manifest, folder: Path) -> None:
    """Download a job's files into a folder, as they were delivered elsewhere.

    Raises:
        BlobMissing: One of them is no longer in the bucket, or damaged.
    """
    for file in manifest.files:
        if file.offset is None:
            suffix = Path(file.object).suffix
            blob = Blob(digest=file.sha256, size_bytes=file.size_bytes, suffix=suffix)
            store.deliver(blob, folder / file.name, name=file.object)
    packed = [file for file in manifest.files if file.offset is not None]
    for name in sorted({file.object for file in packed}):
        found = store.read(name)
        if found is None:
            raise BlobMissing(f"The object {name} is gone from the bucket.", "Run the job again.")
        unpack(found.body, [file for file in packed if file.object == name], folder)


def drop_earlier_packs(objects: Objects, manifest: Manifest) -> None:
    """Delete what earlier attempts at a job had packed: no manifest names it any more.

    Raises:
        StorageDenied, StorageUnavailable: As the store says.
    """
    ours = pack_name(manifest.job_id, manifest.attempt)
    for name in objects.names(_folder(manifest.job_id)):
        if name.endswith(_PACK_ENDING) and name < ours:
            objects.delete(name)


def manifest_name(job_id: str) -> str:
    """Return the name of the object that tells a job's results."""
    return f"{_folder(job_id)}manifest.json"


def pack_name(job_id: str, attempt: int) -> str:
    """Return the name of the object that holds an attempt's small files; later ones sort later."""
    return f"{_folder(job_id)}{attempt:06}{_PACK_ENDING}"


def _folder(job_id: str) -> str:
    return f"jobs/{job_id}/"
