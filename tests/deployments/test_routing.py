"""Which pool and queue an order goes to."""

from fractions import Fraction

import pytest

from cutroom.records.media import Media, VideoStream
from cutroom.records.order import Order, Preset, Recipe, Source
from deployments.fleet import Fleet
from deployments.routing import Route, route

SOURCE = Source(kind="file", location="/talk.mp4")
PICTURE = VideoStream(
    index=0,
    codec="h264",
    width=640,
    height=360,
    frame_rate=Fraction(25),
    time_base=Fraction(1, 12800),
    pixel_format="yuv420p",
)


def lasting(minutes):
    """Return what a probe says of a video that long; None for one that nobody has seen."""
    if minutes is None:
        return None
    return Media(container="mov", duration=minutes * 60, size_bytes=1, video=PICTURE)


@pytest.mark.parametrize(
    ("minutes", "tier", "queue"),
    [
        (4.99, "standard", "express"),
        (5, "standard", "standard"),
        (30, "standard", "standard"),
        (30.01, "standard", "batch"),
        (None, "standard", "standard"),
        (4.99, "premium", "express"),
        (5, "premium", "express"),
        (30.01, "premium", "standard"),
        (None, "premium", "express"),
        (1, "batch", "batch"),
    ],
)
def test_short_and_premium_go_first(minutes, tier, queue):
    """Length chooses the queue, premium is one step up, batch waits behind all."""
    order = Order(source=SOURCE, tier=tier)

    assert route(order, lasting(minutes), []).queue == queue


@pytest.mark.parametrize(
    ("recipe", "alive", "pool"),
    [
        (Recipe(device="cuda"), ["cpu", "gpu"], "gpu"),
        (Recipe(device="cuda"), ["cpu"], "cpu"),
        (Recipe(device="auto"), ["gpu"], "gpu"),
        (Recipe(device="auto"), [], "cpu"),
        (Recipe(device="auto", transcribe=False), ["gpu"], "cpu"),
        (Recipe(device="auto", preset=Preset.TRANSCODE), ["gpu"], "cpu"),
        (Recipe(device="cpu"), ["gpu"], "cpu"),
    ],
)
def test_a_card_is_taken_where_it_helps_and_lives(recipe, alive, pool):
    """Speech gains by a card; what gains nothing leaves it to others."""
    assert route(Order(source=SOURCE, recipe=recipe), None, alive).pool == pool


def test_an_operator_moves_the_borders():
    """The numbers of the fleet decide, not the code."""
    order, fleet = Order(source=SOURCE), Fleet(express_below=10, standard_below=20)

    assert route(order, lasting(1), [], fleet) == Route(pool="cpu", queue="batch")
