"""The one gate where the database's errors become ours."""

import errno
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from cutroom.catalog.place import Place
from cutroom.records.errors import CatalogUnavailable, CutroomError, DiskFull

_HINTS = (
    ("database is locked", "Another program is writing to it; try again, or move to PostgreSQL."),
    ("readonly", "Allow writing to the file and to its folder."),
    ("unable to open", "Check that the folder exists and may be written."),
    ("not a database", "The file is something else; name another one, or restore a backup."),
    ("malformed", "The file is damaged; restore a backup, or move it away to begin anew."),
    ("permission denied", "Let the database's user create and change tables there."),
)
"""What to do, by what the driver says; the first that fits counts."""
_LEAST_ROOM = 1 << 20
"""Bytes; SQLite grows its write-ahead log and its shared memory by less at once."""
_DEFAULT_HINT = "Check that the database runs and that the catalog's URL is right."


@contextmanager
def translated(place: Place) -> Iterator[None]:
    """Within this context, a database that does not answer is a typed error.

    What the database says about our own rows (a broken constraint, a value out of range) is a
    mistake of ours and passes as it is; its text holds no parameters.

    Raises:
        CatalogUnavailable: The database cannot be reached, opened, locked or written.
        DiskFull: It has no room left.
    """
    from sqlalchemy import exc  # noqa: PLC0415  SQLAlchemy is slow to import

    try:
        yield
    except (exc.IntegrityError, exc.DataError):
        raise
    except exc.DBAPIError as error:
        # Not chained: drivers may repeat the address, and logs print whole chains.
        raise explain(place, str(error.orig)) from None
    except sqlite3.Error as error:  # from what we run when a connection opens
        raise explain(place, str(error)) from None
    except exc.TimeoutError:
        raise explain(place, "every connection is in use") from None


@contextmanager
def opened(place: Place) -> Iterator[None]:
    """Within this context, a file or folder that cannot be made or locked is a typed error.

    Raises:
        CatalogUnavailable: The system refuses.
        DiskFull: There is no room left.
    """
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT}:
            raise _no_room() from error
        raise explain(place, f"unable to open it ({error.strerror})") from error


def explain(place: Place, reason: str) -> CutroomError:
    """Return the error for what a driver or the system said about a catalog."""
    if "disk is full" in reason or ("disk I/O error" in reason and _is_full(place)):
        return _no_room()
    hint = next((hint for mark, hint in _HINTS if mark in reason.lower()), _DEFAULT_HINT)
    if any(secret in reason for secret in place.secrets):
        reason = "its answer repeats a secret and is left out"
    return CatalogUnavailable(
        f"The catalog in {place.name} does not answer: {' '.join(reason.split())}.", hint
    )


def _is_full(place: Place) -> bool:
    """Say whether an I/O error has a plain cause: SQLite's shared memory could not grow."""
    return place.file is not None and shutil.disk_usage(place.file.parent).free < _LEAST_ROOM


def _no_room() -> DiskFull:
    return DiskFull("There is no room left for the catalog.", "Free disk space, then run it again.")
