"""`cutroom video`: turn one video into clips, copies or a master."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cutroom.commands import DONE
from cutroom.commands.connecting import connect, without_heartbeat
from cutroom.commands.outputs import check_output
from cutroom.records.errors import OrderInvalid

if TYPE_CHECKING:
    from cutroom.commands import Commands
    from cutroom.records.order import Order


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("video", help="turn one video into clips, copies or a master")
    parser.add_argument("source", metavar="SOURCE", help="a path or an address")
    parser.add_argument("--out", metavar="DIR", help="folder for results [out]")
    parser.add_argument("--preset", choices=["clips", "transcode", "archive"])
    parser.add_argument("--clips", metavar="N", type=int, help="at most this many clips [6]")
    parser.add_argument("--shortest", metavar="SECONDS", type=float, help="shortest clip [6]")
    parser.add_argument("--longest", metavar="SECONDS", type=float, help="longest clip [60]")
    parser.add_argument("--layout", choices=["source", "vertical", "square"])
    parser.add_argument("--captions", choices=["none", "burned"])
    parser.add_argument("--cut", choices=["copy", "smart", "encode"])
    parser.add_argument("--loudness", choices=["source", "broadcast"])
    parser.add_argument("--renditions", metavar="NAMES", help="such as 720p,480p")
    parser.add_argument("--virtual", action="store_true", help="choose clips, render none")
    parser.add_argument("--proxy", action="store_true", help="deliver the proxy too")
    parser.add_argument("--master", action="store_true", help="make a lossless FFV1 master")
    parser.add_argument("--master-slices", metavar="N", type=int, help="FFV1 slices [16]")
    parser.add_argument("--master-no-crc", action="store_true", help="no checksum in each slice")
    parser.add_argument("--no-transcript", action="store_true", help="do not write down words")
    parser.add_argument("--language", metavar="CODE", help="spoken language, such as en")
    parser.add_argument("--speech-model", metavar="NAME", help="faster-whisper model or folder")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"])
    parser.add_argument("--defaults", metavar="NAME", help="a block with what is not said here")
    parser.add_argument("--tier", choices=["batch", "standard", "premium"], default="standard")
    parser.add_argument("--submit", action="store_true", help="hand it to the fleet's workers")
    parser.add_argument("--wait", action="store_true", help="with --submit: stay until it is done")
    parser.set_defaults(command=_video)


def _video(arguments: argparse.Namespace) -> int:
    from cutroom.terminal import busy, print_report, show_progress  # noqa: PLC0415

    order = _order(arguments)
    if arguments.submit:
        from cutroom.commands.handing_over import hand_over  # noqa: PLC0415

        return hand_over(order, wait=arguments.wait)
    check_output(Path(order.out or "."))
    with busy("Getting ready ..."):
        connect()
        from flows.video import video  # noqa: PLC0415  Prefect reads its settings on import
        from tasks.accepting import accept_order  # noqa: PLC0415
        from tasks.workbench import watched_by  # noqa: PLC0415

    with without_heartbeat(), show_progress(order.label) as watcher, watched_by(watcher):
        report = video(accept_order(order).order.without_secrets())
    print_report(report, Path(order.out or "."))
    return DONE


def _order(arguments: argparse.Namespace) -> "Order":
    from pydantic import ValidationError  # noqa: PLC0415

    from cutroom.media.making.profiles import profile  # noqa: PLC0415
    from cutroom.records.order import Order, Recipe  # noqa: PLC0415
    from cutroom.sources.kinds import source_from  # noqa: PLC0415

    names = tuple(name.strip() for name in (arguments.renditions or "").split(",") if name.strip())
    for name in names:
        profile(name)
    chosen = {
        "preset": arguments.preset,
        "clips": arguments.clips,
        "shortest_clip": arguments.shortest,
        "longest_clip": arguments.longest,
        "layout": arguments.layout,
        "captions": arguments.captions,
        "cut": arguments.cut,
        "loudness": arguments.loudness,
        "renditions": names or None,
        "render": False if arguments.virtual else None,
        "proxy": arguments.proxy or None,
        "master": arguments.master or None,
        "master_slices": arguments.master_slices,
        "master_slice_crc": False if arguments.master_no_crc else None,
        "transcribe": False if arguments.no_transcript else None,
        "language": arguments.language,
        "speech_model": arguments.speech_model,
        "device": arguments.device,
    }
    said = {name: value for name, value in chosen.items() if value is not None}
    try:
        recipe = Recipe(**(_defaults(arguments.defaults) | said))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the recipe"
        raise OrderInvalid(f"{where}: {first['msg']}.", "See `cutroom video --help`.") from error
    source = source_from(arguments.source)
    # A folder beside the caller means nothing to a worker on another host, unless it is asked for.
    out = arguments.out or (None if arguments.submit else "out")
    return Order(
        source=source,
        recipe=recipe,
        tier=arguments.tier,
        out=str(Path(out).resolve()) if out else None,
    )


def _defaults(name: str | None) -> "dict[str, Any]":
    """Return what a block of order defaults says."""
    if name is None:
        return {}
    connect()
    from blocks.loading import load  # noqa: PLC0415
    from blocks.order_defaults import OrderDefaults  # noqa: PLC0415
    from deployments.fleet import server  # noqa: PLC0415

    with server():
        block = load(OrderDefaults, name)
    if block is None:
        raise OrderInvalid(
            f"The Prefect server has no order defaults called {name!r}.",
            "Save a block of that kind under that name, in Prefect's pages.",
        )
    return dict(block.recipe)
