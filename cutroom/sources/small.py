"""Fetch something small, whole, into memory: a feed, an answer of an API."""

import time
from collections.abc import Mapping
from http import HTTPStatus

import httpx

from cutroom.records.errors import SourceForbidden
from cutroom.records.secrets import without_secrets
from cutroom.sources.answers import refusal, too_large, too_slow
from cutroom.sources.link import MOST_REDIRECTS, translated
from cutroom.sources.transport import PinnedTransport

_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Cutroom)",
    "Accept": "*/*",
    # Compressed bytes could swell past any limit.
    "Accept-Encoding": "identity",
}


def fetch_small(
    url: str,
    *,
    limit: int,
    timeout: float,
    headers: Mapping[str, str] | None = None,
    allowed_hosts: tuple[str, ...] = (),
) -> bytes:
    """Return what an address holds.

    Args:
        url: An http or https address; redirects are followed, each through the guard.
        limit: Bytes that are read at most.
        timeout: Seconds for all of it, looked at whenever something comes; a host that sends
            single bytes of a header can outlast it, and the caller keeps a clock of its own.
        headers: Further ones. They may be secret: no other host gets them.
        allowed_hosts: Hosts outside the public Internet that may be asked, `host` or `host:port`.

    Raises:
        OrderInvalid: It is no address.
        AddressForbidden, HostUnknown: It, or a redirect, leads where no source may come from.
        SourceGone, SourcePrivate, SourceForbidden, SourceEmpty: The host says no.
        SourceTooLarge: More bytes came, or were announced, than the limit.
        SourceUnreachable: The network or the host failed, or took too long; may heal.
    """
    shown = without_secrets(url)
    latest = time.monotonic() + timeout
    with (
        translated(shown),
        httpx.Client(
            transport=PinnedTransport(allowed_hosts),
            timeout=timeout,
            headers=_HEADERS,
            trust_env=False,
        ) as client,
    ):
        place = first = httpx.URL(url)
        for _ in range(MOST_REDIRECTS + 1):
            own = dict(headers or {}) if _same_host(place, first) else {}
            with client.stream("GET", place, headers=own) as answer:
                if not answer.has_redirect_location:
                    return _body(answer, shown, limit, timeout, latest)
                place = place.join(answer.headers["Location"])
            if time.monotonic() > latest:
                raise too_slow(timeout)
    raise SourceForbidden(
        f"{shown} leads on more than {MOST_REDIRECTS} times.",
        "Open it in a browser and give the address it ends at.",
    )


def _same_host(place: httpx.URL, first: httpx.URL) -> bool:
    return (place.scheme, place.host, place.port) == (first.scheme, first.host, first.port)


def _body(answer: httpx.Response, shown: str, limit: int, timeout: float, latest: float) -> bytes:
    if answer.status_code != HTTPStatus.OK:
        raise refusal(answer.status_code, shown)
    announced = answer.headers.get("Content-Length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise too_large(limit)
    body = bytearray()
    for chunk in answer.iter_raw():
        body += chunk
        if len(body) > limit:
            raise too_large(limit)
        if time.monotonic() > latest:
            raise too_slow(timeout)
    return bytes(body)
