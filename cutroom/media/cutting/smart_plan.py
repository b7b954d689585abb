"""Planning a smart cut: which frames are copied as they are, and which few are encoded."""

from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from cutroom.media.cutting.copying import CopyPlan
from cutroom.media.cutting.ends import PIXEL_FORMATS, Picture
from cutroom.media.cutting.nal_units import join_lengths, split_lengths
from cutroom.media.cutting.packets import Frames, Packets, packets_from, starts_cleanly_anywhere
from cutroom.media.cutting.sample_description import SampleDescription, unit_type
from cutroom.media.opening import open_media
from cutroom.records.media import Media
from cutroom.records.span import Span

OVERHEAD = 24
"""Frames that could be encoded in the time that a smart cut takes beyond encoding its ends: opening
the file again, joining, and looking at the seams. At 1080p that is 0.6 s of a core, and a whole
clip's encoder takes 25 ms a frame, decoding included."""
LOOKED_AT = 2
"""Frames on each side of a seam that are compared with the source's."""
_H264_IDR = 5
_HEVC_IDR = (19, 20)
_HEVC_BLA = range(16, 19)
_HEVC_CRA = 21
_BLA_WITHOUT_LEADING = 18
_HEVC_NOTE = 39
_NOTES_ON_LIGHT = (137, 144, 147)
"""SEI: mastering display colour volume, content light level, alternative transfer (HLG)."""
_HEVC_UNKNOWN = range(48, 64)
"""Dolby Vision and its like keep notes for each frame there, which an encoder would not write."""


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
    first: bytes
    """The run's first frame, made to start a stream."""
    notes: tuple[bytes, ...]
    """Units beside it that tell a screen how bright an HDR picture is; the ends get them too."""
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
        stop = _stop_of(packets, frames, number)
        plan = _plan(packets, span, frames, picture, number, stop)
        if plan.encoded and plan.encoded + OVERHEAD >= len(frames.pts):
            return None
        first = _as_start(source, media, picture, int(packets.pts[number]))
        if first is not None:
            notes = _notes(picture, first)
            return replace(plan, first=first, notes=notes)
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


def _stop_of(packets: Packets, frames: Frames, start: int) -> int:
    """Return the number of the packet before which a run ends, so that it holds most."""
    pts = packets.pts[start:]
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
        first=b"",
        notes=(),
        end=max(frames.stop * packets.time_base, Fraction(end + packets.origin)),
        span=Span(start=max(0.0, packets.time(int(frames.pts[0]))), end=end),
    )


def _key_before(packets: Packets, pts: int) -> int:
    """Return the time stamp of the keyframe from which a frame can be decoded."""
    number = int(np.flatnonzero(packets.pts == pts)[0])
    is_before = packets.is_key[: number + 1] & (packets.pts[: number + 1] <= pts)
    numbers = np.flatnonzero(is_before)
    return int(packets.pts[numbers[-1]]) if len(numbers) else int(packets.pts[0])


def _as_start(source: Path, media: Media, picture: Picture, pts: int) -> bytes | None:
    """Return a keyframe in the form in which a stream may begin with it; None if it may not.

    H.264 begins with an IDR picture. HEVC's CRA, which pictures before may lead to, becomes the
    BLA without leading pictures that clause 7.4.2.2 has for splicing: only its type changes.
    """
    start = float(pts * picture.time_base) - media.start
    with open_media(source) as container:
        stream = container.streams[media.video.index]
        packets = packets_from(container, [stream], media, start)
        data = next((bytes(one) for one in packets if one.pts == pts), b"")
    length_size = picture.description.length_size
    try:
        units = split_lengths(data, length_size)
    except ValueError:
        return None
    kinds = [unit_type(picture.codec, unit) for unit in units]
    if picture.codec == "h264":
        return data if _H264_IDR in kinds else None
    if any(kind in _HEVC_UNKNOWN for kind in kinds):
        return None
    if _HEVC_CRA in kinds:
        return join_lengths(map(_without_leading, units), length_size)
    return data if any(kind in _HEVC_IDR or kind in _HEVC_BLA for kind in kinds) else None


def _notes(picture: Picture, data: bytes) -> tuple[bytes, ...]:
    """Return the units of a keyframe with mastering display or content light level."""
    if picture.codec != "hevc":
        return ()
    units = split_lengths(data, picture.description.length_size)
    return tuple(
        unit
        for unit in units
        if unit_type("hevc", unit) == _HEVC_NOTE and unit[2] in _NOTES_ON_LIGHT
    )


def _without_leading(unit: bytes) -> bytes:
    """Return a slice of a CRA as one of a BLA without leading pictures."""
    if unit_type("hevc", unit) != _HEVC_CRA:
        return unit
    return bytes([unit[0] & 0x81 | _BLA_WITHOUT_LEADING << 1]) + unit[1:]
