"""`cutroom trending`: look where videos trend, and order the best within a budget."""

import argparse
from typing import TYPE_CHECKING, Any

from cutroom.commands import DONE
from cutroom.commands.connecting import join_fleet, without_heartbeat
from cutroom.records.errors import OrderInvalid

if TYPE_CHECKING:
    from cutroom.commands import Commands
    from cutroom.records.trend import TrendOrder


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("trending", help="order what trends, within a budget")
    parser.add_argument(
        "--source",
        metavar="ADDRESS",
        action="append",
        required=True,
        help="a feed, channel, playlist or chart page, search:WORDS, chart:REGION or topics:REGION;"
        " may be given more than once",
    )
    parser.add_argument("--words", metavar="WORD", nargs="+", help="what you care about")
    parser.add_argument("--unwanted", metavar="WORD", nargs="+", help="leave out what speaks of it")
    parser.add_argument("--videos", metavar="N", type=int, help="at most this many [5]")
    parser.add_argument("--minutes", metavar="M", type=float, help="of playing time [120]")
    parser.add_argument("--videos-a-day", metavar="N", type=int, help="all runs together [20]")
    parser.add_argument("--minutes-a-day", metavar="M", type=float, help="all together [480]")
    parser.add_argument("--time-zone", metavar="NAME", help="whose midnight begins the day [UTC]")
    parser.add_argument("--timeout", metavar="SECONDS", type=float, help="for each source [20]")
    parser.add_argument("--topics", metavar="N", type=int, help="topics to search videos of [3]")
    parser.add_argument("--search", metavar="TEMPLATE", help="how [ytsearch{most}:{words}]")
    parser.add_argument("--owner", metavar="NAME", help="who gets the jobs [local]")
    parser.add_argument("--dry-run", action="store_true", help="show the ranking, order nothing")
    parser.set_defaults(command=_trending)


def _trending(arguments: argparse.Namespace) -> int:
    from cutroom.terminal import busy, print_trends  # noqa: PLC0415

    order = _order(arguments)
    with busy("Looking around ..."):
        join_fleet()
        from flows.trending import trending  # noqa: PLC0415  Prefect reads its settings on import

        with without_heartbeat():
            report = trending(order)
    print_trends(report)
    return DONE


def _order(arguments: argparse.Namespace) -> "TrendOrder":
    from pydantic import ValidationError  # noqa: PLC0415

    from cutroom.records.trend import TrendOrder  # noqa: PLC0415

    chosen: dict[str, Any] = {
        "sources": arguments.source,
        "words": arguments.words,
        "unwanted": arguments.unwanted,
        "videos_per_run": arguments.videos,
        "minutes_per_run": arguments.minutes,
        "videos_per_day": arguments.videos_a_day,
        "minutes_per_day": arguments.minutes_a_day,
        "time_zone": arguments.time_zone,
        "source_timeout": arguments.timeout,
        "topics": arguments.topics,
        "search": arguments.search,
        "owner": arguments.owner,
        "dry_run": arguments.dry_run,
    }
    try:
        return TrendOrder(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the order"
        raise OrderInvalid(f"{where}: {first['msg']}.", "See `cutroom trending --help`.") from error
