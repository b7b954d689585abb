"""What a job left in the object store, as readers find it."""

import re
from typing import Literal

from pydantic import Field, field_validator

from cutroom.records.base import Record


class StoredFile(Record):
    """One file of the results."""

    name: str
    """Inside a folder of results, such as `clips/01-opening.mp4`."""
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(ge=0)
    object: str
    """The object that holds it, its name without the bucket's prefix."""
    offset: int | None = Field(default=None, ge=0)
    """Where it begins inside a pack of small files; None when the object is the file."""

    @field_validator("name")
    @classmethod
    def _must_stay_inside(cls, name: str) -> str:
        if not name or name.startswith("/") or ".." in re.split(r"[/\\]", name):
            raise ValueError(f"A file's name stays inside its folder, got {name!r}.")
        return name


class Manifest(Record):
    """All of a job's files, written after the last of them: a reader sees all or none."""

    schema_version: Literal[1] = 1
    job_id: str = Field(pattern=r"^[0-9a-f]{32}$")
    attempt: int = Field(ge=1)
    """Which attempt at the job made them; a later one replaces an earlier one's."""
    source_sha256: str
    files: tuple[StoredFile, ...]
    left_out: tuple[str, ...] = ()
    """Files whose bytes are the source's own, which its owner has already."""
