"""Small files travel in one object, and each can be found in it."""

import zipfile

import pytest

from cutroom.records.errors import BlobMissing
from cutroom.records.manifest import StoredFile
from cutroom.storage.packing import pack, unpack


@pytest.fixture
def folder(tmp_path):
    inside = tmp_path / "in"
    (inside / "clips").mkdir(parents=True)
    (inside / "clips" / "01-añb.srt").write_text("1\nHello\n")
    (inside / "report.json").write_text("{}")
    (inside / "empty.vtt").touch()
    return inside


def test_each_file_lies_where_the_list_says(folder, tmp_path):
    """A reader may ask for the bytes of one file alone."""
    packed = pack(folder, tmp_path / "pack.zip")

    content = (tmp_path / "pack.zip").read_bytes()
    for file in packed:
        found = content[file.offset : file.offset + file.size_bytes]
        assert found == (folder / file.name).read_bytes()


def test_any_zip_program_opens_it(folder, tmp_path):
    """It is a plain archive."""
    pack(folder, tmp_path / "pack.zip")

    with zipfile.ZipFile(tmp_path / "pack.zip") as archive:
        assert archive.testzip() is None
        assert set(archive.namelist()) == {"clips/01-añb.srt", "report.json", "empty.vtt"}


def test_equal_folders_make_equal_packs(folder, tmp_path):
    """So a pack that is sent twice is one object."""
    pack(folder, tmp_path / "one.zip")
    (folder / "report.json").touch()
    pack(folder, tmp_path / "two.zip")

    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


def test_unpacked_it_is_the_same_folder(folder, tmp_path):
    """Names with folders in them included."""
    packed = pack(folder, tmp_path / "pack.zip")

    unpack((tmp_path / "pack.zip").read_bytes(), packed, tmp_path / "out")

    assert (tmp_path / "out" / "clips" / "01-añb.srt").read_text() == "1\nHello\n"
    assert (tmp_path / "out" / "empty.vtt").exists()


def test_a_damaged_pack_is_not_taken_for_whole(folder, tmp_path):
    """The list knows each file's digest."""
    packed = pack(folder, tmp_path / "pack.zip")
    damaged = (tmp_path / "pack.zip").read_bytes().replace(b"Hello", b"Hallo")

    with pytest.raises(BlobMissing, match="other bytes"):
        unpack(damaged, packed, tmp_path / "out")


@pytest.mark.parametrize("name", ["../up.srt", "/root.srt", "a/../../b", "a\\..\\b", ""])
def test_no_name_leads_out_of_the_folder(name):
    """A manifest that says otherwise is none."""
    with pytest.raises(ValueError, match="inside its folder"):
        StoredFile(name=name, sha256="0" * 64, size_bytes=1, object="blobs/x")
