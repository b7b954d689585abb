"""The objects of a bucket by name: read, written in one step, received in spite of cut lines."""

import hashlib
import mimetypes
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, BinaryIO, TypeVar

from cutroom.records.errors import StorageUnavailable
from cutroom.storage.bucket import Bucket, connect
from cutroom.storage.meter import Meter
from cutroom.storage.patience import Patience, Refused, persist

T = TypeVar("T")

CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Document:
    """A small object that may be replaced, as it was when it was read."""

    body: bytes
    version: str
    """The store's own mark for these bytes."""


class Objects:
    """A bucket, asked with patience and counted. Threads may share it."""

    def __init__(
        self, bucket: Bucket, meter: Meter | None = None, patience: Patience | None = None
    ) -> None:
        self.bucket = bucket
        self.meter = meter or Meter()
        self.patience = patience or Patience()
        self.client = connect(bucket, self.meter)

    def target(self, name: str) -> dict[str, str]:
        """Return the arguments by which boto3 knows an object."""
        return {"Bucket": self.bucket.name, "Key": self.bucket.key(name)}

    def ask(self, action: Callable[[], T], what: str) -> T:
        """Do what asks the store, again while that may help; the errors are those of `persist`."""
        return persist(action, self.patience, what)

    def read(self, name: str) -> Document | None:
        """Return a small object whole, None when there is none of that name."""

        def get() -> Document:
            answer = self.client.get_object(**self.target(name))
            body = answer["Body"].read()
            self.meter.received(len(body))
            return Document(body, answer["ETag"])

        try:
            return self.ask(get, f"reading {name}")
        except Refused:
            return None

    def write(self, name: str, body: bytes, over: Document | None = None) -> bool:
        """Write a small object in one step, unless someone else came first.

        Args:
            name: Of the object, without the bucket's prefix.
            body: All of it.
            over: What it is to replace; None where nothing may be there yet.

        Returns:
            Whether it was written. After a lost answer this is False although it was: read it.
        """
        condition = {"IfNoneMatch": "*"} if over is None else {"IfMatch": over.version}
        described = describing(name, hashlib.sha256(body).hexdigest())
        try:
            self.ask(
                lambda: self.client.put_object(
                    **self.target(name), **described, **condition, Body=body
                ),
                f"writing {name}",
            )
        except Refused as refused:
            if refused.status not in {HTTPStatus.PRECONDITION_FAILED, HTTPStatus.NOT_FOUND}:
                raise
            return False
        return True

    def delete(self, name: str) -> None:
        """Delete an object; nothing happens when it is not there."""
        target = self.target(name)
        self.ask(lambda: self.client.delete_object(**target), f"deleting {name}")

    def names(self, beginning: str) -> list[str]:
        """Return the names of the objects that begin so, in order."""
        begins = self.bucket.key(beginning)

        def list_all() -> list[str]:
            pages = self.client.get_paginator("list_objects_v2")
            found = pages.paginate(Bucket=self.bucket.name, Prefix=begins)
            return [entry["Key"] for page in found for entry in page.get("Contents", ())]

        return [
            key.removeprefix(self.bucket.prefix) for key in self.ask(list_all, "listing objects")
        ]

    def receive(
        self, name: str, file: BinaryIO, size_bytes: int, version: str | None = None
    ) -> str:
        """Write an object to a file, taken up where a line was cut; return its SHA-256.

        Args:
            name: Of the object, without the bucket's prefix.
            file: Empty, open for writing.
            size_bytes: Of the whole object.
            version: What the object must still be.

        Raises:
            Refused: 404, it is not there; 412, it is another one by now.
            StorageUnavailable: Try after try brought nothing more.
        """
        hasher = hashlib.sha256()
        condition = {"IfMatch": version} if version else {}

        def take_rest() -> None:
            start = file.tell()
            rest = {"Range": f"bytes={start}-"} if start else {}
            answer = self.client.get_object(**self.target(name), **condition, **rest)
            for chunk in answer["Body"].iter_chunks(CHUNK_BYTES):
                file.write(chunk)
                hasher.update(chunk)
                self.meter.received(len(chunk))
            if file.tell() < size_bytes:
                raise ConnectionError

        while file.tell() < size_bytes or not size_bytes:
            before = file.tell()
            try:
                self.ask(take_rest, f"downloading {name}")
            except StorageUnavailable:
                if file.tell() == before:
                    raise
            else:
                break
        return hasher.hexdigest()


def describing(name: str, digest: str) -> dict[str, Any]:
    """Return the headers by which an object says what it is: to a player, and to us."""
    kind, _ = mimetypes.guess_type(name)
    return {
        "ContentType": kind or "application/octet-stream",
        # One that went up in parts has no checksum of the whole, so it is told here.
        "Metadata": {"sha256": digest},
    }
