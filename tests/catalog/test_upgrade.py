"""Tables are made once, wholly, and checked cheaply."""

import fcntl
import subprocess
import sys

import pytest
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, event, inspect, text

from cutroom.catalog.place import locate
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.catalog.upgrade import MIGRATIONS, bring_up_to_date, revisions
from cutroom.records.errors import CatalogUnavailable


def test_the_revisions_read_from_file_names_are_those_that_alembic_reads():
    """The cheap way and the thorough way agree, and there is one line of descent."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    script = ScriptDirectory.from_config(config)

    assert revisions() == [step.revision for step in script.walk_revisions()][::-1]
    assert script.get_heads() == [revisions()[-1]]


def test_a_current_catalog_costs_a_few_small_queries_and_no_alembic(url):
    """Every task of every job opens the catalog first."""
    open_catalog(url)
    program = (
        "import sys; from cutroom.catalog.sessions import open_catalog; open_catalog(sys.argv[1]);"
        "print('alembic' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, url], capture_output=True, text=True, check=True
    )

    assert done.stdout == "False\n"


def test_checking_a_current_catalog_writes_nothing(catalog: Catalog):
    """It only looks, and not long."""
    statements: list[str] = []

    def listen(_connection, _cursor, statement, *_):
        statements.append(statement)

    event.listen(catalog.engine, "before_cursor_execute", listen)
    bring_up_to_date(catalog.engine, catalog.place, patience=1)

    assert 0 < len(statements) <= 5
    assert all(line.split()[0] in {"BEGIN", "SELECT", "PRAGMA"} for line in statements)


def test_a_catalog_of_a_newer_cutroom_is_left_alone(catalog: Catalog):
    """Its tables mean things that we do not know."""
    with catalog.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(CatalogUnavailable, match="newer Cutroom") as caught:
        bring_up_to_date(catalog.engine, catalog.place, patience=1)

    assert "Upgrade Cutroom" in caught.value.hint


def test_a_process_that_hangs_in_an_upgrade_does_not_hold_the_others_for_ever(sqlite_url):
    """They wait as long as they were told to, then say what they waited for."""
    file = locate(sqlite_url).file
    assert file is not None
    file.parent.mkdir()
    with file.with_name("catalog.db.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(CatalogUnavailable, match="another process is upgrading it"):
            open_catalog(sqlite_url, patience=0.1)

    assert open_catalog(sqlite_url).place.file == file


def test_a_migration_that_fails_in_the_middle_leaves_nothing(url):
    """The tables made before the one that failed are gone again."""
    place = locate(url)
    if place.file:
        place.file.parent.mkdir()
    engine = create_engine(place.url)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE stage (id INTEGER)"))

    with pytest.raises(CatalogUnavailable, match="already exists"):
        open_catalog(url)

    assert inspect(engine).get_table_names() == ["stage"]
    engine.dispose()


def test_migrations_lead_back_to_nothing(catalog: Catalog):
    """Each step can be undone."""
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with catalog.engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert inspect(catalog.engine).get_table_names() == ["alembic_version"]
