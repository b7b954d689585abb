"""What yt-dlp finds: chart pages, channels by name, playlists anywhere, searches."""

import re
from typing import ClassVar
from urllib.parse import quote

from cutroom.records.errors import OrderInvalid
from cutroom.records.trend import Candidate, Reading
from cutroom.trends.door import MOST_ENTRIES, Door

MOST_FOUND = 10
"""Videos taken from one search: what comes later fits the words less and less."""
_CHANNEL_BY_NAME = re.compile(r"(https?://(?:www\.|m\.)?youtube\.com/(?:@|c/|user/)[^/?#]+)/?")


class Page:
    """A page that lists videos, on any site yt-dlp knows: a chart, a channel, a playlist."""

    kind: ClassVar[str] = "page"

    def recognises(self, address: str) -> bool:
        """Say whether an address is on the web."""
        return address.removeprefix("page:").strip().lower().startswith(("http://", "https://"))

    def read(self, address: str, door: Door) -> Reading:
        """Return the page's videos, in its order."""
        url = address.removeprefix("page:").strip()
        # A channel's front page lists its tabs, not its videos.
        channel = _CHANNEL_BY_NAME.fullmatch(url)
        found = door.list_page(f"{channel[1]}/videos" if channel else url, MOST_ENTRIES)
        return Reading(candidates=found)


class Search:
    """Words that somebody wants videos of: `search:deep sea`."""

    kind: ClassVar[str] = "search"

    def recognises(self, address: str) -> bool:
        """Say whether an address is a search."""
        return address.startswith("search:")

    def read(self, address: str, door: Door) -> Reading:
        """Return what is found, the fittest first."""
        words = address.removeprefix("search:").strip()
        if not words:
            raise OrderInvalid("A search is without words.", "Write search:WORDS.")
        return Reading(candidates=search(words, door))


def search(words: str, door: Door) -> tuple[Candidate, ...]:
    """Return videos found by words, in the way the door names."""
    is_address = door.search.startswith(("http://", "https://"))
    said = quote(words, safe="") if is_address else words
    address = door.search.replace("{most}", str(MOST_FOUND)).replace("{words}", said)
    return door.list_page(address, MOST_FOUND)
