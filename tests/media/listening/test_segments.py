"""Segments read like sentences."""

from itertools import pairwise

import pytest

from cutroom.media.listening.segments import LONGEST_SEGMENT, make_segments
from cutroom.records.findings import Word


def said(text, start=0.0, each=0.3, gap=0.1):
    """Return words spoken at an even pace."""
    words = []
    for part in text.split():
        words.append(
            Word(start=round(start, 3), end=round(start + each, 3), text=part, probability=1)
        )
        start += each + gap
    return words


def texts(words, language="en"):
    """Return the texts of the segments."""
    return [segment.text for segment in make_segments(words, language)]


def test_a_segment_ends_with_its_sentence():
    """Full stops, question and exclamation marks end it, quotes after them included."""
    words = said('He said "Go!" Why? Because. And off')

    assert texts(words) == ['He said "Go!"', "Why?", "Because.", "And off"]


def test_a_title_or_a_number_does_not_end_a_sentence():
    """Dr., initials, decimals and points before lower case go on."""
    words = said("Dr. J. Smith paid 3.5 dollars vs. nothing. Then etc. went home.")

    assert texts(words) == [
        "Dr. J. Smith paid 3.5 dollars vs. nothing.",
        "Then etc. went home.",
    ]


def test_a_pause_ends_a_segment_without_punctuation():
    """The stand-in engine writes no marks; its pauses tell."""
    words = [*said("one two", 0), *said("three", 1.7)]

    assert texts(words) == ["one two", "three"]


def test_spans_are_those_of_the_words():
    """A segment begins with its first word and ends with its last."""
    segment = make_segments(said("one two three", start=5), "en")[0]

    assert (segment.start, segment.end) == (5, 6.1)


def test_a_long_breath_is_cut_at_its_longest_pause():
    """No segment is longer than 15 s; every word is in one, in order."""
    words = said("word " * 60) + said("more " * 60, start=60 * 0.4 + 0.5)

    segments = make_segments(words, "en")

    assert all(segment.duration <= LONGEST_SEGMENT for segment in segments)
    assert " ".join(segment.text for segment in segments).split() == [w.text for w in words]
    assert all(before.end <= after.start for before, after in pairwise(segments))
    assert any(segment.text.endswith("word") and segment.end < 24 for segment in segments)
    assert not any("word more" in segment.text for segment in segments)


def test_languages_without_blanks_get_none():
    """Chinese and Japanese are joined as they are written."""
    words = said("今日 は 晴れ 。")

    assert texts(words, "ja") == ["今日は晴れ。"]


@pytest.mark.parametrize("language", ["en", "ja"])
def test_no_words_no_segments(language):
    """Silence has no text."""
    assert make_segments([], language) == []
