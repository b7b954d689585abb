"""What every record shares."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen value that travels between rooms and reads as plain JSON."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)
