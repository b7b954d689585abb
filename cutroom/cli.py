"""The command line: `cutroom ...`."""

import argparse
import atexit
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress

from cutroom.commands import (
    FAILED,
    WRONG_USAGE,
    doctor,
    export,
    fetch,
    jobs,
    sample,
    serve,
    server,
    setup,
    trending,
    upkeep,
    video,
    worker,
)
from cutroom.records.errors import CutroomError, OrderError

COMMANDS = (
    *(video, export, fetch, jobs, trending, serve),
    *(setup, worker, upkeep, server, doctor, sample),
)
"""In the order of `cutroom --help`; a new one is a file in `commands/` and its name here."""


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
    for command in COMMANDS:
        command.add_to(commands)
    return parser


def run() -> int:
    """Be the program `cutroom`."""
    note = leaving_at_once()
    return note(main())


def leaving_at_once() -> Callable[[int], int]:
    """Spare this process what Python does at its very end: 0.3 s of taking modules apart.

    Call it before anything else asks to be called at the end: those come first, the last one first.

    Returns:
        A function that takes the exit status and gives it back; without its call nothing is spared.
    """
    told: list[int] = []
    atexit.register(_leave, told)

    def note(status: int) -> int:
        told.append(status)
        return status

    return note


def _leave(told: list[int]) -> None:
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):
            stream.flush()
    if told:  # else the status is that of an exception, which only Python knows
        os._exit(told[-1])


if __name__ == "__main__":
    sys.exit(run())
