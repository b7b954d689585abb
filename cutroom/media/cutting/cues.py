"""Cues: words laid out in lines that stay on the picture long enough to be read."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from cutroom.media.listening.wording import SPACELESS, clean_text, ends_phrase, ends_sentence
from cutroom.records.findings import Word
from cutroom.records.span import Span

MAX_LINES = 2
LONGEST_CUE = 6.0
"""Seconds, as broadcasters hold it; a longer cue is read twice."""
SHORTEST_CUE = 0.7
"""Seconds; below that the eye does not catch it. Held only where the next words leave room."""
LONGEST_PAUSE = 0.8
"""Seconds between two words after which a new cue begins."""
SMALL_PAUSE = 0.25
"""Seconds that make a good place to break where one is needed."""
FLICKER = 0.2
"""Seconds; a gap this short between two cues is closed, for it would only blink."""


@dataclass(frozen=True, slots=True)
class CueWord:
    """A word of a cue."""

    text: str
    """Without blanks, line breaks or control characters."""
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at once; times in milliseconds from the clip's first frame."""

    start_ms: int
    end_ms: int
    lines: tuple[tuple[CueWord, ...], ...]
    """One or two lines of words."""


def make_cues(words: Sequence[Word], span: Span, *, line_length: int, language: str) -> list[Cue]:
    """Lay out the words of a clip.

    Args:
        words: Of the whole source, in order.
        span: The clip, in seconds of the source. Words of which less than half lies inside are
            left to the neighbouring clip.
        line_length: Columns a line may take; a wide (East Asian) letter takes two.
        language: ISO 639 code; some are written without blanks.

    Returns:
        Cues in order that never overlap, each at most two lines and 6 s. They break after
        sentences, at pauses, and otherwise at the best place of their second half.
    """
    inside = [part for word in _words_inside(words, span) for part in _split(word, line_length)]
    blank = 0 if language in SPACELESS else 1
    groups: list[list[CueWord]] = []
    rest = inside
    while rest:
        size = _cue_size(rest, line_length, blank)
        groups.append(rest[:size])
        rest = rest[size:]
    ends = [*(group[0].start_ms for group in groups[1:]), round(span.duration * 1000)]
    return [
        Cue(group[0].start_ms, _end(group, following), _wrap(group, line_length, blank))
        for group, following in zip(groups, ends, strict=False)  # one too many for no words
    ]


def columns(text: str) -> int:
    """Return how many columns a text takes; wide letters take two, combining marks none."""
    return sum(
        0
        if unicodedata.combining(letter)
        else 2
        if unicodedata.east_asian_width(letter) in "WF"
        else 1
        for letter in text
    )


def _words_inside(words: Sequence[Word], span: Span) -> list[CueWord]:
    """Return the words that mostly lie in the span, timed from its start."""
    inside: list[CueWord] = []
    for word in words:
        text = clean_text(word.text)
        if not text or word.overlap(span) < word.duration / 2:
            continue
        start = round((max(word.start, span.start) - span.start) * 1000)
        end = round((min(word.end, span.end) - span.start) * 1000)
        start = max(start, inside[-1].end_ms if inside else 0)
        if end > start:
            inside.append(CueWord(text, start, end))
    return inside


def _split(word: CueWord, line_length: int) -> list[CueWord]:
    """Cut a word that is longer than a line, an address most often, into parts that fit."""
    size = max(1, line_length * len(word.text) // max(1, columns(word.text)))
    texts = [word.text[at : at + size] for at in range(0, len(word.text), size)]
    length = (word.end_ms - word.start_ms) // len(texts)
    if columns(word.text) <= line_length or not length:
        return [word]
    starts = [word.start_ms + length * number for number in range(len(texts))]
    ends = [*starts[1:], word.end_ms]
    return [CueWord(*part) for part in zip(texts, starts, ends, strict=True)]


def _cue_size(words: Sequence[CueWord], line_length: int, blank: int) -> int:
    """Return how many of the next words make one cue."""
    for size in range(1, len(words)):
        last, following = words[size - 1], words[size]
        pause = following.start_ms - last.end_ms
        if pause > LONGEST_PAUSE * 1000 or ends_sentence(last.text, following.text):
            return size
        is_late = following.end_ms - words[0].start_ms > LONGEST_CUE * 1000
        if is_late or len(_wrap(words[: size + 1], line_length, blank)) > MAX_LINES:
            return _best_break(words[: size + 1])
    return len(words)


def _best_break(words: Sequence[CueWord]) -> int:
    """Return where to break a cue that is one word too long."""
    size = len(words) - 1
    for at in range(size, max(1, size // 2), -1):
        if ends_phrase(words[at - 1].text):
            return at
    for at in range(size, max(1, size // 2), -1):
        if words[at].start_ms - words[at - 1].end_ms >= SMALL_PAUSE * 1000:
            return at
    return size


def _wrap(
    words: Sequence[CueWord], line_length: int, blank: int
) -> tuple[tuple[CueWord, ...], ...]:
    """Put words on as few lines as they need; two lines are made about equally long."""
    widths = [columns(word.text) + blank for word in words]
    if sum(widths) - blank <= line_length:
        return (tuple(words),)
    even = min(range(1, len(words) + 1), key=lambda at: max(sum(widths[:at]), sum(widths[at:])))
    if even < len(words) and max(sum(widths[:even]), sum(widths[even:])) - blank <= line_length:
        return tuple(words[:even]), tuple(words[even:])
    lines: list[tuple[CueWord, ...]] = []
    taken = 0
    for word, width in zip(words, widths, strict=True):
        if not lines or taken + width - blank > line_length:
            lines.append(())
            taken = 0
        lines[-1] = (*lines[-1], word)
        taken += width
    return tuple(lines)


def _end(words: Sequence[CueWord], following_ms: int) -> int:
    """Return when a cue goes: late enough to be read, before the next one comes."""
    start, end = words[0].start_ms, words[-1].end_ms
    end = max(end, start + round(SHORTEST_CUE * 1000))
    if following_ms - end <= FLICKER * 1000:
        end = following_ms
    return min(end, following_ms, start + round(LONGEST_CUE * 1000))
