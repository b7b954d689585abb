"""What one way of doing the job cost, and the middle of several runs."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any


@dataclass(frozen=True, slots=True)
class StageTime:
    """What one stage took, in seconds."""

    wall_seconds: float | None
    """None for what went on beside the rest."""
    cpu_seconds: float
    is_cached: bool = False


@dataclass(frozen=True, slots=True)
class Account:
    """What one run of one pipeline cost."""

    wall_seconds: float
    cpu_seconds: float
    peak_memory_bytes: int
    """Of its largest process."""
    video_encodes: int
    downloads: int
    """How often the server was asked for the source, as the server counted it."""
    bytes_downloaded: int
    """As the server counted them."""
    bytes_to_storage: int
    bytes_from_storage: int
    stages: dict[str, StageTime]
    """By name, in the order of the story."""
    found: dict[str, int] = field(default_factory=dict)
    """How many scenes, silences and so on it found: proof that it worked at all."""


def middle(accounts: Sequence[Account]) -> dict[str, Any]:
    """Return one account as plain data: each figure the median over the runs.

    A stage counts as cached when it was in every run.
    """
    whole = [asdict(account) for account in accounts]
    figures = [name for name, value in whole[0].items() if not isinstance(value, dict)]
    stages = {
        name: {
            "wall_seconds": _median([run["stages"][name]["wall_seconds"] for run in whole]),
            "cpu_seconds": _median([run["stages"][name]["cpu_seconds"] for run in whole]),
            "is_cached": all(run["stages"][name]["is_cached"] for run in whole),
        }
        for name in whole[0]["stages"]
        if all(name in run["stages"] for run in whole)
    }
    return {
        **{name: _median([run[name] for run in whole]) for name in figures},
        "stages": stages,
        "found": whole[-1]["found"],
    }


def ratio(many: Sequence[Account], few: Sequence[Account], figure: str) -> float | None:
    """Return how many times more one side took, as the median over runs made in pairs.

    Both of a pair ran within the same minutes, so a machine that others use slows both.
    None where the other side took nothing.
    """
    pairs = zip(many, few, strict=True)
    shares = [
        getattr(one, figure) / getattr(other, figure) if getattr(other, figure) else None
        for one, other in pairs
    ]
    return _median(shares)


def _median(figures: Sequence[float | None]) -> float | None:
    """Return the median to the thousandth, None where a figure is missing."""
    known = [figure for figure in figures if figure is not None]
    return round(median(known), 3) if len(known) == len(figures) else None
