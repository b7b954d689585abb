"""Which groups of pictures are decoded, and how far: what keyframes and packet sizes leave open."""

import math
from collections import Counter
from dataclasses import dataclass, replace

import numpy as np

from cutroom.media.shots.costs import costly_stretches
from cutroom.media.shots.cuts import FLASH
from cutroom.media.shots.groups import Group
from cutroom.media.shots.hints import Hints, read_hints
from cutroom.media.shots.looks import CUT, differ, distance
from cutroom.records.span import Span

CALM = 0.38
"""Share of the sizes of the keyframes around them that predicted frames cost at most where
prediction worked, for a step of `CUT`. In whip pans it is 0.5 and more."""
BUSY, LARGE_STEP = 0.55, 60.0
"""The same for a step as large as this, which motion rarely makes; in between, in proportion."""
NEAR = 0.12
"""Seconds between a keyframe and a costly stretch up to which the keyframe may lie within a change
that the stretch is part of: 3 frames at 25 a second, over which costs are averaged."""
MARGIN = 0.5
"""Seconds decoded past the last hint, to see that the picture has settled."""
OPENING = 0.2
"""Seconds decoded after a keyframe that begins a shot by its size alone: a flash that begins there
is over by then, a dip moves on."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What to decode of one group."""

    until: float
    """Seconds of the source; infinite for all of it, minus infinity for nothing."""
    sharp: tuple[Span, ...] = ()
    """Where every frame is decoded; elsewhere only those that others are predicted from."""
    cuts_at_end: bool = False
    """Whether the next keyframe is known to begin a new shot, without decoding up to it."""
    settles: float = math.inf
    """Seconds of the source after which a picture like the next keyframe's ends the search."""

    @property
    def is_whole(self) -> bool:
        """Whether the group is decoded up to the next keyframe."""
        return self.until == math.inf

    @property
    def is_nothing(self) -> bool:
        """Whether nothing of the group is decoded."""
        return self.until == -math.inf


def plan_groups(groups: list[Group]) -> list[Plan]:
    """Decide for each group what to decode of it; of the last, which has no other end, all."""
    hints = [read_hints(group) for group in groups]
    scheduled = _scheduled(groups)
    costly = costly_stretches(groups)
    plans: list[Plan] = []
    for number in range(len(groups) - 1):
        one, other = groups[number], groups[number + 1]
        here, after = hints[number], hints[number + 1]
        last = _last_hint(one, here, hints[number - 1] if number else None)
        is_proven = _is_proven(one, other, here, is_scheduled=scheduled[number])
        is_busy = here.reaches_end or after.reaches_start or _flashes(after, other.start)
        is_near = any(span.start - NEAR <= other.start <= span.end + NEAR for span in costly)
        is_open = is_busy or is_near or not (is_proven or _is_same(one, other))
        plans.append(
            Plan(
                until=math.inf if is_open else last,
                sharp=here.sharp,
                cuts_at_end=is_proven and not is_open,
                settles=math.inf if is_busy else last,
            )
        )
    plans += [Plan(math.inf, here.sharp) for here in hints[-1:]]
    for number, plan in enumerate(plans[:-1]):
        if plan.cuts_at_end:
            opening = groups[number + 1].start + OPENING
            begun = plans[number + 1]
            plans[number + 1] = replace(begun, until=max(begun.until, opening))
    return plans


def _scheduled(groups: list[Group]) -> list[bool]:
    """A keyframe after the longest interval, or after the one most groups have, proves nothing."""
    lengths = [len(group.times) for group in groups[:-1]]
    if not lengths:
        return []
    usual, count = Counter(lengths).most_common(1)[0]
    is_clockwork = count * 2 > len(lengths) and count > 1
    longest = max(lengths)
    return [length == longest or (is_clockwork and length == usual) for length in lengths]


def _last_hint(group: Group, here: Hints, before: Hints | None) -> float:
    """Return when the last of what sizes hint at is over, minus infinity where they do not."""
    ends = [time + MARGIN for time in here.spikes]
    if here.run is not None:
        ends.append(here.run[1] + MARGIN)
    if before is not None and before.reaches_end:
        ends.append(group.start + 2 * MARGIN)
    return max(ends, default=-math.inf)


def _flashes(hints: Hints, start: float) -> bool:
    return any(time - start <= FLASH for time in hints.spikes)


def _is_same(one: Group, other: Group) -> bool:
    """Say whether two keyframes look so alike that no change between them would count."""
    if one.look is None or other.look is None:
        return False
    return not differ(one.look, other.look)


def _is_proven(one: Group, other: Group, here: Hints, *, is_scheduled: bool) -> bool:
    """Up to the keyframe prediction worked, then suddenly it did not, and the picture is new."""
    if is_scheduled or one.look is None or other.look is None:
        return False
    step = distance(one.look, other.look)
    effort = 2 * here.prediction / max(1, one.sizes[0] + other.sizes[0])
    return differ(one.look, other.look) and effort <= float(
        np.interp(step, [CUT, LARGE_STEP], [CALM, BUSY])
    )
