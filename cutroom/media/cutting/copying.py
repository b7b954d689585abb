"""Cutting without encoding: whole groups of pictures, packet by packet, into an MP4."""

import errno
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
import numpy as np

from cutroom.media.cutting.packets import (
    EDGE_TOLERANCE,
    INTERLEAVING,
    Frames,
    Packets,
    packets_from,
    starts_cleanly_anywhere,
)
from cutroom.media.opening import open_media
from cutroom.records.errors import DiskFull, OutputUnsound
from cutroom.records.media import Media
from cutroom.records.span import Span

MP4_PICTURE = ("h264", "hevc", "av1", "vp9")
MP4_SOUND = ("aac", "mp3", "ac3", "eac3", "opus")
"""Codecs that MP4 holds and players of MP4 expect there."""
_PREROLL = {"aac": 0.05, "opus": 0.08, "ac3": 0.04, "eac3": 0.04}
"""Seconds of sound before the cut that a decoder needs to warm up: a frame or two, and the 80 ms
that RFC 7845 asks for Opus. They lie before time zero, where the MP4's edit list hides them."""


@dataclass(frozen=True, slots=True)
class CopyPlan:
    """Which picture packets make a clip, in one unbroken stretch of decode order."""

    pts: frozenset[int]
    """Time stamps of the packets, in ticks of the source; the first one's is a keyframe."""
    zero: Fraction
    """Seconds on the source's clock that become the clip's time zero."""
    end: Fraction
    """Seconds on the source's clock at which the last frame ends, or the sound that outlasts it."""
    frames: Frames
    """What will be shown."""
    span: Span
    """The same in seconds of the source."""


def fits_mp4(media: Media, sound_track: int | None) -> bool:
    """Say whether MP4 holds the codecs of the picture and of one sound track."""
    sounds = {track.index: track.codec for track in media.audio}
    has_fitting_sound = sound_track is None or sounds.get(sound_track) in MP4_SOUND
    return media.video.codec in MP4_PICTURE and has_fitting_sound


def plan_exact_copy(packets: Packets, span: Span, frames: Frames, media: Media) -> CopyPlan | None:
    """Plan to copy exactly the frames chosen for a span; None where that takes an encode.

    It can be done where the first frame is a keyframe, the frame after the last is one too or the
    video ends there, and no picture in between leans on one outside (open groups of pictures).
    """
    first = _packet_of(packets, int(frames.pts[0]))
    stop = len(packets.pts) if frames.is_last else _packet_of(packets, frames.stop)
    if first is None or stop is None or frames.zero != frames.pts[0]:
        return None
    if not _may_start_at(packets, first, media):
        return None
    if not frames.is_last and not packets.is_key[stop]:
        return None
    # Pictures that lead to the keyframe could be dropped, but not every player starts there.
    if (packets.pts[first:stop] < frames.pts[0]).any():
        return None
    return _plan(packets, first, stop, frames, span)


def plan_wider_copy(packets: Packets, span: Span, media: Media) -> CopyPlan | None:
    """Plan to copy a span whose ends move out to keyframes.

    Where the keyframe at the end has pictures that are decoded after it but shown before it, it
    comes along with them. None where the file gives no keyframe to begin at.
    """
    keys = [int(one) for one in np.flatnonzero(packets.is_key)]
    keys = [one for one in keys if _may_start_at(packets, one, media)]
    if not keys:
        return None
    # The picture of some files begins later than their sound; then its first keyframe is the start.
    early = [one for one in keys if packets.time(packets.pts[one]) <= span.start + EDGE_TOLERANCE]
    first = max(early, key=lambda one: int(packets.pts[one])) if early else keys[0]
    stop_key = next(
        (
            int(number)
            for number in np.flatnonzero(packets.is_key)
            if number > first and packets.time(packets.pts[number]) >= span.end - EDGE_TOLERANCE
        ),
        None,
    )
    return _plan_between(packets, first, stop_key, span)


def _plan_between(
    packets: Packets, first: int, stop_key: int | None, span: Span
) -> CopyPlan | None:
    """Plan from one keyframe's packet to another's, or to the end of the video."""
    shown = packets.pts[packets.is_shown]
    shown = np.unique(shown[shown >= packets.pts[first]])
    if not len(shown):
        return None
    if stop_key is None:
        last_end = int(packets.ends[packets.pts == shown[-1]].max())
        frames = Frames(shown, int(shown[0]), last_end, is_last=packets.reached_end)
        return _plan(packets, first, len(packets.pts), frames, span)
    limit = int(packets.pts[stop_key])
    frames = Frames(shown[shown < limit], int(shown[0]), limit, is_last=False)
    plan = _plan(packets, first, stop_key, frames, span)
    if plan is not None:
        return plan
    stop = 1 + int(np.flatnonzero(packets.pts <= limit).max())
    after = shown[shown > limit]
    end = int(after[0]) if len(after) else int(packets.ends[stop_key])
    with_key = Frames(shown[shown <= limit], int(shown[0]), end, is_last=False)
    return _plan(packets, first, stop, with_key, span)


def _plan(packets: Packets, first: int, stop: int, frames: Frames, wanted: Span) -> CopyPlan | None:
    """Return the plan if these packets show these frames, no more and no fewer."""
    held = packets.pts[first:stop][packets.is_shown[first:stop]]
    held = held[held >= frames.pts[0]]
    if len(held) != len(frames.pts) or not np.array_equal(np.sort(held), frames.pts):
        return None
    start = max(0.0, packets.time(int(frames.pts[0])))
    # Past the last frame the sound may go on.
    end = max(packets.time(frames.stop), wanted.end if frames.is_last else 0.0)
    return CopyPlan(
        # Earlier ones lean on pictures before the keyframe and could not be decoded.
        pts=frozenset(pts for pts in packets.pts[first:stop].tolist() if pts >= packets.pts[first]),
        zero=int(frames.pts[0]) * packets.time_base,
        end=max(frames.stop * packets.time_base, Fraction(end + packets.origin)),
        frames=frames,
        span=Span(start=start, end=end),
    )


def _packet_of(packets: Packets, pts: int) -> int | None:
    """Return the number of the one packet with this time stamp."""
    numbers = np.flatnonzero(packets.pts == pts)
    return int(numbers[0]) if len(numbers) == 1 else None


def _may_start_at(packets: Packets, number: int, media: Media) -> bool:
    """Say whether a decoder that begins at this packet shows what the source shows."""
    is_first = packets.time(int(packets.pts[number])) < EDGE_TOLERANCE
    return bool(packets.is_key[number]) and (is_first or starts_cleanly_anywhere(media))


def copy_packets(
    source: Path,
    media: Media,
    plan: CopyPlan,
    part: Path,
    *,
    sound_track: int | None = None,
    encoded_sound: Path | None = None,
) -> None:
    """Write the planned packets and the sound beside them into an MP4.

    Its time zero is the first frame. Pixels, rotation, pixel shape and colour tags stay as they
    are; metadata, chapters and other streams stay behind.

    Args:
        source: The video.
        media: Its probe.
        plan: What to copy.
        part: The MP4 to write.
        sound_track: Stream of the source whose packets are copied beside the picture.
        encoded_sound: A file with sound alone, in time with the clip, in place of that.

    Raises:
        OutputUnsound: The MP4 muxer refused the streams.
        DiskFull: There is no room.
    """
    try:
        with ExitStack() as files:
            container = files.enter_context(open_media(source))
            options = {"movflags": "+faststart"}
            target = files.enter_context(av.open(str(part), "w", format="mp4", options=options))
            beside = files.enter_context(open_media(encoded_sound)) if encoded_sound else None
            _copy(container, target, plan, [media.video.index, sound_track], media, beside)
    except av.error.FFmpegError as error:
        if error.errno == errno.ENOSPC:
            raise DiskFull("There is no room for the clip.", "Free disk space.") from error
        raise OutputUnsound(
            f"The packets of {source.name} could not be copied: {error}",
            "Order the clip with --cut encode.",
        ) from error


def _copy(
    container: Any,
    target: Any,
    plan: CopyPlan,
    tracks: list[int | None],
    media: Media,
    beside: Any,
) -> None:
    """Copy what the plan names; stop once every stream is past the end."""
    sources = [container.streams[index] for index in tracks if index is not None]
    targets = {stream.index: add_stream_like(target, stream) for stream in sources}
    if beside is not None:
        sound = add_stream_like(target, beside.streams.audio[0])
        for packet in packets_of(beside):
            packet.stream = sound
            target.mux(packet)
    left = set(plan.pts)
    for packet in packets_from(container, sources, media, plan.span.start):
        is_picture = packet.stream.index == media.video.index
        now = packet.pts * packet.time_base
        is_wanted = packet.pts in left if is_picture else is_heard(packet, plan)
        if is_picture:
            left.discard(packet.pts)
        if is_wanted:
            move(packet, plan.zero, targets[packet.stream.index])
            target.mux(packet)
        elif now > plan.end + INTERLEAVING or (
            now >= plan.end and not left and (len(sources) == 1 or not is_picture)
        ):
            break


def is_heard(packet: Any, plan: CopyPlan) -> bool:
    """Say whether a sound packet plays during the clip, or is needed to begin it."""
    preroll = _PREROLL.get(packet.stream.codec_context.name, 0.0)
    start = packet.pts * packet.time_base
    end = start + (packet.duration or 0) * packet.time_base
    return bool(end > plan.zero - Fraction(preroll) and start < plan.end)


def packets_of(sound: Any) -> Iterator[Any]:
    """Yield the packets of a file with sound alone."""
    return (one for one in sound.demux(audio=0) if one.size)


def add_stream_like(target: Any, stream: Any) -> Any:
    """Open a stream like another one, without its metadata."""
    added = target.add_stream_from_template(stream)
    added.metadata.clear()
    return added


def move(packet: Any, zero: Fraction, stream: Any) -> None:
    """Shift a packet so that `zero` seconds becomes time zero, and hand it to another stream."""
    shift = round(zero / packet.time_base)
    packet.pts -= shift
    if packet.dts is not None:
        packet.dts -= shift
    packet.stream = stream
