"""Fetch a video that its owner has put into the bucket."""

from pathlib import Path
from typing import Protocol

from cutroom.records.errors import SourceEmpty, SourceGone
from cutroom.records.upload import Uploaded
from cutroom.sources.answers import make_room, too_large
from cutroom.sources.fetched import Fetched, FetchLimits
from cutroom.sources.titles import title_of_file


class Uploads(Protocol):
    """The place where uploads arrive: a bucket, of which this room knows nothing."""

    def find(self, key: str) -> Uploaded | None:
        """Return what has arrived, None when nothing has."""
        ...

    def download(self, key: str, uploaded: Uploaded, target: Path) -> bool:
        """Download it to a path; say whether it was still there and the same."""
        ...


def fetch_upload(key: str, folder: Path, *, uploads: Uploads, limits: FetchLimits) -> Fetched:
    """Download an upload.

    Args:
        key: As `UploadForm` gave it.
        folder: Where the file goes, as `source.bin`.
        uploads: Where it lies.
        limits: Of size.

    Raises:
        SourceGone: Nothing has arrived under the key, or it was there too long.
        SourceEmpty: The file has no bytes.
        SourceTooLarge: It has more than the limit; nothing is downloaded.
        DiskFull: There is no room for it.
    """
    uploaded = uploads.find(key)
    if uploaded is None:
        raise _gone()
    if uploaded.size_bytes > limits.size_bytes:
        raise too_large(limits.size_bytes)
    if uploaded.size_bytes == 0:
        raise SourceEmpty("The upload is empty.", "Upload the file again.")
    make_room(folder, uploaded.size_bytes)
    target = folder / "source.bin"
    if not uploads.download(key, uploaded, target):
        raise _gone()
    title = title_of_file(uploaded.file_name)
    return Fetched(target, None, title, uploaded.size_bytes)


def _gone() -> SourceGone:
    return SourceGone(
        "There is no such upload, or no longer: uploads are kept for a day.",
        "Upload the file again and order it within the day.",
    )
