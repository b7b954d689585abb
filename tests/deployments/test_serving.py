"""`cutroom serve` is all of a fleet on one machine."""

import os
import re
import signal
import subprocess
import sys
from contextlib import contextmanager

import psutil
import pytest
from fleet import wait_for
from videos import make_video

from cutroom.catalog import reading
from cutroom.cli import main
from deployments.serving import Child


@contextmanager
def serving(fleet, *options):
    """Run it at the shared server; yield its process and a function that reads what it said."""
    log = fleet.house.home / "serve.log"
    own = {"CUTROOM_SCRATCH_FLOOR": "0", "CUTROOM_MEMORY_LIMIT": "100"}
    with log.open("w") as file:
        process = subprocess.Popen(
            [sys.executable, "-m", "cutroom.cli", "serve", *options],
            env={**fleet.house.environment(), **own, "PREFECT_WORKER_QUERY_SECONDS": "1"},
            stdout=file,
            stderr=file,
        )
    try:
        yield process, log.read_text
    finally:
        family = [process, *psutil.Process(process.pid).children()] if alive(process) else []
        for one in family:
            one.kill()
        process.wait()


def alive(process):
    """Say whether a process of ours still runs."""
    return process.poll() is None


def workers_in(text):
    """Return the names of the workers that have told that they take jobs."""
    return re.findall(r"Worker (\S+) takes jobs", text)


@pytest.mark.slow
def test_one_command_serves_orders_and_drains(fleet, tmp_path, capsys):
    """Set-up, two workers and upkeep; an order handed over is done; Ctrl-C ends it all."""
    path = make_video(tmp_path / "a.mp4", seconds=3)
    with serving(fleet, "--workers", "2", "--gpu-workers", "0") as (process, said):
        wait_for(lambda: len(workers_in(said())) == 2)
        assert len(set(workers_in(said()))) == 2

        words = ["--submit", "--wait", "--no-transcript", "--virtual"]
        assert main(["video", str(path), *words]) == 0, said()
        assert main(["video", str(tmp_path / "no.mp4"), *words]) == 1
        told = capsys.readouterr()
        assert told.out.count("is with the fleet") == 2
        assert "\nSOURCE_MISSING: " in told.err
        assert {job.status for job in reading.jobs(fleet.catalog)} == {"completed", "dead"}

        # One that dies is started again.
        children = psutil.Process(process.pid).children()
        assert len(children) == 3
        next(child for child in children if "worker" in child.cmdline()).kill()
        wait_for(lambda: len(workers_in(said())) == 3)

        children = psutil.Process(process.pid).children()
        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0, said()
        assert "it is started again" in said()
        assert not any(child.is_running() for child in children)


def test_a_child_that_ends_at_once_is_not_started_without_pause():
    """Each pause is twice as long, so that a wrong setting does not burn a core."""
    child, lines = Child(("no such command",)), []
    child.start()
    child.process.wait()

    child.revive(lines.append)
    first = child.start_at
    child.revive(lines.append)

    assert len(lines) == 1
    assert child.process is None
    assert first > child.started_at
    assert child.pause == 2


def test_children_end_with_whoever_watches_over_them(tmp_path):
    """A `serve` that is killed leaves no worker behind: the kernel asks it to drain."""
    note = tmp_path / "note"
    script = (
        "import subprocess, sys, time\n"
        "from deployments.serving import _end_with_parent\n"
        "child = subprocess.Popen(['sleep', '100'], preexec_fn=_end_with_parent)\n"
        f"open({str(note)!r}, 'w').write(str(child.pid))\n"
        "time.sleep(100)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script])
    wait_for(lambda: note.exists() and note.read_text())

    parent.kill()
    parent.wait()

    wait_for(lambda: not runs(int(note.read_text())))


def runs(pid):
    """Say whether a process runs that is no zombie."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE and os.kill(pid, 0) is None
    except (psutil.NoSuchProcess, ProcessLookupError):
        return False
