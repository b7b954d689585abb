"""Holding a finished clip against what it was to be."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av.error
import numpy as np
import numpy.typing as npt

from cutroom.media.cutting.packets import Frames, packets_from
from cutroom.media.opening import open_media
from cutroom.records.errors import OutputUnsound
from cutroom.records.media import Media

FRAME_TOLERANCE = 0.002
"""Seconds a frame's time may be off: Matroska keeps milliseconds, and both ends are rounded."""
SYNC_TOLERANCE = 0.02
"""Seconds between picture and sound that nobody notices; ITU-R BT.1359 finds 45 ms detectable."""
SOUND_END_TOLERANCE = 0.15
"""Seconds the sound may end early or late: whole AAC frames, and an encoder's delay."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What a clip must hold, in seconds of the clip."""

    times: npt.NDArray[np.float64]
    """Of each frame, ascending."""
    size: tuple[int, int] | None
    """Coded width and height; None where they stay as they were."""
    sound_start: float | None
    """When the sound begins; None for a clip without sound."""
    sound_end: float | None
    """When it ends; None where the source does not tell."""


def check_clip(path: Path, expected: Expected) -> None:
    """Re-probe a clip and refuse it unless it holds every frame at its time, and sound in sync.

    Raises:
        OutputUnsound: It is not what was asked for; the message says in what.
    """
    for claim in _faults(path, expected):
        raise OutputUnsound(
            f"The clip {path.name} is not sound: {claim}.",
            "Order it with --cut encode; if that fails too, the source is damaged there.",
        )


def decoded_times(source: Path, media: Media, frames: Frames) -> npt.NDArray[np.float64]:
    """Decode a stretch and return when its frames are shown, in seconds from its time zero.

    Packets are a promise only: damaged ones give no frame, and VP8 hides some.
    """
    pts: set[int] = set()
    first, stop = int(frames.pts[0]), frames.stop
    start = float(first * media.video.time_base) - media.start
    with open_media(source) as container:
        stream = container.streams[media.video.index]
        for packet in packets_from(container, [stream], media, start):
            if packet.dts is not None and packet.dts > stop:
                break
            pts.update(_decode(stream, packet))
        pts.update(_decode(stream, None))
    inside = sorted(one for one in pts if first <= one and (one < stop or frames.is_last))
    ticks = (np.array(inside, dtype=np.int64) - frames.zero).clip(0)
    return np.asarray(ticks * float(media.video.time_base), dtype=np.float64)


def _decode(stream: Any, packet: Any) -> list[int]:
    try:
        found = stream.codec_context.decode(packet)
    except av.error.InvalidDataError:
        return []
    return [frame.pts for frame in found if frame.pts is not None]


def _faults(path: Path, expected: Expected) -> Iterator[str]:
    """Yield what is wrong with a clip, in words."""
    times, sound, size = _read(path)
    if len(times) != len(expected.times):
        yield f"it has {len(times)} frames instead of {len(expected.times)}"
    else:
        worst = float(np.abs(times - expected.times).max(initial=0.0))
        if worst > FRAME_TOLERANCE:
            yield f"a frame is {worst * 1000:.0f} ms off its time"
    if expected.size is not None and size != expected.size:
        yield f"it is {size} pixels instead of {expected.size}"
    if expected.sound_start is None:
        if len(sound):
            yield "it has sound where the source has none"
    elif not len(sound):
        yield "its sound is missing"
    else:
        yield from _sound_faults(sound, expected.sound_start, expected.sound_end)


def _sound_faults(sound: npt.NDArray[np.float64], start: float, end: float | None) -> Iterator[str]:
    offset = max(0.0, float(sound[0, 0])) - start
    if abs(offset) >= SYNC_TOLERANCE:
        yield f"its sound begins {offset * 1000:+.0f} ms off the picture"
    late = float(sound[-1, 1]) - end if end is not None else 0.0
    if abs(late) > SOUND_END_TOLERANCE:
        yield f"its sound ends {late * 1000:+.0f} ms off the picture"


def _read(
    path: Path,
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], tuple[int, int]]:
    """Return the frames' times, the sound packets' spans and the coded size of a clip."""
    times: list[float] = []
    sound: list[tuple[float, float]] = []
    with open_media(path) as container:
        video = container.streams.video[0]
        for packet in container.demux():
            if packet.pts is None or packet.is_discard or not packet.size:
                continue
            start = float(packet.pts * packet.time_base)
            if packet.stream.index == video.index:
                times.append(start)
            elif packet.stream.type == "audio":
                sound.append((start, start + float((packet.duration or 0) * packet.time_base)))
        size = (video.codec_context.width, video.codec_context.height)
    return np.sort(np.array(times)), np.array(sorted(sound)).reshape(-1, 2), size
