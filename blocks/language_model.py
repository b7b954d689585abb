"""Which language model is asked, and with which key."""

from pathlib import Path
from typing import Self

from prefect.blocks.core import Block
from pydantic import Field, HttpUrl, SecretStr

from blocks.kinds import DOCUMENTATION
from blocks.settings import Settings


class LanguageModel(Block):
    """The language model for topics and scripts; without one, both are done by rule."""

    _block_type_name = "Cutroom Language Model"
    _block_type_slug = "cutroom-language-model"  # the server's key for saved blocks: never rename
    _description = "The language model that is asked for topics and scripts, and its key."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/webhook.png"
    )
    _documentation_url = HttpUrl(DOCUMENTATION)
    _code_example = """
```python
from blocks.language_model import LanguageModel

LanguageModel(model="gemini-2.5-flash", key="...").save("cutroom", overwrite=True)
```
"""

    model: str = Field(default="", description="Name of the model, as its provider calls it.")
    key: SecretStr | None = Field(default=None, description="The provider's key.")

    @classmethod
    def from_settings(cls, chosen: Settings) -> Self | None:
        """Return a block that says what the settings say; None where they say nothing."""
        if not chosen.language_model and chosen.language_key is None:
            return None
        return cls(model=chosen.language_model, key=chosen.language_key)

    def variables(self, home: Path) -> dict[str, str]:  # noqa: ARG002  part of the contract
        """Return the `CUTROOM_*` variables that say the same."""
        said = {"CUTROOM_LANGUAGE_MODEL": self.model} if self.model else {}
        if self.key is not None:
            said["CUTROOM_LANGUAGE_KEY"] = self.key.get_secret_value()
        return said
