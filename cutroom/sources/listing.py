"""List the videos that a page names, by yt-dlp, without reading any of them."""

import math
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from pydantic import ValidationError

from cutroom.records.errors import SourceNotVideo
from cutroom.records.secrets import without_secrets
from cutroom.records.trend import Candidate
from cutroom.sources.fetched import FetchLimits
from cutroom.sources.page import copied, judge
from cutroom.sources.page_settings import PageSettings
from cutroom.sources.titles import tidy_title

_NOT_ENDED = ("is_live", "is_upcoming", "post_live")


def list_page(
    address: str, *, most: int, limits: FetchLimits, settings: PageSettings | None = None
) -> tuple[Candidate, ...]:
    """Return the videos of a playlist, a channel, a chart or a search, in its order.

    Only the list is read, none of the videos: one to three requests on most sites.

    Args:
        address: An http or https address, or a search in yt-dlp's way, `ytsearch5:WORDS`.
        most: Videos that are listed at most.
        limits: Of time; nothing is written.
        settings: Cookies, proxy and the like.

    Returns:
        What the list tells of each: title, and sometimes length, views, moment and channel.
        Empty when it holds no video that has ended.

    Raises:
        SourceError: As `fetch_page` says.
    """
    settings = settings or PageSettings()
    if address.lower().startswith(("http://", "https://")):
        judge(address, settings)
    # Heavy to load.
    from cutroom.sources.page_errors import translated  # noqa: PLC0415

    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="cutroom-list-")))
        cookies = stack.enter_context(copied(settings.cookies_file, folder))
        warnings = stack.enter_context(translated(address))
        reader = stack.enter_context(_reader()(folder, limits, settings, cookies, warnings, None))
        reader.params |= {
            "playlist_items": f"1:{most}",
            "extract_flat": True,
            "noplaylist": False,
            "ignore_no_formats_error": True,
        }
        found = reader.extract_info(address, download=False)
        return tuple(_candidates(found, address, most))


@cache
def _reader() -> Any:
    from cutroom.sources.page_reader import PageReader  # noqa: PLC0415  heavy to load

    return PageReader


def is_video_page(address: str) -> bool:
    """Say whether yt-dlp has a reader for this very address, other than for any page at all."""
    return any(extractor.suitable(address) for extractor in _extractors())


@cache
def _extractors() -> tuple[Any, ...]:
    from yt_dlp.extractor import gen_extractor_classes  # noqa: PLC0415  heavy to load

    return tuple(each for each in gen_extractor_classes() if each.IE_NAME != "generic")


def _candidates(found: Any, address: str, most: int) -> Iterator[Candidate]:
    if not isinstance(found, dict):
        raise SourceNotVideo(
            f"{without_secrets(address)} lists no videos.", "Give the address of a list of videos."
        )
    is_list = found.get("_type") in ("playlist", "multi_video")
    listed_on = found.get("webpage_url") if is_list else None
    for place, entry in enumerate(found.get("entries") or () if is_list else [found]):
        if place >= most:
            return
        candidate = _candidate(entry or {}, listed_on)
        if candidate is not None:
            yield candidate


def _candidate(entry: dict[str, Any], listed_on: str | None) -> Candidate | None:
    """Return what one line of a list tells, None where it names no video that has ended."""
    if entry.get("live_status") in _NOT_ENDED:
        return None
    url = _address_of(entry, listed_on)
    channel = entry.get("channel") or entry.get("uploader")
    try:
        return Candidate(
            address=url,
            title=tidy_title(str(entry.get("title") or ""), fallback=url[:200]),
            channel=tidy_title(str(channel)) if channel else None,
            published=_moment(entry),
            duration=_number(entry.get("duration"), 1e7),
            views=_whole(_number(entry.get("view_count"), 1e15)),
        )
    except ValidationError:
        return None


def _address_of(entry: dict[str, Any], listed_on: str | None) -> str:
    """Return a video's own page; where it has none, as several on one page, its file."""
    page = entry.get("webpage_url")
    if entry.get("_type", "video") == "video" and page and page != listed_on:
        return str(page)
    formats = entry.get("formats") or [{}]
    return str(entry.get("url") or formats[-1].get("url") or page or "")


def _moment(entry: dict[str, Any]) -> datetime | None:
    stamp = _number(entry.get("timestamp") or entry.get("release_timestamp"), 1e11)
    try:
        if stamp is not None:
            return datetime.fromtimestamp(stamp, UTC)
        return datetime.strptime(str(entry.get("upload_date")), "%Y%m%d").replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _number(value: object, highest: float) -> float | None:
    """Return a number that a page may well mean, None for anything else."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if not is_number or not math.isfinite(value) or not 0 <= value <= highest:  # type: ignore[arg-type, operator]
        return None
    return float(value)  # type: ignore[arg-type]


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)
