"""Reading one source within its own time, whatever it does."""

import threading
import time
from collections.abc import Callable
from typing import TypeVar

from cutroom.records.errors import OrderInvalid, SourceUnreachable
from cutroom.records.trend import Reading
from cutroom.trends.door import Door, TrendSource
from cutroom.trends.feeds import Feed, GoogleTrends
from cutroom.trends.pages import Page, Search
from cutroom.trends.youtube import Chart, YouTubeFeed

T = TypeVar("T")

KINDS: tuple[TrendSource, ...] = (
    Chart(),
    Search(),
    GoogleTrends(),
    YouTubeFeed(),
    Feed(),
    Page(),
)
"""The first that recognises an address reads it; a new kind of source is a class and its name
here. `Page` takes what is left."""


def kind_of(address: str) -> TrendSource:
    """Return the plug-in that reads an address.

    Raises:
        OrderInvalid: None does.
    """
    for source in KINDS:
        if source.recognises(address):
            return source
    raise OrderInvalid(
        f"{address[:60]!r} is no source of trends.",
        "Give an https address, search:WORDS, chart:REGION or topics:REGION.",
    )


def read_source(address: str, door: Door, *, timeout: float) -> Reading:
    """Return what a source names.

    Args:
        address: As ordered.
        door: To the network.
        timeout: Seconds for all of it.

    Raises:
        OrderInvalid: No plug-in reads such an address.
        SourceUnreachable: Time is up, or the network failed.
        CutroomError: Whatever else the plug-in says.
    """
    source = kind_of(address)
    return within(timeout, lambda: source.read(address, door))


def within(seconds: float, work: Callable[[], T]) -> T:
    """Do work, and stop waiting for it when its time is up.

    Time-outs of sockets begin anew with each byte, name servers have their own, and a parser has
    none: only a clock outside of them all holds. Work that is late goes on in a thread that no
    exit waits for, and what it brings is dropped.

    Raises:
        SourceUnreachable: Time is up.
    """
    results: list[T] = []
    failures: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work())
        except BaseException as error:  # noqa: BLE001  raised again by whoever waits
            failures.append(error)

    thread = threading.Thread(target=run, name=f"trends-{time.monotonic_ns()}", daemon=True)
    thread.start()
    thread.join(seconds)
    if failures:
        raise failures[0]
    if not results:
        raise SourceUnreachable(
            f"It was not read after {seconds:g} s.", "Try again later, or give it more time."
        )
    return results[0]
