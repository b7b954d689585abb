"""The folder that results go to."""

import os
from pathlib import Path

from cutroom.records.errors import OutputNotWritable


def check_output(out: Path) -> None:
    """Fail before hours of work, not after, when the results cannot be written."""
    place = out
    while not place.exists():
        place = place.parent
    if not place.is_dir() or not os.access(place, os.W_OK):
        raise OutputNotWritable(f"{out} cannot be written.", "Choose another folder with --out.")
