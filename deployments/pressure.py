"""Whether this host has room for another job."""

import shutil
from pathlib import Path

import psutil

from blocks.settings import Settings

_CGROUP = Path("/sys/fs/cgroup")
"""Where a container reads its own limits (cgroup v2)."""


def why_wait(chosen: Settings, cgroup: Path = _CGROUP) -> str | None:
    """Say in words why no job should begin here now; None when one may.

    A job that runs already is left alone: it will free what it holds.
    """
    used = memory_in_use(cgroup)
    if used > chosen.memory_limit:
        return f"memory is {used:.0f} % in use, the limit is {chosen.memory_limit:.0f} %"
    free = free_scratch(chosen.home)
    if free < chosen.scratch_floor:
        return (
            f"{free / 2**30:.1f} GiB of scratch are free, "
            f"the floor is {chosen.scratch_floor / 2**30:.1f} GiB"
        )
    return None


def memory_in_use(cgroup: Path = _CGROUP) -> float:
    """Return the percentage of memory in use: the container's where it has a limit."""
    try:
        limit = int((cgroup / "memory.max").read_text())
        current = int((cgroup / "memory.current").read_text())
        cached = _entry(cgroup / "memory.stat", "inactive_file")
    except (OSError, ValueError):  # no container, or `max`: one without a limit
        return float(psutil.virtual_memory().percent)
    return 100 * max(0, current - cached) / limit


def free_scratch(home: Path) -> int:
    """Return the bytes that are free where the data folder is or will be."""
    place = home.resolve()
    while not place.exists():
        place = place.parent
    return shutil.disk_usage(place).free


def _entry(path: Path, name: str) -> int:
    for line in path.read_text().splitlines():
        key, _, value = line.partition(" ")
        if key == name:
            return int(value)
    return 0
