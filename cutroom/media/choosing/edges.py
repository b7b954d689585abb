"""Where a clip may begin and end: between sentences, in silences, at cuts, never inside a word."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from cutroom.records.findings import Scene, Transcript, Word
from cutroom.records.span import Span

LEAD = 0.35
"""Most seconds before a clip's first word; what people who edit by hand leave."""
TAIL = 0.45
"""Most seconds after its last word: voices take longer to die away than to begin."""
PAUSE = 0.2
"""A gap between words this long, in seconds, may end a phrase even without a full stop."""
MOST_EDGES = 2500
"""Edges kept for each side, so that three hours are weighed in a second."""
FINEST = 0.25
"""Of edges nearer to each other than this, in seconds, only the best one is kept."""
_SENTENCE_ENDS = (".", "!", "?", "…", "。", "\uff01", "\uff1f", "؟", "।")
"""In Latin, Chinese, Japanese, Arabic and Devanagari writing."""
_SENTENCE, _SILENCE, _CUT, _BORDER, _PHRASE = 0.5, 0.25, 0.25, 0.5, 0.1
"""What an edge is worth for lying there; together at most 1."""


@dataclass(frozen=True, slots=True)
class Edges:
    """Places where a clip may begin, or where it may end."""

    times: npt.NDArray[np.float64]
    """Seconds, ascending."""
    quality: npt.NDArray[np.float64]
    """How natural it is to cut there, 0 to 1."""


@dataclass(frozen=True, slots=True)
class _Gap:
    """A stretch without a word, from the end of one to the start of the next."""

    start: float
    end: float
    is_sentence_end: bool
    is_silent: bool


class _Line:
    """Spans in order, none overlapping another, that can be asked quickly what lies where."""

    def __init__(self, spans: Iterable[Span]) -> None:
        self.spans = _union(spans)
        self._starts = np.array([span.start for span in self.spans])
        self._ends = np.array([span.end for span in self.spans])

    def around(self, start: float, end: float) -> list[Span]:
        """Return the spans that overlap or touch a stretch."""
        first = int(np.searchsorted(self._ends, start))
        last = int(np.searchsorted(self._starts, end, side="right"))
        return self.spans[first:last]

    def holds(self, time: float) -> bool:
        """Say whether a time lies inside a span, not at its border."""
        return self.outside(time) != time

    def outside(self, time: float) -> float:
        """Move a time to the nearer border of the span it lies in."""
        for span in self.around(time, time):
            if span.start < time < span.end:
                return span.start if time - span.start <= span.end - time else span.end
        return time


def spoken_words(transcript: Transcript | None) -> list[Word]:
    """Return a transcript's words in order; where it has segments only, spread evenly in each."""
    if transcript is None:
        return []
    if transcript.words:
        return sorted(transcript.words, key=lambda word: (word.start, word.end))
    words: list[Word] = []
    for segment in transcript.segments:
        texts = segment.text.split()
        step = segment.duration / max(1, len(texts))
        words += [
            Word(
                start=segment.start + k * step,
                end=segment.start + (k + 1) * step,
                text=text,
                probability=0.5,
            )
            for k, text in enumerate(texts)
        ]
    return words


def ends_sentence(words: Sequence[Word], transcript: Transcript | None) -> list[bool]:
    """Say for each word whether a sentence ends with it.

    Full stops tell; a transcript without any, as weaker engines write it, has its segments.
    """
    marks = [word.text.rstrip("\"'”\u2019»)").endswith(_SENTENCE_ENDS) for word in words]
    if any(marks) or transcript is None:
        return marks
    ends = np.array([segment.end for segment in transcript.segments])
    middles = np.array([(word.start + word.end) / 2 for word in words])
    number = np.searchsorted(ends, middles)
    return [k + 1 == len(words) or number[k] != number[k + 1] for k in range(len(words))]


def find_edges(
    *,
    duration: float,
    transcript: Transcript | None,
    speech: Sequence[Span],
    silences: Sequence[Span],
    scenes: Sequence[Scene],
    step: float,
) -> tuple[Edges, Edges]:
    """Return where clips may begin and where they may end.

    Args:
        duration: Of the video, in seconds.
        transcript: What is said, if it is known.
        speech: Where somebody speaks.
        silences: Where nothing is heard.
        scenes: The shots.
        step: Where nothing better is near, an edge of no quality is put every so many seconds.

    Returns:
        Starts and ends, each with the video's own among them and none inside a word.
    """
    words = [word for word in spoken_words(transcript) if word.start < duration]
    # Words spread over a segment are guesses; then no edge may lie inside the segment.
    is_timed = transcript is None or bool(transcript.words)
    blocks = _Line(words if is_timed or transcript is None else transcript.segments)
    quiet = _Line(silences)
    murmur = _Line([] if words else speech)
    gaps = list(_gaps(words, ends_sentence(words, transcript), quiet, duration))
    cuts_in = _changes(scenes, duration, is_start=True)
    cuts_out = _changes(scenes, duration, is_start=False)
    sides = []
    for cuts, is_start in ((cuts_in, True), (cuts_out, False)):
        found = [_at_gap(gap, cuts, is_start=is_start) for gap in gaps]
        found += [(cut, _worth_of_cut(cut, quiet, murmur)) for cut in cuts.tolist()]
        found += _grid(duration, step, blocks)
        found.append(_border(blocks, duration, is_start=is_start))
        sides.append(_thinned(found, blocks, duration))
    return sides[0], sides[1]


def _border(blocks: _Line, duration: float, *, is_start: bool) -> tuple[float, float]:
    """Return the video's own start or end; worth little where speech is long in coming."""
    near = blocks.around(0, LEAD) if is_start else blocks.around(duration - TAIL, duration)
    is_close = bool(near) or not blocks.spans
    return (0.0 if is_start else duration), (_BORDER if is_close else _PHRASE)


def _union(spans: Iterable[Span]) -> list[Span]:
    """Merge spans that overlap; those that only touch stay apart."""
    merged: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        if merged and span.start < merged[-1].end - 1e-6:
            end = max(merged[-1].end, span.end)
            merged[-1] = Span(start=merged[-1].start, end=end)
        else:
            merged.append(Span(start=span.start, end=span.end))
    return merged


def _gaps(
    words: Sequence[Word], marks: Sequence[bool], quiet: _Line, duration: float
) -> Iterator[_Gap]:
    """Yield the gaps between words that may be cut in, and the silences in long ones."""
    latest = 0.0
    for k, start in enumerate([*(word.start for word in words), duration]):
        if start >= latest:
            pieces = [one for one in quiet.around(latest, start) if _shared(one, latest, start)]
            is_sentence_end = k in (0, len(words)) or marks[k - 1]
            if words and (is_sentence_end or start - latest >= PAUSE):
                yield _Gap(latest, start, is_sentence_end, bool(pieces))
            for one in pieces:
                yield _Gap(max(one.start, latest), min(one.end, start), False, True)
        if k < len(words):
            latest = max(latest, words[k].end)


def _shared(span: Span, start: float, end: float) -> bool:
    return min(span.end, end) - max(span.start, start) >= PAUSE


def _changes(
    scenes: Sequence[Scene], duration: float, *, is_start: bool
) -> npt.NDArray[np.float64]:
    """Return when shots change; a clip begins after a dissolve and ends before one."""
    times = []
    for scene in scenes:
        change = scene.change if scene.gradual else None
        time = scene.start if change is None else change.end if is_start else change.start
        if 0 < time < duration:
            times.append(time)
    return np.array(sorted(times), dtype=np.float64)


def _at_gap(gap: _Gap, cuts: npt.NDArray[np.float64], *, is_start: bool) -> tuple[float, float]:
    """Return the best time in a gap to begin or to end at, and what it is worth."""
    half = (gap.end - gap.start) / 2
    low, high = (
        (gap.end - min(LEAD, 2 * half), gap.end)
        if is_start
        else (gap.start, gap.start + min(TAIL, 2 * half))
    )
    worth = _SENTENCE if gap.is_sentence_end else _PHRASE
    worth += _SILENCE if gap.is_silent else 0.0
    near = cuts[np.searchsorted(cuts, low) : np.searchsorted(cuts, high, side="right")]
    if len(near):
        # The other shot may not flash up before the first word or after the last.
        return float(near[-1] if is_start else near[0]), worth + _CUT
    time = gap.end - min(LEAD, half) if is_start else gap.start + min(TAIL, half)
    return time, worth


def _worth_of_cut(cut: float, quiet: _Line, murmur: _Line) -> float:
    """Return what a change of shot is worth; little in the middle of somebody's speech."""
    if murmur.holds(cut):
        return _PHRASE
    return _CUT + (_SILENCE if quiet.around(cut, cut) else 0.0)


def _grid(duration: float, step: float, blocks: _Line) -> list[tuple[float, float]]:
    """Return edges of no quality at an even step, moved out of words."""
    step = max(step, duration / (MOST_EDGES / 2))
    return [(blocks.outside(time), 0.0) for time in np.arange(step, duration, step).tolist()]


def _thinned(found: Iterable[tuple[float, float]], blocks: _Line, duration: float) -> Edges:
    """Drop what lies inside words, and keep the best edge of each small stretch of time."""
    width = max(FINEST, duration / MOST_EDGES)
    best: dict[int, tuple[float, float]] = {}
    for time, worth in found:
        if not 0 <= time <= duration or blocks.holds(time):
            continue
        bucket = int(time / width)
        if bucket not in best or (worth, -time) > (best[bucket][1], -best[bucket][0]):
            best[bucket] = (time, worth)
    kept = sorted(best.values())
    return Edges(np.array([time for time, _ in kept]), np.array([worth for _, worth in kept]))
