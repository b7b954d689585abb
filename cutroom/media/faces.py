"""Find faces and follow each through its shot, looking at few frames."""

import bisect
import itertools
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av.error

from cutroom.media.face_detector import SURE_SCORE, face_detector, overlap, upright
from cutroom.media.opening import open_media
from cutroom.records.findings import FaceBox, FaceTrack, Scene
from cutroom.records.media import Media
from cutroom.records.span import Span

EVERY = 0.5
"""Seconds between looks: heads rarely cross more than their own width in that time."""
SNAP = 0.2
"""Seconds from a wanted time within which a keyframe, cheap to decode, does as well."""
INSIDE = 0.1
"""Seconds kept from a shot's ends, where a dissolve or a late keyframe may show the next."""
NEAR = 1.0
"""Widths of a face that it may move from one look to the next and still be the same."""
SIMILAR = 1.8
"""Times that a face may grow or shrink between two looks."""
LIKELY = 0.7
"""Score that the best of several boxes has at least: butterflies and ceilings of the corpus stay
below it however often they are seen."""
LOST_AFTER = 3
"""Looks without a face after which it is gone."""


@dataclass(slots=True)
class _Track:
    """A face being followed."""

    boxes: list[FaceBox] = field(default_factory=list)
    missed: int = 0


def sample_times(
    media: Media, scenes: list[Scene], window: Span, *, every: float = EVERY
) -> list[float]:
    """Choose the times at which to look for faces.

    Args:
        media: The probe of the file.
        scenes: Its shots; none stands for one that never ends.
        window: What is to be looked at.
        every: Seconds between looks within a shot; infinite for keyframes alone and the middle
            of each shot that has none.

    Returns:
        Times in order: every keyframe in the window, and in each shot more, on keyframes where
        there are some near.
    """
    shots: list[Span] = list(scenes) or [window]
    times: set[float] = set()
    for shot in shots:
        start, end = max(shot.start, window.start), min(shot.end, window.end)
        if end > start:
            times |= _times_in(media.keyframes, start, end, every)
    return sorted(times)


def find_faces(
    path: Path,
    media: Media,
    scenes: list[Scene],
    window: Span,
    model: Path,
    *,
    every: float = EVERY,
) -> list[FaceTrack]:
    """Find the faces in a window and follow each through its shot.

    Args:
        path: The file that `media` describes.
        media: Its probe.
        scenes: Its shots; a track never goes across a change.
        window: What is to be looked at.
        model: MediaPipe's `face_detection_short_range.tflite`.
        every: Seconds between looks, as for `sample_times`.

    Returns:
        Tracks ordered by start; boxes are fractions of the upright picture. A track has two
        boxes at least, or one that is sure.

    Raises:
        ModelMissing: The model's file is not there.
        ModelFailed: MediaPipe cannot be loaded, or not with this file.
    """
    detector = face_detector(model)
    times = sample_times(media, scenes, window, every=every)
    looks = [
        (time, detector.find(upright(frame, media), time))
        for time, frame in _frames(path, media, times)
    ]
    tracks: list[FaceTrack] = []
    for shot in list(scenes) or [Scene(start=window.start, end=window.end)]:
        inside = [look for look in looks if shot.start <= look[0] < shot.end]
        tracks += follow(inside, shot, every=every)
    return sorted(tracks, key=lambda track: (track.start, track.boxes[0].x))


def follow(
    looks: list[tuple[float, list[FaceBox]]], shot: Span, *, every: float = EVERY
) -> list[FaceTrack]:
    """Join the faces seen in one shot into tracks.

    Args:
        looks: Time of each look in order, and the faces seen then.
        shot: Where the tracks must stay.
        every: Seconds between looks, half of which a track lasts beyond its first and last box.
    """
    running: list[_Track] = []
    done: list[_Track] = []
    for _, boxes in looks:
        left = list(boxes)
        for track in sorted(running, key=lambda track: -len(track.boxes)):
            box = _nearest(track.boxes[-1], left)
            if box is None:
                track.missed += 1
            else:
                left.remove(box)
                track.boxes.append(box)
                track.missed = 0
        done += [track for track in running if track.missed >= LOST_AFTER]
        running = [track for track in running if track.missed < LOST_AFTER]
        running += [_Track([box]) for box in left]
    slack = min(every, EVERY) / 2
    return [_finished(track, shot, slack) for track in done + running if _is_real(track)]


def _times_in(keyframes: tuple[float, ...], start: float, end: float, every: float) -> set[float]:
    """Return the keyframes of a shot and the times of a grid that no keyframe is near."""
    first = bisect.bisect_left(keyframes, start)
    keys = keyframes[first : bisect.bisect_left(keyframes, end)]
    times = set(keys)
    inset = min(INSIDE, (end - start) / 4)
    if every >= end - start:
        grid = [(start + end) / 2] if not keys else []
    else:
        count = max(2, round((end - start) / every))
        step = (end - start - 2 * inset) / (count - 1)
        grid = [start + inset + number * step for number in range(count)]
    for time in grid:
        if all(abs(time - key) > SNAP for key in keys):
            times.add(time)
    return times


def _frames(path: Path, media: Media, times: list[float]) -> Iterator[tuple[float, Any]]:
    """Yield the frame at or after each time, and its own time; broken groups are passed over."""
    with open_media(path) as container:
        stream: Any = container.streams[media.video.index]
        context: Any = stream.codec_context
        if context.name == "h264":
            # Reference frames are near enough, and blocks do not keep a face from being found.
            # Other decoders get no such wish: VP9's frame threads wait for ever for what it skips.
            context.options = {**context.options, "skip_loop_filter": "all"}
            context.thread_type = "AUTO"
            context.skip_frame = "NONREF"
        for key, wanted in _by_group(media, times):
            if key is not None:
                container.seek(
                    int((key + media.start) / stream.time_base), stream=stream, backward=True
                )
            yield from _frames_at(container, stream, wanted, media.start)


def _by_group(media: Media, times: list[float]) -> Iterator[tuple[float | None, list[float]]]:
    """Group times by the keyframe from which they are decoded."""
    if not media.is_seekable or not media.keyframes:
        if times:
            yield None, times
        return

    def keyframe(time: float) -> float:
        place = bisect.bisect_right(media.keyframes, time + 1e-6) - 1
        return media.keyframes[max(0, place)]

    for key, group in itertools.groupby(times, keyframe):
        yield key, list(group)


def _frames_at(
    container: Any, stream: Any, wanted: list[float], origin: float
) -> Iterator[tuple[float, Any]]:
    """Decode from here on until every wanted time has its frame."""
    waiting = iter(wanted)
    time = next(waiting)
    for frame in _decoded(container, stream):
        shown = float(frame.pts * stream.time_base) - origin
        if shown < time - 1e-3:
            continue
        yield max(0.0, shown), frame
        following = next((later for later in waiting if later > shown), None)
        if following is None:
            return
        time = following


def _decoded(container: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(stream):
        try:
            frames = stream.codec_context.decode(packet)
        except av.error.FFmpegError:
            continue
        yield from (frame for frame in frames if frame.pts is not None)


def _nearest(last: FaceBox, boxes: list[FaceBox]) -> FaceBox | None:
    """Return the box that continues a track, None when there is none near of its size."""
    fitting = [box for box in boxes if _distance(last, box) <= NEAR and _is_similar(last, box)]
    return min(fitting, key=lambda box: _distance(last, box) - overlap(last, box), default=None)


def _distance(one: FaceBox, other: FaceBox) -> float:
    """Return how far the middles are apart, in widths and heights of the faces."""
    across = (one.x + one.width / 2 - other.x - other.width / 2) / max(one.width, other.width)
    down = (one.y + one.height / 2 - other.y - other.height / 2) / max(one.height, other.height)
    return max(abs(across), abs(down))


def _is_similar(one: FaceBox, other: FaceBox) -> bool:
    return 1 / SIMILAR <= one.height / other.height <= SIMILAR


def _is_real(track: _Track) -> bool:
    best = max(box.score for box in track.boxes)
    return best >= (LIKELY if len(track.boxes) > 1 else SURE_SCORE)


def _finished(track: _Track, shot: Span, slack: float) -> FaceTrack:
    start = max(shot.start, track.boxes[0].time - slack)
    end = min(shot.end, track.boxes[-1].time + slack)
    return FaceTrack(start=start, end=end, boxes=tuple(track.boxes))
