"""Segments: words gathered into what reads like sentences."""

from collections.abc import Sequence

from cutroom.media.listening.wording import ends_sentence, join_words
from cutroom.records.findings import Segment, Word

LONGEST_PAUSE = 0.8
"""Seconds between two words after which something new begins, punctuation or not."""
LONGEST_SEGMENT = 15.0
"""Seconds; nobody reads a longer one as one sentence."""


def make_segments(words: Sequence[Word], language: str) -> list[Segment]:
    """Gather words into segments.

    Args:
        words: In order, not overlapping.
        language: ISO 639 code; some are written without blanks.

    Returns:
        Segments in order that hold every word once. They end with a sentence, before a pause
        longer than 0.8 s, and at the best place there is before they get longer than 15 s.
    """
    groups: list[list[Word]] = []
    for number, word in enumerate(words):
        is_new = number == 0 or word.start - words[number - 1].end > LONGEST_PAUSE
        if is_new or ends_sentence(words[number - 1].text, word.text):
            groups.append([])
        groups[-1].append(word)
    return [_segment(part, language) for group in groups for part in _shorten(group)]


def _shorten(words: list[Word]) -> list[list[Word]]:
    """Halve a group at the longest pause in its middle until every part is short enough."""
    start, end = words[0].start, words[-1].end
    if end - start <= LONGEST_SEGMENT or len(words) == 1:
        return [words]
    middle = (start + end) / 2
    low, high = start + (end - start) / 4, end - (end - start) / 4
    inner = [at for at in range(1, len(words)) if low <= words[at].start <= high]
    at = max(
        inner or range(1, len(words)),
        key=lambda at: (
            round(words[at].start - words[at - 1].end, 2),
            -abs(words[at].start - middle),
        ),
    )
    return [*_shorten(words[:at]), *_shorten(words[at:])]


def _segment(words: Sequence[Word], language: str) -> Segment:
    text = join_words((word.text for word in words), language)
    return Segment(start=words[0].start, end=words[-1].end, text=text)
