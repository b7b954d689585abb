"""What every record shares."""

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen value that travels between rooms and reads as plain JSON."""

    # Errors do not repeat what came in: an order may hold a signed link.
    model_config = ConfigDict(
        frozen=True, extra="forbid", use_attribute_docstrings=True, hide_input_in_errors=True
    )
