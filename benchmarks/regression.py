"""Hold what was measured against what is on record."""

from collections.abc import Mapping

ALLOWED = 0.25
"""Share of a ratio on record that may be lost before a benchmark counts as failed.

The ratios are of CPU times of programs that ran one after the other: load moves those by a tenth
and wall times by half."""


def regressions(now: Mapping[str, float], record: Mapping[str, float]) -> list[str]:
    """Return a sentence for each ratio that fell below what is on record, and by more than allowed.

    Args:
        now: What was just measured, by name; larger is better.
        record: The same as it was kept; a name that is new cannot fall.
    """
    return [
        f"{name}: {ratio:.2f}, on record {record[name]:.2f}"
        for name, ratio in now.items()
        if name in record and ratio < record[name] * (1 - ALLOWED)
    ]
