"""The compressed stream as groups of pictures: what is known without decoding more than keys."""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from cutroom.media.shots.kinds import Kind
from cutroom.media.shots.looks import Look
from cutroom.media.shots.reader import SEEK_SLACK, Reader, Skip
from cutroom.records.media import Media
from cutroom.records.span import Span

LONGEST_LEAN = 200
"""Frames of a group up to which they are: what is predicted without them drifts, and after 250 the
next keyframe looked like a cut."""
FORWARD_SHARE = 0.2
"""Of a group's frames that are predicted forward at least, for the others to be left out."""


@dataclass(slots=True)
class Group:
    """A group of pictures: a keyframe and the frames up to the next one."""

    position: int
    """Decoding time stamp of its keyframe, in ticks: where a seek finds it."""
    look: Look | None = None
    """Of its keyframe; None when that could not be decoded."""
    times: list[float] = field(default_factory=list)
    """When each frame is shown, in seconds of the source, in decoding order."""
    sizes: list[int] = field(default_factory=list)
    """Bytes of each frame."""
    kinds: list[Kind] = field(default_factory=list)

    @property
    def start(self) -> float:
        """When its keyframe is shown."""
        return self.times[0]

    @property
    def skip(self) -> Skip:
        """What may be left out where only the course of events matters.

        A forward frame may be predicted from one left out in between; the decoder then takes the
        one before that, and small pictures hardly show it.
        """
        if len(self.kinds) > LONGEST_LEAN:
            return "NONREF"
        forward = sum(kind is Kind.FORWARD for kind in self.kinds)
        return "BIDIR" if forward >= FORWARD_SHARE * len(self.kinds) else "NONREF"

    def in_order(
        self,
    ) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64], npt.NDArray[np.int64]]:
        """Return times, sizes and kinds as they are shown."""
        order = np.argsort(self.times, kind="stable")
        columns = np.array(self.times), np.array(self.sizes, float), np.array(self.kinds)
        return columns[0][order], columns[1][order], columns[2][order]


@dataclass(frozen=True, slots=True)
class Strip:
    """Decoded frames in the order they are shown."""

    times: npt.NDArray[np.float64]
    """Seconds of the source, shape (frames,), ascending."""
    looks: Look
    """Shape (frames, 864)."""

    @classmethod
    def of(cls, seen: dict[float, Look]) -> "Strip":
        """Put frames in order."""
        times = sorted(seen)
        looks = [seen[time] for time in times]
        return cls(np.array(times), np.array(looks, dtype=np.float32).reshape(len(times), -1))


def read_groups(path: Path, media: Media, span: Span) -> list[Group]:
    """Read the packets from the keyframe before a span to the keyframe after it.

    Only keyframes are decoded. Where a keyframe is broken its look is None.
    """
    groups: list[Group] = []
    with Reader(path, media, skip="NONKEY") as reader:
        reader.seek_before(span.start)
        for packet in reader.packets():
            time = reader.time(packet)
            if packet.is_keyframe and time >= span.start - SEEK_SLACK:
                groups.append(Group(position=packet.pts if packet.dts is None else packet.dts))
            if not groups:
                continue
            groups[-1].times.append(time)
            groups[-1].sizes.append(packet.size)
            groups[-1].kinds.append(reader.kind(packet))
            if packet.is_keyframe:
                reader.feed(packet)
                if time > span.end:
                    break
        keys = reader.finish()
    for group in groups:
        group.look = keys.get(group.start)
    return groups
