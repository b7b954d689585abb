"""A door to a web site of the tests' own, as the flow would lend one."""

import pytest
from pydantic import SecretStr

from cutroom.sources.fetched import FetchLimits
from cutroom.sources.listing import is_video_page, list_page
from cutroom.sources.page_settings import PageSettings
from cutroom.sources.small import fetch_small
from cutroom.trends.door import Door
from cutroom.trends.feeds import MOST_BYTES


@pytest.fixture
def door(site):
    """Return the ways out, this site allowed and no other on this machine."""
    hosts = (site.host,)
    limits = FetchLimits(connect=5, idle=5, deadline=5, tries=1, pause=0)

    def fetch(url, headers):
        return fetch_small(url, limit=MOST_BYTES, timeout=5, headers=headers, allowed_hosts=hosts)

    def listed(address, most):
        settings = PageSettings(allowed_hosts=hosts)
        return list_page(address, most=most, limits=limits, settings=settings)

    return Door(
        fetch=fetch,
        list_page=listed,
        is_video_page=is_video_page,
        search=site.url("/found/{words}"),
        youtube_key=SecretStr("a-key-of-thirty-nine-letters-more-or-le"),
        youtube_api=site.url("/youtube/v3"),
    )
