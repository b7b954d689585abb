"""Which model writes down what is said."""

from pathlib import Path
from typing import Self

from prefect.blocks.core import Block
from pydantic import Field, HttpUrl

from blocks.kinds import DOCUMENTATION
from blocks.settings import Settings


class SpeechModel(Block):
    """The model that every host writes down speech with, so that all read alike."""

    _block_type_name = "Cutroom Speech Model"
    _block_type_slug = "cutroom-speech-model"  # the server's key for saved blocks: never rename
    _description = "The faster-whisper model that writes down what is said."
    _logo_url = HttpUrl(
        "https://raw.githubusercontent.com/PrefectHQ/prefect/420d0d6a78bb6df1fc18bcf188fdad43c1d22ea9/assets/block-logos/process.png"
    )
    _documentation_url = HttpUrl(DOCUMENTATION)
    _code_example = """
```python
from blocks.speech_model import SpeechModel

SpeechModel(model="large-v3-turbo").save("cutroom", overwrite=True)
```
"""

    model: str = Field(
        default="",
        description="Name of the model, or its folder on every host; empty chooses by device.",
    )

    @classmethod
    def from_settings(cls, chosen: Settings) -> Self | None:
        """Return a block that says what the settings say; None where they say nothing."""
        return cls(model=chosen.speech_model) if chosen.speech_model else None

    def variables(self, home: Path) -> dict[str, str]:  # noqa: ARG002  part of the contract
        """Return the `CUTROOM_*` variables that say the same."""
        return {"CUTROOM_SPEECH_MODEL": self.model} if self.model else {}
