"""Small files in one object: one request in place of many."""

import hashlib
import zipfile
from collections.abc import Iterable
from pathlib import Path

from cutroom.records.errors import BlobMissing
from cutroom.records.manifest import StoredFile
from cutroom.storage.local import room_to_write

_NO_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP can say: equal files make equal packs, whenever they were made."""


def pack(folder: Path, target: Path) -> list[StoredFile]:
    """Put all files of a folder into one ZIP, as they are; return where each of them lies.

    Nothing is compressed, so a reader may take one file out of the object by its offset. What is
    packed is small (pictures, captions, pages); it is read whole.

    Args:
        folder: Whose files are packed, under their paths within it.
        target: The ZIP, outside of the folder.

    Returns:
        In order of names; `object` is empty until the pack has a name.
    """
    packed = []
    with target.open("wb") as stream, zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for file in sorted(path for path in folder.rglob("*") if path.is_file()):
            name, content = file.relative_to(folder).as_posix(), file.read_bytes()
            archive.writestr(zipfile.ZipInfo(name, _NO_TIME), content)
            packed.append(
                StoredFile(
                    name=name,
                    sha256=hashlib.sha256(content).hexdigest(),
                    size_bytes=len(content),
                    object="",
                    # Stored, to a file that can be wound back: the content is what came last.
                    offset=stream.tell() - len(content),
                )
            )
    return packed


def unpack(content: bytes, files: Iterable[StoredFile], folder: Path) -> None:
    """Write files that lie in a pack into a folder.

    Only what the list names is taken, from where it says; the ZIP's own names play no part.

    Raises:
        BlobMissing: The pack holds other bytes there than the list says.
    """
    for file in files:
        start = file.offset or 0
        body = content[start : start + file.size_bytes]
        if hashlib.sha256(body).hexdigest() != file.sha256:
            raise BlobMissing(
                f"The pack holds other bytes than {file.name} had.", "Run the job again."
            )
        target = folder / file.name
        with room_to_write():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(body)
