"""A folder of blobs that knows where else some of those are that it lacks."""

import threading
from collections.abc import Iterable
from pathlib import Path

from cutroom.records.blob import Blob
from cutroom.records.errors import BlobMissing
from cutroom.storage.local import LocalStore
from cutroom.storage.store import Store


class BackedStore(LocalStore):
    """A local folder before stores that other machines share.

    What is here is never asked for there. What is not here counts as kept only where it was said
    beforehand to be there (`learn`), so that reading a cached result costs no request; it is
    fetched when a step wants the file.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self._there: dict[str, Store] = {}
        self._fetching = threading.Lock()

    def learn(self, store: Store, digests: Iterable[str]) -> None:
        """Take note of blobs that another store has."""
        self._there.update(dict.fromkeys(digests, store))

    def has(self, blob: Blob) -> bool:
        """Say whether the blob's file is here, or can be fetched."""
        return self.is_here(blob) or blob.digest in self._there

    def path(self, blob: Blob) -> Path:
        """Return where the blob's file lies on this machine, fetched if it has to be.

        Raises:
            BlobMissing: It is neither here nor there.
            StorageDenied, StorageUnavailable: It is there and cannot be fetched.
        """
        if not self.is_here(blob) and blob.digest in self._there:
            self._fetch(blob)
        return super().path(blob)

    def _fetch(self, blob: Blob) -> None:
        """Bring a blob here; steps that want the same one at once wait for the first."""
        with self._fetching, self.workspace() as folder:
            if self.is_here(blob):
                return
            try:
                self._there[blob.digest].deliver(blob, folder / "fetched")
            except BlobMissing:
                self._there.pop(blob.digest)  # from now on its step counts as not done
                raise
            self.keep(folder / "fetched", blob.suffix)
