"""Cues can be read: short lines, enough time, breaks where the language has them."""

from itertools import pairwise

import numpy as np
import pytest

from cutroom.media.cutting.cues import LONGEST_CUE, SHORTEST_CUE, columns, make_cues
from cutroom.records.findings import Word
from cutroom.records.span import Span


def said(text, start=0.0, each=0.25, gap=0.05):
    """Return words spoken at an even pace."""
    words = []
    for part in text.split():
        words.append(
            Word(start=round(start, 3), end=round(start + each, 3), text=part, probability=1)
        )
        start += each + gap
    return words


def cues_of(words, span=None, line_length=37, language="en"):
    """Lay words out in a clip."""
    span = span or Span(start=0, end=words[-1].end + 5)
    return make_cues(words, span, line_length=line_length, language=language)


def texts(cues):
    """Return each cue's lines as text."""
    return [[" ".join(word.text for word in line) for line in cue.lines] for cue in cues]


def test_times_count_from_the_clips_first_frame():
    """A word at 12 s of the source is at 2 s of a clip that begins at 10 s."""
    cue = cues_of(said("hello world", start=12), Span(start=10, end=20))[0]

    assert (cue.start_ms, cue.end_ms) == (2000, 2700)


def test_only_words_of_the_clip_are_shown():
    """A word belongs to the clip that holds most of it."""
    words = said("one two three four", each=1, gap=0)

    cues = cues_of(words, Span(start=0.6, end=2.6))

    assert texts(cues) == [["two three"]]
    assert cues[0].start_ms == 400
    assert cues[0].end_ms == 2000


def test_a_cue_ends_with_its_sentence():
    """Two sentences do not share one."""
    cues = cues_of(said("That is it. Now this."))

    assert texts(cues) == [["That is it."], ["Now this."]]


def test_a_cue_ends_at_a_pause():
    """What comes after a second of nothing is something else."""
    cues = cues_of([*said("one two"), *said("three", start=1.6)])

    assert texts(cues) == [["one two"], ["three"]]


def test_a_full_cue_breaks_at_its_comma():
    """Not in the middle of the next phrase."""
    cues = cues_of(
        said("ask not what your country can do for you, ask what you can do for your country"),
        line_length=25,
    )

    assert texts(cues)[0] == ["ask not what your", "country can do for you,"]


def test_two_lines_are_about_equally_long():
    """No single word is left below a full line."""
    lines = texts(cues_of(said("these are some words that take two lines")))[0]

    assert lines == ["these are some words", "that take two lines"]


def test_a_word_longer_than_a_line_is_cut():
    """An address must not run out of the picture."""
    cues = cues_of(said("see https://example.org/" + "x" * 60), line_length=20)

    assert all(columns(line) <= 20 for cue in texts(cues) for line in cue)
    assert "".join("".join(cue) for cue in texts(cues)) == "seehttps://example.org/" + "x" * 60


def test_a_short_word_stays_until_it_is_read():
    """When nothing follows at once."""
    cues = cues_of([*said("Yes."), *said("Then.", start=5)])

    assert cues[0].end_ms - cues[0].start_ms == SHORTEST_CUE * 1000


def test_a_short_gap_does_not_blink():
    """The next cue follows without a flash of empty picture."""
    cues = cues_of(said("One sentence here. Another one there.", each=0.3, gap=0.1))

    assert cues[0].end_ms == cues[1].start_ms


def test_wide_letters_take_two_columns():
    """Chinese lines hold half as many letters, and no blanks."""
    words = said(" ".join("今天天气很好我们去公园"))

    cues = cues_of(words, line_length=12, language="zh")

    assert columns("今天") == 4
    assert columns("e\u0301") == 1
    assert all(sum(columns(word.text) for word in line) <= 12 for cue in cues for line in cue.lines)
    assert len(cues[0].lines) == 2


@pytest.mark.parametrize("line_length", [12, 24, 37])
def test_whatever_is_said_can_be_read(line_length):
    """Random speech: no overlap, two lines, 6 s, inside the clip, every word once."""
    chance = np.random.default_rng(2)
    for _ in range(40):
        words, at = [], 0.0
        for _ in range(60):
            at += float(chance.choice([0, 0.02, 0.3, 1.5], p=[0.5, 0.3, 0.15, 0.05]))
            end = at + float(chance.uniform(0.02, 1.2))
            text = "x" * int(chance.integers(1, 12)) + str(chance.choice(["", "", ",", "."]))
            words.append(Word(start=at, end=end, text=text, probability=1))
            at = end
        span = Span(start=3, end=at - 3)
        cues = cues_of(words, span, line_length)

        assert all(before.end_ms <= after.start_ms for before, after in pairwise(cues))
        assert all(0 < cue.end_ms - cue.start_ms <= LONGEST_CUE * 1000 for cue in cues)
        assert cues[-1].end_ms <= round(span.duration * 1000)
        assert all(len(lines) <= 2 and max(map(len, lines)) <= line_length for lines in texts(cues))
        shown = [word.text for cue in cues for line in cue.lines for word in line]
        inside = [w.text for w in words if w.overlap(span) >= w.duration / 2]
        assert "".join(shown) == "".join(inside)
