"""What is left out, and that no budget is passed."""

import random
from datetime import UTC, datetime, timedelta

import pytest
from feed_maker import NOW

from cutroom.records.trend import Account, Candidate, Ranked, TrendOrder
from cutroom.trends.addresses import canonical, job_id, key
from cutroom.trends.budgeting import charged, day_begins, judge, sift

NOTHING = Account()


def video(name, *, seconds=600.0, hours=1.0, title=None, channel=None):
    """Return a candidate."""
    return Candidate(
        address=f"https://example.org/{name}",
        title=title or name,
        channel=channel,
        published=None if hours is None else NOW - timedelta(hours=hours),
        duration=seconds,
    )


def ranked(*candidates):
    """Return candidates ranked as they stand."""
    return [Ranked(candidate=each, score=0.5) for each in candidates]


def order(**options):
    """Return an order with what the test wants."""
    return TrendOrder(sources=("https://example.org/feed",), **options)


def reasons(verdicts):
    """Return the reason of each verdict."""
    return [each.reason for each in verdicts]


@pytest.mark.parametrize(
    ("candidate", "options", "reason"),
    [
        (video("a", hours=24 * 20), {}, "too_old"),
        (video("a", seconds=5), {}, "too_short"),
        (video("a", seconds=3 * 3600), {}, "too_long"),
        (video("a", title="Casino night"), {"unwanted": ("casino",)}, "unwanted"),
        (video("a", channel="Casino TV"), {"unwanted": ("casino",)}, "unwanted"),
    ],
)
def test_what_does_not_fit_is_left_out_with_its_reason(candidate, options, reason):
    """By age, by length, by words of the title or the channel."""
    fit, refused = sift([candidate], order(**options), {}, NOW)

    assert fit == ()
    assert reasons(refused) == [reason]
    assert refused[0].why
    assert refused[0].job_id is None


def test_what_is_not_told_is_no_reason_to_leave_out():
    """No moment, no length."""
    silent = video("a", seconds=None, hours=None)

    assert sift([silent], order(), {}, NOW) == ((silent,), ())


def test_what_has_a_job_is_left_out_with_its_name():
    """Or with the word that the job is gone."""
    one, gone = video("one"), video("gone")
    known = {key(canonical(one.address)): "ab" * 16, key(canonical(gone.address)): None}

    fit, refused = sift([one, gone], order(), known, NOW)

    assert fit == ()
    assert reasons(refused) == ["known", "known"]
    assert [each.job_id for each in refused] == ["ab" * 16, None]


def test_a_run_orders_its_number_of_videos():
    """From the top."""
    verdicts = judge(ranked(*map(video, "abcd")), order(videos_per_run=2), {}, NOTHING)

    assert reasons(verdicts) == ["ordered", "ordered", "run_videos", "run_videos"]


def test_a_run_orders_its_minutes_and_a_shorter_one_still_fits():
    """One too long is passed over, not the end."""
    films = [video("a", seconds=600), video("b", seconds=3000), video("c", seconds=300)]

    verdicts = judge(ranked(*films), order(minutes_per_run=20), {}, NOTHING)

    assert reasons(verdicts) == ["ordered", "run_minutes", "ordered"]
    assert sum(each.seconds or 0 for each in verdicts) == 900


def test_what_earlier_runs_of_the_day_ordered_counts():
    """In number and in minutes."""
    before = Account(videos=3, seconds=1200)
    films = ranked(video("a"), video("b"))

    assert reasons(judge(films, order(videos_per_day=4), {}, before)) == ["ordered", "day_videos"]
    assert reasons(judge(films, order(minutes_per_day=35), {}, before)) == [
        *("ordered", "day_minutes"),
    ]


def test_a_video_of_unknown_length_is_charged_as_assumed():
    """So that silence does not empty the budget."""
    wanted = order(assumed_minutes=10, minutes_per_run=25)
    films = ranked(*(video(name, seconds=None) for name in "abc"))

    verdicts = judge(films, wanted, {}, NOTHING)

    assert reasons(verdicts) == ["ordered", "ordered", "run_minutes"]
    assert verdicts[0].seconds == 600


def test_an_order_s_job_is_named_by_owner_and_video():
    """Whoever decides it again names the same job."""
    (verdict,) = judge(ranked(video("a")), order(owner="ann"), {}, NOTHING)

    assert verdict.job_id == job_id("ann", "https://example.org/a")


def test_no_budget_is_ever_passed():
    """For any videos and any budgets."""
    dice = random.Random(3)
    for _ in range(200):
        wanted = order(
            videos_per_run=dice.randint(0, 6),
            minutes_per_run=dice.randint(0, 90),
            videos_per_day=dice.randint(0, 9),
            minutes_per_day=dice.randint(0, 120),
        )
        spent = Account(videos=dice.randint(0, 9), seconds=dice.randint(0, 7200))
        films = [video(f"v{n}", seconds=dice.choice([None, 30, 600, 4000])) for n in range(12)]
        ordered = [
            each for each in judge(ranked(*films), wanted, {}, spent) if each.decision == "ordered"
        ]
        seconds = sum(charged(each.ranked.candidate, wanted) for each in ordered)

        assert len(ordered) <= wanted.videos_per_run
        assert seconds <= wanted.minutes_per_run * 60
        if ordered:
            assert spent.videos + len(ordered) <= wanted.videos_per_day
            assert spent.seconds + seconds <= wanted.minutes_per_day * 60


@pytest.mark.parametrize(
    ("now", "zone", "begins"),
    [
        (datetime(2026, 11, 20, 12, tzinfo=UTC), "UTC", datetime(2026, 11, 20, tzinfo=UTC)),
        (
            datetime(2026, 11, 20, 23, 30, tzinfo=UTC),
            "Europe/Berlin",
            datetime(2026, 11, 20, 23, tzinfo=UTC),
        ),
        (
            datetime(2026, 11, 20, 3, tzinfo=UTC),
            "America/New_York",
            datetime(2026, 11, 19, 5, tzinfo=UTC),
        ),
        # The clock went back that night: the day had begun an hour earlier in UTC.
        (
            datetime(2026, 10, 25, 12, tzinfo=UTC),
            "Europe/Berlin",
            datetime(2026, 10, 24, 22, tzinfo=UTC),
        ),
        # Havana's clock goes back from one to midnight, which comes twice.
        (
            datetime(2026, 11, 1, 5, 30, tzinfo=UTC),
            "America/Havana",
            datetime(2026, 11, 1, 4, tzinfo=UTC),
        ),
    ],
)
def test_a_day_begins_at_the_owner_s_midnight(now, zone, begins):
    """In summer, in winter, and on the day between."""
    assert day_begins(now, zone) == begins


@pytest.mark.parametrize(
    "options",
    [
        {"time_zone": "Mars/Olympus"},
        {"sources": ()},
        {"sources": ("  ",)},
        {"videos_per_run": -1},
        {"source_timeout": 0},
        {"search": "rm -rf {words}"},
        {"nonsense": 1},
    ],
)
def test_an_order_that_cannot_be_is_refused(options):
    """With the field's name."""
    with pytest.raises(ValueError, match=next(iter(options))):
        TrendOrder(**({"sources": ("https://example.org/feed",)} | options))
