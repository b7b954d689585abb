"""YouTube: feeds of channels and playlists without a key, charts and lengths with one."""

import json
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlencode, urlsplit

from pydantic import ValidationError

from cutroom.records.errors import FeedInvalid, KeyMissing, OrderInvalid
from cutroom.records.trend import Candidate, Reading
from cutroom.trends.addresses import youtube_id
from cutroom.trends.door import Door
from cutroom.trends.feeds import Feed, read_feed
from cutroom.trends.texts import one_line

AT_ONCE = 50
"""Videos that one call of the API takes or gives at most; each call costs one unit of 10 000 a
day, whatever it brings."""
_FEED = "https://www.youtube.com/feeds/videos.xml"
_CHANNEL = re.compile(r"/channel/(UC[\w-]{22})(?:/|$)")
_PARTS = "snippet,contentDetails,statistics"
_DURATION = re.compile(r"P(?:(\d{1,3})D)?(?:T(?:(\d{1,4})H)?(?:(\d{1,4})M)?(?:(\d{1,6})S)?)?")


class YouTubeFeed(Feed):
    """The newest videos of a channel or a playlist, as YouTube's own Atom feed names them."""

    kind: ClassVar[str] = "youtube"

    def recognises(self, address: str) -> bool:
        """Say whether an address is that of a channel by its id, a playlist, or their feed."""
        return feed_of(address) is not None

    def read(self, address: str, door: Door) -> Reading:
        """Return the feed's 15 videos, with the views they had."""
        url = feed_of(address) or address
        return read_feed(door.fetch(url, {}), url, door)


def feed_of(address: str) -> str | None:
    """Return the feed of a channel or a playlist, None for any other address.

    A channel by name (`/@name`) has one too, but only its page tells which: yt-dlp reads that.
    """
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.").removeprefix("m.")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or host != "youtube.com":
        return None
    if parts.path == urlsplit(_FEED).path:
        return address
    channel = _CHANNEL.match(parts.path)
    if channel:
        return f"{_FEED}?{urlencode({'channel_id': channel[1]})}"
    playlist = parse_qs(parts.query).get("list", [""])[0]
    is_playlist = parts.path == "/playlist" and re.fullmatch(r"[\w-]{10,60}", playlist)
    return f"{_FEED}?{urlencode({'playlist_id': playlist})}" if is_playlist else None


class Chart:
    """YouTube's most popular of a region, `chart:US`, or of a category in it, `chart:US/28`."""

    kind: ClassVar[str] = "chart"

    def recognises(self, address: str) -> bool:
        """Say whether an address names a chart."""
        return address.startswith("chart:")

    def read(self, address: str, door: Door) -> Reading:
        """Return the chart, with lengths and views; live and coming ones are left out."""
        found = re.fullmatch(r"chart:\s*([A-Za-z]{2})(?:/(\d{1,3}))?\s*", address)
        if not found:
            raise OrderInvalid(
                f"{address[:40]!r} is no chart.", "Write chart:US, or chart:US/28 for a category."
            )
        asked = {"chart": "mostPopular", "regionCode": found[1].upper(), "maxResults": AT_ONCE}
        items = _ask(door, asked | ({"videoCategoryId": found[2]} if found[2] else {}))
        candidates = tuple(_candidates(items))
        return Reading(candidates=candidates, left_out=len(items) - len(candidates))


def complete(candidates: Sequence[Candidate], door: Door) -> tuple[Candidate, ...]:
    """Return the candidates with what YouTube's API adds: lengths, views, moments.

    Feeds tell no lengths, and a budget in minutes wants them. Those that have not ended are
    dropped. Without a key nothing is asked.
    """
    if door.youtube_key is None:
        return tuple(candidates)
    ids = [youtube_id(each.address) for each in candidates if each.duration is None]
    wanted = [video for video in ids if video is not None]
    told: dict[str, Candidate] = {}
    silent: set[str] = set()
    for start in range(0, len(wanted), AT_ONCE):
        page = wanted[start : start + AT_ONCE]
        items = _ask(door, {"id": ",".join(page), "maxResults": AT_ONCE})
        told |= {each.address: each for each in _candidates(items)}
        silent |= {f"https://www.youtube.com/watch?v={video}" for video in page} - set(told)
    return tuple(_filled(each, told) for each in candidates if each.address not in silent)


def _filled(candidate: Candidate, told: dict[str, Candidate]) -> Candidate:
    more = told.get(candidate.address)
    if more is None:
        return candidate
    facts = more.model_dump(include={"duration", "views", "published", "channel"})
    return candidate.model_copy(
        update={name: fact for name, fact in facts.items() if fact is not None}
    )


def _ask(door: Door, asked: dict[str, Any]) -> list[Any]:
    """Ask the API for videos; the key goes in a header, where no log of addresses sees it."""
    if door.youtube_key is None:
        raise KeyMissing(
            "YouTube's charts want a key.", "Set CUTROOM_YOUTUBE_KEY to one of its Data API v3."
        )
    url = f"{door.youtube_api}/videos?{urlencode({'part': _PARTS} | asked)}"
    answer = door.fetch(url, {"X-Goog-Api-Key": door.youtube_key.get_secret_value()})
    try:
        items = json.loads(answer)["items"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise _strange() from error
    if not isinstance(items, list):
        raise _strange()
    return items


def _candidates(items: list[Any]) -> Iterator[Candidate]:
    """Yield what each item says, those left out that are live, coming, or not understood."""
    for item in items:
        try:
            snippet = item["snippet"]
            if snippet.get("liveBroadcastContent", "none") != "none":
                continue
            views = item.get("statistics", {}).get("viewCount")
            yield Candidate(
                address=f"https://www.youtube.com/watch?v={item['id']}",
                title=one_line(snippet["title"]),
                channel=one_line(snippet.get("channelTitle")) or None,
                published=datetime.fromisoformat(snippet["publishedAt"]),
                duration=_seconds(item.get("contentDetails", {}).get("duration")),
                views=None if views is None else int(views),
            )
        except (KeyError, TypeError, ValueError, AttributeError, ValidationError):
            continue


def _seconds(text: object) -> float | None:
    """Read a length as ISO 8601 writes it, such as PT1H2M3S."""
    found = _DURATION.fullmatch(str(text))
    if not found or text == "P":
        return None
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return float(((days * 24 + hours) * 60 + minutes) * 60 + seconds) or None


def _strange() -> FeedInvalid:
    return FeedInvalid(
        "YouTube's API answered otherwise than its pages say.", "Look whether Cutroom is current."
    )
