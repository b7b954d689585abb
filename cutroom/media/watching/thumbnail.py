"""One picture that stands for a clip."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av.error
import numpy as np
import numpy.typing as npt

from cutroom.media.cutting.cropping import place_at
from cutroom.media.cutting.packets import starts_cleanly_anywhere
from cutroom.media.opening import open_media
from cutroom.media.watching.tone import to_sdr_picture
from cutroom.records.clip import FramingPath
from cutroom.records.errors import MediaCorrupt
from cutroom.records.media import Media
from cutroom.records.span import Span

_PLACES = (0.33, 0.2, 0.5, 0.67, 0.85)
"""Where in the clip to look, best place first: a beginning is often still a fade."""
_GOOD = 0.55
"""A score at which a picture is taken without looking further."""
_SHARP = 150.0
"""Variance of the Laplacian of a picture in focus, at thumbnail size (Pech-Pacheco, 2000)."""
_QUALITY = 85
_RUN_UP = 300
"""Most frames decoded to reach the span from the keyframe before it."""


@dataclass(frozen=True, slots=True)
class _Still:
    """One decoded frame and when it is shown, in seconds of the source."""

    time: float
    frame: Any


def make_thumbnail(
    source: Path,
    media: Media,
    span: Span,
    part: Path,
    *,
    size: tuple[int, int] = (320, 180),
    framing: FramingPath | None = None,
) -> None:
    """Write a JPEG of a good frame of a span: neither black nor white nor blurred.

    Args:
        source: The video.
        media: Its probe.
        span: Where to look.
        part: The JPEG to write.
        size: Width and height that the picture is fitted into, upright and in its own aspect; it
            is never enlarged.
        framing: The crop that the clip shows.

    Raises:
        MediaCorrupt: No frame around the span can be decoded.
    """
    from PIL import Image  # noqa: PLC0415  loads its plugins

    best: npt.NDArray[np.uint8] | None = None
    best_score = -1.0
    for still in _stills(source, media, span):
        picture = _as_shown(still, media, framing, size)
        score = _score(picture)
        if score > best_score:
            best, best_score = picture, score
        if score >= _GOOD:
            break
    if best is None:
        raise MediaCorrupt(
            f"No frame between {span.start:.1f} s and {span.end:.1f} s can be decoded.",
            "The file is damaged there; fetch or export it again.",
        )
    Image.fromarray(best).save(part, format="JPEG", quality=_QUALITY)


def _stills(source: Path, media: Media, span: Span) -> Iterator[_Still]:
    """Yield one frame near each of a few places of the span, each at the price of one seek."""
    places = _PLACES if starts_cleanly_anywhere(media) else _PLACES[:1]
    seen: set[float] = set()
    for place in places:
        with open_media(source) as container:
            still = _still_at(container, media, span, span.start + place * span.duration)
        if still is not None and still.time not in seen:
            seen.add(still.time)
            yield still


def _still_at(container: Any, media: Media, span: Span, wanted: float) -> _Still | None:
    """Return the keyframe before `wanted`, or the first frame of the span after that keyframe."""
    stream = container.streams[media.video.index]
    reach = _RUN_UP
    if starts_cleanly_anywhere(media):
        container.seek(int((wanted + media.start) / stream.time_base), stream=stream)
    else:
        reach = round(wanted * float(media.video.frame_rate or 25)) + 1
    still = None
    for count, frame in enumerate(_frames(container, stream)):
        if frame.pts is not None:
            still = _Still(float(frame.pts * frame.time_base) - media.start, frame)
            if still.time >= span.start - 1e-3 or count >= reach:
                break
    return still


def _frames(container: Any, stream: Any) -> Iterator[Any]:
    """Decode frames, skipping packets that are damaged."""
    for packet in container.demux(stream):
        try:
            yield from stream.codec_context.decode(packet)
        except av.error.FFmpegError:
            continue


def _as_shown(
    still: _Still, media: Media, framing: FramingPath | None, size: tuple[int, int]
) -> npt.NDArray[np.uint8]:
    """Return the frame upright, cropped and fitted, as RGB of shape (height, width, 3)."""
    share = (framing.width, framing.height) if framing else (1.0, 1.0)
    full = media.video.display_size
    scale = min(
        1.0, *(room / (side * part) for room, side, part in zip(size, full, share, strict=True))
    )
    width, height = (max(1, round(side * scale)) for side in full)
    coded = (height, width) if media.video.rotation % 180 else (width, height)
    picture = still.frame.to_ndarray(format="rgb24", width=coded[0], height=coded[1])
    if media.video.hdr:
        picture = to_sdr_picture(picture, media.video.hdr)
    if media.video.is_mirrored:
        picture = picture[::-1]
    picture = np.rot90(picture, media.video.rotation // 90)
    if framing:
        x, y = place_at(framing, still.time)
        left, top = int(x * width), int(y * height)
        right = left + max(1, int(width * share[0] + 0.5))
        picture = picture[top : top + max(1, int(height * share[1] + 0.5)), left:right]
    return np.ascontiguousarray(picture, dtype=np.uint8)


def _score(picture: npt.NDArray[np.uint8]) -> float:
    """Return how good a picture is to look at, 0 to 1: in focus, and using the range of tones."""
    import cv2  # noqa: PLC0415  heavy

    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    focus = min(1.0, float(cv2.Laplacian(grey, cv2.CV_64F).var()) / _SHARP)
    spread = min(1.0, float(grey.std()) / 50)
    middle = 1 - abs(float(grey.mean()) - 118) / 137
    return max(0.0, middle) * (0.4 * focus + 0.6 * spread)
