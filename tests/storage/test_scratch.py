"""The folder of blobs is a cache: it forgets what nobody used for longest, and only that."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cutroom.storage.local import LocalStore
from cutroom.storage.scratch import DOWNLOADS_AFTER, tidy
from cutroom.storage.store import Store


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "home")


def keep(store, content, age=0.0):
    """Keep a blob that was last used so many seconds ago."""
    with store.workspace() as folder:
        (folder / "a.mp4").write_bytes(content)
        blob = store.keep(folder / "a.mp4")
    place = store.path(blob)
    used = place.stat().st_mtime - age
    os.utime(place, (used, place.stat().st_mtime))
    return blob


def test_beyond_the_limit_what_was_longest_unused_goes(store):
    """The oldest of three makes room."""
    old, middle, new = (keep(store, bytes([n]) * 1000, age) for n, age in enumerate((300, 200, 9)))

    tidied = tidy(store, 2500)

    assert [store.has(blob) for blob in (old, middle, new)] == [False, True, True]
    assert (tidied.blobs, tidied.bytes_freed) == (1, 1000)


def test_using_a_blob_makes_it_young(store):
    """A job that works on an old file has used it now."""
    old, young = keep(store, b"o" * 1000, age=9000), keep(store, b"y" * 1000, age=100)
    with store.holding():
        store.path(old)

    tidy(store, 1000)

    assert store.has(old)
    assert not store.has(young)


def test_what_a_job_holds_stays_over_the_limit(store):
    """Another process clears up while a job runs: nothing is taken from under it."""
    held, spare = keep(store, b"h" * 1000, age=9000), keep(store, b"s" * 1000)
    with store.holding():
        store.path(held)
        tidy(LocalStore(store.folder), 1)
        assert store.has(held)
        assert not store.has(spare)

    tidy(LocalStore(store.folder), 1)
    assert not store.has(held)


def test_what_a_job_made_is_held_from_its_first_moment(store):
    """A new file is not cleared away before the job has asked for it."""
    with store.holding():
        blob = keep(store, b"n" * 1000)
        tidy(LocalStore(store.folder), 1)
        assert store.has(blob)


def test_a_killed_job_holds_nothing(store):
    """After kill -9 its blobs are as free as any, and its lease is gone."""
    blob = keep(store, b"k" * 1000)
    script = f"""
        import os, signal
        from pathlib import Path
        from cutroom.storage.local import LocalStore
        from cutroom.records.blob import Blob
        store = LocalStore(Path({str(store.folder)!r}))
        with store.holding():
            store.path(Blob(digest={blob.digest!r}, size_bytes=1000, suffix=".mp4"))
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    assert list(store.leases.glob("*.lease"))

    tidy(store, 1)

    assert not store.has(blob)
    assert not list(store.leases.glob("*.lease"))


def test_a_file_that_its_owner_has_as_well_costs_nothing(store, tmp_path):
    """Taking away a link would free no room."""
    file = tmp_path / "mine.mp4"
    file.write_bytes(b"m" * 1000)
    blob = store.adopt(file)
    if store.path(blob).stat().st_nlink == 1:
        pytest.skip("this file system shares blocks: the blob is a file of its own")

    assert tidy(store, 1).blobs == 0
    assert store.has(blob)


def test_no_limit_keeps_everything(store):
    """Zero is no limit."""
    blob = keep(store, b"x" * 1000)

    assert tidy(store, 0).blobs == 0
    assert store.has(blob)


def test_half_a_download_goes_after_a_day(store):
    """A younger one waits for the next try at its job."""
    for name, age in (("old", DOWNLOADS_AFTER + 60), ("young", 60.0)):
        folder = store.folder / "downloads" / name
        folder.mkdir(parents=True)
        for file in (folder / "source.part", folder / ".lock"):
            file.write_bytes(b"half")
            used = file.stat().st_mtime - age
            os.utime(file, (used, used))

    assert tidy(store, 0).downloads == 1
    assert [path.name for path in (store.folder / "downloads").iterdir()] == ["young"]


def test_a_folder_is_a_store_like_a_bucket(store, tmp_path):
    """Whoever wants any place for blobs may use either."""
    either: Store = store
    blob = keep(store, b"here")
    elsewhere: Store = LocalStore(tmp_path / "elsewhere")

    elsewhere.save(blob, store.path(blob))
    elsewhere.deliver(blob, tmp_path / "back.mp4")
    either.drop(blob)

    assert (tmp_path / "back.mp4").read_bytes() == b"here"
    assert elsewhere.has(blob)
    assert not either.has(blob)
