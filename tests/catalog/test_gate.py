"""Whatever a database says becomes a typed error that tells no secret."""

import os
import pwd
import random
import shutil
import sqlite3
import tempfile
import traceback
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest
from sqlalchemy import text

from cutroom.catalog import reading, tables
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.catalog.writing import accept
from cutroom.records.errors import CatalogUnavailable, DiskFull

IMPATIENT = 0.1
"""Seconds: what these tests wait for will not come."""


def test_a_locked_file_is_a_typed_error_that_may_heal(sqlite_url, order):
    """Another program may hold the file; a reader is served all the same."""
    catalog = open_catalog(sqlite_url, patience=IMPATIENT)
    job = accept(catalog, order)
    assert catalog.place.file is not None
    intruder = sqlite3.connect(catalog.place.file, isolation_level=None)
    intruder.execute("BEGIN IMMEDIATE")

    with pytest.raises(CatalogUnavailable, match="locked") as caught:
        accept(catalog, order)

    assert caught.value.is_transient
    assert reading.jobs(catalog) == (job,)
    intruder.close()
    accept(catalog, order)
    assert len(reading.jobs(catalog)) == 2


def test_a_full_disk_is_called_by_its_name(sqlite_url, order):
    """SQLite, told that it may not grow, answers as on a full disk; what was there stays."""
    catalog = open_catalog(sqlite_url)
    job = accept(catalog, order)

    def write_much():
        with catalog.writing() as session:
            session.connection().exec_driver_sql("PRAGMA max_page_count=1")
            session.add(tables.Report(job_id=job.id, body={"text": "x" * 10**6}))

    with pytest.raises(DiskFull):
        write_much()
    assert reading.jobs(catalog) == (job,)


def test_a_file_that_is_no_catalog_is_a_typed_error(tmp_path):
    """Whatever lies at the address is left as it is."""
    file = tmp_path / "holiday.db"
    file.write_text("not a database at all, " * 100)
    before = file.read_bytes()

    with pytest.raises(CatalogUnavailable, match="not a database") as caught:
        open_catalog(f"sqlite:///{file}")

    assert "backup" in caught.value.hint
    assert file.read_bytes() == before


@pytest.fixture
def closed_folder() -> Iterator[Path]:
    """A folder that we may enter but not write to, root or not."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o555)
    am_root = os.geteuid() == 0
    if am_root:
        os.seteuid(pwd.getpwnam("nobody").pw_uid)
    yield folder
    if am_root:
        os.seteuid(0)
    folder.chmod(0o755)
    shutil.rmtree(folder)


def test_a_read_only_folder_is_a_typed_error(closed_folder):
    """Neither a file in it nor a folder in it can be made."""
    for name in ("catalog.db", "home/catalog.db"):
        with pytest.raises(CatalogUnavailable, match="unable to open") as caught:
            open_catalog(f"sqlite:///{closed_folder / name}")
        assert "written" in caught.value.hint


def test_a_folder_that_is_a_file_is_a_typed_error(tmp_path):
    """No matter which of the system's errors it is."""
    (tmp_path / "home").write_text("")

    with pytest.raises(CatalogUnavailable, match="unable to open"):
        open_catalog(f"sqlite:///{tmp_path / 'home' / 'catalog.db'}")


def test_a_server_that_is_not_there_is_a_typed_error_that_may_heal():
    """Port 1 refuses."""
    with pytest.raises(CatalogUnavailable, match=r"PostgreSQL at 127\.0\.0\.1:1") as caught:
        open_catalog("postgresql://ann:geheim@127.0.0.1:1/cutroom")

    assert caught.value.is_transient
    assert "database runs" in caught.value.hint


def test_a_database_that_is_not_there_is_a_typed_error(postgres):
    """The server says so itself."""
    with pytest.raises(CatalogUnavailable, match='database "nowhere" does not exist'):
        open_catalog(f"postgresql://postgres@/nowhere?host={postgres}")


def test_a_user_who_may_not_write_gets_a_typed_error(postgres_url, order):
    """The database is up, and still it does not serve."""
    owner = open_catalog(postgres_url)
    with owner.engine.begin() as connection:
        schema = connection.execute(text("SELECT current_schema()")).scalar_one()
        connection.execute(text("CREATE ROLE guest LOGIN"))
        connection.execute(text(f"GRANT USAGE ON SCHEMA {schema} TO guest"))
        connection.execute(text(f"GRANT SELECT ON ALL TABLES IN SCHEMA {schema} TO guest"))
    guest = open_catalog(postgres_url.replace("postgres@", "guest@"))

    with pytest.raises(CatalogUnavailable, match="permission denied") as caught:
        accept(guest, order)

    assert "Let the database's user" in caught.value.hint
    guest.engine.dispose()
    with owner.engine.begin() as connection:
        connection.execute(text("DROP OWNED BY guest; DROP ROLE guest"))


def test_no_message_repeats_a_secret_of_the_address():
    """Wherever in the address it stands, well written or not, in no link of the error's chain."""
    chance = random.Random(4)
    for _ in range(40):
        middle = "".join(chance.choices("@:/?#%&= '\"\\[]ü", k=chance.randint(1, 4)))
        secret = f"canary{middle}yranac"
        raw = chance.choice([secret, quote(secret, safe="")])
        url = chance.choice(
            [
                f"postgresql://ann:{raw}@127.0.0.1:1/cutroom",
                f"postgresql://:{raw}@127.0.0.1:1/cutroom",
                f"postgresql://ann@127.0.0.1:1/cutroom?password={quote(secret)}",
                f"postgresql://ann@127.0.0.1:1/cutroom?sslmode=bad&sslpassword={quote(secret)}",
                f"mysql://ann:{raw}@127.0.0.1:1/cutroom",
                f"ann:{raw}@127.0.0.1",
            ]
        )
        with pytest.raises(CatalogUnavailable) as caught:
            open_catalog(url)
        told = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
        assert "canary" not in told, url
        assert "yranac" not in told, url


def test_a_driver_that_repeats_a_secret_is_not_quoted():
    """It names the option that it cannot read and what it read; the error's chain does not."""
    url = "postgresql://ann:canary@127.0.0.1:1/cutroom?sslmode=canary"
    with pytest.raises(CatalogUnavailable, match="left out") as caught:
        open_catalog(url)

    assert "canary" not in "".join(traceback.format_exception(caught.value))


def test_an_error_about_our_rows_does_not_print_them(catalog: Catalog):
    """A broken constraint is our mistake, and still no reason to print an order."""
    row = tables.Report(job_id="0" * 32, body={"link": "https://example.org/?sig=canary"})

    def write():
        with catalog.writing() as session:
            session.add(row)

    with pytest.raises(Exception, match=r"(?i)foreign key") as caught:
        write()
    assert "canary" not in str(caught.value)
