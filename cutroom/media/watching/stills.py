"""Small pictures along a video, for its timeline."""

import bisect
from pathlib import Path

from cutroom.media.watching.frames import Picture, look_at_frames
from cutroom.records.media import Media

COUNT = 12
"""Pictures along the timeline: as many as fit its width side by side."""
SIZE = (320, 180)
"""Pixels that each is fitted into."""
_QUALITY = 85


def make_stills(path: Path, media: Media, count: int, folder: Path) -> list[tuple[float, Path]]:
    """Write JPEGs of a video at even distances.

    Args:
        path: The file that `media` describes.
        media: Its probe.
        count: How many at most; each stands for an equal part of the video.
        folder: Where to write them.

    Returns:
        For each part in order the middle of it, in seconds, and the picture: the keyframe nearest
        to that middle where the part has one. Parts that cannot be decoded are left out.
    """
    each = max(media.duration, 0.001) / count
    middles = [(number + 0.5) * each for number in range(count)]
    times = sorted({_near(media.keyframes, middle, each / 2) for middle in middles})

    def write(time: float, picture: Picture) -> tuple[float, Path]:
        from PIL import Image  # noqa: PLC0415  loads its plugins

        part = folder / f"{time:.3f}.jpg"
        Image.fromarray(picture).save(part, format="JPEG", quality=_QUALITY)
        return time, part

    made = look_at_frames(path, media, times, SIZE, write)
    parts = {min(int(time / each), count - 1): picture for time, picture in made}
    return [(round(middles[number], 3), parts[number]) for number in sorted(parts)]


def _near(keyframes: tuple[float, ...], time: float, reach: float) -> float:
    """Return the keyframe nearest to a time, or the time where none is within reach."""
    place = bisect.bisect_left(keyframes, time)
    around = keyframes[max(0, place - 1) : place + 1]
    best = min(around, key=lambda key: abs(key - time), default=time)
    return best if abs(best - time) <= reach else time
