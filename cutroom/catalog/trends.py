"""What runs of trending have seen and decided; the writing and the reading of it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from cutroom.catalog.sessions import Catalog
from cutroom.records.order import Order
from cutroom.records.trend import Account, Sighting, SourceOutcome, TrendOrder, Verdict

if TYPE_CHECKING:
    from sqlmodel import Session

# ruff: noqa: PLC0415
# SQLModel and SQLAlchemy take most of a second to import: they come with the first call.

REMEMBERED = timedelta(days=14)
"""How far back earlier counts of views are looked for; growth since longer ago says nothing."""
APART = timedelta(hours=1)
"""Two counts of views closer than this are noise: sites count in steps."""
_AT_ONCE = 500
"""Keys in one question; SQLite takes some 32 000, PostgreSQL's planner likes fewer."""

Judge = Callable[[Mapping[str, str | None], Account], Sequence[Verdict]]
"""Decides, given the jobs that videos have by now and what the day has cost so far."""
Key = Callable[[str], str]
"""Returns the digest that stands for a video, given any spelling of its address."""


def known(
    catalog: Catalog, owner: str, key: Key, videos: Sequence[str] = ()
) -> dict[str, str | None]:
    """Return the videos that an owner's jobs are about, by key, each with the job's id.

    Args:
        catalog: To look in.
        owner: Whose jobs; what others ordered is theirs.
        key: Applied to the address of every job that has one.
        videos: Keys to look for among what runs have ordered, too: a job that was dropped is
            gone, and its video is not to come back by itself. Its id is None.
    """
    from sqlmodel import col, select

    from cutroom.catalog import tables

    table = tables.Job
    query = select(table.id, table.source_location).where(
        table.owner == owner, col(table.source_kind).in_(("page", "link"))
    )
    with catalog.reading() as session:
        found: dict[str, str | None] = dict.fromkeys(_ordered(session, owner, videos))
        rows = session.exec(query.execution_options(yield_per=1000))
        return found | {key(location): job_id for job_id, location in rows}


def sightings(
    catalog: Catalog, owner: str, videos: Sequence[str], now: datetime
) -> dict[str, Sighting]:
    """Return the latest earlier count of views of each video that has one, by key."""
    from sqlmodel import col, select

    from cutroom.catalog import tables

    table = tables.TrendVerdict
    found: dict[str, Sighting] = {}
    with catalog.reading() as session:
        for some in _in_parts(videos):
            query = select(table.video, table.views, table.decided_at).where(
                table.owner == owner,
                col(table.video).in_(some),
                col(table.views).is_not(None),
                table.decided_at >= now - REMEMBERED,
                table.decided_at <= now - APART,
            )
            for video, views, at in session.exec(query.order_by(col(table.decided_at))):
                found[video] = Sighting(views=views or 0, at=at)
    return found


def spent(catalog: Catalog, owner: str, since: datetime) -> Account:
    """Return what an owner's runs have ordered since a moment."""
    with catalog.reading() as session:
        return _spent(session, owner, since)


def decide(
    catalog: Catalog,
    run_id: str,
    ran_at: datetime,
    order: TrendOrder,
    sources: Sequence[SourceOutcome],
    *,
    since: datetime,
    videos: Mapping[str, str],
    judge: Judge,
    order_of: Callable[[Verdict], Order],
) -> tuple[Verdict, ...]:
    """Decide and open the jobs in one transaction, so that no two runs spend the same budget.

    Runs of one owner decide one after another. A run that has decided before gets what it decided
    then: repeated after a crash, it orders nothing else.

    Args:
        catalog: To write to.
        run_id: 32 digits of the run.
        ran_at: The moment that ages and budgets are reckoned from.
        order: As it was ordered.
        sources: What became of each source.
        since: When the budget's day began.
        videos: The key of each candidate's address, by the address.
        judge: Called once, with what is known and spent by now.
        order_of: Makes the order for a verdict that opens a job; it names the job's id.

    Returns:
        The verdicts, best first.
    """
    from cutroom.catalog import rows, tables

    with catalog.writing() as session:
        _alone(session, order.owner)
        if session.get(tables.TrendRun, run_id) is not None:
            return _decided(session, run_id)
        before = _ordered(session, order.owner, list(videos.values()))
        verdicts = tuple(judge(before, _spent(session, order.owner, since)))
        session.add(
            tables.TrendRun(
                id=run_id,
                owner=rows.plain(order.owner),
                ran_at=ran_at,
                order=order.model_dump(mode="json"),
                sources=[each.model_dump(mode="json") for each in sources],
            )
        )
        session.flush()
        for position, verdict in enumerate(verdicts):
            if verdict.decision == "ordered":
                opened = rows.new_job(order_of(verdict), rows.moment(session))
                rows.insert_if_missing(session, tables.Job, opened)
            session.add(_row(run_id, position, order.owner, ran_at, verdict, videos))
        return verdicts


def _row(
    run_id: str,
    position: int,
    owner: str,
    ran_at: datetime,
    verdict: Verdict,
    videos: Mapping[str, str],
) -> object:
    from cutroom.catalog import rows, tables

    candidate = verdict.ranked.candidate
    return tables.TrendVerdict(
        run_id=run_id,
        position=position,
        owner=rows.plain(owner),
        video=videos[candidate.address],
        decision=verdict.decision,
        why=verdict.reason,
        job_id=verdict.job_id,
        views=candidate.views,
        seconds=verdict.seconds,
        decided_at=ran_at,
        record=verdict.model_dump(mode="json"),
    )


def _decided(session: "Session", run_id: str) -> tuple[Verdict, ...]:
    from sqlmodel import col, select

    from cutroom.catalog import tables

    table = tables.TrendVerdict
    query = select(table.record).where(table.run_id == run_id).order_by(col(table.position))
    return tuple(Verdict.model_validate(record) for record in session.exec(query))


def _ordered(session: "Session", owner: str, videos: Sequence[str]) -> dict[str, str | None]:
    """Return which of these videos runs have ordered, each with its job's id."""
    from sqlmodel import col, select

    from cutroom.catalog import tables

    table = tables.TrendVerdict
    found: dict[str, str | None] = {}
    for some in _in_parts(videos):
        query = select(table.video, table.job_id).where(
            table.owner == owner, table.decision == "ordered", col(table.video).in_(some)
        )
        found |= dict(session.exec(query).all())
    return found


def _spent(session: "Session", owner: str, since: datetime) -> Account:
    """Count by what was fetched where it was, by what was charged where it was not yet."""
    from sqlmodel import col, func, select

    from cutroom.catalog import tables

    verdict, job, media = tables.TrendVerdict, tables.Job, tables.Media
    playing = func.coalesce(media.duration, verdict.seconds, 0.0)
    query = (
        select(func.count(), func.coalesce(func.sum(playing), 0.0))
        .select_from(verdict)
        .join(job, col(job.id) == col(verdict.job_id), isouter=True)
        .join(media, col(media.digest) == col(job.media_digest), isouter=True)
        .where(verdict.owner == owner, verdict.decision == "ordered", verdict.decided_at >= since)
    )
    videos, seconds = session.exec(query).one()
    return Account(videos=videos, seconds=seconds)


def _alone(session: "Session", owner: str) -> None:
    """Let one owner's runs decide one at a time; on SQLite every writer is alone anyway."""
    from sqlalchemy import text

    if session.get_bind().dialect.name != "sqlite":
        session.execute(
            text("SELECT pg_advisory_xact_lock(hashtext(:what))"), {"what": f"trending {owner}"}
        )


def _in_parts(keys: Sequence[str]) -> list[Sequence[str]]:
    return [keys[start : start + _AT_ONCE] for start in range(0, len(keys), _AT_ONCE)]
