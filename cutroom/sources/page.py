"""Fetch a video from the page it is shown on, by yt-dlp."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cutroom.records.errors import HostUnknown, SourceUnreachable
from cutroom.sources.addresses import check, check_url, parse
from cutroom.sources.answers import writing
from cutroom.sources.fetched import Fetched, FetchLimits, OnProgress
from cutroom.sources.file import locate
from cutroom.sources.page_settings import PageSettings


def fetch_page(
    url: str,
    folder: Path,
    *,
    limits: FetchLimits,
    settings: PageSettings | None = None,
    on_progress: OnProgress | None = None,
) -> Fetched:
    """Download the best picture and the best sound that a page has.

    At the best resolution and frame rate, H.264 and AAC in MP4 go before other codecs, for then
    nothing needs an encode. Picture and sound may come as two files, `source.bin` and `sound.bin`;
    yt-dlp never gets to run ffmpeg. The address of a plain file works too.

    Every request that yt-dlp makes itself goes through the guard on addresses, redirects, segments
    and keys included, and connects to the very address that was judged. What that cannot hold, and
    the network around the worker should: a helper program that yt-dlp starts (a JavaScript runtime,
    PhantomJS for a few old sites) opens its own connections if it opens any; and behind a proxy it
    is the proxy that looks names up, so only what this machine's own look-up says is judged here.

    Args:
        url: An http or https address.
        folder: Exists, and holds nothing but what earlier calls for this source left.
        limits: Of size and time.
        settings: Cookies, proxy and the like.
        on_progress: Called with a fraction in [0, 1], never going back.

    Raises:
        OrderInvalid: It is no address.
        AddressForbidden, HostUnknown: It leads where no source may come from.
        SourceNotVideo: There is no video, more than one, or none that we can read.
        SourceGone, SourcePrivate, SourceForbidden: The page says no.
        SourceLive: The video has not ended, or not begun.
        SourceTooLong, SourceTooLarge: It passes a limit.
        SourceMissing, SourceNotPermitted, SourceEmpty: The cookies file cannot be read.
        SourceUnreachable: The network or the host failed; may heal.
        DiskFull, OutputNotWritable: The folder takes no more.
    """
    settings = settings or PageSettings()
    judge(url, settings)
    # Heavy to load, and most commands fetch no page.
    from cutroom.sources.page_errors import translated  # noqa: PLC0415
    from cutroom.sources.page_reader import PageReader  # noqa: PLC0415

    with (
        writing(),
        copied(settings.cookies_file, folder) as cookies,
        translated(url) as warnings,
        PageReader(folder, limits, settings, cookies, warnings, on_progress) as reader,
    ):
        fetched: Fetched = reader.fetch(url)
    return fetched


def judge(url: str, settings: PageSettings) -> None:
    """Refuse a bad address before yt-dlp is even loaded."""
    try:
        check_url(url, settings.allowed_hosts)
    except (HostUnknown, SourceUnreachable):
        # Behind a proxy this machine may have no name server of its own.
        if settings.proxy is None:
            raise
        check(parse(url), settings.allowed_hosts)


@contextmanager
def copied(cookies: Path | None, folder: Path) -> Iterator[Path | None]:
    """Lend yt-dlp a private copy of the cookies; it is gone afterwards."""
    if cookies is None:
        yield None
        return
    content = locate(str(cookies)).read_bytes()
    copy = folder / "cookies.txt"
    copy.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(copy, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
        yield copy
    finally:
        copy.unlink(missing_ok=True)
