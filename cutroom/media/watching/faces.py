"""Find faces and follow each through its shot, looking at few frames."""

import bisect
from itertools import pairwise
from pathlib import Path

from cutroom.media.watching.face_detector import PICTURE_SIDE, FaceDetector, face_detector
from cutroom.media.watching.face_tracks import FaceLook, follow, is_likely
from cutroom.media.watching.frames import Picture, look_at_frames
from cutroom.records.findings import FaceTrack, Scene
from cutroom.records.media import Media
from cutroom.records.span import Span

COARSE = 10.0
"""Seconds between looks that suffice to know who is in a video. Most encoders set a keyframe at
least as often, and no other frame is looked at then, but for shots without one."""
CLOSE = 0.25
"""Seconds between looks where a crop follows a face: framing considers its place as often, and
what leads to those frames is decoded either way."""
INSIDE = 0.1
"""Seconds kept from a shot's ends, where a dissolve or a late keyframe may show the next."""
LOOK_AGAIN = 0.3
"""Seconds after the only look at a shot at which a second one settles doubts: a blink is over by
then, and little has to be decoded to get there."""


def find_faces(
    path: Path,
    media: Media,
    scenes: list[Scene],
    window: Span,
    model: Path,
    *,
    every: float = COARSE,
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
        Tracks ordered by start; boxes are fractions of the upright picture. What was likely
        not a face in all its looks together has no track.

    Raises:
        ModelMissing: The model's file is not there.
        ModelFailed: MediaPipe cannot be loaded, or not with this file.
    """
    detector = face_detector(model)
    shots = _shots(scenes, window)
    looks = _look(path, media, sample_times(media, scenes, window, every=every), detector)
    again = [time for shot in shots for time in _second_look(shot, _inside(looks, shot))]
    if again:
        looks += _look(path, media, again, detector)
        looks.sort(key=lambda look: look.time)
    tracks = [track for shot in shots for track in follow(_inside(looks, shot), shot)]
    return sorted(tracks, key=lambda track: (track.start, track.boxes[0].x))


def sample_times(
    media: Media, scenes: list[Scene], window: Span, *, every: float = COARSE
) -> list[float]:
    """Choose the times at which to look for faces.

    Args:
        media: The probe of the file.
        scenes: Its shots; none stands for one that never ends.
        window: What is to be looked at.
        every: Seconds between looks within a shot at most, about.

    Returns:
        Times in order: every keyframe in the window, one time at least in each shot, and more
        where keyframes are too far apart.
    """
    return [
        time for shot in _shots(scenes, window) for time in _times_in(media.keyframes, shot, every)
    ]


def _shots(scenes: list[Scene], window: Span) -> list[Span]:
    """Return the parts of a window that lie in one shot each."""
    shots: list[Span] = list(scenes) or [window]
    return [
        Span(start=max(shot.start, window.start), end=min(shot.end, window.end))
        for shot in shots
        if shot.overlap(window) > 0
    ]


def _times_in(keyframes: tuple[float, ...], shot: Span, every: float) -> list[float]:
    """Return the keyframes of a shot, and times between those that are too far apart."""
    first, last = (bisect.bisect_left(keyframes, time) for time in (shot.start, shot.end))
    keys = list(keyframes[first:last])
    inset = min(INSIDE, shot.duration / 4)
    start, end = shot.start + inset, shot.end - inset
    if every >= shot.duration:
        return keys or [(start + end) / 2]
    if not keys or keys[0] - start > every / 2:
        keys.insert(0, start)
    if end - keys[-1] > every / 2:
        keys.append(end)
    times = keys[:1]
    for one, two in pairwise(keys):
        parts = max(1, round((two - one) / every))
        times += [one + (two - one) * number / parts for number in range(1, parts + 1)]
    return times


def _second_look(shot: Span, looks: list[FaceLook]) -> list[float]:
    """Return when to look again at a shot that was looked at once and did not show sure faces."""
    if len(looks) != 1 or (looks[0].faces and all(is_likely([one]) for one in looks[0].faces)):
        return []
    return [looks[0].time + min(LOOK_AGAIN, (shot.end - looks[0].time) / 2)]


def _look(path: Path, media: Media, times: list[float], detector: FaceDetector) -> list[FaceLook]:
    def look(time: float, picture: Picture) -> FaceLook:
        return FaceLook(time, detector.find(picture, time))

    return look_at_frames(path, media, times, (PICTURE_SIDE, PICTURE_SIDE), look)


def _inside(looks: list[FaceLook], shot: Span) -> list[FaceLook]:
    times = [look.time for look in looks]
    return looks[bisect.bisect_left(times, shot.start) : bisect.bisect_left(times, shot.end)]
