"""What the steps of one run of trending share: the order, the moment, and the ways out."""

from collections.abc import Mapping
from datetime import UTC, datetime

from blocks.settings import Settings, settings
from cutroom.catalog.sessions import Catalog, open_catalog
from cutroom.records.trend import Candidate, SourceOutcome, TrendOrder
from cutroom.sources import listing, small
from cutroom.sources.fetched import FetchLimits
from cutroom.trends.door import Door
from cutroom.trends.feeds import MOST_BYTES


class TrendDesk:
    """What the steps of one run share; never part of a cache key."""

    def __init__(
        self, order: TrendOrder, now: datetime, chosen: Settings, catalog: Catalog
    ) -> None:
        self.order = order
        self.now = now
        self.settings = chosen
        self.catalog = catalog
        self.door = door_for(order, chosen)
        self.outcomes: dict[str, SourceOutcome] = {}
        """By address, as ordered."""
        self.notes: list[str] = []


def open_desk(order: TrendOrder) -> TrendDesk:
    """Return what a run needs; its ages and budgets are reckoned from this moment."""
    chosen = settings()
    return TrendDesk(order, datetime.now(UTC), chosen, open_catalog(chosen.catalog))


def door_for(order: TrendOrder, chosen: Settings) -> Door:
    """Return the guarded ways to the network that sources are lent."""
    patience = order.source_timeout
    limits = FetchLimits(connect=patience, idle=patience, deadline=patience, tries=1, pause=0)

    def fetch(url: str, headers: Mapping[str, str]) -> bytes:
        return small.fetch_small(
            url,
            limit=MOST_BYTES,
            timeout=patience,
            headers=headers,
            allowed_hosts=chosen.allowed_hosts,
        )

    def list_page(address: str, most: int) -> tuple[Candidate, ...]:
        return listing.list_page(address, most=most, limits=limits, settings=chosen.page)

    return Door(
        fetch=fetch,
        list_page=list_page,
        is_video_page=listing.is_video_page,
        search=order.search,
        youtube_key=chosen.youtube_key,
    )
