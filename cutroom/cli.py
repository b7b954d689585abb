"""The command line: `cutroom ...`."""

import argparse
import sys
from collections.abc import Sequence

from cutroom.commands import FAILED, WRONG_USAGE, doctor, export, sample, server, video
from cutroom.records.errors import CutroomError, OrderError

COMMANDS = (video, export, server, doctor, sample)
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


if __name__ == "__main__":
    sys.exit(main())
