"""The guard on addresses: sources come from the public Internet, or from hosts named beforehand.

A name is resolved once and every address behind it is judged; the connection then goes to a
judged address, never through a second look-up. A name that answers differently the next time
(DNS rebinding) gains nothing by it, nor does an odd spelling: `http://0x7f.1/` resolves first.
"""

import socket
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from urllib.parse import urlsplit

from cutroom.records.errors import AddressForbidden, HostUnknown, OrderInvalid, SourceUnreachable

PORTS = {"http": 80, "https": 443}
"""The schemes we speak, each with the only port it may use on a host that is not named."""
MOST_ADDRESSES = 4
"""Addresses of one host that are tried; more would stretch a dead host's time-out past use."""

LookUp = Callable[[str, int], tuple[str, ...]]
"""Turns a host and a port into addresses."""

_REFUSED_V4 = tuple(
    IPv4Network(block)
    for block in (
        *("0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16"),
        *("172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "192.168.0.0/16"),
        *("198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4"),
    )
)
"""IANA's special-purpose registry (RFC 6890), multicast, and the relays of 6to4 (RFC 7526)."""
_GLOBAL_V6 = IPv6Network("2000::/3")
"""The only part of IPv6 given out for global unicast (RFC 4291)."""
_REFUSED_V6 = tuple(
    IPv6Network(block) for block in ("2001::/23", "2001:db8::/32", "3fff::/20", "2620:4f:8000::/48")
)
"""What lies inside it and is still no public host: protocol assignments with Teredo among them,
documentation, and the sink of AS112."""
_SIX_TO_FOUR = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")
"""Well-known prefix (RFC 6052); the last 32 bits are the IPv4 address that is really reached."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a URL leads, before any look-up."""

    scheme: str
    host: str
    """In lower case, without brackets and without a closing dot."""
    port: int


def is_public(address: str) -> bool:
    """Say whether an IP address is one that anybody on the Internet may reach.

    An IPv4 address wrapped in an IPv6 one (mapped, 6to4, NAT64) is judged by what it wraps.

    Args:
        address: As `getaddrinfo` writes it; a scope such as `%eth0` is allowed.
    """
    found = ip_address(address)
    if isinstance(found, IPv4Address):
        return not any(found in block for block in _REFUSED_V4)
    wrapped = _wrapped_in(found)
    if wrapped is not None:
        return is_public(str(wrapped))
    bare = IPv6Address(int(found))
    return bare in _GLOBAL_V6 and not any(bare in block for block in _REFUSED_V6)


def parse(url: str) -> Address:
    """Return where a URL leads.

    Raises:
        OrderInvalid: It is no URL with a host.
        AddressForbidden: It is neither http nor https, or carries a user name.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise _malformed() from error
    if parts.scheme not in PORTS:
        raise AddressForbidden(
            f"Addresses that begin with {parts.scheme[:20] or 'nothing'}: are not fetched.",
            "Give an address that begins with https:// or http://.",
        )
    if parts.username is not None or parts.password is not None:
        raise AddressForbidden(
            "The address carries a user name or a password.",
            "Take it out; what needs a login is fetched with a cookies file.",
        )
    if not parts.hostname:
        raise _malformed()
    return Address(
        parts.scheme, _plain(parts.hostname), PORTS[parts.scheme] if port is None else port
    )


def check(address: Address, allowed_hosts: tuple[str, ...] = ()) -> None:
    """Refuse a port that nobody named; asks no network.

    Args:
        address: Where to go.
        allowed_hosts: Names that pass, private or not, as `host` or `host:port`.

    Raises:
        AddressForbidden: The port is none of the web's own.
    """
    usual = PORTS.get(address.scheme)
    if address.port != usual and not is_allowed(address.host, address.port, allowed_hosts):
        raise AddressForbidden(
            f"Port {address.port} of {address.host} is not one that sources come from.",
            "Use port 80 or 443, or add host:port to the setting allowed_hosts.",
        )


def check_url(
    url: str, allowed_hosts: tuple[str, ...] = (), *, look_up: LookUp | None = None
) -> Address:
    """Judge a URL in full: its form, its port and every address behind its host.

    Raises:
        OrderInvalid, AddressForbidden, HostUnknown, SourceUnreachable: As `parse`, `check` and
            `resolve` say.
    """
    address = parse(url)
    check(address, allowed_hosts)
    resolve(address.host, address.port, allowed_hosts, look_up=look_up)
    return address


def is_allowed(host: str, port: int, allowed_hosts: tuple[str, ...]) -> bool:
    """Say whether a host was named beforehand, for this port or for all."""
    host = _plain(host)
    spellings = {host, f"{host}:{port}", f"[{host}]", f"[{host}]:{port}"}
    return any(entry.strip().lower() in spellings for entry in allowed_hosts)


def resolve(
    host: str, port: int, allowed_hosts: tuple[str, ...] = (), *, look_up: LookUp | None = None
) -> tuple[str, ...]:
    """Return the addresses to connect to, in the resolver's order, at most `MOST_ADDRESSES`.

    Args:
        host: A name or an IP address in any spelling the system understands.
        port: Of the service.
        allowed_hosts: Names that pass, private or not, as `host` or `host:port`.
        look_up: Asks the system's resolver by default.

    Raises:
        AddressForbidden: Any of them is not public, and the host was not named beforehand.
        HostUnknown: There is none.
        SourceUnreachable: The resolver did not answer.
    """
    found = (look_up or ask_resolver)(host, port)
    if not is_allowed(host, port, allowed_hosts) and not all(map(is_public, found)):
        raise AddressForbidden(
            f"{host} lies in a private or reserved network.",
            "Sources come from public addresses; to allow this host, add it to the setting "
            "allowed_hosts.",
        )
    return found[:MOST_ADDRESSES]


def ask_resolver(host: str, port: int) -> tuple[str, ...]:
    """Return every address the system's resolver knows for a host.

    Raises:
        HostUnknown: There is none.
        SourceUnreachable: The resolver did not answer.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except socket.gaierror as error:
        if error.errno == socket.EAI_AGAIN:
            raise SourceUnreachable(
                f"The name {host} could not be looked up just now.",
                "Look at the network and its name server, then try again.",
            ) from error
        raise _unknown(host) from error
    except (UnicodeError, OverflowError) as error:  # no label may pass 63 bytes, no port 65535
        raise _unknown(host) from error
    return tuple(dict.fromkeys(str(entry[4][0]) for entry in found))


def connect(
    host: str,
    port: int,
    *,
    timeout: float,
    allowed_hosts: tuple[str, ...] = (),
    look_up: LookUp | None = None,
) -> socket.socket:
    """Open a connection to a host, at an address that was judged.

    Args:
        host: A name or an IP address.
        port: Of the service.
        timeout: Seconds for each address.
        allowed_hosts: Names that pass, private or not, as `host` or `host:port`.
        look_up: Asks the system's resolver by default.

    Raises:
        AddressForbidden, HostUnknown, SourceUnreachable: As `resolve` says.
        OSError: No address took the connection.
    """
    problem = OSError(f"{host} has no address.")
    for address in resolve(host, port, allowed_hosts, look_up=look_up):
        try:
            return socket.create_connection((address, port), timeout)
        except OSError as error:
            problem = error
    raise problem


def _wrapped_in(address: IPv6Address) -> IPv4Address | None:
    """Return the IPv4 address that an IPv6 one stands for, if it does."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    bare = IPv6Address(int(address))
    if bare in _SIX_TO_FOUR:
        return bare.sixtofour
    return IPv4Address(int(bare) & 0xFFFFFFFF) if bare in _NAT64 else None


def _plain(host: str) -> str:
    return host.strip("[]").rstrip(".").lower()


def _malformed() -> OrderInvalid:
    return OrderInvalid(
        "That is not an address with a host in it.", "Give one such as https://example.com/talk."
    )


def _unknown(host: str) -> HostUnknown:
    return HostUnknown(
        f"No host is called {host[:100]}.", "Look for a typing mistake in the address."
    )
