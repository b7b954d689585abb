"""A bucket of our own, in a process that lives through the drill, and what a job left in it."""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import create_server, socket

from pydantic import SecretStr

from benchmarks.arena import await_that
from cutroom.records.errors import CutroomError
from cutroom.records.manifest import Manifest
from cutroom.storage.bucket import Bucket
from cutroom.storage.publishing import bring_back, manifest_name, read_manifest
from cutroom.storage.s3 import S3Store


@dataclass(frozen=True)
class Shelf:
    """One job's bucket."""

    store: S3Store

    @property
    def variables(self) -> dict[str, str]:
        """What makes it the bucket that results go to."""
        bucket = self.store.bucket
        return {
            "CUTROOM_S3_BUCKET": bucket.name,
            "CUTROOM_S3_ENDPOINT": str(bucket.endpoint),
            "CUTROOM_S3_REGION": str(bucket.region),
            "CUTROOM_S3_ACCESS_KEY": "drill",
            "CUTROOM_S3_SECRET_KEY": "drill",
        }

    def is_published(self, job_id: str) -> bool:
        """Say whether a reader would take the job for done."""
        return read_manifest(self.store, job_id) is not None

    def faults(self, job_id: str) -> list[str]:
        """Return what a reader would not find, and what nobody would look for."""
        manifest = read_manifest(self.store, job_id)
        if manifest is None:
            return ["no manifest"]
        ours = {file.object for file in manifest.files} | {manifest_name(job_id)}
        there = set(self.store.names(""))
        strangers = [f"stranger {name}" for name in there - ours if not name.startswith("steps/")]
        return [*strangers, *self._unreadable(manifest), *self._late(job_id), *self._broken_off()]

    def bytes_played(self, job_id: str) -> int:
        """Return how large the files are that are objects of their own."""
        manifest = read_manifest(self.store, job_id)
        files = manifest.files if manifest else ()
        return sum(file.size_bytes for file in files if file.offset is None)

    def _unreadable(self, manifest: Manifest) -> list[str]:
        """Read everything back, and check each digest."""
        with tempfile.TemporaryDirectory() as folder:
            try:
                bring_back(self.store, manifest, Path(folder))
            except CutroomError as error:
                return [error.problem]
        return []

    def _late(self, job_id: str) -> list[str]:
        """Return the objects that came after the manifest."""
        listed = self.store.client.list_objects_v2(Bucket=self.store.bucket.name)["Contents"]
        times = {entry["Key"]: entry["LastModified"] for entry in listed}
        last = times[manifest_name(job_id)]
        return [f"late {key}" for key, time in times.items() if time > last]

    def _broken_off(self) -> list[str]:
        """Return the uploads in parts that nobody finished."""
        found = self.store.client.list_multipart_uploads(Bucket=self.store.bucket.name)
        return [f"parts of {entry['Key']}" for entry in found.get("Uploads", ())]


@contextmanager
def opened_shelf(name: str, log: Path) -> Iterator[Shelf]:
    """Serve S3 from a process of its own, with one empty bucket in it."""
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with log.open("ab") as said:
        server = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=said, stderr=said)
    try:
        await_that(lambda: _answers(port), "the S3 server")
        secret = SecretStr("drill")
        store = S3Store(
            Bucket(
                name=name,
                endpoint=f"http://127.0.0.1:{port}",
                region="us-east-1",
                access_key=secret,
                secret_key=secret,
            )
        )
        store.client.create_bucket(Bucket=name)
        yield Shelf(store)
    finally:
        server.kill()
        server.wait()


def _answers(port: int) -> bool:
    with socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0
