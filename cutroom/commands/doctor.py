"""`cutroom doctor`: what this machine has and lacks."""

import argparse
from typing import TYPE_CHECKING

from cutroom.commands import DONE, FAILED

if TYPE_CHECKING:
    from cutroom.commands import Commands


def add_to(commands: "Commands") -> None:
    """Add the command."""
    parser = commands.add_parser("doctor", help="what this machine has and lacks")
    parser.add_argument("--encode", action="store_true", help="compare hardware encoders, too")
    parser.set_defaults(command=_doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    from cutroom.doctor import compare_encoders, examine  # noqa: PLC0415
    from cutroom.terminal import print_findings  # noqa: PLC0415

    findings = [*examine(), *(compare_encoders() if arguments.encode else [])]
    print_findings(findings)
    return (
        FAILED if any(finding.is_vital and not finding.is_found for finding in findings) else DONE
    )
