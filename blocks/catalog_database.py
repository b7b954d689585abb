"""Where the catalog is."""

from pathlib import Path
from typing import Self

from prefect.blocks.core import Block
from pydantic import Field, HttpUrl, SecretStr

from blocks.kinds import DOCUMENTATION
from blocks.settings import Settings


class CatalogDatabase(Block):
    """The one catalog of a fleet: a host without it would keep jobs that no other host sees."""

    _block_type_name = "Cutroom Catalog"
    _block_type_slug = "cutroom-catalog"  # the server's key for saved blocks: never rename
    _description = "The database that remembers jobs, what was found in videos, and their cuts."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/filesystem.png"
    )
    _documentation_url = HttpUrl(DOCUMENTATION)
    _code_example = """
```python
from blocks.catalog_database import CatalogDatabase

CatalogDatabase(url="postgresql://user:password@host/cutroom").save("cutroom", overwrite=True)
```
"""

    url: SecretStr = Field(description="postgresql://USER:PASSWORD@HOST/DATABASE")

    @classmethod
    def from_settings(cls, chosen: Settings) -> Self | None:
        """Return a block that says what the settings say; None where they say nothing."""
        return cls(url=SecretStr(chosen.catalog_url)) if chosen.catalog_url else None

    def variables(self, home: Path) -> dict[str, str]:  # noqa: ARG002  part of the contract
        """Return the `CUTROOM_*` variables that say the same."""
        return {"CUTROOM_CATALOG_URL": self.url.get_secret_value()}
