"""Blobs in a bucket of any S3-compatible store, each named by the SHA-256 of its content."""

import base64
from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from contextvars import copy_context
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from cutroom.records.blob import Blob
from cutroom.records.errors import BlobMissing, StorageDenied, StorageError
from cutroom.storage.bucket import PARALLEL
from cutroom.storage.lifecycle import abandon_multiparts
from cutroom.storage.local import room_to_write
from cutroom.storage.multipart import PART_BYTES, LargeUpload
from cutroom.storage.objects import Objects, describing
from cutroom.storage.patience import Refused

HEAD_FROM = 10_000_000
"""Bytes from which it pays to ask before sending. Below, the question takes as long as the answer
is worth, and the store refuses a name that is taken by itself."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that is to become an object."""

    blob: Blob
    file: Path
    name: str
    """Of the object, without the bucket's prefix."""
    is_old: bool = False
    """Whether someone may have uploaded it before: then it pays to ask, however small it is."""


class S3Store(Objects):
    """A bucket as a store of blobs."""

    def has(self, blob: Blob) -> bool:
        """Say whether the blob is in the bucket, whole; one HEAD."""
        return self._is_there(place(blob), blob)

    def save(self, blob: Blob, file: Path) -> None:
        """Upload a file that holds the blob's bytes, unless it is there; as `save_all`."""
        self.save_all([Upload(blob, file, place(blob))])

    def save_all(self, uploads: Sequence[Upload]) -> None:
        """Upload files side by side, large ones in parts, and none that is there already.

        Each is sent with its SHA-256, so that the store takes it whole or not at all.

        Raises:
            StorageDenied: The bucket refuses, or one of the names stands for something else.
            StorageUnavailable: The store did not answer in all our tries.
        """
        small = [upload for upload in uploads if upload.blob.size_bytes <= PART_BYTES]
        large = [upload for upload in uploads if upload.blob.size_bytes > PART_BYTES]
        with ThreadPoolExecutor(PARALLEL, "upload") as executor:
            under_way = [
                # Each in a copy of this context, which knows whether the job is to stop.
                executor.submit(copy_context().run, self._save_small, upload)
                for upload in small
            ]
            try:
                # One after the other, their parts side by side: a thread that waited for threads
                # of its own pool could wait for ever.
                for upload in large:
                    self._save_large(upload, executor)
                for future in under_way:
                    future.result()
            finally:
                executor.shutdown(cancel_futures=True)

    def deliver(self, blob: Blob, target: Path, *, name: str | None = None) -> None:
        """Download the blob to a path, whole and checked against its digest.

        Args:
            blob: What to download.
            target: Where to; its folder is made.
            name: Of the object, where it is not the one that `place` gives.

        Raises:
            BlobMissing: It is not in the bucket, or its bytes are not its own.
            StorageDenied, StorageUnavailable: The store refuses or does not answer.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{target.name}.part")
        try:
            with room_to_write(), part.open("wb") as file:
                digest = self.receive(name or place(blob), file, blob.size_bytes)
            if digest != blob.digest:
                raise BlobMissing(
                    f"The object {blob.name[:16]} holds other bytes than its name says.",
                    "Delete it from the bucket, then run the job again; it is remade.",
                )
            part.replace(target)
        except Refused as refused:
            raise BlobMissing(
                f"The object {blob.name[:16]} is no longer in the bucket.",
                "Run the job again; it is remade.",
            ) from refused
        finally:
            part.unlink(missing_ok=True)

    def drop(self, blob: Blob) -> None:
        """Delete the blob from the bucket; nothing happens when it is not there."""
        self.delete(place(blob))

    def _save_small(self, upload: Upload) -> None:
        blob = upload.blob
        asks_first = upload.is_old or blob.size_bytes >= HEAD_FROM
        if asks_first and self._is_there(upload.name, blob):
            return

        def put() -> None:
            with upload.file.open("rb") as body:
                self.client.put_object(
                    **self.target(upload.name),
                    **describing(upload.name, blob.digest),
                    Body=body,
                    ContentLength=blob.size_bytes,
                    ChecksumSHA256=base64.b64encode(bytes.fromhex(blob.digest)).decode(),
                    IfNoneMatch="*",
                )

        try:
            self.ask(put, f"uploading {upload.name}")
        except Refused:
            # A small object under this digest was checked against it when it was taken.
            if blob.size_bytes >= HEAD_FROM:
                self._insist_on(upload)

    def _save_large(self, upload: Upload, executor: Executor) -> None:
        if self._is_there(upload.name, upload.blob):
            return
        if upload.is_old:
            # A process that was killed left its parts. Where they are someone's work after all,
            # that one finds its upload gone and begins anew.
            with suppress(StorageError):  # the bucket's rule does it within a day
                abandon_multiparts(self, 0, upload.name)
        try:
            self._send_in_parts(upload, executor)
        except Refused as refused:
            if refused.status == HTTPStatus.NOT_FOUND:
                self._begin_anew(upload, executor)
            self._insist_on(upload)

    def _send_in_parts(self, upload: Upload, executor: Executor) -> None:
        LargeUpload(
            client=self.client,
            target=self.target(upload.name),
            headers=describing(upload.name, upload.blob.digest),
            file=upload.file,
            size_bytes=upload.blob.size_bytes,
            patience=self.patience,
            executor=executor,
        ).run()

    def _begin_anew(self, upload: Upload, executor: Executor) -> None:
        """Send a file again whose upload is gone: it was finished, or someone aborted it."""
        if not self._is_there(upload.name, upload.blob):
            with suppress(Refused):
                self._send_in_parts(upload, executor)

    def _insist_on(self, upload: Upload) -> None:
        """Take a name that is taken as done, if it is by the same bytes: ours or another's."""
        if not self._is_there(upload.name, upload.blob):
            raise StorageDenied(
                f"The object {upload.name} is something else than its name says.",
                "Delete it from the bucket, then run the job again.",
            )

    def _is_there(self, name: str, blob: Blob) -> bool:
        target = self.target(name)
        try:
            found = self.ask(lambda: self.client.head_object(**target), f"looking for {name}")
        except Refused:
            return False
        told = found.get("Metadata", {}).get("sha256")
        return bool(found["ContentLength"] == blob.size_bytes and told == blob.digest)


def place(blob: Blob) -> str:
    """Return the name of the object that holds a blob."""
    return f"blobs/{blob.name}"
