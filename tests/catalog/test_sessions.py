"""Opening a catalog: once, for good, and safely side by side."""

import shutil
import sqlite3
import subprocess
import sys

import pytest
from sqlalchemy import text

from cutroom.catalog import reading, tables
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.catalog.writing import accept
from cutroom.records.order import Order


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
