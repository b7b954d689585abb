"""A lock that one process on any host may hold, named by what it is for."""

import fcntl
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cutroom.catalog.gate import opened, translated
from cutroom.catalog.sessions import Catalog

if TYPE_CHECKING:
    from sqlalchemy.engine import Engine


@contextmanager
def alone(catalog: Catalog, what: str) -> Iterator[bool]:
    """Yield whether nobody else does the same; held until the end, and falls with its process.

    Args:
        catalog: Whose users are not to do it twice at once.
        what: A plain name for it.

    Raises:
        CatalogUnavailable: The database does not answer.
    """
    place = catalog.place
    if place.file is not None:
        with opened(place), _file_lock(place.file.with_name(f"{place.file.name}.{what}")) as held:
            yield held
        return
    with translated(place), _advisory_lock(catalog.engine, what) as held:
        yield held


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    with path.open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _advisory_lock(engine: "Engine", what: str) -> Iterator[bool]:
    from sqlalchemy import text  # noqa: PLC0415  SQLAlchemy is slow to import

    digest = hashlib.sha256(f"cutroom {what}".encode()).digest()
    key = int.from_bytes(digest[:8], signed=True)  # PostgreSQL names its locks by number
    # Of the session, not of a transaction: that would stay open all the while.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        held = connection.scalar(text("SELECT pg_try_advisory_lock(:key)"), {"key": key})
        try:
            yield bool(held)
        finally:
            if held:
                connection.execute(text("SELECT pg_advisory_unlock(:key)"), {"key": key})
