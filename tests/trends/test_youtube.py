"""YouTube: which feed an address has, and what its API tells those who bring a key."""

import dataclasses
import json
from urllib.parse import parse_qs, urlsplit

import pytest
from feed_maker import youtube_feed

from cutroom.records.errors import FeedInvalid, KeyMissing, OrderInvalid, SourceForbidden
from cutroom.records.trend import Candidate
from cutroom.trends.youtube import Chart, YouTubeFeed, complete, feed_of

CHANNEL = "UC" + "a" * 22
WATCH = "https://www.youtube.com/watch?v="


@pytest.mark.parametrize(
    ("address", "feed"),
    [
        (f"https://www.youtube.com/channel/{CHANNEL}/videos", f"channel_id={CHANNEL}"),
        ("https://youtube.com/playlist?list=PLabcdefghij", "playlist_id=PLabcdefghij"),
        (f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}", f"channel_id={CHANNEL}"),
    ],
)
def test_channels_and_playlists_have_feeds(address, feed):
    """Without a key, and in one small request."""
    assert feed_of(address).endswith(f"youtube.com/feeds/videos.xml?{feed}")
    assert YouTubeFeed().recognises(address)


@pytest.mark.parametrize(
    "address",
    [
        "https://www.youtube.com/@name",
        "https://www.youtube.com/watch?v=aaaaaaaaaaa",
        f"https://example.org/channel/{CHANNEL}",
        "https://www.youtube.com/playlist",
        "chart:US",
        "http://[",
    ],
)
def test_what_has_no_feed_is_left_to_others(address):
    """A name says nothing about the channel's id."""
    assert not YouTubeFeed().recognises(address)


def test_a_channel_is_read_through_its_feed():
    """Whatever page of it was named."""
    asked = []

    class Spy:
        def fetch(self, url, _headers):
            asked.append(url)
            return youtube_feed(("aaaaaaaaaa1", "Mars", 1, 10))

    found = YouTubeFeed().read(f"https://www.youtube.com/channel/{CHANNEL}", Spy())

    assert asked == [f"https://www.youtube.com/feeds/videos.xml?channel_id={CHANNEL}"]
    assert found.candidates[0].address == f"{WATCH}aaaaaaaaaa1"


def item(video, *, live="none", duration="PT4M5S", views="1234567", **snippet):
    """Return a video as the API tells of it."""
    snippet = {
        "title": "A & B",
        "channelTitle": "Space Talks",
        "publishedAt": "2026-11-19T10:00:00Z",
        "liveBroadcastContent": live,
    } | snippet
    return {
        "id": video,
        "snippet": snippet,
        "contentDetails": {"duration": duration},
        "statistics": {"viewCount": views},
    }


def put(site, *items):
    """Serve an answer of the API."""
    site.put("/youtube/v3/videos", json.dumps({"items": items}).encode())


def test_a_chart_tells_lengths_and_views(site, door):
    """One request; live, coming and odd entries are left out."""
    put(
        site,
        item("aaaaaaaaaa1", duration="PT1H2M3S"),
        item("aaaaaaaaaa2", live="live"),
        item("aaaaaaaaaa3", publishedAt="yesterday"),
        {"id": "aaaaaaaaaa4"},
        "nonsense",
    )

    found = Chart().read("chart:de/28", door)

    (one,) = found.candidates
    assert (one.duration, one.views, one.title) == (3723, 1234567, "A & B")
    assert found.left_out == 4
    assert len(site.requests) == 1


def test_the_key_travels_in_a_header_alone(site, door):
    """No address, and so no log of addresses, has it."""
    put(site, item("aaaaaaaaaa1"))
    paths = []
    site.answers["/youtube/v3/videos"] = lambda visit: (
        paths.append(visit.path),
        visit.say(200, b'{"items": []}'),
    )

    Chart().read("chart:US", door)

    (_, _, headers) = site.requests[0]
    assert headers["X-Goog-Api-Key"] == door.youtube_key.get_secret_value()
    assert door.youtube_key.get_secret_value() not in paths[0]
    assert parse_qs(urlsplit(paths[0]).query)["regionCode"] == ["US"]
    assert door.youtube_key.get_secret_value() not in repr(door)


def test_a_chart_without_a_key_says_which_setting(door):
    """Nothing is asked."""
    with pytest.raises(KeyMissing, match="CUTROOM_YOUTUBE_KEY"):
        Chart().read("chart:US", dataclasses.replace(door, youtube_key=None))


@pytest.mark.parametrize("body", [b"", b"[]", b'{"items": 1}', b"<html>", b"[" * 100_000])
def test_an_answer_that_is_none_is_a_typed_error(site, door, body):
    """Whatever came instead of JSON with items."""
    site.put("/youtube/v3/videos", body)

    with pytest.raises(FeedInvalid):
        Chart().read("chart:US", door)


def test_a_key_that_is_refused_is_a_typed_error(site, door):
    """As when the day's quota is used up."""
    site.answers["/youtube/v3/videos"] = lambda visit: visit.say(403)

    with pytest.raises(SourceForbidden):
        Chart().read("chart:US", door)


@pytest.mark.parametrize("address", ["chart:", "chart:USA", "chart:US/music"])
def test_a_chart_of_nowhere_is_refused(door, address):
    """Before anything is asked."""
    with pytest.raises(OrderInvalid):
        Chart().read(address, door)


def test_lengths_are_looked_up_for_videos_that_lack_one(site, door):
    """Fifty at a time; others are not asked about; what has gone, or is live, is dropped."""
    bare = [
        Candidate(address=f"{WATCH}aaaaaaaaa{place:02}", title="bare", sources=("x",))
        for place in range(60)
    ]
    other = Candidate(address="https://example.org/v", title="other")
    asked = []

    def answer(visit):
        ids = parse_qs(urlsplit(visit.path).query)["id"][0].split(",")
        asked.append(ids)
        items = [item(video, live="live" if video.endswith("07") else "none") for video in ids]
        visit.say(200, json.dumps({"items": items[:-1]}).encode())

    site.answers["/youtube/v3/videos"] = answer

    found = complete([*bare, other], door)

    assert [len(ids) for ids in asked] == [50, 10]
    assert other in found
    assert len(found) == 60 - 2 - 1 + 1
    first = found[0]
    assert (first.duration, first.title, first.sources) == (245, "bare", ("x",))


def test_without_a_key_nothing_is_looked_up(site, door):
    """The candidates stay as they are."""
    bare = Candidate(address=f"{WATCH}aaaaaaaaaa1", title="bare")

    assert complete([bare], dataclasses.replace(door, youtube_key=None)) == (bare,)
    assert site.requests == []
