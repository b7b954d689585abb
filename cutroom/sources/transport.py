"""The guard as a transport for httpx: every request goes to an address that was judged."""

import httpx

from cutroom.records.errors import AddressForbidden
from cutroom.sources.addresses import Address, LookUp, check, resolve


class PinnedTransport(httpx.BaseTransport):
    """Resolves and judges the host of each request, then connects to that very address.

    The `Host` header and the name in the TLS handshake stay those of the URL, so certificates
    are checked against the name. Redirects come through here like any other request.
    """

    def __init__(
        self, allowed_hosts: tuple[str, ...] = (), *, look_up: LookUp | None = None
    ) -> None:
        self._allowed_hosts = allowed_hosts
        self._look_up = look_up
        # Kept-alive connections are pooled by address: two names must not share one.
        limits = httpx.Limits(max_keepalive_connections=0)
        # Of the environment it reads SSL_CERT_FILE and SSL_CERT_DIR, and no proxy.
        self._inner = httpx.HTTPTransport(limits=limits)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Send a request to the first judged address that takes the connection.

        Raises:
            AddressForbidden, HostUnknown, SourceUnreachable: As the guard says.
            httpx.TransportError: The connection or the answer failed.
        """
        address = _address_of(request.url)
        check(address, self._allowed_hosts)
        problem: httpx.TransportError = httpx.ConnectError("The host has no address.")
        for place in resolve(
            address.host, address.port, self._allowed_hosts, look_up=self._look_up
        ):
            try:
                return self._inner.handle_request(_pinned(request, place, address.host))
            except (httpx.ConnectError, httpx.ConnectTimeout) as error:
                problem = error
        raise problem

    def close(self) -> None:
        """Close every connection."""
        self._inner.close()


def _address_of(url: httpx.URL) -> Address:
    """Read the URL as httpx does, for it is httpx that connects."""
    if url.scheme not in ("http", "https") or url.userinfo:
        raise AddressForbidden(
            "The address is not plain http or https, or carries a user name.",
            "Give an address that begins with https:// and has no login in it.",
        )
    host = url.raw_host.decode("ascii").strip("[]").rstrip(".").lower()
    return Address(url.scheme, host, url.port or (443 if url.scheme == "https" else 80))


def _pinned(request: httpx.Request, place: str, name: str) -> httpx.Request:
    """Return the same request, addressed to an IP address; its `Host` header is already set."""
    return httpx.Request(
        request.method,
        request.url.copy_with(host=place),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": name},
    )
