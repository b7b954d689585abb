"""Upload a large file in parts, side by side, and leave no part behind."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future, wait
from contextlib import contextmanager, suppress
from contextvars import copy_context
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

from cutroom.records.errors import StorageError
from cutroom.records.failpoints import reached
from cutroom.storage.patience import Patience, Refused, persist

T = TypeVar("T")

PART_BYTES = 16 << 20
"""Of a part, and from here on a file goes in parts: small enough to send again after a cut
connection and to hold a few in memory, large enough that the requests do not count."""
MOST_PARTS = 10_000
"""S3's own limit; a larger file gets larger parts."""
_ROUNDS = 4
"""How often an upload begins anew where the store says that another one was in its way (409)."""


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of the file."""

    number: int
    """From 1."""
    start: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class LargeUpload:
    """One file on its way, in parts."""

    client: Any
    target: dict[str, str]
    """The bucket and the key."""
    headers: dict[str, Any]
    """What the finished object is to say about itself."""
    file: Path
    size_bytes: int
    patience: Patience
    executor: Executor
    """Runs the parts; nothing that waits for it may run in it."""

    def run(self) -> None:
        """Upload the file, unless its key is taken.

        Raises:
            Refused: 412, the key is taken.
            StorageDenied, StorageUnavailable: As `persist`.
        """
        for rounds_left in reversed(range(_ROUNDS)):
            try:
                self._upload()
            except Refused as refused:
                if refused.status != HTTPStatus.CONFLICT or not rounds_left:
                    raise
            else:
                return

    def _upload(self) -> None:
        with self._opened() as upload_id:
            sent = self._send_parts(upload_id)
            self._ask(
                lambda: self.client.complete_multipart_upload(
                    **self.target,
                    UploadId=upload_id,
                    MultipartUpload={"Parts": sent},
                    IfNoneMatch="*",
                ),
                judging=(HTTPStatus.CONFLICT,),
            )

    @contextmanager
    def _opened(self) -> Iterator[str]:
        """Yield the id of a new upload; it is aborted unless all went well."""
        begun = self._ask(
            lambda: self.client.create_multipart_upload(
                **self.target, **self.headers, ChecksumAlgorithm="SHA256"
            )
        )
        try:
            yield begun["UploadId"]
        except BaseException:
            # What cannot be aborted now goes by the bucket's lifecycle rule.
            with suppress(StorageError, Refused):
                self._ask(
                    lambda: self.client.abort_multipart_upload(
                        **self.target, UploadId=begun["UploadId"]
                    ),
                    to_the_end=True,
                )
            raise

    def _send_parts(self, upload_id: str) -> list[dict[str, Any]]:
        """Send all parts and return their receipts; after a failure none is still under way."""
        has_failed = threading.Event()
        futures: list[Future[dict[str, Any]]] = [
            self.executor.submit(copy_context().run, self._send, part, upload_id, has_failed)
            for part in split(self.size_bytes)
        ]
        try:
            return [future.result() for future in futures]
        finally:
            has_failed.set()
            for future in futures:
                future.cancel()
            wait(futures)

    def _send(self, part: Part, upload_id: str, has_failed: threading.Event) -> dict[str, Any]:
        if has_failed.is_set():
            raise InterruptedError
        with self.file.open("rb") as stream:
            stream.seek(part.start)
            body = stream.read(part.size_bytes)
        checksum = base64.b64encode(hashlib.sha256(body).digest()).decode()
        receipt = self._ask(
            lambda: self.client.upload_part(
                **self.target,
                UploadId=upload_id,
                PartNumber=part.number,
                Body=body,
                ChecksumSHA256=checksum,
            )
        )
        reached("part")
        return {"PartNumber": part.number, "ETag": receipt["ETag"], "ChecksumSHA256": checksum}

    def _ask(
        self,
        action: Callable[[], T],
        *,
        judging: tuple[int, ...] = (),
        to_the_end: bool = False,
    ) -> T:
        what = f"uploading {self.file.name}"
        return persist(action, self.patience, what, judging=judging, to_the_end=to_the_end)


def split(size_bytes: int) -> list[Part]:
    """Return the parts of a file, in order, as few as their size and S3 allow."""
    each = max(PART_BYTES, -(-size_bytes // MOST_PARTS))
    starts = range(0, size_bytes, each)
    return [
        Part(number, start, min(each, size_bytes - start)) for number, start in enumerate(starts, 1)
    ]
