"""Each address finds its plug-in, and no source takes longer than it may."""

import time

import pytest
from feed_maker import enclosed, rss

from cutroom.records.errors import OrderInvalid, SourceNotVideo, SourceUnreachable
from cutroom.trends.reading import kind_of, read_source


@pytest.mark.parametrize(
    ("address", "kind"),
    [
        ("https://www.youtube.com/channel/UC" + "a" * 22, "youtube"),
        ("https://www.youtube.com/playlist?list=PLabcdefghij", "youtube"),
        ("https://www.youtube.com/@name", "page"),
        ("https://www.youtube.com/gaming/trending", "page"),
        ("https://trends.google.com/trending/rss?geo=US", "topics"),
        ("topics:US", "topics"),
        ("chart:US", "chart"),
        ("search:deep sea", "search"),
        ("https://example.org/feed/", "feed"),
        ("https://example.org/talks.RSS", "feed"),
        ("feed:https://example.org/talks", "feed"),
        ("page:https://example.org/feed.xml", "page"),
        ("https://example.org/talks", "page"),
        ("https://feed.example.org/talks?as=feed.xml", "page"),
        ("http://[", "page"),
    ],
)
def test_an_address_finds_its_plug_in(address, kind):
    """By its spelling alone."""
    assert kind_of(address).kind == kind


@pytest.mark.parametrize("address", ["file:///etc/passwd", "talks", "ftp://example.org/a.xml"])
def test_what_is_no_source_is_refused(address):
    """Before anything is opened."""
    with pytest.raises(OrderInvalid):
        kind_of(address)


def drip(visit):
    """Send single bytes of a header, each well within any time-out of a socket."""
    try:
        visit.wfile.write(b"HTTP/1.1 200 OK\r\nX: ")
        for _ in range(200):
            visit.wfile.write(b"x")
            visit.wfile.flush()
            time.sleep(0.05)
    except OSError:
        return
    visit.close_connection = True


def sleep(visit):
    """Take the request and say nothing for long."""
    time.sleep(3)
    visit.say(200, b"late")


@pytest.mark.parametrize("answer", [drip, sleep])
def test_a_slow_source_is_left_after_its_time(site, door, answer):
    """Also one that keeps every socket's clock from running out."""
    site.answers["/slow.xml"] = answer
    started = time.monotonic()

    with pytest.raises(SourceUnreachable, match=r"after 0\.3 s"):
        read_source(site.url("/slow.xml"), door, timeout=0.3)

    assert time.monotonic() - started < 2


def test_a_page_lists_its_videos(site, door):
    """As yt-dlp reads it; a feed is a list too when it is ordered as a page."""
    site.put("/charts", rss(enclosed(site.url("/a.mp4"), "A")), Content_Type="application/xml")

    found = read_source(f"page:{site.url('/charts')}", door, timeout=20)

    assert [each.title for each in found.candidates] == ["A"]


def test_a_search_asks_for_its_words(site, door):
    """Quoted as the address wants it."""
    site.put("/found/deep%20sea%2F", rss(enclosed(site.url("/a.mp4"), "Deep sea")))

    found = read_source("search:deep sea/", door, timeout=20)

    assert [each.title for each in found.candidates] == ["Deep sea"]
    with pytest.raises(OrderInvalid):
        read_source("search: ", door, timeout=20)


def test_a_page_without_videos_is_a_typed_error(site, door):
    """In the words of the family, whatever yt-dlp says."""
    site.put("/nothing", b"<html><title>x</title></html>", Content_Type="text/html")

    with pytest.raises(SourceNotVideo):
        read_source(site.url("/nothing"), door, timeout=20)
