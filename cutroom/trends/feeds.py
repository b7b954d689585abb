"""RSS and Atom: any feed with videos in it, and Google Trends' feed of what is searched for."""

import calendar
import io
import re
import time
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlencode, urljoin, urlsplit
from xml.parsers import expat

from cutroom.records.errors import FeedInvalid, OrderInvalid
from cutroom.records.trend import Candidate, Reading, Topic
from cutroom.trends.door import MOST_ENTRIES, Door
from cutroom.trends.texts import one_line

MOST_BYTES = 4 * 2**20
"""Of one feed. YouTube's have 30 kB; a podcast's with a thousand episodes some 3 MB."""
DEEPEST = 64
"""Elements inside each other. Real feeds have 8; a parser that recurses has a bottom."""
_GOOGLE_TRENDS = "https://trends.google.com/trending/rss"
_FEED_PATH = re.compile(r"\.(?:xml|rss|atom|rdf)$|(?:^|/)(?:feeds?|rss|atom)(?:/|$)", re.IGNORECASE)
_HINT = "Open it in a browser; give the address of an RSS or Atom feed."


class Feed:
    """Any RSS or Atom feed; what its entries mean is told by the entries."""

    kind: ClassVar[str] = "feed"

    def recognises(self, address: str) -> bool:
        """Say whether an address is named as a feed, or ends like one."""
        path = re.match(r"https?://[^/?#]*(/[^?#]*)", address, re.IGNORECASE)
        return address.startswith("feed:") or bool(path and _FEED_PATH.search(path[1]))

    def read(self, address: str, door: Door) -> Reading:
        """Return the feed's videos, and its topics if it is one of Google Trends'."""
        url = address.removeprefix("feed:").strip()
        return read_feed(door.fetch(url, {}), url, door)


class GoogleTrends(Feed):
    """What is searched for in a region: `topics:US`, or the feed's own address."""

    kind: ClassVar[str] = "topics"

    def recognises(self, address: str) -> bool:
        """Say whether an address is of Google Trends."""
        return address.startswith(("topics:", "https://trends.google.com/"))

    def read(self, address: str, door: Door) -> Reading:
        """Return the topics, the most searched first."""
        if address.startswith("topics:"):
            region = address.removeprefix("topics:").strip().upper()
            if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", region):
                raise OrderInvalid(f"{region[:20]!r} is no region.", "Write topics:US or the like.")
            address = f"{_GOOGLE_TRENDS}?{urlencode({'geo': region})}"
        return read_feed(door.fetch(address, {}), address, door)


def read_feed(data: bytes, url: str, door: Door) -> Reading:
    """Return what a feed's entries name.

    An entry with `approx_traffic` is a topic; one of YouTube's, one with a video enclosed, or one
    that links to a page yt-dlp has a reader for, is a video; any other is left out.

    Args:
        data: The feed as it came.
        url: Where it came from; links in it may be relative.
        door: Knows which pages show videos.

    Raises:
        FeedInvalid: It is no feed, or one that is laid as a trap.
    """
    entries = _entries(data)
    topics = tuple(topic for entry in entries if (topic := _topic(entry, url)) is not None)
    found = [_candidate(entry, url, door) for entry in entries if "ht_approx_traffic" not in entry]
    candidates = tuple(each for each in found if each is not None)
    return Reading(
        candidates=candidates,
        topics=tuple(sorted(topics, key=lambda topic: -topic.searches)),
        left_out=len(entries) - len(candidates) - len(topics),
    )


def _entries(data: bytes) -> list[Any]:
    import feedparser  # noqa: PLC0415  takes a moment to import

    if len(data) > MOST_BYTES:
        raise FeedInvalid(f"The feed has more than {MOST_BYTES >> 20} MiB.", _HINT)
    _refuse_traps(data)
    # Always a stream: given text or bytes, feedparser would open a file or an address of that name.
    parsed = feedparser.parse(io.BytesIO(data), sanitize_html=False, resolve_relative_uris=False)
    if not parsed.get("version") and not parsed.entries:
        raise FeedInvalid("What came is no feed.", _HINT)
    return list(parsed.entries[:MOST_ENTRIES])


def _refuse_traps(data: bytes) -> None:
    """Refuse entities, which unfold to any size or name files, and nesting without end.

    What expat cannot read passes: feedparser mends some of it, and knows no entities then.
    """
    depth = 0

    def enter(*_: object) -> None:
        nonlocal depth
        depth += 1
        if depth > DEEPEST:
            raise FeedInvalid(f"The feed's elements lie more than {DEEPEST} deep.", _HINT)

    def leave(*_: object) -> None:
        nonlocal depth
        depth -= 1

    def refuse(*_: object) -> None:
        raise FeedInvalid("The feed declares entities, which no feed needs.", _HINT)

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = enter, leave
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(data, True)
    except expat.ExpatError:
        return


def _topic(entry: Any, url: str) -> Topic | None:
    words = one_line(entry.get("title"))
    if "ht_approx_traffic" not in entry or not words:
        return None
    return Topic(words=words, searches=_about(str(entry["ht_approx_traffic"])), source=url)


def _about(text: str) -> int:
    """Read a rounded number such as 2,000+ or 20K+; what cannot be read counts nothing."""
    found = re.match(r"\s*(\d[\d,.]{0,12})\s*([KM]?)", text.upper())
    if not found:
        return 0
    digits = int(re.sub(r"\D", "", found[1]))
    return digits * {"": 1, "K": 1000, "M": 1_000_000}[found[2]]


def _candidate(entry: Any, url: str, door: Door) -> Candidate | None:
    address, duration = _video_of(entry, url, door)
    if address is None or len(address) > 2000:  # noqa: PLR2004  the record's own bound
        return None
    return Candidate(
        address=address,
        title=one_line(entry.get("title")) or address[:200],
        channel=one_line(entry.get("author")) or None,
        published=_moment(entry.get("published_parsed") or entry.get("updated_parsed")),
        duration=duration if duration is not None else _seconds(entry.get("itunes_duration")),
        views=_count((entry.get("media_statistics") or {}).get("views")),
    )


def _video_of(entry: Any, url: str, door: Door) -> tuple[str | None, float | None]:
    """Return the address of an entry's video and, where it is told, its seconds."""
    video = str(entry.get("yt_videoid") or "")
    if re.fullmatch(r"[\w-]{11}", video):
        return f"https://www.youtube.com/watch?v={video}", None
    for media in entry.get("media_content") or ():
        is_video = media.get("medium") == "video" or str(media.get("type")).startswith("video/")
        if is_video and media.get("url"):
            return _joined(url, media["url"]), _seconds(media.get("duration"))
    for link in entry.get("links") or ():
        if link.get("rel") == "enclosure" and str(link.get("type")).startswith("video/"):
            return _joined(url, link.get("href")), None
    page = _joined(url, entry.get("link"))
    return (page if page and door.is_video_page(page) else None), None


def _joined(base: str, link: object) -> str | None:
    """Return a whole http address, None for anything else."""
    try:
        whole = urljoin(base, str(link or "").strip())
        is_web = urlsplit(whole).scheme in ("http", "https") and bool(urlsplit(whole).hostname)
    except ValueError:
        return None
    return whole if is_web and not re.search(r"[\x00-\x20\x7f]", whole) else None


def _moment(parsed: time.struct_time | None) -> datetime | None:
    try:
        return parsed and datetime.fromtimestamp(calendar.timegm(parsed), UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _seconds(text: object) -> float | None:
    """Read seconds, MM:SS or HH:MM:SS."""
    found = re.fullmatch(r"(?:(?:(\d{1,3}):)?(\d{1,3}):)?(\d{1,6}(?:\.\d+)?)", str(text).strip())
    if not found:
        return None
    return int(found[1] or 0) * 3600 + int(found[2] or 0) * 60 + float(found[3])


def _count(text: object) -> int | None:
    digits = str(text or "")
    return int(digits) if re.fullmatch(r"\d{1,15}", digits) else None
