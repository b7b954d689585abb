"""Repair of word times: recognisers are good at words and careless with clocks.

Whisper stretches the first word after a pause back to the words before it, gives numbers no time,
and lets words overlap; every one of these shows as a caption at the wrong moment.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from cutroom.media.listening.wording import clean_text, is_closing, is_wordless
from cutroom.records.findings import Word
from cutroom.records.span import Span

SHORTEST_MS = 20
"""Milliseconds a word lasts at least, one step of Whisper's own clock."""
SLACK_MS = 200
"""Milliseconds a word may reach out of the speech that was detected around it."""
LETTER_MS = 120
"""Milliseconds a letter takes at most where times have to be guessed; slow speech, about 8 a
second."""
Times = list[int]
"""Start and end of one word, in milliseconds."""


@dataclass(frozen=True, slots=True)
class HeardWord:
    """A word as an engine gave it, times in seconds of the file or unknown."""

    text: str
    start: float | None
    end: float | None
    probability: float


def repair_words(heard: Sequence[HeardWord], within: Span, speech: Sequence[Span]) -> list[Word]:
    """Make clean words with times that can be trusted.

    Args:
        heard: In the order they were said; the order is believed more than the times.
        within: The stretch of the file that the engine listened to.
        speech: Where speech was detected, in order.

    Returns:
        Words in order that do not overlap, inside `within`, each at least 20 ms long. Words
        without times share the room between their neighbours by their letters. No word begins
        more than 0.2 s before the speech it belongs to. Nothing when `within` is below 1 ms.
    """
    words = tidy_words(heard)
    low, high = math.ceil(within.start * 1000 - 1e-6), math.floor(within.end * 1000 + 1e-6)
    if not words or high - low < len(words):
        return []
    if high - low < SHORTEST_MS * len(words):
        times = _share([word.text for word in words], low, high)
    else:
        known = [_known_times(word) for word in words]
        filled = _fill_gaps([word.text for word in words], known, low, high)
        spoken = [(round(span.start * 1000), round(span.end * 1000)) for span in speech]
        times = _put_in_order([_hold_to_speech(pair, spoken) for pair in filled], low, high)
    return [
        Word(start=start / 1000, end=end / 1000, text=word.text, probability=word.probability)
        for word, (start, end) in zip(words, times, strict=True)
    ]


def tidy_words(heard: Sequence[HeardWord]) -> list[HeardWord]:
    """Strip blanks, put lone punctuation to the word before it, drop what was not said."""
    words: list[HeardWord] = []
    for word in heard:
        text = clean_text(word.text)
        if words and is_closing(text):
            last = words[-1]
            words[-1] = HeardWord(last.text + text, last.start, last.end, last.probability)
        elif not is_wordless(text):
            probability = word.probability if math.isfinite(word.probability) else 0.0
            words.append(HeardWord(text, word.start, word.end, min(1.0, max(0.0, probability))))
    return words


def spread_words(texts: Sequence[str], span: Span, probability: float) -> list[HeardWord]:
    """Give the words of a stretch times by their letters alone."""
    times = _share(texts, round(span.start * 1000), round(span.end * 1000))
    return [
        HeardWord(text, start / 1000, end / 1000, probability)
        for text, (start, end) in zip(texts, times, strict=True)
    ]


def _known_times(word: HeardWord) -> Times | None:
    """Return the word's times in milliseconds, None when they make no sense."""
    if word.start is None or word.end is None:
        return None
    if not (math.isfinite(word.start) and math.isfinite(word.end)) or word.end < word.start:
        return None
    return [round(word.start * 1000), round(word.end * 1000)]


def _share(texts: Sequence[str], low: int, high: int) -> list[Times]:
    """Cut [low, high) in order, by letters."""
    total = sum(len(text) for text in texts)
    borders, seen = [low], 0
    for text in texts:
        seen += len(text)
        borders.append(low + (high - low) * seen // max(1, total))
    return [[start, end] for start, end in pairwise(borders)]


def _fill_gaps(
    texts: Sequence[str], known: Sequence[Times | None], low: int, high: int
) -> list[Times]:
    """Put every run of untimed words between its neighbours."""
    filled: list[Times] = []
    at = 0
    while at < len(texts):
        pair = known[at]
        if pair is not None:
            filled.append(pair)
            at += 1
            continue
        end = at
        while end < len(texts) and known[end] is None:
            end += 1
        after = known[end] if end < len(texts) else None
        filled += _guess(texts[at:end], filled[-1][1] if filled else None, after, (low, high))
        at = end
    return filled


def _guess(
    texts: Sequence[str], before: int | None, after: Times | None, bounds: tuple[int, int]
) -> list[Times]:
    """Place a run of untimed words next to the word before it, else to the one after it."""
    start = bounds[0] if before is None else before
    end = max(start, bounds[1] if after is None else after[0])
    longest = LETTER_MS * sum(len(text) for text in texts)
    if before is None and after is not None:
        return _share(texts, max(start, end - longest), end)
    return _share(texts, start, min(end, start + longest))


def _hold_to_speech(times: Times, speech: Sequence[tuple[int, int]]) -> Times:
    """Pull a word that strays into a pause back to the speech it belongs to."""
    start, end = times
    overlaps = [min(end, last) - max(start, first) for first, last in speech]
    if overlaps and max(overlaps) > 0:
        first, last = speech[overlaps.index(max(overlaps))]
        return [max(start, first - SLACK_MS), min(end, last + SLACK_MS)]
    since = min((start - last for _, last in speech if last <= start), default=None)
    until = min((first - end for first, _ in speech if first >= end), default=None)
    if until is None or until <= SLACK_MS or (since is not None and since < until):
        return times
    onset = end + until - SLACK_MS
    return [onset, onset + min(end - start, SLACK_MS)]


def _put_in_order(times: Sequence[Times], low: int, high: int) -> list[Times]:
    """Make words follow each other within the bounds, each at least `SHORTEST_MS` long."""
    ordered: list[Times] = []
    for start, end in times:
        first = max(start, low)
        if ordered and first < ordered[-1][1]:
            # Starts are heard better than ends: a word gives way to the one after it.
            if first - ordered[-1][0] >= SHORTEST_MS:
                ordered[-1][1] = first
            else:
                first = ordered[-1][1]
        ordered.append([first, max(end, first + SHORTEST_MS)])
    ceiling = high
    for pair in reversed(ordered):
        pair[1] = min(pair[1], ceiling)
        pair[0] = min(pair[0], pair[1] - SHORTEST_MS)
        ceiling = pair[0]
    return ordered
