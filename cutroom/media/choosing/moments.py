"""Choosing what to cut: the best set of stretches that do not overlap, each with its reasons."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from cutroom.media.choosing.edges import Edges, ends_sentence, find_edges, spoken_words
from cutroom.media.choosing.scoring import Evidence, Floats, Signal
from cutroom.records.clip import Moment
from cutroom.records.findings import FaceTrack, Scene, Transcript, Word
from cutroom.records.span import Span

COMFORT = 20.0
"""Seconds a clip needs to say something; shorter ones count less, down to `_SHORT_WORTH`."""
_SHORT_WORTH = 0.7
JUNK = 0.6
"""Stretches below this share of the best one's score are not worth a clip."""
LEAST = 0.25
"""Nor are stretches below this score, unless nothing better is there."""
TITLE_LETTERS = 60
_ENDS_PER_START = 24
"""Lengths tried from each start; more would differ by less than a second or two."""
_EDGE_WEIGHT = 1.0
_REASONS = 4
_SHORTEST_VIDEO = 0.001
"""Seconds given to a video of one frame that claims no duration: a span must run forward."""


@dataclass(frozen=True, slots=True)
class _Stretches:
    """Everything that could become a clip."""

    starts: Floats
    ends: Floats
    edge_quality: Floats
    """Mean of both edges."""


def choose_moments(
    *,
    duration: float,
    transcript: Transcript | None,
    speech: Sequence[Span],
    silences: Sequence[Span],
    scenes: Sequence[Scene],
    faces: Sequence[FaceTrack],
    energy: Sequence[float],
    energy_step: float,
    count: int,
    shortest: float,
    longest: float,
) -> list[Moment]:
    """Choose the stretches of a video most worth cutting.

    Every finding may be missing: what is there decides. The same findings give the same moments.

    Args:
        duration: Of the video, in seconds.
        transcript: What is said.
        speech: Where somebody speaks; used where there is no transcript.
        silences: Where nothing is heard.
        scenes: The shots.
        faces: One track for each face and shot.
        energy: Loudness in dBFS, one reading every `energy_step` seconds from time zero.
        energy_step: Seconds between two readings.
        count: At most this many; fewer where the rest is not worth it.
        shortest: Least length, in seconds; a shorter video is one moment as a whole.
        longest: Greatest length, in seconds.

    Returns:
        Moments in order of time, none overlapping, no edge inside a word, each with a score from
        0 to 1 and its reasons, strongest first.
    """
    if count < 1:
        return []
    evidence = Evidence(
        transcript=transcript,
        speech=speech,
        silences=silences,
        scenes=scenes,
        faces=faces,
        energy=energy,
        energy_step=energy_step,
    )
    if duration <= shortest:
        whole = max(duration, _SHORTEST_VIDEO)
        stretches = _Stretches(np.zeros(1), np.array([whole]), np.ones(1))
    else:
        starts, ends = find_edges(
            duration=duration,
            transcript=transcript,
            speech=speech,
            silences=silences,
            scenes=scenes,
            step=max(1.0, shortest / 2),
        )
        stretches = _pair(starts, ends, shortest, min(longest, duration))
    if not len(stretches.starts):
        stretches = _Stretches(np.zeros(1), np.array([min(longest, duration)]), np.zeros(1))
    signals = evidence.signals(stretches.starts, stretches.ends)
    scores = _scores(stretches, signals, evidence, shortest, longest)
    title = _Titles(transcript)
    return [
        Moment(
            start=float(stretches.starts[k]),
            end=float(stretches.ends[k]),
            title=title.of(float(stretches.starts[k]), float(stretches.ends[k])),
            score=round(float(scores[k]), 4),
            reasons=_reasons(signals, stretches, k),
        )
        for k in _choose(stretches, scores, count)
    ]


def _pair(starts: Edges, ends: Edges, shortest: float, longest: float) -> _Stretches:
    """Join starts with ends to stretches of allowed length, the best ends of each length first."""
    tolerance = 1e-6
    pairs: list[tuple[int, int]] = []
    bins = np.linspace(shortest, longest + tolerance, _ENDS_PER_START + 1)
    for k, start in enumerate(starts.times.tolist()):
        low = int(np.searchsorted(ends.times, start + shortest - tolerance))
        high = int(np.searchsorted(ends.times, start + longest + tolerance, side="right"))
        if high - low <= _ENDS_PER_START:
            pairs += [(k, n) for n in range(low, high)]
            continue
        number = np.searchsorted(bins, ends.times[low:high] - start, side="right")
        best: dict[int, int] = {}
        for bucket, n in zip(number.tolist(), range(low, high), strict=True):
            if bucket not in best or ends.quality[n] > ends.quality[best[bucket]]:
                best[bucket] = n
        pairs += [(k, n) for n in best.values()]
    first, last = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    quality = (starts.quality[first] + ends.quality[last]) / 2
    return _Stretches(starts.times[first], ends.times[last], np.minimum(quality, 1.0))


def _scores(
    stretches: _Stretches,
    signals: Sequence[Signal],
    evidence: Evidence,
    shortest: float,
    longest: float,
) -> Floats:
    """Return how much each stretch is worth, 0 to 1."""
    length = stretches.ends - stretches.starts
    total = _EDGE_WEIGHT * stretches.edge_quality
    for signal in signals:
        total = total + signal.weight * signal.value
    total = total / (_EDGE_WEIGHT + sum(signal.weight for signal in signals))
    comfort = min(longest, max(shortest, COMFORT))
    ripeness = ((length - shortest) / max(comfort - shortest, 1e-6)).clip(0, 1)
    ripeness[length >= comfort] = 1.0
    alive = 1 - (2 * evidence.dead_share(stretches.starts, stretches.ends)).clip(0, 0.9)
    return np.asarray((total * (_SHORT_WORTH + (1 - _SHORT_WORTH) * ripeness) * alive).clip(0, 1))


def _choose(stretches: _Stretches, scores: Floats, count: int) -> list[int]:
    """Return the best set of stretches that do not overlap, in order of time.

    Weighted interval scheduling by dynamic programming (Kleinberg and Tardos, Algorithm Design,
    6.1), with a second dimension for how many were taken. What counts is by how much a stretch
    is better than junk, so that poor ones are left out rather than filling up the count.
    """
    best = float(scores.max())
    floor = max(JUNK * best, min(LEAST, best))
    kept = np.flatnonzero(scores >= floor)
    kept = kept[np.lexsort((stretches.starts[kept], stretches.ends[kept]))]
    gains = scores[kept] - floor + 1e-3
    borders = np.unique(stretches.ends[kept])
    # Row 0 stands for the time before any end; row r for all stretches that end by borders[r-1].
    row_of = np.searchsorted(borders, stretches.ends[kept]) + 1
    row_before = np.searchsorted(borders, stretches.starts[kept] + 1e-6, side="right")
    most = min(count, len(kept))
    value = np.zeros((len(borders) + 1, most + 1))
    taken = np.full((len(borders) + 1, most + 1), -1, dtype=np.int64)
    groups = np.split(np.arange(len(kept)), np.flatnonzero(np.diff(row_of)) + 1)
    for row, group in enumerate(groups, start=1):
        value[row] = value[row - 1]
        offers = value[row_before[group], :-1] + gains[group, None]
        pick = offers.argmax(axis=0)
        offer = offers[pick, np.arange(most)]
        is_better = offer > value[row, 1:] + 1e-12
        value[row, 1:][is_better] = offer[is_better]
        taken[row, 1:][is_better] = group[pick][is_better]
    return _trace(taken, row_before, kept, int(value[-1].argmax()))


def _trace(taken: np.ndarray, row_before: np.ndarray, kept: np.ndarray, left: int) -> list[int]:
    """Walk the table back from its last row and return the stretches taken, in order."""
    chosen: list[int] = []
    row = len(taken) - 1
    while row > 0 and left > 0:
        k = int(taken[row, left])
        if k < 0:
            row -= 1
            continue
        chosen.append(int(kept[k]))
        row, left = int(row_before[k]), left - 1
    return chosen[::-1]


def _reasons(signals: Sequence[Signal], stretches: _Stretches, k: int) -> tuple[str, ...]:
    """Say what speaks for a stretch, strongest first."""
    parts = [
        (signal.weight * float(signal.value[k]), signal.reason(k))
        for signal in signals
        if signal.value[k] >= 0.3  # noqa: PLR2004  below, it speaks rather against it
    ]
    quality = float(stretches.edge_quality[k])
    if quality >= 0.5:  # noqa: PLR2004  what one sentence's end alone is worth
        parts.append((_EDGE_WEIGHT * quality, "begins and ends at a natural break"))
    parts.sort(key=lambda part: -part[0])
    found = tuple(text for _, text in parts[:_REASONS] if text)
    return found or ("nothing in this video stands out more",)


class _Titles:
    """Names stretches by what is said in them."""

    def __init__(self, transcript: Transcript | None) -> None:
        self._words = spoken_words(transcript)
        self._ends = ends_sentence(self._words, transcript)
        self._middles = np.array([(word.start + word.end) / 2 for word in self._words])

    def of(self, start: float, end: float) -> str:
        """Return a stretch's first question with an answer, else its first sentence, else time."""
        first, last = (int(np.searchsorted(self._middles, at)) for at in (start, end))
        sentences: list[list[Word]] = [[]]
        for word, is_end in zip(self._words[first:last], self._ends[first:last], strict=True):
            sentences[-1].append(word)
            if is_end:
                sentences.append([])
        texts = [" ".join(word.text for word in one) for one in sentences if one]
        if not texts:
            minutes, seconds = divmod(int(start), 60)
            return f"Scene at {minutes}:{seconds:02d}"
        answered = [text for text in texts[:-1] if text.endswith("?")]
        return _shortened(answered[0] if answered else texts[0])


def _shortened(text: str) -> str:
    """Cut a sentence at a word's border to at most `TITLE_LETTERS`."""
    text = text.strip().rstrip(".,;:。")
    text = text[:1].upper() + text[1:]
    if len(text) <= TITLE_LETTERS:
        return text
    cut = text[: TITLE_LETTERS - 1]
    cut = cut[: cut.rfind(" ")] if " " in cut else cut
    return cut.rstrip(" ,;:.-") + "…"
