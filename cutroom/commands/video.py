"""`cutroom video`: turn one video into clips, copies or a master."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

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
    parser.add_argument("--out", metavar="DIR", default="out", help="folder for results [out]")
    parser.add_argument("--preset", choices=["clips", "transcode", "archive"], default="clips")
    parser.add_argument("--clips", metavar="N", type=int, help="at most this many clips [6]")
    parser.add_argument("--shortest", metavar="SECONDS", type=float, help="shortest clip [6]")
    parser.add_argument("--longest", metavar="SECONDS", type=float, help="longest clip [60]")
    parser.add_argument("--layout", choices=["source", "vertical", "square"], default="source")
    parser.add_argument("--captions", choices=["none", "burned"], default="none")
    parser.add_argument("--cut", choices=["copy", "smart", "encode"], default="smart")
    parser.add_argument("--loudness", choices=["source", "broadcast"], default="source")
    parser.add_argument("--renditions", metavar="NAMES", default="", help="such as 720p,480p")
    parser.add_argument("--virtual", action="store_true", help="choose clips, render none")
    parser.add_argument("--proxy", action="store_true", help="deliver the proxy too")
    parser.add_argument("--master", action="store_true", help="make a lossless FFV1 master")
    parser.add_argument("--master-slices", metavar="N", type=int, help="FFV1 slices [16]")
    parser.add_argument("--master-no-crc", action="store_true", help="no checksum in each slice")
    parser.add_argument("--no-transcript", action="store_true", help="do not write down words")
    parser.add_argument("--language", metavar="CODE", help="spoken language, such as en")
    parser.add_argument("--speech-model", metavar="NAME", help="faster-whisper model or folder")
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.set_defaults(command=_video)


def _video(arguments: argparse.Namespace) -> int:
    from cutroom.terminal import busy, print_report, show_progress  # noqa: PLC0415

    order = _order(arguments)
    check_output(Path(order.out or "."))
    with busy("Getting ready ..."):
        connect()
        from flows.video import video  # noqa: PLC0415  Prefect reads its settings on import
        from tasks.workbench import watched_by  # noqa: PLC0415

    with without_heartbeat(), show_progress(order.label) as watcher, watched_by(watcher):
        report = video(order)
    print_report(report, Path(order.out or "."))
    return DONE


def _order(arguments: argparse.Namespace) -> "Order":
    from pydantic import ValidationError  # noqa: PLC0415

    from cutroom.media.making.profiles import profile  # noqa: PLC0415
    from cutroom.records.order import Order, Recipe  # noqa: PLC0415
    from cutroom.sources.kinds import source_from  # noqa: PLC0415

    names = tuple(name.strip() for name in arguments.renditions.split(",") if name.strip())
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
        "renditions": names,
        "render": not arguments.virtual,
        "proxy": arguments.proxy,
        "master": arguments.master,
        "master_slices": arguments.master_slices,
        "master_slice_crc": not arguments.master_no_crc,
        "transcribe": not arguments.no_transcript,
        "language": arguments.language,
        "speech_model": arguments.speech_model,
        "device": arguments.device,
    }
    try:
        recipe = Recipe(**{name: value for name, value in chosen.items() if value is not None})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the recipe"
        raise OrderInvalid(f"{where}: {first['msg']}.", "See `cutroom video --help`.") from error
    source = source_from(arguments.source)
    return Order(source=source, recipe=recipe, out=str(Path(arguments.out).resolve()))
