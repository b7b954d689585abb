"""Small files: whole or not at all, within limits, and no secret to a stranger."""

import time

import pytest

from cutroom.records.errors import (
    AddressForbidden,
    SourceForbidden,
    SourceGone,
    SourceTooLarge,
    SourceUnreachable,
)
from cutroom.sources.small import fetch_small


@pytest.fixture
def fetch(site):
    """Fetch a path of the site."""

    def fetch(path, *, limit=1000, timeout=5.0, hosts=(), **options):
        return fetch_small(
            site.url(path),
            limit=limit,
            timeout=timeout,
            allowed_hosts=(site.host, *hosts),
            **options,
        )

    return fetch


def test_a_file_comes_whole(site, fetch):
    """Up to the very limit."""
    site.put("/feed", b"x" * 1000)

    assert fetch("/feed") == b"x" * 1000


def test_a_byte_more_than_the_limit_is_too_large(site, fetch):
    """Announced or not."""
    site.put("/announced", b"x" * 1001)

    def unannounced(visit):
        visit.send_response(200)
        visit.send_header("Connection", "close")
        visit.end_headers()
        visit.wfile.write(b"x" * 1001)
        visit.close_connection = True

    site.answers["/unannounced"] = unannounced

    for path in ("/announced", "/unannounced"):
        with pytest.raises(SourceTooLarge):
            fetch(path)


def test_redirects_are_followed_but_not_for_ever(site, fetch):
    """Five are enough for anybody."""
    site.put("/end", b"here")
    site.answers["/once"] = lambda visit: visit.say(302, headers={"Location": "/end"})
    site.answers["/round"] = lambda visit: visit.say(302, headers={"Location": "/round"})

    assert fetch("/once") == b"here"
    with pytest.raises(SourceForbidden, match="more than 5 times"):
        fetch("/round")


def test_a_redirect_inside_is_refused(site, other_site, fetch):
    """The other site hears nothing of it."""
    site.answers["/feed"] = lambda visit: visit.say(
        301, headers={"Location": other_site.url("/secret")}
    )

    with pytest.raises(AddressForbidden):
        fetch("/feed")
    assert other_site.requests == []


def test_secret_headers_stay_with_the_host_they_are_for(site, other_site, fetch):
    """A redirect elsewhere goes without them."""
    other_site.put("/feed", b"elsewhere")
    site.answers["/feed"] = lambda visit: visit.say(
        301, headers={"Location": other_site.url("/feed")}
    )

    assert fetch("/feed", headers={"X-Key": "k"}, hosts=(other_site.host,)) == b"elsewhere"

    assert site.requests[0][2]["X-Key"] == "k"
    assert "X-Key" not in other_site.requests[0][2]


def test_a_refusal_is_a_typed_error(site, fetch):
    """Gone, or not just now, without the secrets of the address."""
    site.answers["/late"] = lambda visit: visit.say(503)

    with pytest.raises(SourceGone):
        fetch("/none")
    with pytest.raises(SourceUnreachable) as caught:
        fetch("/late?token=abcdef")
    assert "abcdef" not in str(caught.value)


def test_a_host_that_drips_is_left(site, fetch):
    """Each byte in time, all of them too late."""

    def drip(visit):
        visit.send_response(200)
        visit.send_header("Connection", "close")
        visit.end_headers()
        visit.close_connection = True
        try:
            for _ in range(100):
                visit.wfile.write(b"x")
                visit.wfile.flush()
                time.sleep(0.05)
        except OSError:
            return

    site.answers["/drip"] = drip

    with pytest.raises(SourceUnreachable):
        fetch("/drip", timeout=0.3)
