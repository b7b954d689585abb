"""Stretches: speech gathered into pieces that a recogniser takes at once."""

from collections.abc import Sequence

import numpy as np

from cutroom.media.listening.sound import Sound
from cutroom.records.span import Span

PADDING = 0.2
"""Seconds heard before and after detected speech, so that a soft first sound is not cut off."""
_READING = 0.1
"""Seconds of the loudness readings among which a stretch is cut at the quietest."""


def clip_spans(spans: Sequence[Span], window: Span) -> list[Span]:
    """Return the parts of spans that lie inside a window, in order."""
    return [
        Span(start=max(span.start, window.start), end=min(span.end, window.end))
        for span in spans
        if span.overlap(window) > 0
    ]


def make_stretches(
    sound: Sound, speech: Sequence[Span], window: Span, *, longest: float, join: float
) -> list[Span]:
    """Gather speech into stretches.

    Args:
        sound: Where it is said.
        speech: Detected speech, in order.
        window: Nothing outside of it is heard.
        longest: Seconds a stretch may last.
        join: Neighbours no further apart than this go into one stretch, in seconds.

    Returns:
        Spans in order, not overlapping, that cover all speech inside the window. Speech longer
        than `longest` is cut where it is quietest.
    """
    bounds = Span(start=window.start, end=min(window.end, max(sound.duration, 1e-3)))
    pieces = [
        piece
        for span in _pad(clip_spans(speech, window), bounds)
        for piece in _cut(sound, span, longest)
    ]
    stretches: list[Span] = []
    for piece in pieces:
        last = stretches[-1] if stretches else None
        if last and piece.start - last.end <= join and piece.end - last.start <= longest:
            stretches[-1] = Span(start=last.start, end=piece.end)
        else:
            stretches.append(piece)
    return stretches


def _pad(speech: Sequence[Span], bounds: Span) -> list[Span]:
    """Widen each span, but never past the middle of the pause to its neighbour."""
    padded = []
    for number, span in enumerate(speech):
        before = speech[number - 1].end if number else bounds.start - 2 * PADDING
        after = speech[number + 1].start if number + 1 < len(speech) else bounds.end + 2 * PADDING
        start = max(bounds.start, span.start - min(PADDING, (span.start - before) / 2))
        end = min(bounds.end, span.end + min(PADDING, (after - span.end) / 2))
        if end > start:
            padded.append(Span(start=start, end=end))
    return padded


def _cut(sound: Sound, span: Span, longest: float) -> list[Span]:
    """Cut a span into parts of at most `longest` seconds."""
    parts = []
    while span.duration > longest:
        zone = Span(start=span.start + longest / 2, end=span.start + longest)
        at = _quietest(sound, zone)
        parts.append(Span(start=span.start, end=at))
        span = Span(start=at, end=span.end)
    return [*parts, span]


def _quietest(sound: Sound, zone: Span) -> float:
    """Return the middle of the quietest reading in a zone, the last of equals."""
    samples = sound.samples(zone)
    size = round(_READING * sound.sample_rate)
    count = len(samples) // size
    if not count:
        return zone.end
    power = np.square(samples[: count * size]).reshape(count, size).mean(axis=1)
    quietest = count - 1 - int(np.argmin(power[::-1]))
    return zone.start + (quietest + 0.5) * size / sound.sample_rate
