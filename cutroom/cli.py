"""The command line: `cutroom ...`.

Nothing heavy is imported before a command needs it, so that `cutroom --help` answers at once.
"""

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from cutroom.records.errors import (
    CutroomError,
    JobUnknown,
    OrderError,
    OrderInvalid,
    OutputNotWritable,
)

if TYPE_CHECKING:
    from cutroom.records.order import Order

DONE, FAILED, WRONG_USAGE = 0, 1, 2
Command = Callable[[argparse.Namespace], int]


def main(words: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 0 done, 1 failed, 2 wrong usage."""
    arguments = _parser().parse_args(words)
    if arguments.debug:
        return int(arguments.command(arguments))
    try:
        return int(arguments.command(arguments))
    except CutroomError as error:
        _say(error.code, error.problem, error.hint)
        return WRONG_USAGE if isinstance(error, OrderError) else FAILED
    except KeyboardInterrupt:
        print("Stopped. Run it again to go on from the last finished step.", file=sys.stderr)
    except Exception as error:  # noqa: BLE001  the last line of defence: never a traceback
        hint = "Run it again with --debug and report what it prints."
        _say("INTERNAL", f"{type(error).__name__}: {error}", hint)
    return FAILED


def _say(code: str, problem: str, hint: str) -> None:
    """Print an error as two lines, whatever a file's name or a tool's log put into it."""
    for line in (f"{code}: {problem}", f"hint: {hint}"):
        plain = (
            letter if letter.isprintable() else letter.encode("unicode_escape").decode()
            for letter in line
        )
        print("".join(plain), file=sys.stderr)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="cutroom", description="A video from anywhere, clips worth watching."
    )
    parser.add_argument("--debug", action="store_true", help="show tracebacks")
    commands = parser.add_subparsers(metavar="COMMAND", required=True)
    _add_video(commands.add_parser("video", help="turn one video into clips, copies or a master"))
    _add_export(
        commands.add_parser("export", help="make a master or a virtual clip of a job later")
    )
    _add_server(commands.add_parser("server", help="the local Prefect server"))
    doctor = commands.add_parser("doctor", help="what this machine has and lacks")
    doctor.add_argument("--encode", action="store_true", help="compare hardware encoders, too")
    doctor.set_defaults(command=_doctor)
    sample = commands.add_parser("sample", help="make the demo video")
    sample.add_argument("path", type=Path)
    sample.set_defaults(command=_sample)
    return parser


def _add_video(parser: argparse.ArgumentParser) -> None:
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


def _add_export(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("job", metavar="JOB_OR_REPORT", help="a job's id, or its report.json")
    parser.add_argument("--out", metavar="DIR", default="out", help="folder for results [out]")
    parser.add_argument("--master", action="store_true", help="the lossless master")
    parser.add_argument("--clip", metavar="ID", action="append", default=[], help="a clip's id")
    parser.set_defaults(command=_export)


def _add_server(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["start", "stop", "status"])
    parser.set_defaults(command=_server)


def _video(arguments: argparse.Namespace) -> int:
    from cutroom.terminal import busy, print_report, show_progress  # noqa: PLC0415

    order = _order(arguments)
    _check_output(Path(order.out or "."))
    with busy("Getting ready ..."):
        _connect()
        from flows.video import video  # noqa: PLC0415  Prefect reads its settings on import
        from tasks.workbench import watched_by  # noqa: PLC0415

    with _without_heartbeat(), show_progress(order.label) as watcher, watched_by(watcher):
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


def _export(arguments: argparse.Namespace) -> int:
    from cutroom.terminal import busy, show_progress  # noqa: PLC0415

    if not arguments.master and not arguments.clip:
        raise OrderInvalid("Nothing to export.", "Add --master, or --clip with a clip's id.")
    out = Path(arguments.out).resolve()
    _check_output(out)
    with busy("Getting ready ..."):
        _connect()
        from cutroom.records.order import ExportOrder  # noqa: PLC0415
        from flows.export import export  # noqa: PLC0415  Prefect reads its settings on import
        from tasks.workbench import watched_by  # noqa: PLC0415

    order = ExportOrder(
        job_id=_job_id(arguments.job), master=arguments.master, clips=arguments.clip, out=str(out)
    )
    title = f"export {order.job_id[:8]}"
    with _without_heartbeat(), show_progress(title) as watcher, watched_by(watcher):
        made = export(order)
    for name in made:
        print(out / name)
    return DONE


def _job_id(job: str) -> str:
    """Return the id in a report, when a path is given, else the id itself."""
    path = Path(job)
    if path.is_dir():
        path /= "report.json"
    if not path.is_file():
        return job
    try:
        return str(json.loads(path.read_text())["job_id"])
    except (ValueError, KeyError, TypeError) as error:
        raise JobUnknown(f"{path} is no report.", "Give a job's id or its report.json.") from error


def _server(arguments: argparse.Namespace) -> int:
    from blocks.settings import settings  # noqa: PLC0415
    from deployments.server import ensure_server, find_server, stop_server  # noqa: PLC0415

    home = settings().home
    if arguments.action == "stop":
        print("Stopped." if stop_server(home) else "No server was running.")
        return DONE
    server = ensure_server(home) if arguments.action == "start" else find_server(home)
    print(f"Running at {server.page} (process {server.pid})." if server else "Not running.")
    return DONE if server else FAILED


def _doctor(arguments: argparse.Namespace) -> int:
    from cutroom.doctor import compare_encoders, examine  # noqa: PLC0415
    from cutroom.terminal import print_findings  # noqa: PLC0415

    findings = [*examine(), *(compare_encoders() if arguments.encode else [])]
    print_findings(findings)
    return (
        FAILED if any(finding.is_vital and not finding.is_found for finding in findings) else DONE
    )


def _sample(arguments: argparse.Namespace) -> int:
    if arguments.path.exists():
        print(f"{arguments.path} is there already.")
        return DONE
    from cutroom.media.sample.making import make_sample  # noqa: PLC0415

    arguments.path.parent.mkdir(parents=True, exist_ok=True)
    print(f"Making {arguments.path} ...", flush=True)
    make_sample(arguments.path)
    return DONE


def _check_output(out: Path) -> None:
    """Fail before hours of work, not after, when the results cannot be written."""
    place = out
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise OutputNotWritable(f"{out} cannot be written.", "Choose another folder with --out.")


def _connect() -> None:
    """Point Prefect at the server the environment names, else at this data folder's own."""
    from blocks.settings import prefect_environment, settings  # noqa: PLC0415

    home = settings().home
    for name, value in prefect_environment(home).items():
        os.environ.setdefault(name, value)
    if settings().ffmpeg:
        os.environ["CUTROOM_FFMPEG"] = settings().ffmpeg
    if "PREFECT_API_URL" not in os.environ:
        from deployments.server import ensure_server, find_server  # noqa: PLC0415

        if not find_server(home):
            print("Starting the local Prefect server; it stays for the next call.", file=sys.stderr)
        os.environ["PREFECT_API_URL"] = ensure_server(home).api


@contextmanager
def _without_heartbeat() -> Iterator[None]:
    """Spare a run in the foreground the second that joining its heartbeat would take."""
    from prefect.settings import (  # noqa: PLC0415
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        temporary_settings,
    )

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        yield


if __name__ == "__main__":
    sys.exit(main())
