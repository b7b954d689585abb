"""A job's results appear all at once, and the latest attempt has the last word."""

import os

import pytest
from object_store import Fault

from cutroom.records.errors import BlobMissing, Superseded
from cutroom.records.manifest import Manifest
from cutroom.storage.local import describe
from cutroom.storage.publishing import (
    bring_back,
    drop_earlier_packs,
    manifest_name,
    pack_name,
    read_manifest,
    stored,
    write_manifest,
)

JOB = "a" * 32


def manifest(attempt, *files):
    return Manifest(job_id=JOB, attempt=attempt, source_sha256="0" * 64, files=files)


@pytest.fixture
def clip(tmp_path):
    file = tmp_path / "a.mp4"
    file.write_bytes(os.urandom(1000))
    return file, describe(file, ".mp4")


def test_nothing_is_published_before_the_manifest(store, clip):
    """Objects alone are not results."""
    store.save(clip[1], clip[0])
    assert read_manifest(store, JOB) is None

    write_manifest(store, manifest(1, stored(clip[1], "clips/a.mp4")))

    assert read_manifest(store, JOB).files[0].name == "clips/a.mp4"


def test_a_later_attempt_replaces_an_earlier_one(store):
    """The one that was lost had come as far as that."""
    write_manifest(store, manifest(1))
    write_manifest(store, manifest(2))

    assert read_manifest(store, JOB).attempt == 2


def test_what_earlier_attempts_packed_goes(store):
    """No manifest names it; a later attempt's pack and everything else stays."""
    packs = [pack_name(JOB, attempt) for attempt in (1, 2, 3, 12)]
    for name in (*packs, pack_name("b" * 32, 1), "blobs/a.zip"):
        store.write(name, b"")
    write_manifest(store, manifest(3))

    drop_earlier_packs(store, manifest(3))

    assert [name for name in packs if name in store.names("")] == packs[2:]
    others = {pack_name("b" * 32, 1), "blobs/a.zip", manifest_name(JOB)}
    assert others <= set(store.names(""))


def test_an_earlier_attempt_that_wakes_up_is_superseded(store):
    """Asleep between the check in the catalog and its manifest, it comes too late."""
    write_manifest(store, manifest(2))

    with pytest.raises(Superseded):
        write_manifest(store, manifest(1))
    assert read_manifest(store, JOB).attempt == 2


def test_two_at_once_and_the_later_attempt_wins(store, gate):
    """Whoever is first between the other's look and write."""
    write_manifest(store, manifest(1))
    gate.asked.clear()

    def interfere(asked):
        if asked.verb == "get":
            gate.rule = lambda _asked: None
            write_manifest(store, manifest(3))

    gate.rule = interfere

    with pytest.raises(Superseded):
        write_manifest(store, manifest(2))
    assert read_manifest(store, JOB).attempt == 3


def test_a_manifest_whose_answer_was_lost_is_written(store, gate):
    """It is found there, and it is ours."""
    left = [1]

    def lose(asked):
        if asked.method == "PUT" and left.pop():
            gate.rule = lambda _asked: None
            return Fault(gives=0)
        return None

    gate.rule = lose
    write_manifest(store, manifest(1))

    assert read_manifest(store, JOB) == manifest(1)


def test_results_are_brought_back_whole_or_not(store, clip, tmp_path):
    """A file that is gone from the bucket is said, not left out."""
    file, blob = clip
    store.save(blob, file)
    named = manifest(1, stored(blob, "clips/a.mp4"))

    bring_back(store, named, tmp_path / "out")
    assert (tmp_path / "out" / "clips" / "a.mp4").read_bytes() == file.read_bytes()

    store.drop(blob)
    with pytest.raises(BlobMissing):
        bring_back(store, named, tmp_path / "again")


def test_the_manifest_lies_where_readers_look(store):
    """The name is a promise."""
    write_manifest(store, manifest(1))

    assert store.names("jobs/") == [manifest_name(JOB)] == [f"jobs/{JOB}/manifest.json"]
