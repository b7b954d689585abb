"""Fetch a video from the address of the file itself."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

import httpx

from cutroom.records.errors import (
    OrderInvalid,
    SourceEmpty,
    SourceForbidden,
    SourceNotVideo,
    SourceUnreachable,
)
from cutroom.records.secrets import without_secrets
from cutroom.sources.answers import (
    make_room,
    pause_asked,
    refusal,
    refuse_web_page,
    too_large,
    too_slow,
    writing,
)
from cutroom.sources.fetched import Fetched, FetchLimits, OnProgress
from cutroom.sources.partial import Partial, declared_length, whole_length
from cutroom.sources.titles import title_of_download
from cutroom.sources.transport import PinnedTransport

MOST_REDIRECTS = 5
"""Real hosts need two or three."""
HEAD_BYTES = 1024
"""First bytes that are looked at for a web page; a comment may stand before its first tag."""
_HEADERS = {
    "User-Agent": "Mozilla/5.0 (compatible; Cutroom)",
    "Accept": "*/*",
    # Compressed bytes could swell past any limit, and could not be taken up in the middle.
    "Accept-Encoding": "identity",
}


def fetch_link(
    url: str,
    folder: Path,
    *,
    limits: FetchLimits,
    allowed_hosts: tuple[str, ...] = (),
    on_progress: OnProgress | None = None,
) -> Fetched:
    """Download one file, taking up what an earlier try left in the folder.

    The file becomes `source.bin`; until it is whole it is `source.part`. A cut connection is taken
    up again within this call as long as each try brings something and the host can tell that the
    file is still the same; what was brought stays in the folder for the next call.

    Args:
        url: An http or https address.
        folder: Exists, and holds nothing but what earlier calls for this source left.
        limits: Of size and time.
        allowed_hosts: Hosts outside the public Internet that may be asked, `host` or `host:port`.
        on_progress: Called with a fraction in [0, 1].

    Raises:
        OrderInvalid: It is no address.
        AddressForbidden, HostUnknown: It, or a redirect, leads where no source may come from.
        SourceGone, SourcePrivate, SourceForbidden: The host says no.
        SourceNotVideo: A web page came back.
        SourceEmpty: Nothing came back.
        SourceTooLarge: More bytes came, or were announced, than the limit.
        SourceUnreachable: The network or the host failed; may heal.
        DiskFull, OutputNotWritable: The folder takes no more.
    """
    with writing():
        partial = Partial(folder, url)
        if partial.note is not None and partial.is_finished:
            return Fetched(partial.whole, None, partial.note.title, 0)
        download = _Download(url, partial, limits, on_progress)
        with httpx.Client(
            transport=PinnedTransport(allowed_hosts),
            timeout=httpx.Timeout(limits.idle, connect=limits.connect),
            headers=_HEADERS,
            trust_env=False,
        ) as client:
            download.run(client)
        assert partial.note is not None  # noqa: S101  an answer was taken, so it was noted down
        title = partial.note.title
        if on_progress:
            on_progress(1.0)
        return Fetched(partial.finish(), None, title, download.received)


class _Download:
    """One call's tries to complete a part."""

    def __init__(
        self, url: str, partial: Partial, limits: FetchLimits, on_progress: OnProgress | None
    ) -> None:
        self.received = 0
        self._url = url
        self._place = without_secrets(url)
        self._partial = partial
        self._limits = limits
        self._on_progress = on_progress
        self._latest = time.monotonic() + limits.deadline

    def run(self, client: httpx.Client) -> None:
        """Try until the part is whole, or a try brings nothing."""
        for tries_left in reversed(range(self._limits.tries)):
            before = self.received
            try:
                with translated(self._place), self._answer(client) as answer:
                    self._receive(answer)
            except SourceUnreachable:
                if not tries_left or self.received == before or time.monotonic() > self._latest:
                    raise
                time.sleep(self._limits.pause)
            else:
                return

    @contextmanager
    def _answer(self, client: httpx.Client) -> Iterator[httpx.Response]:
        """Yield the host's answer to a request for the rest, else for the whole."""
        with _follow(client, self._url, self._partial.request_headers()) as answer:
            is_part = answer.status_code == HTTPStatus.PARTIAL_CONTENT
            is_past_end = answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE
            if self._partial.continues_with(answer.headers) if is_part else not is_past_end:
                yield answer
                return
        # The part is no beginning of what the host has now.
        self._partial.discard()
        with _follow(client, self._url, {}) as answer:
            yield answer

    def _receive(self, answer: httpx.Response) -> None:
        """Add an answer's body to the part, and see that it is whole then."""
        is_rest = answer.status_code == HTTPStatus.PARTIAL_CONTENT and self._partial.size > 0
        if answer.status_code != HTTPStatus.OK and not is_rest:
            asked = pause_asked(answer.headers.get("Retry-After"))
            raise refusal(answer.status_code, self._place).with_pause(asked)
        whole = whole_length(answer.headers) if is_rest else declared_length(answer.headers)
        self._check_size(whole or 0)
        if not is_rest:
            refuse_web_page(self._place, answer.headers.get("Content-Type"), b"")
            disposition = answer.headers.get("Content-Disposition")
            self._partial.begin(
                answer.headers, title_of_download(str(answer.request.url), disposition)
            )
        make_room(self._partial.part.parent, whole and whole - self._partial.size)
        self._write(answer, whole)
        size = self._partial.size
        if whole is not None and size != whole:
            raise SourceUnreachable(
                f"{self._place} gave {size} bytes of {whole}.", "Try again in a few minutes."
            )
        if size == 0:
            raise SourceEmpty(f"{self._place} holds no bytes.", "Look whether it was uploaded.")

    def _write(self, answer: httpx.Response, whole: int | None) -> None:
        size = self._partial.size
        head = b"" if size == 0 else None
        with self._partial.open() as file:
            for chunk in answer.iter_raw():
                self.received += len(chunk)
                size += len(chunk)
                self._check_size(size)
                if time.monotonic() > self._latest:
                    raise too_slow(self._limits.deadline)
                if head is not None and len(head) < HEAD_BYTES:
                    head += chunk[:HEAD_BYTES]
                    self._check_head(head)
                file.write(chunk)
                if whole and self._on_progress:
                    self._on_progress(min(1.0, size / whole))

    def _check_size(self, size_bytes: int) -> None:
        if size_bytes > self._limits.size_bytes:
            self._partial.discard()
            raise too_large(self._limits.size_bytes)

    def _check_head(self, head: bytes) -> None:
        try:
            refuse_web_page(self._place, None, head)
        except SourceNotVideo:
            self._partial.discard()
            raise


@contextmanager
def _follow(client: httpx.Client, url: str, headers: dict[str, str]) -> Iterator[httpx.Response]:
    """Yield the answer at the end of the redirects; each of them passes the guard."""
    place = httpx.URL(url)
    for _ in range(MOST_REDIRECTS + 1):
        with client.stream("GET", place, headers=headers) as answer:
            if not answer.has_redirect_location:
                yield answer
                return
            place = place.join(answer.headers["Location"])
    raise SourceForbidden(
        f"{without_secrets(url)} leads on more than {MOST_REDIRECTS} times.",
        "Open it in a browser and give the address it ends at.",
    )


@contextmanager
def translated(place: str) -> Iterator[None]:
    """The one gate for httpx's errors."""
    try:
        yield
    except httpx.InvalidURL as error:
        raise OrderInvalid(
            f"{place} is not a whole address, or leads on to one.", "Copy it again in full."
        ) from error
    except httpx.TimeoutException as error:
        raise SourceUnreachable(f"{place} fell silent.", "Try again in a few minutes.") from error
    except httpx.TransportError as error:
        raise SourceUnreachable(
            f"The connection to {place} failed: {error}", "Try again in a few minutes."
        ) from error
