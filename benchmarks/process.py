"""Run a program and say what it took: its whole family's time, CPU and memory."""

import os
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from cutroom.media.ffmpeg import program

TAIL = 2000
"""How much of a failed program's log is shown, in characters."""


@dataclass(frozen=True, slots=True)
class Usage:
    """What one program took, the programs it started and waited for included."""

    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    """Resident memory of the largest single process among them."""
    output: str


def measured(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
) -> Usage:
    """Run a program to its end.

    Args:
        command: The program and its words.
        environment: All its variables; None hands on ours.
        folder: Its working directory.

    Raises:
        RuntimeError: It failed; with the end of its log.
    """
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as log:
        started = time.monotonic()
        process = subprocess.Popen(
            [str(word) for word in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=log,
            env=environment,
            cwd=folder,
        )
        try:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        finally:
            if process.returncode is None:
                process.kill()
                process.wait()
        wall_seconds = time.monotonic() - started
        output.seek(0)
        log.seek(0)
        text, said = output.read().decode(), log.read().decode(errors="replace")
    if process.returncode != 0:
        name = Path(str(command[0])).name
        raise RuntimeError(f"{name} ended with {process.returncode}:\n{text[-TAIL:]}{said[-TAIL:]}")
    return Usage(
        wall_seconds,
        usage.ru_utime + usage.ru_stime,
        usage.ru_maxrss * 1024,  # Linux counts in KiB
        text,
    )


def ffmpeg(*words: str | Path) -> Usage:
    """Run ffmpeg as one would type it."""
    quiet = ("-nostdin", "-hide_banner", "-nostats", "-y")
    return measured([program(), *quiet, *words])
