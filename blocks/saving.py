"""Save this machine's settings as blocks, for the other hosts."""

from typing import Any, cast

from prefect.blocks.core import Block

from blocks.kinds import NAME, block_classes
from blocks.loading import load
from blocks.settings import Settings


def save_blocks(chosen: Settings, *, overwrite: bool = False) -> list[str]:
    """Register every kind of block, and save those that the settings have something for.

    Args:
        chosen: This machine's settings.
        overwrite: Whether to replace what is saved already.

    Returns:
        The kinds that have a document now which hosts load.
    """
    there = []
    for kind in block_classes():
        cast("type[Block]", kind).register_type_and_schema()
        name = cast("Any", kind)._block_type_name  # noqa: SLF001  Prefect's own name for it
        if load(kind) is not None and not overwrite:
            there.append(name)
            continue
        block = kind.from_settings(chosen)
        if block is not None:
            cast("Block", block).save(NAME, overwrite=True)
            there.append(name)
    return there
