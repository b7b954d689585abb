"""What the catalog need not remember for ever."""

from datetime import datetime

from cutroom.catalog.sessions import Catalog

# ruff: noqa: PLC0415
# SQLModel and SQLAlchemy take most of a second to import: they come with the first call.


def forget_skipped(catalog: Catalog, before: datetime) -> int:
    """Remove what runs of trending left out before a moment, and runs of which nothing is left.

    What they ordered stays for good: it alone keeps a video from being ordered again once its job
    was dropped, and budgets bound how many rows that makes.

    Returns:
        The number of verdicts removed.
    """
    from sqlalchemy import delete
    from sqlmodel import col, select

    from cutroom.catalog import tables

    run, verdict = tables.TrendRun, tables.TrendVerdict
    old = select(run.id).where(run.ran_at < before)
    skipped = delete(verdict).where(
        col(verdict.run_id).in_(old), col(verdict.decision) != "ordered"
    )
    empty = delete(run).where(
        col(run.ran_at) < before, ~select(verdict).where(verdict.run_id == run.id).exists()
    )
    with catalog.writing() as session:
        forgotten: int = session.connection().execute(skipped).rowcount
        session.connection().execute(empty)
        return forgotten
