"""Find where shots change, for less than one decode.

Keyframes are decoded first, small; a group of pictures is looked into only where its two ends
differ without the encoder explaining it, or where packet sizes hint at a change.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np

from cutroom.media.watching.changes import find_cuts, find_gradual
from cutroom.media.watching.groups import Group, Reader, Strip, read_groups
from cutroom.media.watching.hints import FLASH, OPENING, Plan, plan_groups
from cutroom.media.watching.looks import CUT, FAINT, Look, differ, distance
from cutroom.records.findings import Change, Scene
from cutroom.records.media import Media
from cutroom.records.span import Span

SHORTEST_SCENE = 0.3
"""Seconds: shorter shots are not seen as shots; broadcasters' fastest montages stay above."""
GAP = 0.5
"""Seconds by which the first keyframe found may be late before the index counts as lying."""
OVERLAP = 5.0
"""Seconds that strips share in a plain walk: longer than any gradual change that is sought."""
CHUNK = 3000
"""Frames held at once in a plain walk: 10 MB."""
SETTLED = 3
"""Frames that must look like a group's end before the rest of it is left out."""
MOST_THREADS = 4
"""Groups decoded side by side; more would starve other jobs on the machine."""


def windows_of_keyframes(media: Media, length: float = 300.0) -> list[Span]:
    """Cut a video into windows that can be searched on their own.

    Args:
        media: The probe of the file.
        length: About how long each shall be, in seconds.

    Returns:
        Windows in order that cover [0, duration), their borders on keyframes; one window where
        the keyframes are not known.
    """
    borders = [0.0]
    for time in media.keyframes:
        if time - borders[-1] >= length and media.duration - time >= length / 2:
            borders.append(time)
    borders.append(max(media.duration, 0.001))
    return [Span(start=one, end=two) for one, two in pairwise(borders)]


def find_changes(path: Path, media: Media, window: Span) -> list[Change]:
    """Find the changes of shot that lie in one window.

    Args:
        path: The file that `media` describes.
        media: Its probe.
        window: One of `windows_of_keyframes`; the group of pictures before it is read as well,
            so that a cut on its border is not lost, and the one after it.

    Returns:
        Changes in order. Cuts are exact to the frame.
    """
    lead = max((time for time in media.keyframes if time < window.start), default=0.0)
    groups = read_groups(path, media, Span(start=lead, end=max(window.end, lead + 0.001)))
    if not media.is_seekable or not groups or groups[0].start > lead + GAP:
        changes = _walk(path, media, window)
    else:
        changes = _search(path, media, groups)
    return [change for change in changes if _belongs(change, window)]


def join_scenes(changes: list[Change], duration: float) -> list[Scene]:
    """Turn the changes of all windows into scenes that cover the whole video.

    Args:
        changes: In any order; one that two windows both saw counts once.
        duration: Of the video, in seconds.
    """
    kept: list[Change] = []
    for change in sorted(changes, key=lambda change: change.time):
        if kept and change.time - kept[-1].time < SHORTEST_SCENE:
            if kept[-1].change is not None and change.change is None:
                kept[-1] = change
        elif SHORTEST_SCENE <= change.time <= duration - SHORTEST_SCENE:
            kept.append(change)
    starts = [0.0, *(change.time for change in kept)]
    ends = [*starts[1:], duration]
    spans = [None, *(change.change for change in kept)]
    return [
        Scene(start=start, end=end, gradual=span is not None, change=span)
        for start, end, span in zip(starts, ends, spans, strict=True)
    ]


def _belongs(change: Change, window: Span) -> bool:
    """Say whether a window reports a change; both neighbours may report one on their border."""
    slack = 0.0 if change.change is None else SHORTEST_SCENE / 2
    return window.start - slack <= change.time < window.end + slack


def _search(path: Path, media: Media, groups: list[Group]) -> list[Change]:
    """Decode what the plans ask for, then once more what that left open."""
    plans = plan_groups(groups)
    seen = _decode(path, media, groups, plans)
    strips = _strips(groups, plans, seen)
    found = _all_changes(strips, media.duration)
    second = _second_plans(groups, plans, seen, strips, found)
    if not all(plan.is_nothing for plan in second):
        more = _decode(path, media, groups, second)
        seen = [old | new for old, new in zip(seen, more, strict=True)]
        plans = [_both(one, two) for one, two in zip(plans, second, strict=True)]
        found = _all_changes(_strips(groups, plans, seen), media.duration)
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


def _all_changes(strips: list[Strip], duration: float) -> list[Change]:
    return [change for strip in strips for change in _changes(strip, duration)]


def _changes(strip: Strip, duration: float) -> list[Change]:
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
    for packet in reader.packets_of(group):
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


def _walk(path: Path, media: Media, window: Span) -> list[Change]:
    """Decode everything up to a window's end, where no index leads into the middle."""
    changes = [
        change
        for strip in _chunks(path, media, window)
        for change in _changes(strip, media.duration)
    ]
    unique: dict[int, Change] = {}
    for change in changes:
        unique.setdefault(round(change.time / SHORTEST_SCENE), change)
    return sorted(unique.values(), key=lambda change: change.time)


def _chunks(path: Path, media: Media, window: Span) -> Iterator[Strip]:
    """Yield overlapping strips, so that memory stays flat."""
    kept: dict[float, Look] = {}
    with Reader(path, media) as reader:
        for packet in reader.packets():
            reader.feed(packet)
            if reader.time(packet) > window.end + OVERLAP:
                break
            if len(reader.seen) > CHUNK:
                kept |= reader.take()
                yield Strip.of(kept)
                last = max(kept)
                kept = {time: look for time, look in kept.items() if time > last - OVERLAP}
        kept |= reader.finish()
    if len(kept) > 1:
        yield Strip.of(kept)
