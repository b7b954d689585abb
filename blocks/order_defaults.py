"""What orders ask for when nothing else is said."""

from pathlib import Path
from typing import Any, Self

from prefect.blocks.core import Block
from pydantic import Field, HttpUrl

from blocks.kinds import DOCUMENTATION
from blocks.settings import Settings
from cutroom.records.order import Recipe


class OrderDefaults(Block):
    """A house's taste: how many clips, how long, in which shape; for `cutroom video --defaults`."""

    _block_type_name = "Cutroom Order Defaults"
    _block_type_slug = "cutroom-order-defaults"  # the server's key for saved blocks: never rename
    _description = "What an order asks for when nothing else is said."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/process.png"
    )
    _documentation_url = HttpUrl(DOCUMENTATION)
    _code_example = """
```
cutroom video talk.mp4 --defaults shorts
```
"""

    recipe: dict[str, Any] = Field(
        default_factory=dict,
        description='Options of a recipe, such as {"layout": "vertical", "captions": "burned"}.',
    )

    @classmethod
    def from_settings(cls, chosen: Settings) -> Self | None:  # noqa: ARG003  part of the contract
        """Return None: what to order is no setting of a machine."""
        return None

    def variables(self, home: Path) -> dict[str, str]:  # noqa: ARG002  part of the contract
        """Return nothing: it is asked for by name."""
        return {}

    def checked(self) -> Recipe:
        """Return the recipe.

        Raises:
            ValidationError: An option does not exist or is out of bounds.
        """
        return Recipe.model_validate(self.recipe)
