"""What the steps of trending do between the rooms."""

import pytest

from cutroom.records.trend import Reading, Topic
from tasks.trending import busiest, shown


def topic(words, searches):
    """Return a topic."""
    return Topic(words=words, searches=searches, source="t")


def test_the_busiest_topics_are_searched_each_once():
    """From all sources together; the larger count of a topic holds."""
    one = Reading(topics=(topic("Rain", 10), topic("eclipse", 500)))
    other = Reading(topics=(topic("rain", 900), topic("cup", 200)))

    assert [each.words for each in busiest([one, other], 2)] == ["rain", "eclipse"]
    assert busiest([one, other], 0) == ()


@pytest.mark.parametrize(
    ("address", "told"),
    [
        (
            "https://www.youtube.com/playlist?list=PLabcdefghijabcdefghijabcdefghij1234",
            "https://www.youtube.com/feeds/videos.xml?playlist_id=PLabcdefghijabcdefghijabcdefghij1234",
        ),
        ("https://example.org/feed?token=abc", "https://example.org/feed?token=..."),
        ("search:deep sea", "search:deep sea"),
    ],
)
def test_sources_are_shown_without_their_secrets(address, told):
    """An id of a playlist is as long as a key, and none."""
    assert shown(address) == told
