"""Look where videos trend, weigh what is found, and open jobs for the best of it."""

import time
from collections.abc import Callable, Iterable, Mapping, Sequence

from prefect import get_run_logger, task
from prefect.artifacts import create_markdown_artifact
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run

from cutroom.catalog import attempts, reading, trends
from cutroom.records.errors import CutroomError, SourceUnreachable
from cutroom.records.job import Job
from cutroom.records.order import Order
from cutroom.records.secrets import text_without_secrets, without_secrets
from cutroom.records.trend import (
    Account,
    Candidate,
    Ranked,
    Reading,
    SourceOutcome,
    Topic,
    TrendOrder,
    TrendReport,
    Verdict,
)
from cutroom.report.trending import as_markdown
from cutroom.sources.kinds import source_from
from cutroom.trends import youtube
from cutroom.trends.addresses import canonical, key
from cutroom.trends.budgeting import day_begins, judge, sift
from cutroom.trends.merging import merge
from cutroom.trends.ranking import Taste, rank
from cutroom.trends.reading import kind_of, read_source, within
from tasks.policies import if_transient
from tasks.trending_desk import TrendDesk

RETRY_AFTER = 1
"""Seconds; one more try within the run heals a lost packet, more is the next night's business."""

Submit = Callable[[Job], str]
"""Hands an accepted job to the fleet; returns the id of its run."""


@task(
    name="read source",
    task_run_name="read {name}",
    cache_policy=NO_CACHE,
    retries=1,
    retry_delay_seconds=RETRY_AFTER,
    retry_condition_fn=if_transient,
)
def read_one(address: str, name: str, desk: TrendDesk) -> Reading:
    """Read one source within its time; whatever is wrong with it is its own failure."""
    started = time.monotonic()
    outcome = SourceOutcome(source=name, kind="unknown")
    try:
        outcome = outcome.model_copy(update={"kind": kind_of(address).kind})
        found = read_source(address, desk.door, timeout=desk.order.source_timeout)
        counted = {"candidates": len(found.candidates), "topics": len(found.topics)}
        outcome = outcome.model_copy(update=counted | {"left_out": found.left_out})
    except Exception as error:
        outcome = outcome.model_copy(update={"error": _told(error)})
        raise
    finally:
        spent = round(time.monotonic() - started, 3)
        desk.outcomes[address] = outcome.model_copy(update={"seconds": spent})
    get_run_logger().info("%d videos, %d topics", len(found.candidates), len(found.topics))
    return _signed(found, name)


def gathered(futures: Mapping[str, PrefectFuture[Reading]], desk: TrendDesk) -> list[Reading]:
    """Wait for every source; one that failed has said why, and is left out."""
    readings = []
    for address, future in futures.items():
        found = future.result(raise_on_failure=False)
        # Told in the order they were named, not in the order they answered.
        desk.outcomes[address] = desk.outcomes.pop(address)
        if isinstance(found, Reading):
            readings.append(found)
    return readings


def shown(address: str) -> str:
    """Return a source's address fit to show: ids of playlists are long, but no secrets."""
    return youtube.feed_of(address) or without_secrets(address)


def busiest(readings: Iterable[Reading], most: int) -> tuple[Topic, ...]:
    """Return the topics most people search for, each once."""
    topics: dict[str, Topic] = {}
    for topic in (topic for each in readings for topic in each.topics):
        same = topics.get(topic.words.casefold())
        if same is None or same.searches < topic.searches:
            topics[topic.words.casefold()] = topic
    return tuple(sorted(topics.values(), key=lambda each: (-each.searches, each.words))[:most])


def joined(readings: Sequence[Reading], desk: TrendDesk) -> tuple[Candidate, ...]:
    """Return each video once, with its length where YouTube's API may be asked for it."""
    found = merge(candidate for each in readings for candidate in each.candidates)
    try:
        return within(desk.order.source_timeout, lambda: youtube.complete(found, desk.door))
    except CutroomError as error:
        desk.notes.append(f"YouTube told no lengths: {error.problem}")
        return found


@task(name="rank", cache_policy=NO_CACHE)
def weigh(
    candidates: Sequence[Candidate], topics: tuple[Topic, ...], desk: TrendDesk
) -> tuple[tuple[Ranked, ...], tuple[Verdict, ...]]:
    """Return what may be ordered, best first, and the verdicts on what may not."""
    order, catalog = desk.order, desk.catalog
    videos = [key(canonical(each.address)) for each in candidates]
    known = trends.known(catalog, order.owner, _key, videos)
    fit, refused = sift(candidates, order, known, desk.now)
    sightings = trends.sightings(catalog, order.owner, videos, desk.now)
    taste = Taste(now=desk.now, words=order.words, topics=topics, sightings=sightings)
    return rank(fit, taste), refused


@task(
    name="decide",
    cache_policy=NO_CACHE,
    retries=3,
    retry_delay_seconds=2,
    retry_condition_fn=if_transient,
)
def decide(ranked: Sequence[Ranked], refused: Sequence[Verdict], desk: TrendDesk) -> TrendReport:
    """Order within the budgets and remember every verdict; a dry run does neither."""
    order, run_id = desk.order, _run_id()
    since = day_begins(desk.now, order.time_zone)
    outcomes = tuple(desk.outcomes.values())
    told = order.model_copy(update={"sources": tuple(map(shown, order.sources))})

    def verdicts_on(known: Mapping[str, str | None], spent: Account) -> tuple[Verdict, ...]:
        return (*judge(ranked, order, known, spent), *refused)

    if order.dry_run:
        verdicts = verdicts_on({}, trends.spent(desk.catalog, order.owner, since))
    else:
        candidates = [each.candidate for each in ranked] + [
            each.ranked.candidate for each in refused
        ]
        verdicts = trends.decide(
            desk.catalog,
            run_id,
            desk.now,
            told,
            outcomes,
            since=since,
            videos={each.address: _key(each.address) for each in candidates},
            judge=verdicts_on,
            order_of=lambda verdict: _order_of(verdict, order),
        )
    return TrendReport(
        run_id=run_id, ran_at=desk.now, order=told, sources=outcomes, verdicts=verdicts
    )


@task(name="submit", cache_policy=NO_CACHE)
def submit_all(report: TrendReport, submit: Submit, desk: TrendDesk) -> None:
    """Hand the new jobs to the fleet; where it does not answer, upkeep does so later."""
    for verdict in () if report.order.dry_run else report.ordered:
        try:
            job = reading.job(desk.catalog, verdict.job_id or "")
            attempts.note_run(desk.catalog, job, submit(job))
        except CutroomError as error:
            desk.notes.append(f"Jobs wait in the catalog for `cutroom upkeep`: {error.problem}")
            return


def tell(report: TrendReport, desk: TrendDesk) -> TrendReport:
    """Show the run in Prefect's pages, and fail it when no source could be read.

    Raises:
        SourceUnreachable: All sources failed.
    """
    report = report.model_copy(update={"notes": tuple(desk.notes)})
    create_markdown_artifact(
        key="trending", markdown=as_markdown(report), description="What was ordered, and why"
    )
    failed = [each for each in report.sources if each.error is not None]
    if failed and len(failed) == len(report.sources):
        raise SourceUnreachable(
            f"None of the sources could be read ({len(failed)} tried): {failed[0].error}",
            "Look at the run's artifact, which says what became of each.",
        )
    return report


def _order_of(verdict: Verdict, order: TrendOrder) -> Order:
    return Order(
        source=source_from(verdict.ranked.candidate.address),
        recipe=order.recipe,
        owner=order.owner,
        tier="batch",
        job_id=verdict.job_id,
    )


def _told(error: Exception) -> str:
    """Say in one line what was wrong; a fault of a plug-in is no reason to stop the others."""
    if isinstance(error, CutroomError):
        return f"{error.code}: {error.problem}"
    return text_without_secrets(f"INTERNAL: {type(error).__name__}: {error}")[:500]


def _signed(found: Reading, name: str) -> Reading:
    """Note in each candidate where it was seen."""
    update = {"sources": (name,)}
    signed = tuple(each.model_copy(update=update) for each in found.candidates)
    return found.model_copy(update={"candidates": signed})


def _key(address: str) -> str:
    return key(canonical(address))


def _run_id() -> str:
    """Return the Prefect run's id: a run taken up again after a crash decides nothing twice."""
    return str(flow_run.id).replace("-", "")
