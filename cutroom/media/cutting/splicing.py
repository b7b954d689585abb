"""Joining encoded ends to copied packets, in one MP4 that begins at time zero."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np
import numpy.typing as npt

from cutroom.media.bitstream.restarting import Restart
from cutroom.media.cutting.copying import add_stream_like, is_heard, move, packets_of
from cutroom.media.cutting.ends import End, Sample
from cutroom.media.cutting.packets import INTERLEAVING, packets_from
from cutroom.media.cutting.smart_plan import SmartPlan
from cutroom.media.opening import open_media
from cutroom.records.errors import DiskFull, OutputUnsound
from cutroom.records.media import Media

_TAGS = {"h264": "avc1", "hevc": "hvc1"}
"""Sample entries whose parameter sets stand in the sample description alone, as all players expect
them. Apple's play no other HEVC."""


@dataclass(frozen=True, slots=True)
class Pieces:
    """What a clip is joined of."""

    plan: SmartPlan
    head: End = field(default_factory=End)
    tail: End = field(default_factory=End)
    copied_sound: int | None = None
    """Stream of the source whose packets are copied beside the picture."""
    encoded_sound: Path | None = None
    """A file with sound alone, in time with the clip."""


def splice(source: Path, media: Media, pieces: Pieces, part: Path) -> None:
    """Write the head, the copied run and the tail of a clip one after the other.

    Raises:
        OutputUnsound: The pieces do not fit together, or the muxer refused them.
        DiskFull: There is no room.
    """
    options = {
        "movflags": "+faststart",
        # The source's own ticks, so that no time is rounded.
        "video_track_timescale": str(pieces.plan.picture.time_base.denominator),
    }
    try:
        with ExitStack() as files:
            container = files.enter_context(open_media(source))
            target = files.enter_context(av.open(str(part), "w", format="mp4", options=options))
            sound = pieces.encoded_sound
            beside = files.enter_context(open_media(sound)) if sound is not None else None
            _Splice(pieces, media, container, beside, target).write()
    except av.error.FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull("There is no room for the clip.", "Free disk space.") from error
        raise _unfit(error) from error
    except ValueError as error:
        raise _unfit(error) from error


def _unfit(error: Exception) -> OutputUnsound:
    return OutputUnsound(
        f"The pieces of the clip could not be joined: {error}", "It is encoded as a whole instead."
    )


class _Splice:
    """One clip being written."""

    def __init__(
        self, pieces: Pieces, media: Media, container: Any, beside: Any, target: Any
    ) -> None:
        self._plan, self._pieces, self._media = pieces.plan, pieces, media
        self._container, self._target = container, target
        template = container.streams[media.video.index]
        self._picture = add_stream_like(target, template)
        self._describe_picture(template)
        self._sounds: list[Any] = []
        self._sound: Any = None
        self._encoded: Iterator[Any] = iter(())
        if pieces.copied_sound is not None:
            self._sounds = [container.streams[pieces.copied_sound]]
            self._sound = add_stream_like(target, self._sounds[0])
        elif beside is not None:
            self._sound = add_stream_like(target, beside.streams.audio[0])
            self._encoded = packets_of(beside)
        self._times = _decode_times(self._order())
        self._written = 0

    def _describe_picture(self, template: Any) -> None:
        """Name the parameter sets of all pieces."""
        description = self._plan.picture.description
        sets = self._pieces.head.sets or self._pieces.tail.sets
        if self._pieces.tail.sets not in ((), sets):
            raise ValueError("the two ends were not encoded alike")
        context = self._picture.codec_context
        if sets:
            context.extradata = description.with_sets(sets).as_bytes()
            context.codec_tag = _TAGS[description.codec]
        else:
            context.codec_tag = template.codec_context.codec_tag

    def _order(self) -> npt.NDArray[np.int64]:
        """Return the time stamps of all frames of the clip, in decode order."""
        head = [sample.pts for sample in self._pieces.head.samples]
        tail = [sample.pts for sample in self._pieces.tail.samples]
        order = np.array([*head, *self._plan.run.tolist(), *tail], dtype=np.int64)
        if not np.array_equal(np.sort(order), self._plan.frames.pts):
            raise ValueError("a frame is missing, or there twice")
        return order - self._plan.frames.zero

    def write(self) -> None:
        """Write everything; the muxer lays sound and picture side by side by their times."""
        for packet in self._encoded:
            packet.stream = self._sound
            self._target.mux(packet)
        self._write_samples(self._pieces.head.samples)
        self._copy()
        self._write_samples(self._pieces.tail.samples)
        if self._written != len(self._times):
            raise ValueError("the source ended early")

    def _write_samples(self, samples: tuple[Sample, ...]) -> None:
        for sample in samples:
            self._write(sample.data, sample.pts, is_key=sample.is_key)

    def _copy(self) -> None:
        """Copy the run and the sound; stop once both are past the end."""
        plan, run = self._plan.as_copy, _Run(self._plan)
        video = self._media.video.index
        streams = [self._container.streams[video], *self._sounds]
        for packet in packets_from(self._container, streams, self._media, plan.span.start):
            now = packet.pts * packet.time_base
            if packet.stream.index == video:
                data = run.of(packet)
                if data is not None:
                    self._write(data, packet.pts, is_key=packet.is_keyframe)
            elif is_heard(packet, plan):
                move(packet, plan.zero, self._sound)
                self._target.mux(packet)
            elif run.is_over and now >= plan.end:
                break
            if run.is_over and (not self._sounds or now > plan.end + INTERLEAVING):
                break

    def _write(self, data: bytes, pts: int, *, is_key: bool) -> None:
        """Write one picture; its place in decode order gives its decoding time."""
        frames = self._plan.frames
        number, pts = self._written, pts - frames.zero
        packet = av.Packet(data)
        packet.pts, packet.dts = pts, int(self._times[number])
        packet.time_base = self._plan.picture.time_base
        packet.is_keyframe = is_key
        if number + 1 == len(self._times):
            # The last sample's duration ends the track; the others end where the next begins.
            packet.duration = frames.stop - int(frames.pts[-1])
        else:
            packet.duration = int(self._times[number + 1] - self._times[number])
        packet.stream = self._picture
        self._target.mux(packet)
        self._written += 1


class _Run:
    """The copied packets, picked from those of the source as they go by."""

    def __init__(self, plan: SmartPlan) -> None:
        self._plan = plan
        self._left = plan.run.tolist()[::-1]
        self._restart = Restart(plan.picture.description) if plan.start.is_restart else None

    @property
    def is_over(self) -> bool:
        """Whether all of them went by."""
        return not self._left

    def of(self, packet: Any) -> bytes | None:
        """Return what is copied of the next packet of the picture; None for nothing.

        Raises:
            ValueError: It cannot be part of a run that begins where this one does.
        """
        is_first = len(self._left) == len(self._plan.run)
        is_next = not self.is_over and packet.pts == self._left[-1]
        data = bytes(packet) if is_next or not is_first else None
        if data is not None and self._restart is not None and not self.is_over:
            data = self._restart.rewritten(data, is_kept=is_next)
        if not is_next:
            return None
        self._left.pop()
        return self._plan.start.data if is_first else data


def _decode_times(pts: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return when each frame is decoded: in step with those shown, as late as its use allows.

    Args:
        pts: When each is shown, in decode order, no two alike.

    Returns:
        Ascending, none after its frame is shown; negative at first where frames are reordered.
    """
    shown = np.sort(pts)
    return np.asarray(shown - (shown - pts).max(initial=0))
