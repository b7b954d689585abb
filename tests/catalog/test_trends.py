"""What trending remembers: nothing is ordered twice, and no two runs spend the same budget."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from feed_maker import NOW
from sqlmodel import func, select

from cutroom.catalog import attempts, forgetting, reading, tables, trends, writing
from cutroom.catalog.sessions import Catalog
from cutroom.records.order import Order, Source
from cutroom.records.trend import (
    Account,
    Candidate,
    Ranked,
    Sighting,
    SourceOutcome,
    TrendOrder,
    Verdict,
)
from cutroom.trends.addresses import canonical, key
from cutroom.trends.budgeting import judge

RUN, NEXT = "1" * 32, "2" * 32
SINCE = NOW - timedelta(hours=12)


def key_of(address: str) -> str:
    """Return a video's key, as the tasks do."""
    return key(canonical(address))


def video(name: str, views: int | None = None, seconds: float = 600) -> Candidate:
    """Return a candidate."""
    return Candidate(
        address=f"https://example.org/{name}", title=name, views=views, duration=seconds
    )


@pytest.fixture
def decide(catalog: Catalog) -> Callable[..., tuple[Verdict, ...]]:
    """Let a run decide on videos, best first."""

    def decide(run_id, *videos, now=NOW, since=SINCE, **options):
        order = TrendOrder(sources=("feed:https://example.org/f",), owner="ann", **options)
        ranked = [Ranked(candidate=each, score=0.5) for each in videos]
        return trends.decide(
            catalog,
            run_id,
            now,
            order,
            [SourceOutcome(source="https://example.org/f", kind="feed", candidates=len(videos))],
            since=since,
            videos={each.address: key_of(each.address) for each in videos},
            judge=lambda known, spent: judge(ranked, order, known, spent),
            order_of=lambda verdict: Order(
                source=Source(kind="page", location=verdict.ranked.candidate.address),
                owner=order.owner,
                tier="batch",
                job_id=verdict.job_id,
            ),
        )

    return decide


def count(catalog: Catalog, table: type) -> int:
    """Return how many rows a table has."""
    with catalog.reading() as session:
        return session.exec(select(func.count()).select_from(table)).one()


def test_what_is_ordered_is_a_queued_job(catalog, decide):
    """In the same transaction as the verdict, of the owner and behind all others."""
    ordered, skipped = decide(RUN, video("a"), video("b"), videos_per_run=1)

    job = reading.job(catalog, ordered.job_id)
    assert (job.status, job.order.tier, job.order.owner) == ("queued", "batch", "ann")
    assert job.order.source.location == "https://example.org/a"
    assert (skipped.decision, skipped.reason) == ("skipped", "run_videos")
    assert count(catalog, tables.Job) == 1


def test_why_is_kept_with_every_verdict(catalog, decide):
    """And what the run was asked, and what became of its sources."""
    decide(RUN, video("a", views=7), video("b"), videos_per_run=1)

    with catalog.reading() as session:
        rows = session.exec(
            select(tables.TrendVerdict).order_by(tables.TrendVerdict.position)
        ).all()
        run = session.exec(select(tables.TrendRun)).one()
    assert [(row.decision, row.why, row.views) for row in rows] == [
        ("ordered", "ordered", 7),
        ("skipped", "run_videos", None),
    ]
    assert rows[0].job_id is not None
    assert (run.owner, run.ran_at, run.sources[0]["candidates"]) == ("ann", NOW, 2)


def test_a_run_repeated_decides_what_it_decided(catalog, decide):
    """As after a crash between the decision and the hand-over."""
    first = decide(RUN, video("a"), video("b"))

    assert decide(RUN, video("c"), video("d")) == first
    assert count(catalog, tables.Job) == 2
    assert count(catalog, tables.TrendVerdict) == 2


def test_the_next_run_orders_nothing_twice(catalog, decide):
    """However the video is spelled then."""
    decide(RUN, video("a"))
    spelled = Candidate(address="http://www.example.org/a/?utm_source=x", title="A")

    (again,) = decide(NEXT, spelled)

    assert (again.decision, again.reason) == ("skipped", "known")
    assert count(catalog, tables.Job) == 1


def test_what_a_budget_left_out_may_be_ordered_next_time(catalog, decide):
    """Only what was ordered is known."""
    decide(RUN, video("a"), video("b"), videos_per_run=1)

    again = decide(NEXT, video("b"), video("a"))

    assert [each.reason for each in again] == ["ordered", "known"]
    assert count(catalog, tables.Job) == 2


def test_two_runs_at_once_spend_one_budget(catalog, decide):
    """Eight nights in one moment order what one may."""
    options = {"videos_per_day": 4}
    with ThreadPoolExecutor(8) as threads:
        runs = list(
            threads.map(
                lambda number: decide(
                    f"{number:032}", *(video(f"{number}-{n}") for n in range(3)), **options
                ),
                range(8),
            )
        )

    ordered = [each for run in runs for each in run if each.decision == "ordered"]
    assert len(ordered) == 4
    assert count(catalog, tables.Job) == 4


def test_two_runs_at_once_order_the_same_video_once(catalog, decide):
    """One orders it, the others know it."""
    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(lambda n: decide(f"{n:032}", video("a")), range(8)))

    assert sorted(run[0].decision for run in runs) == ["ordered"] + ["skipped"] * 7
    assert count(catalog, tables.Job) == 1


def test_a_new_day_has_a_new_budget(catalog, decide):
    """What was ordered before midnight is the day's before."""
    today = NOW + timedelta(hours=2)
    budget = {"videos_per_day": 1}
    decide(RUN, video("a"), now=NOW, since=SINCE, **budget)

    (late,) = decide(NEXT, video("b"), now=NOW + timedelta(hours=1), since=SINCE, **budget)
    (early,) = decide("3" * 32, video("c"), now=today, since=NOW + timedelta(hours=2), **budget)

    assert (late.reason, early.reason) == ("day_videos", "ordered")


def test_the_account_goes_by_what_was_fetched(catalog, decide, media):
    """A video that was charged as assumed counts with its real length once that is known."""
    (ordered,) = decide(RUN, video("a", seconds=600))
    assert trends.spent(catalog, "ann", SINCE) == Account(videos=1, seconds=600)

    writing.remember_media(catalog, "d1" * 32, media)
    with catalog.writing() as session:
        session.get_one(tables.Job, ordered.job_id).media_digest = "d1" * 32

    assert trends.spent(catalog, "ann", SINCE) == Account(videos=1, seconds=media.duration)
    assert trends.spent(catalog, "bob", SINCE) == Account()


def test_a_job_that_was_dropped_stays_in_the_account_and_does_not_come_back(catalog, decide):
    """Someone did not want it; the budget was spent all the same."""
    (ordered,) = decide(RUN, video("a"))
    with catalog.writing() as session:
        session.delete(session.get_one(tables.Job, ordered.job_id))
    wanted = key_of("https://example.org/a")

    assert trends.known(catalog, "ann", key_of, [wanted]) == {wanted: None}
    assert trends.spent(catalog, "ann", SINCE).videos == 1
    assert decide(NEXT, video("a"))[0].reason == "known"


def test_what_someone_ordered_by_hand_is_known(catalog):
    """In another spelling; another owner's jobs and files on disk are not."""
    for kind, location, owner in (
        ("page", "https://youtu.be/aaaaaaaaaa1?t=3", "ann"),
        ("link", "https://example.org/b.mp4", "bob"),
        ("file", "/films/c.mp4", "ann"),
    ):
        source = Source(kind=kind, location=location)
        writing.accept(catalog, Order(source=source, owner=owner))

    known = trends.known(catalog, "ann", key_of)

    assert list(known) == [key_of("https://www.youtube.com/watch?v=aaaaaaaaaa1")]
    assert reading.job(catalog, next(iter(known.values()))).order.owner == "ann"


def test_the_last_count_of_views_is_remembered(catalog, decide):
    """Of this owner's runs, an hour old at least, two weeks at most."""
    hour = timedelta(hours=1)
    decide("1" * 32, video("a", views=1), video("b", views=5), now=NOW - timedelta(days=20))
    decide("2" * 32, video("a", views=10), now=NOW - 30 * hour)
    decide("3" * 32, video("a", views=20), video("c"), now=NOW - 20 * hour)
    decide("4" * 32, video("a", views=30), now=NOW - hour / 2)
    videos = [key_of(f"https://example.org/{name}") for name in "abc"]

    assert trends.sightings(catalog, "ann", videos, NOW) == {
        videos[0]: Sighting(views=20, at=NOW - 20 * hour)
    }
    assert trends.sightings(catalog, "bob", videos, NOW) == {}


def test_thousands_of_candidates_fit_into_the_questions(catalog, decide):
    """No database takes all keys at once."""
    decide(RUN, video("a", views=3))
    videos = [key_of(f"https://example.org/{n}") for n in range(2000)]
    videos.append(key_of("https://example.org/a"))

    assert set(trends.known(catalog, "ann", key_of, videos)) == {videos[-1]}
    assert set(trends.sightings(catalog, "ann", videos, NOW + timedelta(hours=2))) == {videos[-1]}


def test_what_was_left_out_is_forgotten_and_what_was_ordered_is_not(catalog, decide):
    """Of runs before a moment, those of which nothing is left with them; later ones stay whole."""
    decide(RUN, video("a"), video("b"), videos_per_run=1)
    decide("3" * 32, video("a"), video("b"), videos_per_run=1, videos_per_day=1)
    decide(NEXT, video("b"), videos_per_day=1, now=NOW + timedelta(hours=1))

    assert forgetting.forget_skipped(catalog, NOW + timedelta(minutes=1)) == 3
    assert forgetting.forget_skipped(catalog, NOW + timedelta(minutes=1)) == 0

    with catalog.reading() as session:
        left = session.exec(select(tables.TrendVerdict.run_id, tables.TrendVerdict.decision)).all()
    assert sorted(left) == [(RUN, "ordered"), (NEXT, "skipped")]
    assert count(catalog, tables.TrendRun) == 2


def test_a_dropped_video_does_not_come_back_once_the_rest_is_forgotten(catalog, decide):
    """The verdict that ordered it still speaks."""
    (ordered,) = decide(RUN, video("a"))
    attempts.cancel(catalog, ordered.job_id)
    attempts.drop(catalog, ordered.job_id)

    forgetting.forget_skipped(catalog, NOW + timedelta(days=365))
    (again,) = decide(NEXT, video("a"), now=NOW + timedelta(days=400))

    assert again.decision == "skipped"
