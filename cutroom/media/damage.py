"""Find damaged stretches of a picture by walking its packets, without decoding.

H.264 and HEVC in MP4 and Matroska come as units that each begin with their own length (ISO/IEC
14496-15). Lengths that do not add up to the packet, or a unit whose forbidden bit is set, betray
bytes that were overwritten, zeroed or lost.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av.error

from cutroom.media.opening import open_media
from cutroom.records.media import Media

HOPELESS = 0.5
"""From this share of damaged packets on, most of the video is not readable."""
_SAME_STRETCH = 2.0
"""Damaged packets closer than this, in seconds, are told as one stretch."""


@dataclass(frozen=True, slots=True)
class Damage:
    """What a walk over the packets found."""

    share: float
    """Of the packets that are damaged, in [0, 1]."""
    stretches: tuple[tuple[float, float], ...]
    """First and last second of each damaged stretch."""

    def __str__(self) -> str:
        """Say it in words."""
        where = ", ".join(f"{start:.1f}-{end:.1f} s" for start, end in self.stretches[:5])
        return f"{self.share:.1%} of the picture is damaged, around {where}"


def find_damage(path: Path, media: Media) -> Damage | None:
    """Return where packets are damaged; None when all are well or the codec cannot tell.

    Reads the whole file once, at the speed of the disk.
    """
    if media.video.codec not in ("h264", "hevc") or media.container not in ("mov", "matroska"):
        return None
    bad: list[float] = []
    count = 0
    last = 0.0
    with open_media(path, media.container) as container:
        stream: Any = container.streams[media.video.index]
        prefix = _prefix_size(bytes(stream.codec_context.extradata or b""), media.video.codec)
        if not prefix:
            return None
        try:
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                count += 1
                last = float(packet.pts * stream.time_base) if packet.pts is not None else last
                if packet.is_corrupt or not _adds_up(memoryview(packet), prefix):
                    bad.append(max(0.0, last - media.start))
        except av.error.FFmpegError:
            bad.append(max(0.0, last - media.start))
    return Damage(len(bad) / max(count, 1), _stretches(sorted(bad))) if bad else None


def _prefix_size(extradata: bytes, codec: str) -> int:
    """Return how many bytes each unit's length takes; 0 for streams with start codes instead."""
    place = {"h264": 4, "hevc": 21}[codec]
    if len(extradata) <= place or extradata[0] != 1:
        return 0
    return (extradata[place] & 3) + 1


def _adds_up(packet: memoryview, prefix: int) -> bool:
    position, end = 0, len(packet)
    while position + prefix < end:
        length = int.from_bytes(packet[position : position + prefix], "big")
        position += prefix
        if length == 0 or packet[position] & 0x80:
            return False
        position += length
    return position == end


def _stretches(times: list[float]) -> tuple[tuple[float, float], ...]:
    found: list[tuple[float, float]] = []
    for time in times:
        if found and time - found[-1][1] < _SAME_STRETCH:
            found[-1] = (found[-1][0], time)
        else:
            found.append((time, time))
    return tuple(found)
