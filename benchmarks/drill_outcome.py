"""What became of the drill's jobs, and the scorecard that tells it."""

from dataclasses import dataclass

from benchmarks.drill_cases import Case

RESUMED_WITHIN = 90.0
"""Seconds from the death to the next attempt."""


@dataclass(frozen=True)
class Outcome:
    """What became of one job."""

    case: Case
    status: str
    attempts: int
    resumed: float
    """Seconds from the death to the next attempt; 0 where none was needed."""
    clips: int
    """Published, and named by the report."""
    copies: int
    """Renditions, likewise."""
    strangers: list[str]
    """Files among the results that no report names or that one names in vain, and what a reader of
    the bucket would miss or see too early."""
    repeated: list[str]
    """What was finished before the death and was done again."""
    retried: list[str]
    """Steps that one attempt had to try more than once."""
    left: int
    """Workspaces, half-delivered folders and ffmpeg processes left behind."""

    @property
    def is_well(self) -> bool:
        """Whether everything is as promised."""
        is_made = self.clips > 0 if self.case.orders_clips else self.copies > 0
        is_done = self.status == "completed" and is_made
        is_struck = self.retried == ([self.case.step] if self.case.step else [])
        is_counted = self.attempts == self.case.attempts
        is_clean = not (self.strangers or self.repeated or self.left)
        return is_done and is_struck and is_counted and is_clean and self.resumed <= RESUMED_WITHIN


def scorecard(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a table for docs/reliability.md."""
    lines = [
        "| dies at | victim | job | attempts | goes on after | clips | repeated | left behind |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in outcomes:
        after = f"{one.resumed:.0f} s" if one.resumed else "at once"
        again = ", ".join((*one.repeated, *one.retried)) or "nothing"
        left = ", ".join((*one.strangers, *([str(one.left)] if one.left else []))) or "nothing"
        lines.append(
            f"| {one.case.shown} | {one.case.victim} | {one.status} | {one.attempts} | {after}"
            f" | {one.clips} | {again} | {left} |"
        )
    well = sum(one.is_well for one in outcomes)
    slowest = max((one.resumed for one in outcomes), default=0.0)
    lines.append(f"\n{well} of {len(outcomes)} as promised; slowest to go on {slowest:.0f} s.")
    return "\n".join(lines)
