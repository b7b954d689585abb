"""The commands of `cutroom ...`, one file each: what it takes, and what it does.

Nothing heavy is imported before a command needs it, so that `cutroom --help` answers at once.
"""

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Commands = argparse._SubParsersAction[argparse.ArgumentParser]  # noqa: SLF001  it has no other name
    """What `add_to` of each command adds itself to."""

DONE, FAILED, WRONG_USAGE = 0, 1, 2
"""Exit statuses."""
