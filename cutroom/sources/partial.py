"""A download in a folder, that a later try can take up where the last one stopped."""

import hashlib
import re
from pathlib import Path
from typing import BinaryIO

import httpx
from pydantic import Field, ValidationError

from cutroom.records.base import Record


class Note(Record):
    """What must still hold for a part to be the beginning of the same file."""

    address: str
    """SHA-256 of the URL, which may hold secrets and so is not written down."""
    validator: str | None
    """The host's strong ETag, else its Last-Modified; None forbids taking the part up."""
    size_bytes: int | None = Field(ge=0)
    """Of the whole file, if told."""
    title: str


class Partial:
    """The files `source.part` and, when whole, `source.bin` in one folder, and a note on them."""

    def __init__(self, folder: Path, url: str) -> None:
        self.part = folder / "source.part"
        self.whole = folder / "source.bin"
        self._note = folder / "source.json"
        self._address = hashlib.sha256(url.encode()).hexdigest()
        self.note = self._read_note()
        if self.note is None or not self.note.validator or not self.part.exists():
            self.part.unlink(missing_ok=True)

    @property
    def size(self) -> int:
        """Bytes of the part so far."""
        return self.part.stat().st_size if self.part.exists() else 0

    @property
    def is_finished(self) -> bool:
        """Whether an earlier try already brought the whole of this address."""
        return self.note is not None and self.whole.exists()

    def request_headers(self) -> dict[str, str]:
        """Return what to ask for: the rest, if the file is still the same (RFC 9110, 13.1.5)."""
        if self.note is None or self.note.validator is None or self.size == 0:
            return {}
        return {"Range": f"bytes={self.size}-", "If-Range": self.note.validator}

    def continues_with(self, answer: httpx.Headers) -> bool:
        """Say whether a partial answer goes on where the part stops, in the same file."""
        start, whole = _range_told(answer)
        if self.note is None or start != self.size or self.size == 0:
            return False
        told = answer.get("ETag", self.note.validator)
        is_same = not str(self.note.validator).startswith('"') or told == self.note.validator
        return is_same and (whole is None or self.note.size_bytes in (None, whole))

    def begin(self, answer: httpx.Headers, title: str) -> None:
        """Start the file anew and note down what the host says about it."""
        self.whole.unlink(missing_ok=True)
        self.part.write_bytes(b"")
        self.note = Note(
            address=self._address,
            validator=_validator(answer),
            size_bytes=declared_length(answer),
            title=title,
        )
        self._note.write_text(self.note.model_dump_json())

    def open(self) -> BinaryIO:
        """Open the part to write on at its end."""
        return self.part.open("ab")

    def finish(self) -> Path:
        """Give the whole file its name."""
        self.part.replace(self.whole)
        return self.whole

    def discard(self) -> None:
        """Forget all of it."""
        for file in (self.part, self._note):
            file.unlink(missing_ok=True)
        self.note = None

    def _read_note(self) -> Note | None:
        try:
            note = Note.model_validate_json(self._note.read_bytes())
        except (FileNotFoundError, ValidationError):
            return None
        return note if note.address == self._address else None


def declared_length(answer: httpx.Headers) -> int | None:
    """Return the bytes an answer says it has; None where it says nothing usable."""
    text = answer.get("Content-Length", "").strip()
    return int(text) if text.isascii() and text.isdigit() else None


def whole_length(answer: httpx.Headers) -> int | None:
    """Return the bytes of the whole file that an answer with a part of it tells."""
    return _range_told(answer)[1]


def _range_told(answer: httpx.Headers) -> tuple[int | None, int | None]:
    """Return the first byte and the whole size that a Content-Range header tells."""
    found = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", answer.get("Content-Range", "").strip())
    if found is None:
        return None, None
    return int(found[1]), None if found[2] == "*" else int(found[2])


def _validator(answer: httpx.Headers) -> str | None:
    etag = answer.get("ETag", "")
    if re.fullmatch(r'"[^"]*"', etag):  # a weak one, W/"...", may not vouch for bytes
        return str(etag)
    return str(answer["Last-Modified"]) if "Last-Modified" in answer and not etag else None
