"""Lists of videos from a real server, read by the real yt-dlp, none of the videos touched."""

import pytest
from feed_maker import enclosed, rss

from cutroom.records.errors import AddressForbidden, SourceGone, SourceNotVideo
from cutroom.sources.fetched import FetchLimits
from cutroom.sources.listing import is_video_page, list_page
from cutroom.sources.page_settings import PageSettings

QUICK = FetchLimits(connect=5, idle=5, deadline=20, tries=1, pause=0)


@pytest.fixture
def listed(site):
    """List a path of the site."""

    def listed(path, most=10):
        settings = PageSettings(allowed_hosts=(site.host,))
        return list_page(site.url(path), most=most, limits=QUICK, settings=settings)

    return listed


def test_a_list_is_read_and_its_videos_are_not(site, listed):
    """One request; what the list tells is there."""
    films = [enclosed(site.url(f"/{n}.mp4"), f"Film {n}", seconds=90) for n in range(3)]
    site.put("/chart", rss(*films), Content_Type="application/rss+xml")

    found = listed("/chart")

    assert [(each.title, each.duration) for each in found] == [(f"Film {n}", 90) for n in range(3)]
    assert {path for _, path, _ in site.requests} == {"/chart"}


def test_a_list_is_read_no_further_than_asked(site, listed):
    """A site may list its whole past."""
    films = [enclosed(site.url(f"/{n}.mp4"), f"Film {n}") for n in range(30)]
    site.put("/chart", rss(*films), Content_Type="application/rss+xml")

    assert len(listed("/chart", most=4)) == 4


def test_several_videos_on_one_page_are_several(site, listed):
    """Each by its own file, for they share the page."""
    body = b"<html><title>T</title><video src='/a.mp4'></video><video src='/b.mp4'></video></html>"
    site.put("/page", body, Content_Type="text/html")

    assert [each.address for each in listed("/page")] == [site.url("/a.mp4"), site.url("/b.mp4")]


def test_a_page_without_videos_says_so(site, listed):
    """And so does one that is not there."""
    site.put("/page", b"<html><title>T</title></html>", Content_Type="text/html")

    with pytest.raises(SourceNotVideo):
        listed("/page")
    with pytest.raises(SourceGone):
        listed("/none")


def test_a_list_that_leads_inside_is_refused(site, other_site, listed):
    """As any other page; the other site hears nothing."""
    site.answers["/page"] = lambda visit: visit.say(
        302, headers={"Location": other_site.url("/secret")}
    )

    with pytest.raises(AddressForbidden):
        listed("/page")
    with pytest.raises(AddressForbidden):
        list_page(other_site.url("/secret"), most=3, limits=QUICK)
    assert other_site.requests == []


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://www.youtube.com/watch?v=aaaaaaaaaa1", True),
        ("https://vimeo.com/123456789", True),
        ("https://example.org/an-article", False),
        ("https://www.youtube.example.org/watch?v=aaaaaaaaaa1", False),
    ],
)
def test_pages_with_a_reader_of_their_own_are_told_from_others(address, is_one):
    """By the address alone, nothing is asked."""
    assert is_video_page(address) == is_one
