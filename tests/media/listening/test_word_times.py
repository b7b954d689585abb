"""Word times come out in order, apart, inside their bounds and near the speech."""

import math
from itertools import pairwise

import numpy as np
import pytest

from cutroom.media.listening.word_times import HeardWord, repair_words, spread_words, tidy_words
from cutroom.records.span import Span

WITHIN = Span(start=10, end=20)
SPEECH = [Span(start=10, end=20)]


def heard(*words):
    """Return heard words from (text, start, end)."""
    return [HeardWord(text, start, end, 0.5) for text, start, end in words]


def times(words):
    """Return (start, end) of words."""
    return [(word.start, word.end) for word in words]


def assert_sound(words, within):
    """Check what holds for every repaired row of words."""
    assert all(word.end - word.start >= 0.02 - 1e-9 for word in words)
    assert all(before.end <= after.start for before, after in pairwise(words))
    if words:
        assert words[0].start >= within.start - 1e-9
        assert words[-1].end <= within.end + 1e-9


def test_good_times_are_left_alone():
    """What an engine got right stays as it was."""
    words = repair_words(heard(("one", 11, 11.5), ("two", 11.5, 12)), WITHIN, SPEECH)

    assert times(words) == [(11, 11.5), (11.5, 12)]


def test_whatever_comes_in_order_comes_out():
    """Random, missing, reversed and endless times: always sound, never a word lost."""
    chance = np.random.default_rng(11)
    for _ in range(300):
        rows = []
        for number in range(chance.integers(1, 40)):
            start, end = chance.uniform(0, 30, 2).tolist()
            kind = chance.integers(0, 8)
            if kind == 0:
                start = end = None
            if kind == 1:
                start = math.nan
            if kind == 2:
                end = math.inf
            rows.append((f"w{number}", start, end))
        start = float(chance.uniform(0, 20))
        within = Span(start=start, end=start + float(chance.uniform(1, 10)))
        onset = float(chance.uniform(0, 25))
        speech = [Span(start=onset, end=onset + 2), Span(start=onset + 3, end=onset + 4)]

        words = repair_words(heard(*rows), within, speech)

        assert [word.text for word in words] == [row[0] for row in rows]
        assert_sound(words, within)


def test_the_first_word_after_a_pause_waits_for_the_voice():
    """Whisper pulls it back into the silence; it may begin 0.2 s before the voice at most."""
    speech = [Span(start=10, end=11), Span(start=18, end=20)]

    words = repair_words(
        heard(("before", 10, 10.9), ("after", 11, 18.6), ("it", 18.6, 19)), WITHIN, speech
    )

    assert times(words) == [(10, 10.9), (17.8, 18.6), (18.6, 19)]


def test_a_word_that_lies_all_before_the_voice_is_moved_to_it():
    """Even when its end is early too, as long as the voice after is the nearer one."""
    speech = [Span(start=10, end=11), Span(start=18, end=20)]

    words = repair_words(heard(("early", 16, 17), ("then", 18.5, 19)), WITHIN, speech)

    assert words[0].start == pytest.approx(17.8)
    assert_sound(words, WITHIN)


def test_the_last_word_before_a_pause_does_not_fill_it():
    """A word stretched over the silence after it ends soon after the voice."""
    speech = [Span(start=10, end=11), Span(start=18, end=20)]

    words = repair_words(heard(("last", 10.5, 17.9), ("next", 18.1, 19)), WITHIN, speech)

    assert times(words) == [(10.5, 11.2), (18.1, 19)]


def test_words_without_times_share_the_room_by_their_letters():
    """Numbers often come without times; they get the gap between their neighbours."""
    words = repair_words(
        heard(("in", 11, 11.5), ("1", None, None), ("234", None, None), ("was", 11.9, 12.5)),
        WITHIN,
        SPEECH,
    )

    assert times(words) == [(11, 11.5), (11.5, 11.6), (11.6, 11.9), (11.9, 12.5)]


def test_a_guessed_word_does_not_last_for_ever():
    """In a long gap an untimed word stays as long as its letters may take."""
    after = repair_words(heard(("a", 11, 11.5), ("1945", None, None)), WITHIN, SPEECH)
    before = repair_words(heard(("1945", None, None), ("a", 18, 18.5)), WITHIN, SPEECH)

    assert times(after)[1] == pytest.approx((11.5, 11.98))
    assert times(before)[0] == pytest.approx((17.52, 18))


def test_overlapping_words_are_parted():
    """A word gives way to the one that begins after it."""
    words = repair_words(heard(("one", 11, 12.5), ("two", 12, 13)), WITHIN, SPEECH)

    assert times(words) == [(11, 12), (12, 13)]


def test_no_time_at_all_becomes_twenty_milliseconds():
    """A word that begins when it ends is still shown."""
    words = repair_words(heard(("one", 20, 20), ("two", 20, 20)), WITHIN, SPEECH)

    assert times(words) == [(19.96, 19.98), (19.98, 20)]


def test_more_words_than_room_are_spread_evenly():
    """When 20 ms each do not fit, the order still holds and nothing is lost."""
    within = Span(start=1, end=1.1)

    words = repair_words(heard(*((f"w{n}", 1, 1) for n in range(8))), within, [])

    assert len(words) == 8
    assert all(before.end <= after.start for before, after in pairwise(words))
    assert words[-1].end <= 1.1


@pytest.mark.parametrize(
    ("given", "kept"), [(-0.5, 0), (0.25, 0.25), (1.0000002, 1), (math.nan, 0), (math.inf, 0)]
)
def test_probabilities_are_probabilities(given, kept):
    """Engines round past 1; records do not take it."""
    words = repair_words([HeardWord("a", 11, 12, given)], WITHIN, SPEECH)

    assert words[0].probability == kept


def test_words_are_clean():
    """Blanks go, a lone mark joins the word before it, what nobody says is dropped."""
    rows = heard(
        *((text, 11, 12) for text in ["  Well", "…", " \n", "♪", "rock", " & ", "roll ", "!", "-"])
    )

    assert [word.text for word in tidy_words(rows)] == ["Well…", "rock", "&", "roll!"]


def test_a_text_without_times_is_spread_over_its_stretch():
    """Letter by letter, from the start to the end."""
    words = spread_words(["ab", "abcdef"], Span(start=1, end=2), 0.0)

    assert times(words) == [(1, 1.25), (1.25, 2)]
