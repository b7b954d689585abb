"""Bringing a catalog's tables up to date, once, whoever comes first."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import inspect, text
from sqlalchemy.engine import Connection, Engine

from cutroom.catalog.gate import explain, opened, translated
from cutroom.catalog.place import Place
from cutroom.records.errors import CatalogUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"
_VERSION_TABLE = "alembic_version"
_ADVISORY_KEY = 0x637574726F6F6D
"""PostgreSQL's advisory locks are named by number: this one is "cutroom" in ASCII."""
_PAUSE = 0.02
"""Seconds between two looks at a lock that someone holds."""


def revisions() -> list[str]:
    """Return the revisions that this Cutroom knows, oldest first, without importing Alembic.

    A migration's file name begins with its revision: `0001_initial.py`.
    """
    return sorted(path.name[:4] for path in (MIGRATIONS / "versions").glob("[0-9]*.py"))


def bring_up_to_date(engine: Engine, place: Place, patience: float) -> None:
    """Make or upgrade the tables where needed; several processes may do so at once.

    Args:
        engine: Of the catalog.
        place: Where it lies.
        patience: Seconds to wait for another process that is at it.

    Raises:
        CatalogUnavailable: The database does not answer, or a newer Cutroom made it.
        DiskFull: There is no room left.
    """
    with translated(place), opened(place):
        if place.file is not None:
            _make_file(place.file)
        with engine.connect() as connection:
            if _is_current(connection, place):
                return
        with _alone(place, patience):
            _upgrade(engine, place)


def _make_file(file: Path) -> None:
    """Make an empty file that only its owner reads: orders may hold signed links."""
    if not file.exists():
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        file.touch(mode=0o600)


def _is_current(connection: Connection, place: Place) -> bool:
    """Say whether nothing is to be done, in two small queries."""
    if not inspect(connection).has_table(_VERSION_TABLE):
        return False
    found = connection.execute(text(f"SELECT version_num FROM {_VERSION_TABLE}")).scalar()  # noqa: S608  a constant
    known = revisions()
    if found is not None and found not in known:
        raise CatalogUnavailable(
            f"A newer Cutroom made the catalog in {place.name} (revision {found}).",
            "Upgrade Cutroom on this machine; it does not work with tables that it does not know.",
        )
    return bool(found == known[-1])


@contextmanager
def _alone(place: Place, patience: float) -> Iterator[None]:
    """Keep other processes from upgrading the same SQLite file; PostgreSQL locks by itself.

    The lock lies in a file of its own and falls with its process.
    """
    if place.file is None:
        yield
        return
    with place.file.with_name(f"{place.file.name}.lock").open("w") as lock:
        deadline = time.monotonic() + patience
        while not _is_locked(lock.fileno()):
            if time.monotonic() > deadline:
                raise explain(place, "database is locked, another process is upgrading it")
            time.sleep(_PAUSE)
        yield


def _is_locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _upgrade(engine: Engine, place: Place) -> None:
    """Run the missing migrations in one transaction: killed half-way, nothing has happened."""
    with engine.execution_options(cutroom_writes=True).connect() as connection:
        if place.file is not None:
            # Outside of any transaction, where alone these work. With references held, a
            # migration that rebuilds a table would delete the rows that belong to its rows.
            raw = connection.connection
            raw.execute("PRAGMA journal_mode=WAL")
            raw.execute("PRAGMA foreign_keys=OFF")
        with connection.begin():
            if place.file is None:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({_ADVISORY_KEY})"))
            if not _is_current(connection, place):
                _migrate(connection)
        connection.invalidate()  # it no longer holds references


def _migrate(connection: Connection) -> None:
    from alembic import command  # noqa: PLC0415  slow to import, and rarely needed
    from alembic.config import Config  # noqa: PLC0415

    config = Config(attributes={"connection": connection})
    # Options go through ConfigParser, which expands percent signs.
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    command.upgrade(config, "head")
