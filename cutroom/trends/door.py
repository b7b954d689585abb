"""What a source needs of the world: one small interface, and the ways out that it is lent."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from pydantic import SecretStr

from cutroom.records.trend import Candidate, Reading

YOUTUBE_API = "https://www.googleapis.com/youtube/v3"
MOST_ENTRIES = 100
"""Entries of one source that are looked at: charts, feeds and searches put the best or the newest
first, and a day's budget is a few of them."""


@dataclass(frozen=True, slots=True)
class Door:
    """The ways to the network, each guarded and limited by whoever lends them."""

    fetch: Callable[[str, Mapping[str, str]], bytes]
    """Returns a small file by its address, given further headers, which may be secret."""
    list_page: Callable[[str, int], tuple[Candidate, ...]]
    """Returns at most so many videos that yt-dlp finds on a page, or by a search."""
    is_video_page: Callable[[str], bool]
    """Says whether an address is on a site whose pages yt-dlp can read."""
    search: str = "ytsearch{most}:{words}"
    """How words are searched."""
    youtube_key: SecretStr | None = None
    youtube_api: str = YOUTUBE_API


class TrendSource(Protocol):
    """One kind of place that names videos."""

    kind: ClassVar[str]
    """What outcomes call it."""

    def recognises(self, address: str) -> bool:
        """Say, by its spelling alone, whether an address is of this kind."""
        ...

    def read(self, address: str, door: Door) -> Reading:
        """Return what the place names just now.

        Raises:
            CutroomError: Of the family, whatever went wrong.
        """
        ...
