"""Places where a process may be told to die, so that tests can see what survives.

Nothing happens unless `CUTROOM_FAILPOINT` names a place: `NAME`, or `NAME:N` for the Nth time it is
reached, or `NAME:N:hold` to stand still there until someone kills the process or its parent, or
`NAME:N:child` to kill only the program that was started there. With `CUTROOM_FAILPOINT_ABOUT` only
those times count at which what is being done has these words in it, such as a file's name in the
command of ffmpeg. With `CUTROOM_FAILPOINT_NOTE`, the path of a file, it happens once: the file is
made first, says which process it was, and while it is there no place is dangerous. So the attempt
that takes up the work gets through.
"""

import os
import signal
import threading
from collections import Counter
from pathlib import Path
from typing import Final

PLACES: Final = (
    "accepted",
    "fetch",
    "keep",
    "normal",
    "words",
    "ffmpeg",
    "clip",
    "deliver",
    "swap",
    "upload",
    "part",
    "manifest",
    "finish",
)
"""The places, in the order of a job: after the order is in the catalog; while a part is fetched;
before a file gets its name in the store; after the normal file; before a window is transcribed;
while ffmpeg runs; after a clip is rendered, before it is kept; before files go to the folder asked
for; before they are moved in; before they go up; after a part of a large one; before the manifest;
before the job is completed.
"""

_reached: Counter[str] = Counter()
_lock = threading.Lock()


def reached(name: str, *, child: int | None = None, about: str = "") -> None:
    """Die, stand still, or kill the child, if this is the place and the time.

    Args:
        name: The place, one of `PLACES`.
        child: The process that was started here, where one was.
        about: What is being done here, in words that a drill may choose by.
    """
    wanted = os.environ.get("CUTROOM_FAILPOINT")
    if not wanted:
        return
    place, _, rest = wanted.partition(":")
    times, _, how = rest.partition(":")
    if place != name or os.environ.get("CUTROOM_FAILPOINT_ABOUT", "") not in about:
        return
    with _lock:
        _reached[name] += 1
        if _reached[name] != int(times or 1) or not _is_first(os.environ):
            return
    victim = child if how == "child" and child is not None else os.getpid()
    os.kill(victim, signal.SIGSTOP if how == "hold" else signal.SIGKILL)


def _is_first(environment: "os._Environ[str]") -> bool:
    """Say whether no process died here before; note that this one does."""
    note = environment.get("CUTROOM_FAILPOINT_NOTE")
    if note is None:
        return True
    try:
        with Path(note).open("x") as file:
            file.write(str(os.getpid()))
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        return False
    return True
