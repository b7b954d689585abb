"""What every block of ours has in common, and which there are.

A block holds what a fleet shares, so that a new host needs only the server's address. It fills in
settings: on each host a `CUTROOM_*` variable or a line in `.env` still wins.
"""

import importlib
from pathlib import Path
from typing import Protocol, Self

from blocks.settings import Settings

NAME = "cutroom"
"""The document of each block that hosts load. Others may be saved under other names."""
DOCUMENTATION = "https://docs.prefect.io/v3/concepts/blocks"

# Each block wears one of Prefect's own logos. Prefect takes logos by http and https alone: a data:
# address, or a path on its server, is refused when the block is registered. A logo of ours would
# need a web server that every reader's browser reaches.


class SharedSettings(Protocol):
    """A block that stands for some settings."""

    @classmethod
    def from_settings(cls, chosen: Settings) -> Self | None:
        """Return a block that says what the settings say; None where they say nothing."""

    def variables(self, home: Path) -> dict[str, str]:
        """Return the `CUTROOM_*` variables that say the same; files for them go below `home`."""


_PLACES = {
    "OrderDefaults": "order_defaults",
    "SpeechModel": "speech_model",
    "MediaStore": "media_store",
    "CatalogDatabase": "catalog_database",
    "PageDownloads": "page_downloads",
    "LanguageModel": "language_model",
}


def block_classes() -> list[type[SharedSettings]]:
    """Return every kind of block of ours; imports Prefect."""
    return [
        getattr(importlib.import_module(f"blocks.{module}"), name)
        for name, module in _PLACES.items()
    ]
