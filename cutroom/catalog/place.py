"""Where the catalog lies, and what of that may be told."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from cutroom.records.errors import CatalogUnavailable

if TYPE_CHECKING:
    from sqlalchemy.engine import URL


@dataclass(frozen=True, slots=True)
class Place:
    """A catalog's address."""

    url: "URL" = field(repr=False)
    name: str
    """What messages call it; holds no secret."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Parts of the address that no message may repeat."""
    file: Path | None = None
    """The SQLite file, absolute; None for PostgreSQL."""


def locate(url: str) -> Place:
    """Read a catalog's URL.

    Args:
        url: `sqlite:///PATH` or `postgresql://USER:PASSWORD@HOST/DATABASE`.

    Raises:
        CatalogUnavailable: It is no such URL. The message does not repeat it.
    """
    from sqlalchemy.engine import make_url  # noqa: PLC0415  SQLAlchemy is slow to import
    from sqlalchemy.exc import ArgumentError  # noqa: PLC0415

    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise _malformed("is no database URL") from None  # the cause would repeat the URL
    backend = parsed.get_backend_name()
    if backend == "sqlite":
        return _sqlite(parsed)
    if backend in {"postgresql", "postgres"}:
        return _postgresql(parsed)
    raise _malformed("names a database that is neither SQLite nor PostgreSQL")


def _sqlite(url: "URL") -> Place:
    if not url.database or url.database == ":memory:" or url.database.startswith("file:"):
        raise _malformed("names no plain file, and a catalog must outlive its process")
    # Made absolute now: the process may change its folder later.
    file = Path(url.database).expanduser().absolute()
    whole = url.set(drivername="sqlite+pysqlite", database=str(file))
    return Place(whole, f"the SQLite file {file}", file=file)


def _postgresql(url: "URL") -> Place:
    if "@" in (url.host or ""):
        # A bare @ in the password moved its tail into the host: nothing of it may be shown.
        raise _malformed("has an @ too many")
    host = url.host or url.query.get("host") or "the local socket"
    name = f"PostgreSQL at {host if isinstance(host, str) else ','.join(host)}"
    hidden = [url.password or ""]
    for key, value in url.query.items():
        if "password" in key.lower():
            hidden += [value] if isinstance(value, str) else value
    secrets = tuple(secret for secret in hidden if secret)
    return Place(
        url.set(drivername="postgresql+psycopg"),
        f"{name}:{url.port}" if url.port else name,
        secrets,
    )


def _malformed(why: str) -> CatalogUnavailable:
    return CatalogUnavailable(
        f"The catalog's address {why}.",
        "Write sqlite:////folder/catalog.db or postgresql://user:password@host/database,"
        " special characters of the password percent-encoded.",
    )
