"""A video that several sources name is one candidate with all they tell."""

from datetime import timedelta

from feed_maker import NOW

from cutroom.records.trend import Candidate
from cutroom.trends.merging import merge


def test_two_spellings_of_one_video_are_one_candidate():
    """With what either tells: the higher count, the earlier moment, both places."""
    feed = Candidate(
        address="https://www.youtube.com/watch?v=aaaaaaaaaa1",
        title="From the feed",
        published=NOW,
        views=10,
        sources=("feed",),
    )
    chart = Candidate(
        address="https://youtu.be/aaaaaaaaaa1",
        title="From the chart",
        channel="Space",
        published=NOW - timedelta(hours=3),
        duration=60,
        views=20,
        sources=("chart", "feed"),
    )

    (one,) = merge([feed, chart])

    assert one.title == "From the feed"
    assert (one.channel, one.duration, one.views) == ("Space", 60, 20)
    assert one.published == NOW - timedelta(hours=3)
    assert one.sources == ("feed", "chart")


def test_a_host_s_own_spelling_is_kept():
    """Another host may want its `www.`, its slash, its plain http."""
    address = "http://www.example.org/talk/?utm_source=x"
    same = "https://example.org/talk"

    (one,) = merge([Candidate(address=address, title="A"), Candidate(address=same, title="B")])

    assert one.address == address


def test_different_videos_keep_their_order():
    """As they were first seen."""
    found = [Candidate(address=f"https://example.org/{name}", title=name) for name in "cab"]

    assert [each.title for each in merge(found)] == ["c", "a", "b"]
