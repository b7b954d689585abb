"""Search groups of pictures for changes of shot, decoding as little as their plans ask for."""

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from cutroom.media.shots.cuts import FLASH, find_cuts
from cutroom.media.shots.gradual import find_gradual
from cutroom.media.shots.groups import Group, Strip
from cutroom.media.shots.looks import CUT, FAINT, Look, differ, distance
from cutroom.media.shots.plans import OPENING, Plan, plan_groups
from cutroom.media.shots.reader import Reader
from cutroom.records.findings import Change
from cutroom.records.media import Media
from cutroom.records.span import Span

SETTLED = 3
"""Frames that must look like a group's end before the rest of it is left out."""
MOST_THREADS = 4
"""Groups decoded side by side; more would starve other jobs on the machine."""


def search(path: Path, media: Media, groups: list[Group]) -> list[Change]:
    """Find changes of shot: plan, decode, decode what that left open.

    Args:
        path: The file.
        media: Its probe.
        groups: Of the stretch that is searched; the last one has no other end.

    Returns:
        Changes in order. Cuts are exact to the frame.
    """
    plans = plan_groups(groups)
    seen = _decode(path, media, groups, plans)
    strips = _strips(groups, plans, seen)
    found = [change for strip in strips for change in changes_in(strip, media.duration)]
    second = _second_plans(groups, plans, seen, strips, found)
    if not all(plan.is_nothing for plan in second):
        more = _decode(path, media, groups, second)
        seen = [old | new for old, new in zip(seen, more, strict=True)]
        plans = [_both(one, two) for one, two in zip(plans, second, strict=True)]
        strips = _strips(groups, plans, seen)
        found = [change for strip in strips for change in changes_in(strip, media.duration)]
    proven = [
        Change(time=max(0.0, other.start))
        for plan, (one, other), looks in zip(plans, pairwise(groups), seen, strict=False)
        if plan.cuts_at_end and _is_still_new(one, other, looks)
    ]
    return sorted([*proven, *found], key=lambda change: change.time)


def _is_still_new(one: Group, other: Group, looks: dict[float, Look]) -> bool:
    """Say whether a group's last decoded frames, too, differ from the keyframe after it.

    Else the change that made its two ends differ lies within it, or the keyframe ends a flash.
    """
    if other.look is None:
        return True
    recent = [looks[time] for time in looks if time >= other.start - FLASH]
    if not recent:
        last = looks[max(looks)] if looks else one.look
        recent = [] if last is None else [last]
    return all(differ(look, other.look) for look in recent)


def changes_in(strip: Strip, duration: float) -> list[Change]:
    """Return the cuts of one strip, then its gradual changes; `duration` is the video's."""
    cuts = find_cuts(strip)
    abrupt = [Change(time=max(0.0, float(strip.times[cut]))) for cut in cuts]
    return [*abrupt, *find_gradual(strip, cuts, duration)]


def _decode(
    path: Path, media: Media, groups: list[Group], plans: list[Plan]
) -> list[dict[float, Look]]:
    """Decode groups as planned, several side by side; return the looks of each by time."""
    seen: list[dict[float, Look]] = [{} for _ in groups]
    todo = iter([number for number, plan in enumerate(plans) if not plan.is_nothing])

    def work() -> None:
        with Reader(path, media) as reader:
            for number in todo:
                goal = groups[number + 1].look if number + 1 < len(groups) else None
                seen[number] = _decode_group(reader, groups[number], plans[number], goal)

    threads = min(MOST_THREADS, os.cpu_count() or 1)
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work) for _ in range(threads)]:
            done.result()
    return seen


def _decode_group(reader: Reader, group: Group, plan: Plan, goal: Look | None) -> dict[float, Look]:
    skip = group.skip
    for packet in reader.packets_from(group.position, group.start):
        time = reader.time(packet)
        is_sharp = any(span.start <= time <= span.end for span in plan.sharp)
        reader.feed(packet, "DEFAULT" if is_sharp else skip)
        if not packet.is_keyframe and reader.decoding_time(packet) > plan.until:
            break
        if goal is not None and time > plan.settles and _has_settled(reader.seen, goal):
            break
    return reader.finish()


def _has_settled(seen: dict[float, Look], goal: Look) -> bool:
    """Say whether the picture has for a while looked like the keyframe at the group's end."""
    recent = list(seen)[-SETTLED:]
    return len(recent) == SETTLED and all(distance(seen[time], goal) < CUT / 2 for time in recent)


def _strips(groups: list[Group], plans: list[Plan], seen: list[dict[float, Look]]) -> list[Strip]:
    """Join what was decoded without a gap, each up to the next keyframe where that is next."""
    strips: list[Strip] = []
    run: dict[float, Look] = {}
    for number, plan in enumerate(plans):
        run |= seen[number]
        after = groups[number + 1] if number + 1 < len(groups) else None
        if plan.is_whole and after is not None:
            if after.look is not None:
                run[after.start] = after.look
            if not plans[number + 1].is_nothing:
                continue
        if len(run) > 1:
            strips.append(Strip.of(run))
        run = {}
    return strips


def _second_plans(
    groups: list[Group],
    plans: list[Plan],
    seen: list[dict[float, Look]],
    strips: list[Strip],
    changes: list[Change],
) -> list[Plan]:
    """Plan for what the first decode left open.

    That is frames left out before a cut, groups left early though the picture had changed by then
    and no change was found, and what follows a cut on a keyframe, which may begin a flash.
    """
    gaps = [
        Span(start=max(0.0, float(strip.times[cut - 1])), end=float(strip.times[cut]))
        for strip in strips
        for cut in find_cuts(strip, may_be_gaps=True)
    ]
    second: list[Plan] = []
    for group, plan, looks in zip(groups, plans, seen, strict=True):
        times = np.array(group.times)
        sharp = tuple(gap for gap in gaps if np.any((times > gap.start) & (times < gap.end)))
        until = max((gap.end for gap in sharp), default=-np.inf)
        if _is_unexplained(group, plan, looks, changes):
            until = np.inf
        second.append(Plan(until, sharp))
    cuts = {change.time for change in changes if change.change is None}
    for number, plan in enumerate(plans[:-1]):
        opening = groups[number + 1].start + OPENING
        is_open = max(plans[number + 1].until, second[number + 1].until) < opening
        if is_open and groups[number + 1].start in cuts:
            second[number + 1] = replace(second[number + 1], until=opening)
        if plan.cuts_at_end and _moves_on(groups[number + 1], seen[number + 1]):
            for near in (number, number + 1):
                second[near] = replace(second[near], until=np.inf)
    return second


def _both(one: Plan, two: Plan) -> Plan:
    return two if two.is_whole else replace(one, until=max(one.until, two.until))


def _moves_on(group: Group, looks: dict[float, Look]) -> bool:
    """Say whether a group soon looks otherwise than it begins: a flash, or within a dip."""
    if group.look is None:
        return False
    opening = [looks[time] for time in looks if time <= group.start + OPENING + FLASH / 3]
    return any(distance(group.look, look) >= FAINT for look in opening)


def _is_unexplained(
    group: Group, plan: Plan, looks: dict[float, Look], changes: list[Change]
) -> bool:
    if plan.is_whole or not looks or group.look is None:
        return False
    last = max(looks)
    is_explained = any(group.start < change.time <= last for change in changes)
    return not is_explained and distance(group.look, looks[last]) >= CUT
