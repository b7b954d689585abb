"""The guard for yt-dlp: the only way it has to the network."""

import http.client
import io
import socket
import time
import urllib.parse
import urllib.request
import urllib.response
import zlib
from functools import partial
from typing import Any
from weakref import WeakSet

from yt_dlp.networking._urllib import (
    HTTPHandler,
    ProxyHandler,
    RedirectHandler,
    UrllibResponseAdapter,
    UrllibRH,
)
from yt_dlp.networking.exceptions import IncompleteRead, RequestError
from yt_dlp.utils.networking import select_proxy

from cutroom.records.errors import CutroomError, HostUnknown, SourceUnreachable
from cutroom.sources.addresses import check, connect, parse, resolve
from cutroom.sources.answers import too_large, too_slow
from cutroom.sources.fetched import FetchLimits

MOST_PAGE_BYTES = 64 * 2**20
"""Of one page or playlist, which yt-dlp holds in memory; the longest playlists have a few MiB."""


class Traffic:
    """What came over the network, and until when more may come."""

    def __init__(self, limits: FetchLimits) -> None:
        self.received = 0
        self._deadline = limits.deadline
        self._latest = time.monotonic() + limits.deadline

    def add(self, count: int) -> None:
        """Count bytes.

        Raises:
            SourceUnreachable: The deadline has passed.
        """
        self.received += count
        if time.monotonic() > self._latest:
            raise too_slow(self._deadline)


class GuardedRH(UrllibRH):  # type: ignore[misc]  # yt-dlp has no types
    """A request handler of yt-dlp that connects only to judged addresses.

    Its name must end in RH. It stands in for all of yt-dlp's own, so what it does not speak
    (WebSocket, FTP, files, disguise as a browser) is not spoken at all.
    """

    _SUPPORTED_URL_SCHEMES = ("http", "https", "data")

    def __init__(
        self,
        *,
        traffic: Traffic,
        limits: FetchLimits,
        allowed_hosts: tuple[str, ...],
        **options: Any,
    ) -> None:
        super().__init__(**{**options, "enable_file_urls": False})
        self._traffic = traffic
        self._limits = limits
        self._allowed_hosts = allowed_hosts
        self._answers: WeakSet[_Counted] = WeakSet()

    def _create_instance(
        self, proxies: dict[str, str], cookiejar: Any, legacy_ssl_support: Any = None
    ) -> urllib.request.OpenerDirector:
        opener = urllib.request.OpenerDirector()
        context = self._make_sslcontext(legacy_ssl_support=legacy_ssl_support)
        for handler in (
            ProxyHandler(proxies),
            _PinnedHandler(self, context=context),
            urllib.request.HTTPCookieProcessor(cookiejar),
            urllib.request.DataHandler(),
            urllib.request.UnknownHandler(),
            urllib.request.HTTPDefaultErrorHandler(),
            urllib.request.HTTPErrorProcessor(),
            _JudgedRedirects(self, proxies),
        ):
            opener.add_handler(handler)
        opener.addheaders = []
        return opener

    def _prepare_headers(self, _request: Any, headers: Any) -> None:
        headers["Accept-Encoding"] = headers.get("Accept-Encoding", "gzip, deflate")

    def _send(self, request: Any) -> Any:
        try:
            self.judge(request.url, self._get_proxies(request))
            answer = _Counted(super()._send(request), self._traffic)
        except CutroomError as error:
            # Anything but a RequestError would be logged as a fault of this handler.
            raise RequestError(error.problem, cause=error) from error
        self._answers.add(answer)
        return answer

    def close(self) -> None:
        """Hang up; an extractor or a downloader that failed leaves its answers open."""
        for answer in list(self._answers):
            answer.close()

    def judge(self, url: str, proxies: dict[str, str]) -> None:
        """Refuse an address by its form; behind a proxy, also by what its name means here."""
        if urllib.parse.urlsplit(url).scheme == "data":
            return
        address = parse(url)
        check(address, self._allowed_hosts)
        if select_proxy(url, proxies) is None:
            return  # `connect` judges the addresses, and uses them
        try:
            resolve(address.host, address.port, self._allowed_hosts)
        except (HostUnknown, SourceUnreachable):
            return  # behind a proxy this machine may have no name server of its own

    def connect(self, place: tuple[str, int], timeout: float, *_: object) -> socket.socket:
        """Open a connection in place of `socket.create_connection`."""
        host, port = place
        opened = connect(
            host, port, timeout=self._limits.connect, allowed_hosts=self._trusted_hosts()
        )
        opened.settimeout(timeout)
        return opened

    def _trusted_hosts(self) -> tuple[str, ...]:
        """Return who may be private: the named hosts, and the proxy the operator chose."""
        proxies = (urllib.parse.urlsplit(url) for url in self.proxies.values() if url)
        ports = {"http": 80, "https": 443}
        return self._allowed_hosts + tuple(
            f"{proxy.hostname}:{proxy.port or ports.get(proxy.scheme, 1080)}"
            for proxy in proxies
            if proxy.hostname
        )


class _PinnedHandler(HTTPHandler):  # type: ignore[misc]  # yt-dlp has no types
    """Opens connections through the guard, and unpacks answers within bounds."""

    def __init__(self, door: GuardedRH, **options: Any) -> None:
        super().__init__(**options)
        self._door = door

    def http_open(self, req: Any) -> Any:
        kind = self._make_conn_class(http.client.HTTPConnection, req)
        return self.do_open(partial(self._connection, kind), req)

    def https_open(self, req: Any) -> Any:
        kind = self._make_conn_class(http.client.HTTPSConnection, req)
        return self.do_open(partial(self._connection, kind), req, context=self._context)

    def http_response(self, _req: Any, resp: Any) -> Any:
        packing = resp.headers.get("Content-Encoding", "").strip().lower()
        if packing in ("", "identity"):
            return resp
        unpacked = _unpacked(resp.read(MOST_PAGE_BYTES + 1))
        plain: Any = urllib.response.addinfourl(unpacked, resp.headers, resp.url, resp.code)
        plain.msg = resp.msg
        return plain

    https_response = http_response

    def _connection(self, kind: type, *words: Any, **options: Any) -> Any:
        connection = kind(*words, **options)
        connection._create_connection = self._door.connect  # noqa: SLF001  the only way in
        return connection


class _JudgedRedirects(RedirectHandler):  # type: ignore[misc]  # yt-dlp has no types
    """Judges where a redirect leads before following it."""

    def __init__(self, door: GuardedRH, proxies: dict[str, str]) -> None:
        super().__init__()
        self._door = door
        self._proxies = proxies

    def redirect_request(
        self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        try:
            self._door.judge(newurl, self._proxies)
        except CutroomError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


class _Counted(UrllibResponseAdapter):  # type: ignore[misc]  # yt-dlp has no types
    """An answer whose bytes are counted, and that fits into memory when read whole."""

    def __init__(self, answer: Any, traffic: Traffic) -> None:
        super().__init__(answer.fp)
        self._answer = answer  # closes the connection when nobody holds it any more
        self._traffic = traffic

    def read(self, amt: int | None = None) -> bytes:
        data = bytes(super().read(MOST_PAGE_BYTES + 1 if amt is None else amt))
        self._traffic.add(len(data))
        if amt is None:
            if len(data) > MOST_PAGE_BYTES:
                raise too_large(MOST_PAGE_BYTES)
            missing = getattr(self.fp, "length", None)
            if missing:
                raise IncompleteRead(partial=len(data), expected=missing)
        return data


def _unpacked(packed: bytes) -> Any:
    """Return gzip or deflate bytes unpacked, as a file; a bomb is refused, not unpacked."""
    is_raw = packed[:1] != b"\x1f" and packed[:1] != b"\x78"
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS if is_raw else zlib.MAX_WBITS | 32)
    plain = unpacker.decompress(packed, MOST_PAGE_BYTES + 1)
    if len(packed) > MOST_PAGE_BYTES or len(plain) > MOST_PAGE_BYTES:
        raise too_large(MOST_PAGE_BYTES)
    return io.BytesIO(plain)
