"""Which frames of its source a clip really holds."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np

from benchmarks.videos import Video
from cutroom.media.cutting.few_frames import decode_few, luma_of, ssim
from cutroom.media.cutting.packets import Frames, Packets

WINDOW = 2
"""Frames before and after the asked one that a clip's picture is compared with."""
TIE = 0.0005
"""SSIM by which a neighbour must look more alike than the asked frame to count as the one shown:
where nothing moves, all look the same."""


@dataclass(frozen=True, slots=True)
class Held:
    """How a clip's frames differ from those asked for."""

    early: int
    """Frames before the first asked one; negative where it is missing."""
    late: int
    """Frames after the last asked one; negative where it is missing."""
    count: int
    """How many more frames than asked."""

    @property
    def is_exact(self) -> bool:
        """Whether it holds the asked frames alone."""
        return self.early == self.late == self.count == 0


def held_by_copy(path: Path, _video: Video, packets: Packets, frames: Frames) -> Held:
    """Count the frames in the file: editors and some players show those that an edit list hides.

    The clip's clock is the source's less the asked start, give or take a frame.
    """
    with av.open(str(path)) as clip:
        stream: Any = clip.streams.video[0]
        found = [packet.pts * packet.time_base for packet in clip.demux(stream) if packet.size]
    wanted = np.sort((frames.pts - frames.zero) * float(packets.time_base))
    half = float(wanted[1] - wanted[0]) / 2
    times = np.sort(np.array(found, dtype=float))
    early = int((times < -half).sum())
    late = int((times > wanted[-1] + half).sum())
    return Held(early, late, len(times) - len(wanted))


def held_by_encode(path: Path, video: Video, packets: Packets, frames: Frames) -> Held:
    """Find the first and the last picture of a clip among the source's frames around the asked."""
    with av.open(str(path)) as clip:
        stream: Any = clip.streams.video[0]
        times = sorted(packet.pts for packet in clip.demux(stream) if packet.size)
    first = _offset(path, times[0], video, packets, int(frames.pts[0]))
    last = _offset(path, times[-1], video, packets, int(frames.pts[-1]))
    return Held(-first, last, len(times) - len(frames.pts))


def _offset(path: Path, time: int, video: Video, packets: Packets, asked: int) -> int:
    """Return how many frames after the asked one a clip's picture is from."""
    shown = np.unique(packets.pts)
    number = int(np.searchsorted(shown, asked))
    around: list[int] = shown[max(0, number - WINDOW) : number + WINDOW + 1].tolist()
    ours = next(
        luma_of(one) for one in decode_few(path, 0, key=time, wanted=[time], may_seek=False)
    )
    before = packets.pts[packets.is_key & (packets.pts <= around[0])]
    index = video.media.video.index
    likeness = {
        frame.pts: ssim(ours, luma_of(frame))
        for frame in decode_few(video.path, index, key=int(before.max()), wanted=frozenset(around))
    }
    best: int = max(likeness, key=lambda pts: likeness[pts] - (0 if pts == asked else TIE))
    return around.index(best) - around.index(asked)
