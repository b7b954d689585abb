"""Fill what a host's settings do not say from the blocks that its fleet shares."""

import os
from pathlib import Path
from typing import Any, TypeVar, cast

from blocks.kinds import NAME, SharedSettings, block_classes
from blocks.settings import Settings, settings

S = TypeVar("S", bound=SharedSettings)


def load_blocks() -> list[str]:
    """Take over what blocks say and this host's own settings do not.

    They become this process's variables, and so those of the jobs that it starts; nothing of them
    is a parameter of any run. Called once, when a worker starts.

    Returns:
        The names of the variables that were taken from blocks.
    """
    chosen = settings()
    said: dict[str, str] = {}
    for kind in block_classes():
        block = load(kind)
        if block is not None:
            said |= missing(block, chosen, chosen.home.resolve())
    os.environ.update(said)
    settings.cache_clear()
    return sorted(said)


def missing(block: SharedSettings, chosen: Settings, home: Path) -> dict[str, str]:
    """Return the variables of a block that nobody has set on this host."""
    own = {f"CUTROOM_{name.upper()}" for name in chosen.model_fields_set}
    return {name: value for name, value in block.variables(home).items() if name not in own}


def load(kind: type[S], name: str = NAME) -> S | None:
    """Return the block of a kind saved under a name; None when there is none."""
    try:
        return cast("S", cast("Any", kind).load(name))
    except ValueError:  # what Prefect raises where it finds none
        return None
