"""What may be asked, and what not, in many spellings."""

import socket

import pytest

from cutroom.records.errors import AddressForbidden, HostUnknown, OrderInvalid
from cutroom.sources.addresses import (
    ask_resolver,
    check_url,
    connect,
    is_allowed,
    is_public,
    parse,
    resolve,
)

PRIVATE = (
    *("0.0.0.0", "0.1.2.3", "10.0.0.1", "10.255.255.255", "100.64.0.1", "127.0.0.1", "127.9.9.9"),
    *("169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1"),
    *("192.168.1.42", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1"),
    *("239.255.255.250", "240.0.0.1", "255.255.255.255"),
    *("::", "::1", "::7f00:1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:127.0.0.1"),
    *("64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "64:ff9b:1::1", "100::1", "2001::1", "2001:10::1"),
    *("2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:db8::1", "2002:7f00:1::", "2002:a00:1::1"),
    *("2002:c0a8:101::1", "3fff::1", "5f00::1", "fc00::1", "fd12:3456::1", "fe80::1", "fe80::1%1"),
    *("fec0::1", "ff02::1", "ff0e::1", "4000::1"),
)
PUBLIC = (
    *("1.1.1.1", "8.8.8.8", "93.184.216.34", "100.63.255.255", "100.128.0.1", "172.15.0.1"),
    *("172.32.0.1", "192.0.1.1", "192.169.0.1", "198.17.0.1", "198.20.0.1", "223.255.255.254"),
    *("2606:4700::1111", "2001:4860:4860::8888", "2a00:1450::1", "2620:0:2d0:200::7"),
    *("::ffff:8.8.8.8", "64:ff9b::808:808", "2002:808:808::1"),
)
LOOPBACK_SPELLINGS = (
    *("127.0.0.1", "127.1", "0x7f.1", "0x7f000001", "2130706433", "0177.0.0.1", "017700000001"),
    *("localhost", "LOCALHOST", "localhost.", "[::1]", "[::ffff:127.0.0.1]", "[0:0:0:0:0:0:0:1]"),
    *("①②⑦.⓪.⓪.①", "127。0。0。1", "0", "0.0.0.0"),
)


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_that_is_not_everyones_is_not_public(address):
    """Private, reserved, shared, documentation and multicast addresses never pass."""
    assert not is_public(address)


@pytest.mark.parametrize("address", PUBLIC)
def test_a_public_address_passes(address):
    """The guard does not stand in the way of the real Internet, nor of its neighbours' blocks."""
    assert is_public(address)


@pytest.mark.parametrize("host", LOOPBACK_SPELLINGS)
def test_this_machine_is_refused_however_it_is_spelled(host):
    """Decimal, octal, hexadecimal, shortened, full-width: all of it resolves to the same place."""
    with pytest.raises((AddressForbidden, HostUnknown)):
        check_url(f"http://{host}/video.mp4")


@pytest.mark.parametrize(
    "url",
    [
        *("ftp://example.com/v.mp4", "file:///etc/passwd", "gopher://example.com", "rtsp://a.b/c"),
        *("javascript:alert(1)", "data:video/mp4;base64,AA", "//example.com/v", "example.com/v"),
        *("http://user:pass@example.com/", "http://user@example.com/", "http://:pw@example.com/"),
        *("http://127.0.0.1@example.com/", "https://@example.com/"),
    ],
)
def test_only_plain_web_addresses_are_fetched(url):
    """No other scheme, and nobody's password."""
    with pytest.raises(AddressForbidden):
        parse(url)


@pytest.mark.parametrize("url", ["http://", "http:///v.mp4", "http://[::1/", "http://a:99999/"])
def test_an_address_without_a_host_is_no_order(url):
    """What cannot be taken apart is refused as it stands."""
    with pytest.raises(OrderInvalid):
        parse(url)


@pytest.mark.parametrize("url", ["http://1.1.1.1:22/", "https://1.1.1.1:80/", "http://1.1.1.1:0/"])
def test_a_port_that_is_not_the_webs_is_refused(url):
    """A public host's other services are none of our business."""
    with pytest.raises(AddressForbidden, match="Port"):
        check_url(url)


def test_a_public_address_is_accepted_whole():
    """The parts come back, in one spelling."""
    address = check_url("HTTPS://1.1.1.1./a?b#c")

    assert (address.scheme, address.host, address.port) == ("https", "1.1.1.1", 443)


@pytest.mark.parametrize(
    ("entry", "is_named"),
    [
        *(("nas.local", True), ("NAS.local:8080", True), ("nas.local:81", False)),
        *(("local", False), ("xnas.local", False), ("", False)),
    ],
)
def test_a_named_host_passes_for_its_port(entry, is_named):
    """`host` lets every port through, `host:port` that one, and parts of a name nothing."""
    assert is_allowed("nas.local", 8080, (entry,)) is is_named


def test_a_named_host_may_be_private_and_use_any_port():
    """An intranet's own server can be a source, when the settings say so."""
    assert check_url("http://127.0.0.1:8080/v.mp4", ("127.0.0.1:8080",)).port == 8080
    assert check_url("http://[::1]:8080/v.mp4", ("[::1]:8080",)).host == "::1"


def test_one_private_address_among_public_ones_spoils_the_host():
    """Who mixes both hopes that we take the wrong one."""
    with pytest.raises(AddressForbidden):
        resolve("mixed.example", 443, look_up=lambda *_: ("1.1.1.1", "10.0.0.1"))


def test_a_host_that_cannot_exist_is_unknown():
    """A label may have 63 characters."""
    with pytest.raises(HostUnknown):
        ask_resolver("a" * 64 + ".example", 80)


class Turncoat:
    """A name server that changes its mind."""

    def __init__(self):
        self.asked = 0

    def __call__(self, _host, _port):
        """Answer with another address from the second time on."""
        self.asked += 1
        return ("127.0.0.9",) if self.asked > 1 else ("127.0.0.1",)


def test_a_name_is_looked_up_once_per_connection():
    """The connection goes to the address that was judged, so a second answer changes nothing."""
    turncoat = Turncoat()
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        opened = connect(
            "any.example", port, timeout=2, allowed_hosts=("any.example",), look_up=turncoat
        )
        with opened:
            assert opened.getpeername() == ("127.0.0.1", port)
    assert turncoat.asked == 1


def test_the_next_address_is_tried_when_one_is_dead():
    """A host with a dead first address is still reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        opened = connect(
            "two.example",
            port,
            timeout=2,
            allowed_hosts=("two.example",),
            look_up=lambda *_: ("127.0.0.3", "127.0.0.1"),
        )
        with opened:
            assert opened.getpeername()[0] == "127.0.0.1"


def test_a_host_that_takes_no_connection_says_so():
    """The last address's own error comes out."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(ConnectionRefusedError):
        connect("127.0.0.1", port, timeout=2, allowed_hosts=("127.0.0.1",))
