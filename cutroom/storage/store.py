"""What every place that keeps blobs can do, whether it is a folder or a bucket."""

from pathlib import Path
from typing import Protocol

from cutroom.records.blob import Blob


class Store(Protocol):
    """A place that keeps blobs by the SHA-256 of their content.

    Keeping the same blob twice is harmless, and a name never stands for half a file.
    """

    def has(self, blob: Blob) -> bool:
        """Say whether the blob is kept here, whole."""
        ...

    def save(self, blob: Blob, file: Path) -> None:
        """Keep a copy of a file that holds the blob's bytes; nothing moves if it is here."""
        ...

    def deliver(self, blob: Blob, target: Path) -> None:
        """Put a copy of the blob at a path, whole or not at all.

        Raises:
            BlobMissing: It is not kept here.
        """
        ...

    def drop(self, blob: Blob) -> None:
        """Forget the blob; nothing happens when it is not here."""
        ...
