"""Videos that already lie here."""

import os

import pytest

from cutroom.records.errors import (
    SourceEmpty,
    SourceMissing,
    SourceNotPermitted,
    SourceNotVideo,
)
from cutroom.sources.file import fingerprint, locate


@pytest.mark.parametrize(
    "name",
    [
        *("plain.mp4", "with space.mp4", " edge ", 'it\'s "quoted".mp4', "two\nlines.mp4"),
        *(
            "-i.mp4",
            "--version",
            "100%25 %20.mp4",
            "🎬👩‍👧.mp4",
            "$(rm -rf x);&|.mp4",
            "a:b?c#d.mp4",
        ),
        *("~", "*.mp4", "back\\slash.mp4", "über.mp4", "[0]{1}%03d.mp4"),
    ],
)
def test_any_name_is_just_a_name(tmp_path, monkeypatch, name):
    """Nothing in a name is an option, a pattern or an escape, absolute or relative."""
    (tmp_path / name).write_bytes(b"video")
    monkeypatch.chdir(tmp_path)

    assert locate(str(tmp_path / name)) == tmp_path / name
    assert locate(name) == tmp_path / name


@pytest.mark.parametrize("name", ["nothing.mp4", "v.mp4/inside", "a\0b", "x" * 300, "ring"])
def test_what_is_not_there_is_missing(tmp_path, name):
    """Whatever the system calls it: no entry, no folder, a ring of links, too long a name."""
    (tmp_path / "v.mp4").write_bytes(b"video")
    (tmp_path / "ring").symlink_to("ring")

    with pytest.raises(SourceMissing):
        locate(f"{tmp_path}/{name}")


def test_a_file_without_bytes_is_empty(tmp_path):
    """It is there, and there is nothing to cut."""
    (tmp_path / "v.mp4").touch()

    with pytest.raises(SourceEmpty):
        locate(str(tmp_path / "v.mp4"))


def test_a_folder_a_device_and_a_pipe_are_no_videos(tmp_path):
    """None of them is opened; a pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe")

    for place in (str(tmp_path), "/dev/zero", str(tmp_path / "pipe")):
        with pytest.raises(SourceNotVideo):
            locate(place)


@pytest.mark.skipif(os.geteuid() == 0, reason="the administrator may read everything")
def test_a_file_that_may_not_be_read_says_so(tmp_path):
    """A permission is something the user can give."""
    (tmp_path / "v.mp4").write_bytes(b"video")
    (tmp_path / "v.mp4").chmod(0)

    with pytest.raises(SourceNotPermitted):
        locate(str(tmp_path / "v.mp4"))


def test_a_link_to_a_file_is_as_good_as_the_file(tmp_path):
    """Under the link's own name."""
    (tmp_path / "v.mp4").write_bytes(b"video")
    (tmp_path / "link.mp4").symlink_to("v.mp4")

    assert locate(str(tmp_path / "link.mp4")) == tmp_path / "link.mp4"
    assert fingerprint(tmp_path / "link.mp4") == fingerprint(tmp_path / "v.mp4")


def test_the_fingerprint_changes_with_the_file_and_only_then(tmp_path):
    """Reading, linking and renaming leave it alone; writing, touching and replacing do not."""
    file = tmp_path / "v.mp4"
    file.write_bytes(b"video")
    before = fingerprint(file)
    times = (file.stat().st_atime_ns, file.stat().st_mtime_ns)

    file.read_bytes()
    (tmp_path / "hard.mp4").hardlink_to(file)
    file.rename(tmp_path / "w.mp4")
    assert fingerprint(tmp_path / "w.mp4") == before

    os.utime(tmp_path / "w.mp4", ns=(times[0], times[1] + 1))
    assert fingerprint(tmp_path / "w.mp4") != before

    file.write_bytes(b"VIDEO")
    os.utime(file, ns=times)
    assert fingerprint(file) != before
