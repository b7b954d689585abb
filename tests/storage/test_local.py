"""The store keeps bytes by content, whole or not at all."""

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from cutroom.records.blob import Blob, vouched_by
from cutroom.records.errors import BlobMissing
from cutroom.storage.local import LocalStore, describe


@pytest.fixture
def store(tmp_path: Path) -> LocalStore:
    return LocalStore(tmp_path / "home")


def write(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_equal_bytes_are_one_blob(store, tmp_path):
    """The same content under two names is kept once."""
    first = store.adopt(write(tmp_path / "a.mp4", b"same"))
    second = store.adopt(write(tmp_path / "b.mp4", b"same"))

    assert first == second
    assert store.path(first).read_bytes() == b"same"


def test_adopting_leaves_the_owners_file_alone(store, tmp_path):
    """A local file stays where it is, with its permissions."""
    file = write(tmp_path / "mine.mp4", b"mine")
    mode = file.stat().st_mode

    store.drop(store.adopt(file))

    assert file.read_bytes() == b"mine"
    assert file.stat().st_mode == mode


def test_a_file_its_owner_changed_is_no_longer_the_blob(store, tmp_path):
    """A blob never stands for other bytes than its name says."""
    file = write(tmp_path / "mine.mp4", b"before")
    blob = store.adopt(file)

    with file.open("r+b") as stream:
        stream.write(b"after!")
    os.utime(file, ns=(1, 1))

    if store.has(blob):  # where the file system shares blocks, ours kept the old bytes
        assert store.path(blob).read_bytes() == b"before"
    else:
        with pytest.raises(BlobMissing):
            store.path(blob)


def test_a_kept_file_moves_in_whole(store):
    """Work done in a workspace becomes a blob, and the workspace goes."""
    with store.workspace() as folder:
        blob = store.keep(write(folder / "clip.mp4", b"clip"))

    assert not folder.exists()
    assert blob == describe(store.path(blob), ".mp4")


def test_a_lost_blob_cannot_be_read_back_from_json(store, tmp_path):
    """A cached result that names a file that is gone reads as no result."""
    blob = store.adopt(write(tmp_path / "a.mp4", b"here"))
    text = blob.model_dump_json()
    store.drop(blob)

    assert Blob.model_validate_json(text) == blob
    with vouched_by(store.has), pytest.raises(ValueError, match="is gone"):
        Blob.model_validate_json(text)


def test_a_blob_of_the_wrong_size_is_missing(store, tmp_path):
    """A file that was cut short does not count as kept."""
    blob = store.adopt(write(tmp_path / "a.mp4", b"whole"))
    place = store.path(blob)
    place.unlink()
    place.write_bytes(b"hal")

    assert not store.has(blob)


def test_delivery_replaces_a_file_whole(store, tmp_path):
    """What was at the target before is replaced in one step; nothing else stays beside it."""
    blob = store.adopt(write(tmp_path / "a.mp4", b"new"))
    target = write(tmp_path / "out.mp4", b"old")

    store.deliver(blob, target)

    assert target.read_bytes() == b"new"
    assert not list(tmp_path.glob(".*part"))


def test_workspaces_of_the_dead_are_swept_and_of_the_living_kept(store):
    """After kill -9 nothing half-made stays, and nobody's running work is touched."""
    script = f"""
        import os, signal
        from pathlib import Path
        from cutroom.storage.local import LocalStore
        with LocalStore(Path({str(store.folder)!r})).workspace() as folder:
            (folder / "half.mp4").write_bytes(b"half")
            os.kill(os.getpid(), signal.SIGKILL)
    """
    subprocess.run([sys.executable, "-c", textwrap.dedent(script)], check=False)
    with store.workspace() as mine:
        assert store.sweep() == 1
        assert mine.exists()


@pytest.mark.parametrize(
    "name", ["a b.mp4", "it's.mp4", "new\nline.mp4", "-dash.mp4", "100%.mp4", "😀.mp4", "no ending"]
)
def test_any_name_can_be_adopted(store, tmp_path, name):
    """A file's name never matters."""
    assert store.path(store.adopt(write(tmp_path / name, b"x"))).read_bytes() == b"x"
