"""Join the parts of one encode without decoding: packet by packet, at their true times."""

import errno
import heapq
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt

from cutroom.media.opening import open_media
from cutroom.records.errors import DiskFull, OutputUnsound

FORMATS = {".mp4": "mp4", ".webm": "webm"}
"""What may be joined, by the ending of its name."""
MOST_ROUNDING = 1.5
"""Ticks that a frame may be off: a part's start is rounded, and each frame's distance from it. In
WebM, whose ticks are the coarsest, that is 1.5 ms, in which no two frames fit."""
_HINT = "Encode it in one go; parts do not suit this video."


@dataclass(frozen=True, slots=True)
class Part:
    """One encoded stretch of the picture."""

    path: Path
    times: npt.NDArray[np.float64]
    """When each of its frames is shown, in seconds of the whole, ascending, shape (frames,)."""


@dataclass(frozen=True, slots=True)
class _Stamps:
    """The time stamps of a picture's packets."""

    pts: npt.NDArray[np.int64]
    """In decode order, in ticks."""
    time_base: Fraction
    head: bytes
    """What a decoder must know before the first packet: of H.264 the parameter sets."""


def join_parts(parts: Sequence[Part], sound: Path | None, target: Path) -> None:
    """Write one file of pictures that were encoded apart and a sound that was not.

    Args:
        parts: In order, all made with the same settings; each begins with a keyframe.
        sound: A file whose sound goes along; None for a silent film.
        target: The file to write; its ending is in `FORMATS`.

    Raises:
        OutputUnsound: The parts do not fit together, or a frame is missing, doubled or misplaced.
        DiskFull: There is no room.
    """
    read = [_read_stamps(part.path) for part in parts]
    first = read[0]
    if any((one.head, one.time_base) != (first.head, first.time_base) for one in read):
        raise OutputUnsound("The parts were encoded in different ways.", _HINT)
    places = [round(part.times[0] / float(first.time_base)) for part in parts]
    pts = np.concatenate(
        [one.pts - one.pts.min() + at for one, at in zip(read, places, strict=True)]
    )
    try:
        _write(parts, _Stamps(pts, first.time_base, first.head), sound, target)
    except av.error.FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull("There is no room to join the parts.", "Free disk space.") from error
        raise OutputUnsound(f"The parts could not be joined: {error}", _HINT) from error
    times = np.concatenate([part.times for part in parts])
    _compare(target.name, _read_stamps(target), times)


def check_part(part: Part) -> None:
    """Make sure that a part shows as many frames as it should, as far apart as they should be.

    Raises:
        OutputUnsound: It does not.
    """
    stamps = _read_stamps(part.path)
    stamps = replace(stamps, pts=stamps.pts - stamps.pts.min())
    _compare(part.path.name, stamps, part.times - part.times[0])


def _compare(name: str, stamps: _Stamps, times: npt.NDArray[np.float64]) -> None:
    """Hold the times of a file's frames, in seconds, against those they must have."""
    if len(stamps.pts) != len(times):
        raise OutputUnsound(f"{name} shows {len(stamps.pts)} frames, not {len(times)}.", _HINT)
    shown = np.sort(stamps.pts) * float(stamps.time_base)
    worst = float(np.abs(shown - times).max())
    if worst > MOST_ROUNDING * float(stamps.time_base):
        raise OutputUnsound(f"A frame of {name} is shown {worst:.4f} s off.", _HINT)


def _read_stamps(path: Path) -> _Stamps:
    with open_media(path) as container:
        stream: Any = container.streams.video[0]
        pts = [packet.pts for packet in container.demux(stream) if packet.size]
        head = bytes(stream.codec_context.extradata or b"")
        if not pts or None in pts:
            raise OutputUnsound(f"{path.name} holds no picture, or one without times.", _HINT)
        return _Stamps(np.array(pts, dtype=np.int64), Fraction(stream.time_base), head)


def decode_times(pts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return when each packet is decoded: ever later, and never later than it is shown.

    Each part has its own; where frames are unevenly spaced, those of one would reach back into the
    part before. A packet that comes `n` places before its frame's turn needs `n` frames of lead.

    Args:
        pts: Display times in decode order, all different, in ticks, shape (packets,).
    """
    order = np.sort(pts)
    rank = np.searchsorted(order, pts)
    lead = int((np.arange(len(pts)) - rank).max(initial=0))
    usual = max(1, int(np.median(np.diff(order)))) if len(pts) > 1 else 1
    before = order[0] - usual * np.arange(lead, 0, -1)
    return np.concatenate([before, order])[: len(pts)].astype(np.int64)


def _write(parts: Sequence[Part], stamps: _Stamps, sound: Path | None, target: Path) -> None:
    form = FORMATS[target.suffix]
    options = {"movflags": "+faststart"} if form == "mp4" else {}
    with ExitStack() as opened:
        model = opened.enter_context(open_media(parts[0].path))
        output = opened.enter_context(av.open(str(target), "w", format=form, options=options))
        packets = [_pictures(parts, stamps, _add_stream(output, model.streams.video[0]))]
        if sound is not None:
            heard = opened.enter_context(open_media(sound))
            track = heard.streams.audio[0]
            packets.append(_sounds(heard, track, _add_stream(output, track)))
        for packet in heapq.merge(*packets, key=_when):
            output.mux(packet)


def _add_stream(output: Any, stream: Any) -> Any:
    """Open a stream like another one, without its metadata."""
    added = output.add_stream_from_template(stream)
    added.metadata.clear()
    return added


def _pictures(parts: Sequence[Part], stamps: _Stamps, stream: Any) -> Iterator[Any]:
    """Yield the packets of all parts, at their places in the whole."""
    times = zip(stamps.pts.tolist(), decode_times(stamps.pts).tolist(), strict=True)
    for part in parts:
        with open_media(part.path) as container:
            for packet in container.demux(container.streams.video[0]):
                if packet.size:
                    packet.pts, packet.dts = next(times)
                    packet.stream = stream
                    yield packet


def _sounds(container: Any, track: Any, stream: Any) -> Iterator[Any]:
    for packet in container.demux(track):
        if packet.size and packet.dts is not None:
            packet.stream = stream
            yield packet


def _when(packet: Any) -> float:
    return float(packet.dts * packet.time_base)
