"""A process dies where it is told to, when it is told to, and once."""

import os
import signal
import subprocess
import sys

PROGRAM = """
from cutroom.records.failpoints import reached
for _ in range(3):
    reached("elsewhere")
    reached("here")
    print("alive", flush=True)
"""


def run(where, **more):
    """Run the program with a failpoint in its environment."""
    environment = {**os.environ, "CUTROOM_FAILPOINT": where, **more}
    return subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_it_dies_at_the_place_and_the_time():
    """Without a chance to clean up."""
    done = run("here:2")

    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "alive\n")


def test_other_places_are_harmless():
    """And so is every place when nothing is set."""
    assert run("nowhere").stdout == run("").stdout == "alive\n" * 3


def test_with_a_note_it_happens_once(tmp_path):
    """The note says which process it was; the next one gets through."""
    note = tmp_path / "note"

    first = run("here", CUTROOM_FAILPOINT_NOTE=str(note))
    second = run("here", CUTROOM_FAILPOINT_NOTE=str(note))

    assert (first.returncode, second.returncode) == (-signal.SIGKILL, 0)
    assert int(note.read_text()) > 0


def test_only_the_program_that_was_started_may_die():
    """The process itself goes on, and sees which signal it was."""
    program = """
import subprocess
from cutroom.records.failpoints import reached
for name in ("one.mp4", "two.mp4"):
    child = subprocess.Popen(["sleep", "60"])
    reached("ffmpeg", child=child.pid, about=f"-i source {name}")
    if child.poll() is None and name == "one.mp4":
        child.terminate()
    print(name, child.wait(), flush=True)
"""
    environment = {
        **os.environ,
        "CUTROOM_FAILPOINT": "ffmpeg:1:child",
        "CUTROOM_FAILPOINT_ABOUT": "two.mp4",
    }
    done = subprocess.run(
        [sys.executable, "-c", program],
        env=environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )

    assert done.stdout == f"one.mp4 {-signal.SIGTERM}\ntwo.mp4 {-signal.SIGKILL}\n"
