"""An upload is fetched once it is there, within the limits, or refused by name."""

from pathlib import Path

import pytest

from cutroom.records.errors import SourceEmpty, SourceGone, SourceTooLarge
from cutroom.records.upload import Uploaded
from cutroom.sources.fetched import FetchLimits
from cutroom.sources.upload import fetch_upload


class Shelf:
    """A place for uploads with one file on it; the real one is in tests/storage/test_uploads.py."""

    def __init__(self, content: bytes | None, *, vanishes: bool = False) -> None:
        self.content = content
        self.vanishes = vanishes
        self.downloads = 0

    def find(self, _key: str) -> Uploaded | None:
        """Return what is on it."""
        if self.content is None:
            return None
        return Uploaded(size_bytes=len(self.content), version="1", file_name="../Mein Film.MP4")

    def download(self, _key: str, _uploaded: Uploaded, target: Path) -> bool:
        """Give it out, unless it vanishes first."""
        self.downloads += 1
        if not self.vanishes:
            target.write_bytes(self.content)
        return not self.vanishes


def test_an_upload_comes_with_its_owners_title(tmp_path):
    """Folders and ending of the name play no part."""
    fetched = fetch_upload("key", tmp_path, uploads=Shelf(b"video"), limits=FetchLimits())

    assert fetched.video.read_bytes() == b"video"
    assert (fetched.title, fetched.bytes_downloaded) == ("Mein Film", 5)


@pytest.mark.parametrize(
    ("shelf", "error"),
    [
        (Shelf(None), SourceGone),
        (Shelf(b"x", vanishes=True), SourceGone),
        (Shelf(b""), SourceEmpty),
        (Shelf(b"much too large"), SourceTooLarge),
    ],
)
def test_what_cannot_be_fetched_says_why(tmp_path, shelf, error):
    """Each reason is an error of its own."""
    with pytest.raises(error):
        fetch_upload("key", tmp_path, uploads=shelf, limits=FetchLimits(size_bytes=10))

    assert list(tmp_path.iterdir()) == []


def test_what_is_too_large_is_not_downloaded(tmp_path):
    """The store tells the size beforehand."""
    shelf = Shelf(b"much too large")

    with pytest.raises(SourceTooLarge):
        fetch_upload("key", tmp_path, uploads=shelf, limits=FetchLimits(size_bytes=10))

    assert shelf.downloads == 0
