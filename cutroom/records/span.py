"""Stretches of time."""

from typing import Self

from pydantic import Field, model_validator

from cutroom.records.base import Record


class Span(Record):
    """A half-open stretch of the source, [start, end), in seconds."""

    start: float = Field(ge=0)
    end: float

    @model_validator(mode="after")
    def _must_run_forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError(f"A span runs forward, got {self.start} to {self.end}.")
        return self

    @property
    def duration(self) -> float:
        """Seconds from start to end."""
        return self.end - self.start

    def overlap(self, other: "Span") -> float:
        """Return how many seconds both spans share, 0 when they share none."""
        return max(0.0, min(self.end, other.end) - max(self.start, other.start))
