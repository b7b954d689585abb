"""The tables in the code and the tables in the database are the same."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlmodel import select

from cutroom.catalog import tables
from cutroom.catalog.sessions import Catalog
from cutroom.catalog.writing import accept
from cutroom.records.order import Order


def test_migrations_make_exactly_the_tables_of_the_code(catalog: Catalog):
    """Alembic, asked what is missing, finds nothing."""
    with catalog.engine.connect() as connection:
        options = {"compare_type": True, "compare_server_default": True}
        context = MigrationContext.configure(connection, opts=options)

        assert compare_metadata(context, tables.Row.metadata) == []


def test_a_moment_comes_back_as_the_same_moment_in_utc(catalog: Catalog, order: Order):
    """Whatever zone it was given in, and though SQLite keeps none."""
    job = accept(catalog, order)
    tokyo = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone(timedelta(hours=9)))
    with catalog.writing() as session:
        row = session.get_one(tables.Job, job.id)
        row.ended_at = tokyo

    with catalog.reading() as session:
        found = session.exec(select(tables.Job.ended_at)).one()

    assert found == tokyo
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize("table", tables.Row.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_constraint_has_a_name(table):
    """One without a name could not be changed by a later migration."""
    assert all(constraint.name for constraint in table.constraints)
    assert all(index.name for index in table.indexes)
