"""Planning a smart cut: which frames are copied as they are, and which few are encoded."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutroom.media.bitstream.sample_description import SampleDescription
from cutroom.media.cutting.copying import CopyPlan
from cutroom.media.cutting.ends import PIXEL_FORMATS, Picture
from cutroom.media.cutting.packets import Frames, Packets, starts_cleanly_anywhere
from cutroom.media.cutting.starting import Start, read_start
from cutroom.media.opening import open_media
from cutroom.records.media import Media
from cutroom.records.span import Span

OVERHEAD = 24
"""Frames that could be encoded in the time that a smart cut takes beyond encoding its ends: opening
the file again, joining, and looking at the seams. At 1080p that is 0.6 s of a core, and a whole
clip's encoder takes 25 ms a frame, decoding included."""
LOOKED_AT = 2
"""Frames on each side of a seam that are compared with the source's."""


@dataclass(frozen=True, slots=True)
class SmartPlan:
    """What becomes of each frame of a clip; time stamps in ticks of the source."""

    picture: Picture
    frames: Frames
    head: npt.NDArray[np.int64]
    """Encoded before the copied run, in display order; may be empty."""
    run: npt.NDArray[np.int64]
    """Copied, in decode order."""
    tail: npt.NDArray[np.int64]
    """Encoded after it, in display order; may be empty."""
    head_key: int
    """Keyframe from which the head's frames are decoded."""
    tail_key: int
    """Keyframe of the run from which the tail's frames are decoded."""
    start: Start
    """The run's first frame, made to start a stream."""
    end: Fraction
    """Seconds on the source's clock at which the clip ends."""
    span: Span
    """The frames' stretch in seconds of the source, and the sound's if it outlasts the picture."""

    @property
    def encoded(self) -> int:
        """How many frames are encoded."""
        return len(self.head) + len(self.tail)

    @property
    def as_copy(self) -> CopyPlan:
        """What is copied, for those who copy."""
        return CopyPlan(
            pts=frozenset(self.run.tolist()),
            zero=self.frames.zero * self.picture.time_base,
            end=self.end,
            frames=self.frames,
            span=self.span,
        )


def plan_smart_cut(
    source: Path, media: Media, packets: Packets, span: Span, frames: Frames
) -> SmartPlan | None:
    """Plan to copy as much as can be; None where that does not pay or is in doubt.

    The run begins at the first keyframe that nothing before it is needed for. It ends as late as
    its frames, in decode order, are the next ones in display order with none missing: nothing
    copied then leans on a frame that is not.
    """
    if not _is_plain(media, packets, frames):
        return None
    picture = _read_picture(source, media)
    if picture is None:
        return None
    for number in _keyframes_within(packets, frames):
        stop = _stop_of(packets, frames, number, len(packets.pts))
        key = _short_group(packets, number, stop, picture.reorder_depth)
        if key is not None and _is_open(source, media, picture, int(packets.pts[key])):
            stop = _stop_of(packets, frames, number, key)
        plan = _plan(packets, span, frames, picture, number, stop)
        if plan.encoded and plan.encoded + OVERHEAD >= len(frames.pts):
            return None
        start = read_start(source, media, picture, int(packets.pts[number]))
        if start is not None:
            return replace(plan, start=start)
    return None


def _is_plain(media: Media, packets: Packets, frames: Frames) -> bool:
    """Say whether a clip's frames can be told and joined by their time stamps alone."""
    video = media.video
    inside = (packets.pts >= frames.pts[0]) & (packets.pts <= frames.pts[-1])
    return bool(
        video.pixel_format in PIXEL_FORMATS.get(video.codec, ())
        and not video.is_interlaced
        and video.time_base.numerator == 1
        and starts_cleanly_anywhere(media)
        and frames.zero == frames.pts[0]
        and packets.is_shown[inside].all()
        and len(packets.pts[inside]) == len(frames.pts)
    )


def _read_picture(source: Path, media: Media) -> Picture | None:
    """Read what the frames have in common; None in a form that cannot be joined to."""
    codec = media.video.codec
    with open_media(source) as container:
        stream = container.streams[media.video.index]
        context: Any = stream.codec_context
        try:
            description = SampleDescription.read(
                "h264" if codec == "h264" else "hevc", context.extradata or b""
            )
        except ValueError:
            return None
        return Picture(
            codec=description.codec,
            width=context.width,
            height=context.height,
            pixel_format=context.pix_fmt,
            rate=media.video.frame_rate,
            time_base=media.video.time_base,
            pixel_shape=media.video.pixel_shape,
            colour=(
                int(context.color_primaries),
                int(context.color_trc),
                int(context.colorspace),
                int(context.color_range),
            ),
            reorder_depth=context.reorder_depth,
            description=description,
        )


def _keyframes_within(packets: Packets, frames: Frames) -> list[int]:
    """Return the numbers of the packets that the run might begin at, in order."""
    first, last = int(frames.pts[0]), int(frames.pts[-1])
    numbers = np.flatnonzero(packets.is_key & (packets.pts >= first) & (packets.pts <= last))
    return [int(one) for one in numbers]


def _stop_of(packets: Packets, frames: Frames, start: int, limit: int) -> int:
    """Return the number of the packet before which a run ends, so that it holds most."""
    pts = packets.pts[start:limit]
    kept = pts >= pts[0]
    inside = pts <= frames.pts[-1]
    if not inside.all():
        first_outside = int(np.argmin(inside))
        pts, kept = pts[:first_outside], kept[:first_outside]
    # A prefix is whole where it holds as many frames as there are up to its latest one.
    latest = np.maximum.accumulate(np.where(kept, pts, pts[0]))
    due = np.searchsorted(frames.pts, latest, side="right") - np.searchsorted(frames.pts, pts[0])
    whole = np.flatnonzero(np.cumsum(kept) == due)
    return start + 1 + int(whole[-1])


def _short_group(packets: Packets, start: int, stop: int, depth: int) -> int | None:
    """Return the number of a run's last keyframe if the seam would come too soon after it.

    A player that seeks to a keyframe of H.264 that is no IDR is sure of what it shows from there on
    only once that frame is out. ffmpeg's decoder drops what it decoded before, and still holds
    back, when the tail's parameter sets begin: a frame would be missing, if only after a seek.
    """
    key = start + int(np.flatnonzero(packets.is_key[start:stop])[-1])
    pts = packets.pts[key:stop]
    early = pts[pts >= pts[0]][: depth + 1]
    is_long = depth == 0 or np.count_nonzero(pts > early.max()) > depth
    return None if key == start or is_long else key


def _is_open(source: Path, media: Media, picture: Picture, pts: int) -> bool:
    start = read_start(source, media, picture, pts) if picture.codec == "h264" else None
    return start is not None and start.is_restart


def _plan(
    packets: Packets, wanted: Span, frames: Frames, picture: Picture, start: int, stop: int
) -> SmartPlan:
    run = packets.pts[start:stop]
    run = run[run >= run[0]]
    head, tail = frames.pts[frames.pts < run[0]], frames.pts[frames.pts > run.max()]
    # The frames beside the seam are decoded too, to be compared.
    beside = int(np.sort(run)[-LOOKED_AT:][0])
    # Past the last frame the sound may go on.
    end = max(packets.time(frames.stop), wanted.end if frames.is_last else 0.0)
    return SmartPlan(
        picture=picture,
        frames=frames,
        head=head,
        run=run,
        tail=tail,
        head_key=_key_before(packets, int(frames.pts[0])),
        tail_key=_key_before(packets, beside),
        start=Start(b""),
        end=max(frames.stop * packets.time_base, Fraction(end + packets.origin)),
        span=Span(start=max(0.0, packets.time(int(frames.pts[0]))), end=end),
    )


def _key_before(packets: Packets, pts: int) -> int:
    """Return the time stamp of the keyframe from which a frame can be decoded."""
    number = int(np.flatnonzero(packets.pts == pts)[0])
    is_before = packets.is_key[: number + 1] & (packets.pts[: number + 1] <= pts)
    numbers = np.flatnonzero(is_before)
    return int(packets.pts[numbers[-1]]) if len(numbers) else int(packets.pts[0])
