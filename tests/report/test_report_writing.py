import pytest

from cutroom.records.errors import DiskFull, OutputNotWritable
from cutroom.report.writing import write_whole


def test_a_file_replaces_the_one_before(tmp_path):
    """What was there is gone, what is new is whole, and nothing lies beside it."""
    path = tmp_path / "deep" / "report.html"
    write_whole(path, b"one")
    write_whole(path, b"two")

    assert path.read_bytes() == b"two"
    assert [entry.name for entry in path.parent.iterdir()] == ["report.html"]


def test_a_folder_that_is_a_file_is_said_plainly(tmp_path):
    """The error names the file and says what to do."""
    (tmp_path / "out").write_text("a file")

    with pytest.raises(OutputNotWritable, match=r"report\.html cannot be written"):
        write_whole(tmp_path / "out" / "report.html", b"")


def test_a_full_disk_is_said_plainly(tmp_path):
    """Linux has a device that is always full; the old file stays and no half one."""
    path = tmp_path / "report.html"
    path.write_text("old")
    (tmp_path / ".report.html.part").symlink_to("/dev/full")

    with pytest.raises(DiskFull, match="no room"):
        write_whole(path, b"new")
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]
