"""What Alembic runs: the migrations, in the transaction that `upgrade` has opened."""

from alembic import context

from cutroom.catalog.tables import Row

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=Row.metadata,
    # SQLite cannot alter most of a table: Alembic then makes a new one and copies.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
