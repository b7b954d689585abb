"""Opening a catalog: once, for good, and with an answer when it cannot be."""

import os
import pwd
import random
import shutil
import sqlite3
import subprocess
import sys
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
from cutroom.records.errors import CatalogUnavailable
from cutroom.records.order import Order

IMPATIENT = 0.1
"""Seconds: what these tests wait for will not come."""


def test_a_catalog_is_opened_once(url):
    """A second call gives the same one, its connections shared."""
    assert open_catalog(url) is open_catalog(url)


def test_a_catalog_that_was_swept_away_is_made_anew(sqlite_url, order):
    """A deleted file would go on taking rows, and nobody would ever see them."""
    first = open_catalog(sqlite_url)
    assert first.place.file is not None
    shutil.rmtree(first.place.file.parent)

    second = open_catalog(sqlite_url)
    job = accept(second, order)

    with sqlite3.connect(first.place.file) as file:
        assert file.execute("SELECT id FROM job").fetchall() == [(job.id,)]
    file.close()


def test_opening_the_rooms_modules_loads_no_database_library():
    """`cutroom --help` need not wait for what it does not use."""
    program = (
        "import sys; from cutroom.catalog import kinds, reading, sessions, writing;"
        "print({'sqlmodel', 'sqlalchemy', 'alembic', 'psycopg'} & set(sys.modules))"
    )

    assert _python(program) == "set()"


def test_a_sqlite_catalog_survives_the_power_and_holds_references(sqlite_url):
    """Write-ahead log, a sync at each commit, and foreign keys, on every connection."""
    with open_catalog(sqlite_url).reading() as session:
        found = [
            session.connection().exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert found == ["wal", 2, 1]


def test_a_sqlite_catalog_is_for_its_owners_eyes(sqlite_url):
    """Orders may hold signed links."""
    file = open_catalog(sqlite_url).place.file
    assert file is not None

    assert file.stat().st_mode & 0o077 == 0
    assert file.parent.stat().st_mode & 0o077 == 0


def test_a_transaction_that_fails_leaves_nothing(catalog: Catalog, order):
    """All of it, or none of it."""
    job = accept(catalog, order)

    def half_a_change():
        with catalog.writing() as session:
            session.get_one(tables.Job, job.id).status = "running"
            session.flush()
            raise RuntimeError("in the middle")

    with pytest.raises(RuntimeError, match="in the middle"):
        half_a_change()
    assert reading.job(catalog, job.id).status == "queued"


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


def test_a_server_that_hung_up_is_called_again(postgres_url, order):
    """Connections that died while idle are noticed before they are used."""
    catalog = open_catalog(postgres_url)
    accept(catalog, order)
    hang_up = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    stranger = open_catalog(postgres_url, patience=5)
    with stranger.reading() as session:
        assert session.connection().execute(text(hang_up)).scalars().all() == [True]

    accept(catalog, order)

    assert len(reading.jobs(catalog)) == 2


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


def test_a_job_survives_the_death_of_the_process_that_accepted_it(url, order: Order):
    """Killed right after `accept` has returned, with nothing closed."""
    program = (
        "import os, sys; from cutroom.catalog.sessions import open_catalog;"
        "from cutroom.catalog.writing import accept; from cutroom.records.order import Order;"
        "job = accept(open_catalog(sys.argv[1]), Order.model_validate_json(sys.argv[2]));"
        "print(job.id, flush=True); os.kill(os.getpid(), 9)"
    )

    job_id = _python(program, url, order.model_dump_json(), status=-9)

    catalog = open_catalog(url)
    assert reading.job(catalog, job_id).order.source == order.source


def test_two_processes_make_one_catalog(url):
    """Both find nothing, both begin at the same moment, and both succeed."""
    program = (
        "import sys; from cutroom.catalog import upgrade, writing, rows;"
        "from cutroom.catalog.sessions import open_catalog; import alembic.command;"
        "print('ready', flush=True); sys.stdin.readline();"
        "catalog = open_catalog(sys.argv[1]);"
        "print(catalog.engine.connect().exec_driver_sql('SELECT count(*) FROM job').scalar())"
    )
    pair = [
        subprocess.Popen(
            [sys.executable, "-c", program, url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(2)
    ]
    for process in pair:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"

    for process in pair:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    results = [process.communicate(timeout=60) for process in pair]

    assert [process.returncode for process in pair] == [0, 0], results
    assert [output for output, _ in results] == ["0\n", "0\n"]


def test_a_child_process_makes_its_own_connections(url, order: Order):
    """A connection that two processes talk through at once would mix up their answers."""
    program = (
        "import os, sys; from cutroom.catalog.sessions import open_catalog;"
        "from cutroom.catalog import reading, writing; from cutroom.records.order import Order;"
        "catalog = open_catalog(sys.argv[1]); order = Order.model_validate_json(sys.argv[2]);"
        "writing.accept(catalog, order); child = os.fork();"
        "[writing.accept(catalog, order) for _ in range(20)];"
        "child or os._exit(0);"
        "assert os.waitpid(child, 0)[1] == 0; print(len(reading.jobs(catalog)))"
    )

    assert _python(program, url, order.model_dump_json()) == "41"


def _python(program: str, *arguments: str, status: int = 0) -> str:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == status, done.stderr
    return done.stdout.strip()
