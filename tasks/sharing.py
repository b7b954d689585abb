"""Let another host go on with a job: its finished steps go to the bucket while it runs.

A step's result is a small JSON file that names blobs. From time to time those that are new go up
as one pack, together with the small blobs they name; larger blobs go up as objects of their own,
but only those that were dear to make. A host that takes the job up brings the packs back before
its first step, and a large blob when a step wants it.
"""

import io
import json
import logging
import re
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import singledispatch
from pathlib import Path
from typing import Any

from prefect.serializers import JSONSerializer
from prefect.settings import get_current_settings

from cutroom.records.base import Record
from cutroom.records.blob import Blob
from cutroom.records.clip import Clip
from cutroom.records.errors import StorageError
from cutroom.records.media import Normal, Proxy, Rendition, Still
from cutroom.storage.backed import BackedStore
from cutroom.storage.lifecycle import STEPS
from cutroom.storage.local import describe
from cutroom.storage.packing import pack
from cutroom.storage.s3 import S3Store, Upload, place
from tasks.upload import PACKED_BELOW
from tasks.workbench import Workbench

LAST_WORD = 10.0
"""Seconds that the end of a job waits for a pack that is just going up."""
_PACKED = re.compile(r"(results/[0-9a-f]{32}|blobs/[0-9a-f]{64}(\.[a-z0-9]{1,8})?)")
"""What may lie in a pack; anything else in it is not ours."""
_log = logging.getLogger("cutroom.sharing")


class _Told(Record):
    """One pack: what the bucket has by it. This host notes those that it sent or brought."""

    object: str
    steps: tuple[str, ...]
    """Keys of the results in it."""
    blobs: tuple[str, ...]
    """Digests of the blobs that are in the bucket because of it."""


@contextmanager
def steps_shared(bench: Workbench, store: BackedStore) -> Iterator[None]:
    """Within this context, other hosts can go on where this one has come to.

    Begins by bringing back what others did for the job before. Nothing happens where no bucket is
    set, or sharing is turned off.
    """
    every = bench.settings.share_every
    if bench.bucket is None or not every:
        yield
        return
    sharer = Sharer(bench, store, bench.bucket)
    if bench.job.attempts > 1:
        sharer.take_up()
    is_over = threading.Event()
    thread = threading.Thread(target=_keep_sharing, args=(sharer, every, is_over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(LAST_WORD)
    sharer.forget()


def _keep_sharing(sharer: "Sharer", every: float, is_over: threading.Event) -> None:
    while not is_over.wait(every):
        try:
            sharer.share()
        except StorageError as error:
            # The job needs none of it: only a later attempt elsewhere would be the slower.
            _log.warning("Finished steps could not be shared: %s", error.problem)


class Sharer:
    """One job's steps, on their way to the bucket and back."""

    def __init__(self, bench: Workbench, store: BackedStore, bucket: S3Store) -> None:
        self._bench = bench
        self._store = store
        self._bucket = bucket
        self._results = get_current_settings().results.local_storage_path
        self._notes = store.folder / "shared" / f"{bench.job.id}.jsonl"
        self._told: dict[str, _Told] = {}
        for line in self._notes.read_text().splitlines() if self._notes.exists() else ():
            self._learn(_Told.model_validate_json(line))

    def take_up(self) -> None:
        """Bring back what other hosts have finished of this job."""
        try:
            for name in self._bucket.names(self._folder):
                if name not in self._told:
                    self._bring(name)
        except StorageError as error:
            _log.warning("Steps of another host could not be had: %s", error.problem)

    def share(self) -> None:
        """Send what was finished since the last time; nothing is asked where there is nothing."""
        with self._bench.sending:
            if not self._bench.is_published:
                self._send()

    def _send(self) -> None:
        with self._store.workspace() as workspace:
            folder = workspace / "pack"
            (folder / "results").mkdir(parents=True)
            (folder / "blobs").mkdir()
            steps, blobs = self._gather(folder)
            if not steps:
                return
            large = [blob for blob in blobs if blob.size_bytes > PACKED_BELOW]
            small = [blob for blob in blobs if blob.size_bytes <= PACKED_BELOW]
            name = f"{self._folder}{self._bench.job.attempts:04}-{len(self._told):04}.zip"
            told = _Told(object=name, steps=steps, blobs=tuple(blob.digest for blob in large))
            for blob in small:
                self._store.deliver(blob, folder / "blobs" / blob.name)
            (folder / "told.json").write_text(told.model_dump_json())
            pack(folder, workspace / "pack.zip")
            archive = describe(workspace / "pack.zip", ".zip")
            # The pack last: whoever finds it finds all that it names.
            self._bucket.save_all(
                [Upload(blob, self._store.path(blob), place(blob)) for blob in large]
            )
            self._bucket.save_all([Upload(archive, workspace / "pack.zip", name)])
        self._note(told)

    def forget(self) -> None:
        """Drop this host's notes of a job that is done."""
        self._notes.unlink(missing_ok=True)

    @property
    def _folder(self) -> str:
        return f"{STEPS}{self._bench.job.id}/"

    def _gather(self, folder: Path) -> tuple[tuple[str, ...], list[Blob]]:
        """Copy new results into a folder; return their keys, and the blobs worth sharing."""
        shared = {key for told in self._told.values() for key in told.steps}
        known = set(self._bench.in_bucket)
        steps: list[str] = []
        blobs: dict[str, Blob] = {}
        for key in sorted(set(self._bench.steps) - shared):
            try:
                content = (self._results / key).read_bytes()
                found = worth_sharing(_read(content))
            except (OSError, ValueError, KeyError):  # not finished, or being written
                continue
            (folder / "results" / key).write_bytes(content)
            steps.append(key)
            blobs |= {blob.digest: blob for blob in found if blob.digest not in known}
        return tuple(steps), [blob for blob in blobs.values() if self._store.is_here(blob)]

    def _bring(self, name: str) -> None:
        """Take in one pack: results that this host lacks, and the blobs that came with them."""
        found = self._bucket.read(name)
        if found is None:
            return
        with zipfile.ZipFile(io.BytesIO(found.body)) as archive:
            told = _Told.model_validate_json(archive.read("told.json"))
            for entry in filter(_PACKED.fullmatch, archive.namelist()):
                room, _, file = entry.partition("/")
                if room == "blobs":
                    self._take_blob(archive.read(entry), Path(file).suffix)
                else:
                    self._take_result(archive.read(entry), file)
        self._note(told)

    def _take_blob(self, content: bytes, suffix: str) -> None:
        with self._store.workspace() as folder:
            (folder / "blob").write_bytes(content)
            self._store.keep(folder / "blob", suffix)

    def _take_result(self, content: bytes, key: str) -> None:
        """Put a result where Prefect looks for it, unless this host has its own."""
        target = self._results / key
        if target.exists():
            return
        record = json.loads(content)
        record["metadata"]["storage_key"] = str(target)  # said where it lay on the other host
        target.parent.mkdir(parents=True, exist_ok=True)
        part = target.with_name(f".{key}.part")
        part.write_text(json.dumps(record))
        part.replace(target)

    def _note(self, told: _Told) -> None:
        self._notes.parent.mkdir(parents=True, exist_ok=True)
        with self._notes.open("a") as notes:
            notes.write(told.model_dump_json() + "\n")
        self._learn(told)

    def _learn(self, told: _Told) -> None:
        self._told[told.object] = told
        self._bench.in_bucket.update(told.blobs)
        self._store.learn(self._bucket, told.blobs)


def _read(content: bytes) -> Any:
    """Return what a step answered, from the file that Prefect keeps of it."""
    serializer: JSONSerializer = JSONSerializer(jsonlib="json")
    return serializer.loads(json.loads(content)["result"].encode())


@singledispatch
def worth_sharing(result: Any) -> list[Blob]:
    """Return the blobs of a step's result that cost less to send than to make again.

    Copies and remuxes are made again in seconds, the same to the byte; encodes are not. The
    original is none of the bucket's business, nor is a file that is the original itself.
    """
    _ = result
    return []


@worth_sharing.register
def _(result: Normal) -> list[Blob]:
    return [result.file] if result.how == "encoded" else []


@worth_sharing.register
def _(result: Proxy) -> list[Blob]:
    # The step makes both at once, so the sound goes along with a picture that was dear.
    sound = [result.sound] if result.sound else []
    return [result.file, *sound] if result.how == "encoded" else []


@worth_sharing.register
def _(result: Clip) -> list[Blob]:
    captions = result.captions
    texts = [captions.srt, captions.vtt, captions.ass] if captions else []
    return [result.file, result.thumbnail, *texts]


@worth_sharing.register(Rendition)
@worth_sharing.register(Still)
def _(result: Rendition | Still) -> list[Blob]:
    return [result.file]


@worth_sharing.register(list)
def _(result: list[Any]) -> list[Blob]:
    return [blob for one in result for blob in worth_sharing(one)]
