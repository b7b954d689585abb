"""Speech is gathered into stretches of a size a recogniser takes."""

from itertools import pairwise

import numpy as np
import pytest
from sounds import hush, tone, write_sound

from cutroom.media.listening.sound import Sound
from cutroom.media.listening.stretches import PADDING, clip_spans, make_stretches
from cutroom.records.span import Span


@pytest.fixture
def sound(tmp_path):
    """A minute and a half of tone."""
    return Sound.open(write_sound(tmp_path / "a.wav", tone(90)))


def test_spans_are_clipped_to_the_window():
    """What lies outside is left out, what sticks out is cut off."""
    spans = [Span(start=0, end=2), Span(start=3, end=6), Span(start=9, end=12)]

    clipped = clip_spans(spans, Span(start=1, end=5))

    assert clipped == [Span(start=1, end=2), Span(start=3, end=5)]


def test_neighbours_go_together_and_strangers_do_not(sound):
    """Speech 1 s apart is one stretch, speech 5 s apart two, each with a little around it."""
    speech = [Span(start=2, end=4), Span(start=5, end=6), Span(start=11, end=12)]

    stretches = make_stretches(sound, speech, Span(start=0, end=90), longest=28, join=2)

    assert stretches == [
        Span(start=2 - PADDING, end=6 + PADDING),
        Span(start=11 - PADDING, end=12 + PADDING),
    ]


def test_a_stretch_never_leaves_its_window(sound):
    """Padding and speech stop at the window's edges and at the end of the sound."""
    window = Span(start=10, end=95)

    stretches = make_stretches(
        sound, [Span(start=8, end=12), Span(start=88, end=95)], window, longest=28, join=2
    )

    assert stretches[0].start == 10
    assert stretches[-1].end == 90


def test_long_speech_is_cut_where_it_is_quietest(tmp_path):
    """A monologue is cut in its breaths."""
    breath = hush(0.2)
    sound = Sound.open(
        write_sound(tmp_path / "a.wav", tone(20), breath, tone(20), breath, tone(19.6))
    )

    stretches = make_stretches(
        sound, [Span(start=0, end=60)], Span(start=0, end=60), longest=28, join=2
    )

    assert [span.end for span in stretches[:2]] == pytest.approx([20.1, 40.3], abs=0.1)
    assert stretches[-1].end == 60


def test_stretches_hold_all_speech_and_none_is_too_long(sound):
    """Whatever the speech, nothing is lost, nothing overlaps."""
    chance = np.random.default_rng(5)
    for _ in range(50):
        edges = np.sort(chance.uniform(0, 90, 12))
        speech = [
            Span(start=float(a), end=float(b)) for a, b in edges.reshape(-1, 2) if b - a > 0.05
        ]
        stretches = make_stretches(sound, speech, Span(start=0, end=90), longest=15, join=2)

        assert all(span.duration <= 15 + 1e-9 for span in stretches)
        assert all(a.end <= b.start + 1e-9 for a, b in pairwise(stretches))
        heard = sum(a.overlap(b) for a in speech for b in stretches)
        assert heard == pytest.approx(sum(span.duration for span in speech))
