"""Rendering one cut: copied as far as nothing is lost by it, else encoded, and always checked."""

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np

from cutroom.media.cutting.copying import (
    CopyPlan,
    copy_packets,
    fits_mp4,
    plan_exact_copy,
    plan_wider_copy,
)
from cutroom.media.cutting.cropping import Crop, clip_size
from cutroom.media.cutting.packets import Packets, choose_frames, read_packets
from cutroom.media.cutting.reencoding import CLIP_TARGET, Stretch, encode
from cutroom.media.cutting.smart_plan import plan_smart_cut
from cutroom.media.cutting.smartcut import COPIED_SOUND, cut_smartly, sound_beside
from cutroom.media.cutting.verifying import Expected, check_clip, decoded_times
from cutroom.media.ffmpeg import OnProgress
from cutroom.media.making.encoder_choice import IN_SOFTWARE, Chosen, Encoders
from cutroom.records.clip import Cut
from cutroom.records.errors import OutputUnsound
from cutroom.records.media import AudioStream, Media
from cutroom.records.span import Span


@dataclass(frozen=True, slots=True)
class RenderedCut:
    """A clip's file and how it came to be."""

    path: Path
    span: Span
    """What was really cut, in seconds of the source: the cut's own, unless copying widened it."""
    how: Literal["copied", "smart", "encoded"]
    width: int
    """Of the picture as it is shown: upright, in square pixels."""
    height: int


def render_cut(
    source: Path,
    media: Media,
    cut: Cut,
    folder: Path,
    *,
    ass: Path | None = None,
    sound_track: int | None = None,
    on_progress: OnProgress | None = None,
    encoders: Encoders = IN_SOFTWARE,
) -> RenderedCut:
    """Cut one clip out of a video, exact to the frame.

    The first frame is the one nearest to the span's start, at most half a frame early; the last is
    the last before the span's end; the sound is cut to the same stretch. Where nothing is drawn,
    cropped or re-timed, whole groups of pictures are copied and only the ends between keyframes
    are encoded, in mode `smart`, if that pays; else the stretch is encoded once. In mode `copy` the
    ends move out to keyframes instead. What MP4 cannot hold, what asks for another picture or
    sound, and a copy that is in any doubt are encoded in any mode.

    Args:
        source: The normal file of the video.
        media: Its probe.
        cut: What to cut, with a framing for any layout but `source`.
        folder: Gets `<id>.mp4`, and ffmpeg's small input files on the way.
        ass: Captions for `captions="burned"`, timed from the clip's first frame.
        sound_track: Stream index of the sound; None takes the file's default track.
        on_progress: Called with the seconds of the clip encoded so far.
        encoders: What encodes H.264 here, where the clip is encoded.

    Raises:
        ValueError: The span begins after the video's end, or there is no such sound track.
        MediaCorrupt: The source has no frames there.
        OutputUnsound: The clip, encoded, still lacks a frame or is out of sync.
        FfmpegFailed, FfmpegStalled, DiskFull: As ffmpeg's door says.
    """
    if cut.span.start > media.duration:
        raise ValueError(
            f"The span begins at {cut.span.start} s, the video ends at {media.duration} s."
        )
    drawn = ass if cut.captions == "burned" else None
    track = _sound_track(media, sound_track)
    may_copy = _may_copy(media, cut, track) and drawn is None
    packets = read_packets(
        source,
        media,
        cut.span,
        sound_track=track.index if track else None,
        to_keyframe=may_copy and cut.mode == "copy",
    )
    part = folder / f"{cut.id}.mp4"
    stretch = Stretch(
        source=source,
        media=media,
        cut=cut,
        packets=packets,
        frames=choose_frames(packets, cut.span, media),
        sound=track if _has_sound(packets, cut.span) else None,
    )
    plan = _plan_copy(stretch) if may_copy else None
    if plan is not None and _copied(stretch, track, plan, part):
        width, height = media.video.display_size
        span = plan.span if cut.mode == "copy" else cut.span
        return RenderedCut(part, span, "copied", width, height)
    if cut.mode == "smart" and drawn is None and _is_as_it_was(cut):
        how = _cut_smartly(stretch, part)
        if how is not None:
            width, height = media.video.display_size
            return RenderedCut(part, cut.span, how, width, height)

    def work(chosen: Chosen) -> tuple[int, int]:
        encoder = chosen[CLIP_TARGET]
        encode(stretch, part, ass=drawn, encoder=encoder, on_progress=on_progress)
        return _check_encoded(stretch, part)

    width, height = encoders.run([CLIP_TARGET], work)
    return RenderedCut(part, cut.span, "encoded", width, height)


def _sound_track(media: Media, index: int | None) -> AudioStream | None:
    if index is None:
        return media.sound_track()
    for track in media.audio:
        if track.index == index:
            return track
    raise ValueError(f"Stream {index} is no sound track of this file.")


def _may_copy(media: Media, cut: Cut, track: AudioStream | None) -> bool:
    """Say whether the clip is to look and sound as its source does, in codecs that MP4 holds."""
    is_wanted = cut.mode != "encode" and _is_as_it_was(cut)
    is_whole = cut.mode == "copy" or track is None or track.codec in COPIED_SOUND
    return is_wanted and is_whole and fits_mp4(media, track.index if track else None)


def _is_as_it_was(cut: Cut) -> bool:
    return cut.layout == "source" and cut.framing is None and cut.loudness == "source"


def _plan_copy(stretch: Stretch) -> CopyPlan | None:
    packets, media, span = stretch.packets, stretch.media, stretch.cut.span
    if stretch.cut.mode == "copy":
        return plan_wider_copy(packets, span, media)
    return plan_exact_copy(packets, span, stretch.frames, media)


def _has_sound(packets: Packets, span: Span) -> bool:
    return any(start < span.end and end > span.start for start, end in packets.sound)


def _copied(stretch: Stretch, track: AudioStream | None, plan: CopyPlan, part: Path) -> bool:
    """Copy and check; False when the copy is in any doubt."""
    packets = stretch.packets
    heard = track if _has_sound(packets, plan.span) else None
    wider = replace(stretch, frames=plan.frames, sound=heard)
    try:
        with sound_beside(wider, part) as encoded:
            copy_packets(
                stretch.source,
                stretch.media,
                plan,
                part,
                sound_track=heard.index if heard and encoded is None else None,
                encoded_sound=encoded,
            )
        check_clip(part, _expected_copy(packets, plan, heard))
    except OutputUnsound:
        part.unlink(missing_ok=True)
        return False
    return True


def _cut_smartly(stretch: Stretch, part: Path) -> Literal["copied", "smart"] | None:
    """Copy all but the ends and check; None where that does not pay or is in any doubt."""
    packets, sound = stretch.packets, stretch.sound
    plan = plan_smart_cut(stretch.source, stretch.media, packets, stretch.cut.span, stretch.frames)
    if plan is None:
        return None
    try:
        cut_smartly(stretch, plan, part)
        check_clip(part, _expected_copy(packets, plan.as_copy, sound))
    except OutputUnsound:
        part.unlink(missing_ok=True)
        return None
    return "smart" if plan.encoded else "copied"


def _expected_copy(packets: Packets, plan: CopyPlan, sound: AudioStream | None) -> Expected:
    """Work out what a copy must hold; its sound may begin later, as it does in the source."""
    pts = plan.frames.pts
    start, end = (float(one) - packets.origin for one in (plan.zero, plan.end))
    # Encoded sound begins with the picture; silence fills what the source lacks.
    is_encoded = sound is not None and sound.codec not in COPIED_SOUND
    return Expected(
        times=np.asarray((pts - pts[0]) * float(packets.time_base), dtype=np.float64),
        size=None,
        sound_start=(0.0 if is_encoded else _sound_start(packets, start)) if sound else None,
        sound_end=_sound_end(packets, start, end) if sound else None,
    )


def _sound_start(packets: Packets, start: float) -> float:
    heard = packets.sound[packets.sound[:, 1] > start]
    return max(0.0, float(heard[:, 0].min()) - start)


def _sound_end(packets: Packets, start: float, end: float) -> float:
    return min(float(packets.sound[:, 1].max()), end) - start


def _check_encoded(stretch: Stretch, part: Path) -> tuple[int, int]:
    """Check an encoded clip and return its size; damaged stretches are held to what decodes."""
    crop = Crop.of(stretch.media, stretch.cut.framing, stretch.times)
    size = clip_size(stretch.media, stretch.cut, crop)
    start, end = (at - stretch.media.start for at in (stretch.zero, stretch.sound_end))
    has_sound = stretch.sound is not None
    expected = Expected(
        times=stretch.clip_times,
        size=size,
        sound_start=0.0 if has_sound else None,
        sound_end=_sound_end(stretch.packets, start, end) if has_sound else None,
    )
    try:
        check_clip(part, expected)
    except OutputUnsound:
        times = decoded_times(stretch.source, stretch.media, stretch.frames)
        if np.array_equal(times, expected.times):
            raise
        check_clip(part, replace(expected, times=times))
    return size
