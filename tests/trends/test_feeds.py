"""Feeds from a real server, read by the real parser."""

import time

import pytest
from feed_maker import NOW, bomb, enclosed, rss, topics_feed, youtube_feed

from cutroom.records.errors import (
    AddressForbidden,
    FeedInvalid,
    OrderInvalid,
    SourceGone,
    SourceTooLarge,
)
from cutroom.trends.feeds import Feed, GoogleTrends

ONE, TWO = "aaaaaaaaaa1", "aaaaaaaaaa2"


@pytest.fixture
def read(site, door):
    """Serve a feed and read it."""

    def read(body, path="/feed.xml"):
        site.put(path, body, Content_Type="application/xml")
        return Feed().read(site.url(path), door)

    return read


def test_a_channel_s_feed_names_its_videos(read):
    """With title, channel, moment and views; lengths are not in it."""
    found = read(youtube_feed((ONE, "Mars & back", 5, 1200), (TWO, "Moon", 30, 10)))

    first, second = found.candidates
    assert first.address == f"https://www.youtube.com/watch?v={ONE}"
    assert (first.title, first.channel, first.views) == ("Mars & back", "Space Talks", 1200)
    assert (NOW - first.published).total_seconds() == 5 * 3600
    assert first.duration is None
    assert second.title == "Moon"


def test_google_trends_names_topics_the_busiest_first(read):
    """What is searched for is no video, and the news beside it are none either."""
    found = read(topics_feed(("lunar eclipse", "2,000+"), ("world cup", "500K+"), ("rain", "")))

    told = [(topic.words, topic.searches) for topic in found.topics]
    assert told == [("world cup", 500_000), ("lunar eclipse", 2000), ("rain", 0)]
    assert found.candidates == ()
    assert found.left_out == 0


def test_an_enclosed_video_is_one(read):
    """Its address may be relative, its length in any of the usual ways."""
    other = (
        '<item><title>B</title><media:content url="/b.webm" medium="video" duration="93"/></item>'
    )
    clock = enclosed("https://example.org/c.mp4?a=1&b=2", "C").replace(">600<", ">1:02:03<")

    found = read(rss(enclosed("https://example.org/a.mp4", "A"), other, clock)).candidates

    assert [each.duration for each in found] == [600, 93, 3723]
    assert found[1].address.endswith("/b.webm")
    assert found[2].address == "https://example.org/c.mp4?a=1&b=2"


def test_a_page_counts_when_yt_dlp_can_read_it(read):
    """A link to a known video site does; an article, a sound and an odd address do not."""
    found = read(
        rss(
            "<item><title>V</title><link>https://vimeo.com/123456789</link></item>",
            "<item><title>T</title><link>https://example.org/an-article</link></item>",
            '<item><title>S</title><enclosure url="https://e.org/a.mp3" type="audio/mpeg"/></item>',
            "<item><title>J</title><link>javascript:alert(1)</link></item>",
            "<item><title>F</title><link>file:///etc/passwd</link></item>",
        )
    )

    assert [each.address for each in found.candidates] == ["https://vimeo.com/123456789"]
    assert found.left_out == 4


def test_titles_are_one_plain_line(read):
    """No tags, no marks that turn the text around, no line ends."""
    item = enclosed("https://example.org/a.mp4", "x").replace(
        ">x<", "><![CDATA[<b>Bold</b>\n&#x202E;claim]]>\u202eok<"
    )
    (found,) = read(rss(item)).candidates

    assert found.title.startswith("Bold")
    assert "<" not in found.title
    assert "\u202e" not in found.title
    assert "\n" not in found.title


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml at all",
        b"<!doctype html><html><body>a page</body></html>",
        b'{"items": []}',
        b"\x00\xff\xfe" * 100,
    ],
)
def test_what_is_no_feed_is_said_to_be_none(read, body):
    """A typed error, whatever came instead."""
    with pytest.raises(FeedInvalid, match="no feed"):
        read(body)


def test_a_feed_that_breaks_off_gives_what_it_had(read):
    """A missing end is no reason to lose the rest."""
    whole = rss(enclosed("https://example.org/a.mp4", "A"), enclosed("https://e.org/b.mp4", "B"))

    assert len(read(whole[: whole.index(b"<title>B") - 6]).candidates) == 1


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_entities_are_refused_before_they_unfold(read, encoding):
    """A billion words, in whatever encoding, cost nothing."""
    body = bomb().decode().replace('version="1.0"', f'version="1.0" encoding="{encoding}"')
    started = time.process_time()

    with pytest.raises(FeedInvalid, match="entities"):
        read(body.encode(encoding))

    assert time.process_time() - started < 1


def test_an_entity_that_names_a_file_reads_none(read, tmp_path):
    """Nothing of this machine gets into a title."""
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    body = rss("<item><title>&file;</title></item>").replace(
        b"<rss", f'<!DOCTYPE rss [<!ENTITY file SYSTEM "{secret.as_uri()}">]><rss'.encode(), 1
    )

    with pytest.raises(FeedInvalid, match="entities"):
        read(body)


def test_a_feed_that_is_a_path_opens_no_file(read, tmp_path):
    """The parser takes a name for a file's when it is given one."""
    kept = tmp_path / "kept.xml"
    kept.write_bytes(rss(enclosed("https://example.org/a.mp4", "A")))

    with pytest.raises(FeedInvalid, match="no feed"):
        read(str(kept).encode())


def test_nesting_without_end_is_refused(read):
    """A parser keeps every open element in mind."""
    with pytest.raises(FeedInvalid, match="deep"):
        read(b"<rss version='2.0'><channel>" + b"<a>" * 300_000)


def test_a_huge_feed_is_not_read_to_its_end(site, door):
    """Neither when its size is announced nor when it is not."""
    body = rss(enclosed("https://example.org/a.mp4", "A" * 5_000_000))
    site.put("/announced.xml", body)
    site.answers["/endless.xml"] = endless

    for path in ("/announced.xml", "/endless.xml"):
        with pytest.raises(SourceTooLarge):
            Feed().read(site.url(path), door)


def endless(visit):
    """Answer without a length and without an end."""
    visit.send_response(200)
    visit.send_header("Connection", "close")
    visit.end_headers()
    visit.close_connection = True
    while True:
        visit.wfile.write(b"<item>" * 10_000)


def test_a_feed_that_leads_inside_is_refused(site, door):
    """A redirect to a private address sends no packet there."""
    site.answers["/feed.xml"] = lambda visit: visit.say(
        302, headers={"Location": "http://169.254.169.254/latest/meta-data/"}
    )

    with pytest.raises(AddressForbidden):
        Feed().read(site.url("/feed.xml"), door)


def test_a_feed_that_is_gone_says_so(site, door):
    """The host's answer is kept apart from a broken feed."""
    with pytest.raises(SourceGone):
        Feed().read(site.url("/none.xml"), door)


def test_a_region_becomes_google_s_address():
    """And what is no region is refused before anything is asked."""
    asked = []

    class Spy:
        def fetch(self, url, _headers):
            asked.append(url)
            return topics_feed(("rain", "200+"))

    found = GoogleTrends().read("topics:de", Spy())

    assert asked == ["https://trends.google.com/trending/rss?geo=DE"]
    assert found.topics[0].words == "rain"
    with pytest.raises(OrderInvalid):
        GoogleTrends().read("topics:Germany", Spy())
