"""What a ranking promises, whatever the numbers behind it."""

import random
import time
from datetime import timedelta

import pytest
from feed_maker import NOW

from cutroom.records.trend import Candidate, Sighting, Topic
from cutroom.trends.addresses import canonical, key
from cutroom.trends.ranking import Taste, rank


def video(name, *, title=None, hours=10.0, views=1000, **facts):
    """Return a candidate whose title has no word in common with another's."""
    return Candidate(
        address=f"https://example.org/{name}",
        title=title or name,
        published=None if hours is None else NOW - timedelta(hours=hours),
        views=views,
        **facts,
    )


def names(ranked):
    """Return the titles, best first."""
    return [each.candidate.title for each in ranked]


def taste(**wanted):
    """Return what is wanted now."""
    return Taste(now=NOW, **wanted)


@pytest.mark.parametrize(
    ("better", "worse"),
    [
        (video("better", views=50_000), video("worse", views=500)),
        (video("better", hours=2, views=200), video("worse", hours=200, views=20_000)),
        (video("better", sources=("a", "b")), video("worse", sources=("a",))),
    ],
    ids=["grows faster", "is newer at the same growth", "is named by more sources"],
)
def test_one_thing_more_is_better(better, worse):
    """All else being the same."""
    assert names(rank([worse, better], taste())) == ["better", "worse"]


def test_words_of_the_owner_lift_a_video():
    """Over one that grows somewhat faster."""
    found = rank(
        [video("a", title="Cats", views=4000), video("b", title="Prefect talk", views=1000)],
        taste(words=("prefect",)),
    )

    assert names(found) == ["Prefect talk", "Cats"]
    assert "speaks of prefect" in found[0].reasons


@pytest.mark.parametrize(
    ("title", "word", "is_said"),
    [
        ("The ART of war", "art", True),
        ("Party time", "art", False),
        ("Deep-sea life", "deep sea", True),
        ("Sea, deep", "deep sea", False),
        ("Große Straße", "GROSSE", True),
        ("今日の天気予報", "天気", True),
        ("C++ now", "c++", True),
        ("Anything", "+", False),
    ],
)
def test_words_count_as_words(title, word, is_said):
    """In any case, not inside of others, in scripts without spaces anywhere."""
    (one,) = rank([video("a", title=title)], taste(words=(word,)))

    assert any("speaks of" in reason for reason in one.reasons) == is_said


def test_what_people_search_for_lifts_a_video():
    """The busiest topic is the reason."""
    topics = (
        Topic(words="eclipse", searches=100_000, source="t"),
        Topic(words="lunar eclipse", searches=500, source="t"),
    )
    found = rank(
        [video("a", title="Cats"), video("b", title="Lunar eclipse tonight")], taste(topics=topics)
    )

    assert names(found)[0] == "Lunar eclipse tonight"
    assert "searched for now: eclipse" in found[0].reasons


def test_growth_is_counted_since_the_last_run():
    """A giant that stands still falls behind a small one that moves."""
    giant, small = video("giant", views=1_000_000), video("small", views=30_000)
    before = {
        key(canonical(giant.address)): Sighting(views=999_900, at=NOW - timedelta(hours=10)),
        key(canonical(small.address)): Sighting(views=1000, at=NOW - timedelta(hours=10)),
    }

    assert names(rank([giant, small], taste())) == ["giant", "small"]
    ranked = rank([giant, small], taste(sightings=before))
    assert names(ranked) == ["small", "giant"]
    assert "2,900 views an hour since it was last seen" in ranked[0].reasons


def test_views_that_shrink_are_no_growth():
    """Sites take counts back."""
    one = video("a", views=10)
    before = {key(canonical(one.address)): Sighting(views=500, at=NOW - timedelta(hours=5))}

    (ranked,) = rank([one], taste(sightings=before))

    assert "0 views an hour since it was last seen" in ranked.reasons


def test_silence_is_no_advantage():
    """A video of which nothing is told stands below a good one and above a bad one."""
    silent = video("silent", hours=None, views=None)
    good, bad = video("good", hours=2, views=100_000), video("bad", hours=300, views=3)

    assert names(rank([silent, bad, good], taste())) == ["good", "silent", "bad"]


def test_one_story_does_not_take_all_places():
    """What is like a better one makes room for what is not, and says so."""
    same = [video(f"s{n}", title=f"Giant storm hits coast part {n}") for n in range(3)]
    other = video("other", title="Cooking rice", views=700)

    ranked = rank([*same, other], taste())

    assert ranked[1].candidate.title == "Cooking rice"
    assert any("like “Giant storm" in reason for reason in ranked[2].reasons)


def test_one_channel_does_not_take_all_places():
    """Though its titles have nothing in common."""
    loud = [video(name, channel="Loud", views=2000) for name in ("apples", "pears", "plums")]
    quiet = video("grapes", channel="Quiet", views=1500)

    assert names(rank([*loud, quiet], taste()))[1] == "grapes"


def test_scores_fall_and_stay_between_nothing_and_one():
    """For any candidates, in any order, the same ranking."""
    dice = random.Random(7)
    found = [
        video(
            f"v{place}",
            title=" ".join(dice.choices(["storm", "coast", "rice", "cat", "moon", "mars"], k=3)),
            hours=dice.choice([None, -5, 0.1, 3, 50, 3000]),
            views=dice.choice([None, 0, 10, 10**6, 10**15]),
            channel=dice.choice([None, "A", "B"]),
        )
        for place in range(60)
    ]
    first = rank(found, taste(words=("moon", "cat")))
    dice.shuffle(found)

    scores = [each.score for each in first]
    assert scores == sorted(scores, reverse=True)
    assert all(0 <= score <= 1 for score in scores)
    assert {each.candidate for each in first} == set(found)
    assert rank(found, taste(words=("moon", "cat"))) == first


def test_nothing_is_ranked_as_nothing():
    """A night without candidates is no failure."""
    assert rank([], taste(words=("a",))) == ()


def test_a_thousand_candidates_are_ranked_in_a_moment():
    """Likeness is looked at for the places that matter."""
    found = [video(f"v{n}", title=f"talk number {n} of the day", views=n) for n in range(1000)]
    started = time.process_time()

    assert len(rank(found, taste(words=("talk",)))) == 1000

    assert time.process_time() - started < 3
