"""Find where shots change, for less than one decode.

Keyframes are decoded first, small; a group of pictures is looked into only where its two ends
differ without the encoder explaining it, or where packet sizes hint at a change.
"""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

from cutroom.media.shots.groups import Strip, read_groups
from cutroom.media.shots.looks import Look
from cutroom.media.shots.reader import Reader
from cutroom.media.shots.searching import changes_in, search
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
        changes = search(path, media, groups)
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


def _walk(path: Path, media: Media, window: Span) -> list[Change]:
    """Decode everything up to a window's end, where no index leads into the middle."""
    changes = [
        change
        for strip in _chunks(path, media, window)
        for change in changes_in(strip, media.duration)
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
