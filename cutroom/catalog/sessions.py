"""Opening the catalog, and the transactions in it.

SQLAlchemy is imported when a catalog is first opened, so that `cutroom --help` need not wait.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from cutroom.catalog.gate import translated
from cutroom.catalog.place import Place, locate

if TYPE_CHECKING:
    from sqlalchemy.engine import Connection, Engine
    from sqlmodel import Session

PATIENCE = 10.0
"""Seconds to wait for a lock or a connection. Our transactions take milliseconds; ten seconds
outlast a checkpoint or a backup, and are short enough for a person who waits for an answer."""

_WRITES = "cutroom_writes"
"""Execution option that marks the engine of writers."""


class Catalog:
    """The memory: an engine, and the two kinds of transaction in it. Threads may share it."""

    def __init__(self, place: Place, engine: "Engine") -> None:
        self.place = place
        self.engine = engine
        self._writer = engine.execution_options(**{_WRITES: True})

    def __repr__(self) -> str:
        """Name the place without its secrets."""
        return f"Catalog({self.place.name})"

    @contextmanager
    def reading(self) -> Iterator["Session"]:
        """Yield a session that sees one moment of the catalog.

        Raises:
            CatalogUnavailable: The database does not answer.
        """
        with translated(self.place), _session(self.engine) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator["Session"]:
        """Yield a session for one short transaction, committed at its end, or undone whole.

        On SQLite it is the only writer from its first statement on, so that what it has read
        still holds when it writes; on PostgreSQL, lock the row that the change is about.

        Raises:
            CatalogUnavailable: The database does not answer.
            DiskFull: There is no room left.
        """
        with translated(self.place), _session(self._writer) as session, session.begin():
            yield session


_catalogs: dict[tuple[str, float], Catalog] = {}
_opening = threading.Lock()


def open_catalog(url: str, *, patience: float = PATIENCE) -> Catalog:
    """Open a catalog, made or brought up to date where needed; once per URL and process.

    Args:
        url: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/DATABASE`.
        patience: Seconds to wait for a lock or a connection.

    Raises:
        CatalogUnavailable: The address is wrong, the database does not answer, or a newer
            Cutroom made it.
        DiskFull: There is no room left to make it.
    """
    key = (url, patience)
    with _opening:
        found = _catalogs.get(key)
        if found is not None and _is_there(found.place):
            return found
        from cutroom.catalog.upgrade import bring_up_to_date  # noqa: PLC0415  for SQLAlchemy

        place = locate(url)
        catalog = Catalog(place, _engine(place, patience))
        try:
            bring_up_to_date(catalog.engine, place, patience)
        except BaseException:
            catalog.engine.dispose()
            raise
        _catalogs[key] = catalog
        if found is not None:
            found.engine.dispose()
        return catalog


def _is_there(place: Place) -> bool:
    """Say whether the file was not swept away since: a deleted file takes rows and loses them."""
    return place.file is None or place.file.exists()


@contextmanager
def _session(engine: "Engine") -> Iterator["Session"]:
    from sqlmodel import Session  # noqa: PLC0415  SQLModel is slow to import

    with Session(engine, expire_on_commit=False) as session:
        yield session


def _engine(place: Place, patience: float) -> "Engine":
    """Make an engine; it connects on first use. Parameters stay out of its messages."""
    from sqlalchemy import create_engine, event  # noqa: PLC0415  SQLAlchemy is slow to import

    if place.file is None:
        own = "connect_timeout" in place.url.query
        arguments: dict[str, Any] = {} if own else {"connect_timeout": round(patience)}
        return create_engine(
            place.url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments
        )
    # The driver's own transactions begin too late and never before a read: we begin ourselves.
    arguments = {"timeout": patience, "isolation_level": None}
    engine = create_engine(place.url, hide_parameters=True, connect_args=arguments)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    """Hold references, and let no commit return before the disk has it.

    In WAL mode synchronous=NORMAL may lose the last commits when the power fails, which would
    lose an order already accepted; a job commits some twenty times, so FULL costs it nothing.
    """
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: "Connection") -> None:
    """Take the write lock at the start: one taken after a read fails without waiting."""
    is_writer = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writer else "BEGIN")


def _after_fork() -> None:
    """Leave the parent's connections to the parent."""
    global _opening  # noqa: PLW0603  another thread of the parent may have held it
    _opening = threading.Lock()
    for catalog in _catalogs.values():
        catalog.engine.dispose(close=False)


os.register_at_fork(after_in_child=_after_fork)
