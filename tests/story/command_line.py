"""The command line as tests use it: in this process, or in one of its own."""

import ctypes
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from house import House

from blocks.settings import settings
from cutroom.catalog import reading
from cutroom.catalog.sessions import open_catalog
from cutroom.cli import main
from cutroom.records.errors import CutroomError

PLAIN_LINE = re.compile(r"[a-z]+: (done|\d+%)|Getting ready \.\.\.|\[.*\]|")


@dataclass(frozen=True)
class Outcome:
    """What a command left behind."""

    status: int
    lines: list[str]
    """Of standard error."""


@dataclass(frozen=True)
class CommandLine:
    """`cutroom video` in a house, its results in the house's own folder unless said else."""

    house: House
    capsys: Any
    """Pytest's."""

    def __call__(self, source: Any, *options: str, out: Any = None) -> Outcome:
        """Run it in this process."""
        words = ["video", "--out", str(out or self.house.out), *options, "--", str(source)]
        status = main(words)
        told = self.capsys.readouterr()
        assert "Traceback" not in told.out + told.err
        return Outcome(status, told.err.splitlines())

    def apart(self, source: Path, *options: str, **more: Any) -> Outcome:
        """Run it in a process of its own, started with more of `Popen`'s options."""
        command = [sys.executable, "-m", "cutroom.cli", "video", str(source)]
        done = subprocess.run(
            [*command, "--out", str(self.house.out), "--no-transcript", *options],
            env=self.house.environment(),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **more,
        )
        assert "Traceback" not in done.stdout + done.stderr
        return Outcome(done.returncode, done.stderr.splitlines())


def check_failed(house: House, outcome: Outcome, error: type[CutroomError]) -> None:
    """Exit 1, exactly two lines about it, no leftovers, and a job row that says why."""
    assert outcome.status == 1
    *before, first, second = outcome.lines
    assert re.fullmatch(rf"{error.code}: .+", first)
    assert re.fullmatch(r"hint: .+", second)
    assert [line for line in before if not PLAIN_LINE.fullmatch(line)] == []
    assert not house.out.exists() or not any(house.out.iterdir())
    assert not any((house.home / "parts").iterdir())
    (job,) = reading.jobs(open_catalog(settings().catalog))
    assert job.status == ("failed" if error.is_transient else "dead")
    assert job.error is not None
    assert job.error.code == error.code
    assert f"{job.error.code}: {job.error.message}" == first
    assert f"hint: {job.error.hint}" == second
    assert job.ended_at is not None


def obey_permissions() -> None:
    """Keep exec from giving root what reads any file: capabilities 1 and 2, by prctl 24."""
    if os.geteuid() == 0:
        libc = ctypes.CDLL(None, use_errno=True)
        assert libc.prctl(24, 1, 0, 0, 0) == 0
        assert libc.prctl(24, 2, 0, 0, 0) == 0
