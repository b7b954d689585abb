"""Whether a worker works: each touches a file of its own whenever it looked for work."""

import time
from pathlib import Path

QUIET = 120.0
"""Seconds without a look for work after which a worker counts as stuck; it looks every 10."""


def is_healthy(home: Path) -> bool:
    """Say whether a worker of this data folder has looked for work lately."""
    beats = [path.stat().st_mtime for path in workers_folder(home).glob("*.lock")]
    return any(time.time() - beat < QUIET for beat in beats)


def workers_folder(home: Path) -> Path:
    """Return the folder with a file for each worker: it locks the name, and its age tells."""
    folder = home.resolve() / "workers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder
