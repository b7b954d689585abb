"""Feeds as the real ones are built, with what a test wants in them."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from xml.sax.saxutils import escape

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def youtube_feed(*videos: tuple[str, str, float, int], channel: str = "Space Talks") -> bytes:
    """Return a channel's Atom feed; each video is (id, title, hours old, views)."""
    entries = "".join(_youtube_entry(channel, *video) for video in videos)
    return (
        '<?xml version="1.0" encoding="UTF-8"?>'
        '<feed xmlns:yt="http://www.youtube.com/xml/schemas/2015"'
        ' xmlns:media="http://search.yahoo.com/mrss/" xmlns="http://www.w3.org/2005/Atom">'
        f"<title>{channel}</title><author><name>{channel}</name></author>{entries}</feed>"
    ).encode()


def _youtube_entry(channel: str, video: str, title: str, hours: float, views: int) -> str:
    moment = (NOW - timedelta(hours=hours)).isoformat()
    return (
        f"<entry><id>yt:video:{video}</id><yt:videoId>{video}</yt:videoId>"
        f"<title>{escape(title)}</title>"
        f'<link rel="alternate" href="https://www.youtube.com/watch?v={video}"/>'
        f"<author><name>{channel}</name></author><published>{moment}</published>"
        f"<media:group><media:title>{escape(title)}</media:title>"
        f'<media:content url="https://www.youtube.com/v/{video}?version=3"'
        ' type="application/x-shockwave-flash"/><media:community>'
        f'<media:statistics views="{views}"/></media:community></media:group></entry>'
    )


def topics_feed(*topics: tuple[str, str]) -> bytes:
    """Return Google Trends' feed; each topic is (words, how many search for it)."""
    items = "".join(
        f"<item><title>{escape(words)}</title><ht:approx_traffic>{traffic}</ht:approx_traffic>"
        "<link>https://trends.google.com/trending/rss?geo=US</link>"
        "<ht:news_item><ht:news_item_url>https://example.org/news</ht:news_item_url>"
        "</ht:news_item></item>"
        for words, traffic in topics
    )
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:ht="https://trends.google.com/trending/rss">'
        f"<channel><title>Daily Search Trends</title>{items}</channel></rss>"
    ).encode()


def rss(*items: str) -> bytes:
    """Return an RSS feed of items as they stand."""
    return (
        '<?xml version="1.0"?><rss version="2.0" xmlns:media="http://search.yahoo.com/mrss/"'
        ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"><channel><title>A feed</title>'
        f"{''.join(items)}</channel></rss>"
    ).encode()


def enclosed(address: str, title: str, *, hours: float = 1, seconds: int = 600) -> str:
    """Return an item with a video enclosed."""
    moment = format_datetime(NOW - timedelta(hours=hours))
    return (
        f"<item><title>{escape(title)}</title><pubDate>{moment}</pubDate>"
        f'<enclosure url="{escape(address)}" type="video/mp4" length="1"/>'
        f"<itunes:duration>{seconds}</itunes:duration></item>"
    )


def bomb() -> bytes:
    """Return a feed whose one title would unfold to a billion words."""
    levels = "".join(f'<!ENTITY a{level} "{f"&a{level - 1};" * 10}">' for level in range(1, 10))
    return (
        f'<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a0 "boo">{levels}]>'
        '<rss version="2.0"><channel><item><title>&a9;</title></item></channel></rss>'
    ).encode()
