"""The guard as httpx meets it."""

import httpx
import pytest

from cutroom.records.errors import AddressForbidden
from cutroom.sources.transport import PinnedTransport


def test_the_host_keeps_its_name_though_the_connection_goes_to_an_address(site):
    """A server with many names sees the one that was asked for."""
    site.put("/v.mp4", b"video")
    name = f"films.example:{site.port}"
    transport = PinnedTransport((name,), look_up=lambda *_: ("127.0.0.1",))

    with httpx.Client(transport=transport) as client:
        assert client.get(f"http://{name}/v.mp4").content == b"video"

    assert site.requests[0][2]["Host"] == name


def test_a_dead_address_gives_way_to_the_next(site):
    """The first address that takes the connection is used."""
    site.put("/v.mp4", b"video")
    name = f"films.example:{site.port}"
    transport = PinnedTransport((name,), look_up=lambda *_: ("127.0.0.3", "127.0.0.1"))

    with httpx.Client(transport=transport, timeout=2) as client:
        assert client.get(f"http://{name}/v.mp4").content == b"video"


def test_a_name_that_leads_inside_is_refused_before_any_packet(site):
    """A public name whose address is ours gets nothing."""
    transport = PinnedTransport(look_up=lambda *_: ("127.0.0.1",))

    with httpx.Client(transport=transport) as client, pytest.raises(AddressForbidden):
        client.get("http://films.example/")

    assert site.requests == []


@pytest.mark.parametrize("url", ["ftp://1.1.1.1/v", "http://user:pw@1.1.1.1/", "http://1.1.1.1:22/"])
def test_what_the_guard_forbids_httpx_cannot_do(url):
    """Schemes, logins and ports are judged for every request, redirects included."""
    with httpx.Client(transport=PinnedTransport()) as client, pytest.raises(AddressForbidden):
        client.get(url)
