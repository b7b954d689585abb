"""Files named by their content."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Self

from pydantic import Field, model_validator

from cutroom.records.base import Record

_keeper: ContextVar["Callable[[Blob], bool] | None"] = ContextVar("keeper", default=None)


class Blob(Record):
    """A file named by the SHA-256 of its content.

    Inside `vouched_by`, a blob whose file is gone refuses to exist: a cached
    result that names it then reads as not cached, and only that step runs again.
    """

    digest: str = Field(pattern=r"^[0-9a-f]{64}$")
    """SHA-256 of the content, in lowercase hexadecimal."""
    size_bytes: int = Field(ge=0)
    suffix: str = Field(default="", pattern=r"^(\.[a-z0-9]{1,8})?$")
    """Ending of the file's name, dot included; players and ffmpeg's muxers like one."""

    @property
    def name(self) -> str:
        """The file's name inside a store."""
        return self.digest + self.suffix

    @model_validator(mode="after")
    def _must_still_be_kept(self) -> Self:
        is_kept = _keeper.get()
        if is_kept is not None and not is_kept(self):
            raise ValueError(f"The file behind blob {self.digest[:12]} is gone.")
        return self


@contextmanager
def vouched_by(is_kept: Callable[[Blob], bool]) -> Iterator[None]:
    """Within this context, only blobs that `is_kept` vouches for can be read back."""
    token = _keeper.set(is_kept)
    try:
        yield
    finally:
        _keeper.reset(token)
