"""Speech is found by the voice activity detector, and windows respect it."""

import json
import threading
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sounds import RATE, hush, tone, write_sound

from cutroom.media.ffmpeg import guarded_input, run
from cutroom.media.listening.sound import Sound
from cutroom.media.listening.speech import find_speech, join_speech, windows_of
from cutroom.records.span import Span

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"


def share_of(spans, others):
    """Return which share of `spans` lies inside `others`."""
    inside = sum(span.overlap(other) for span in spans for other in others)
    return inside / sum(span.duration for span in spans)


def test_spoken_sentences_are_found(spoken):
    """Nearly all that is said counts as speech, and nearly nothing else does."""
    speech = find_speech(spoken.sound)

    assert share_of(spoken.sentences, speech) > 0.9
    assert share_of(speech, spoken.sentences) > 0.9


def test_speech_is_in_order_and_apart(spoken):
    """Stretches follow each other without touching and stay inside the sound."""
    speech = find_speech(spoken.sound)

    assert all(before.end < after.start for before, after in pairwise(speech))
    assert speech[-1].end <= spoken.sound.duration


@pytest.mark.parametrize("make", [hush, tone], ids=["silence", "tone"])
def test_what_nobody_says_is_no_speech(tmp_path, make):
    """Neither silence nor a tone is taken for a voice."""
    assert find_speech(Sound.open(write_sound(tmp_path / "a.wav", make(5)))) == []


def test_noise_is_no_speech(tmp_path):
    """Loud noise is not taken for a voice."""
    noise = np.random.default_rng(3).normal(0, 0.1, 5 * RATE).astype(np.float32)

    assert find_speech(Sound.open(write_sound(tmp_path / "a.wav", noise))) == []


@pytest.mark.parametrize("seconds", [0, 0.01, 0.2])
def test_a_sound_too_short_to_say_anything_is_fine(tmp_path, seconds):
    """No samples, a few, or less than a second: no speech, no error."""
    assert find_speech(Sound.open(write_sound(tmp_path / "a.wav", tone(seconds)))) == []


def test_a_window_hears_what_the_whole_hears(spoken):
    """Looking at a part gives the whole's answer, cut at the part's edges."""
    whole = find_speech(spoken.sound)
    middle = (whole[2].start + whole[2].end) / 2
    window = Span(start=middle, end=middle + 15)

    part = find_speech(spoken.sound, window)

    assert part[0].start == window.start
    assert all(window.start <= span.start < span.end <= window.end for span in part)
    expected = [span for span in whole if span.overlap(window)]
    assert share_of(part, expected) > 0.98
    assert sum(span.duration for span in part) == pytest.approx(
        sum(span.overlap(window) for span in expected), rel=0.02
    )


def test_blocks_do_not_cut_speech(spoken, tmp_path):
    """A sentence over the border of two blocks is heard like any other."""
    first = spoken.sentences[1]
    voice = spoken.sound.samples(Span(start=first.start, end=first.end))
    # A block is 512 frames of 512 samples, 16.4 s: the sentence begins one second before that.
    path = write_sound(tmp_path / "a.wav", hush(15.4), voice, hush(1))

    speech = find_speech(Sound.open(path))

    assert share_of([Span(start=15.4, end=15.4 + first.duration)], speech) > 0.9
    assert speech[0].start == pytest.approx(15.4, abs=0.25)


def test_threads_share_the_network(spoken):
    """Several windows at once get the answers they get alone."""
    windows = [Span(start=start, end=start + 12) for start in (0, 10, 20)]
    alone = [find_speech(spoken.sound, window) for window in windows]
    together = [[], [], []]

    def listen(number):
        together[number] = find_speech(spoken.sound, windows[number])

    threads = [threading.Thread(target=listen, args=(number,)) for number in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert together == alone


def test_another_sample_rate_is_refused(tmp_path):
    """The network knows 16 kHz only; anything else would be nonsense, not an answer."""
    path = write_sound(tmp_path / "a.wav", tone(1))
    content = bytearray(path.read_bytes())
    content[24:28] = (48000).to_bytes(4, "little")
    path.write_bytes(content)

    with pytest.raises(ValueError, match="got 48000"):
        find_speech(Sound.open(path))


@pytest.mark.parametrize("duration", [0.2, 599, 899, 901, 3600, 3 * 3600 + 17.3])
@pytest.mark.parametrize("has_speech", [False, True])
def test_windows_cover_everything_once(duration, has_speech):
    """From zero to the end, border on border, each about as long as asked."""
    speech = None
    if has_speech:
        starts = np.arange(0.05, duration - 0.05, 7.0)
        speech = [Span(start=start, end=min(start + 5, duration)) for start in map(float, starts)]

    windows = windows_of(duration, speech)

    assert windows[0].start == 0
    assert windows[-1].end == duration
    assert all(before.end == after.start for before, after in pairwise(windows))
    if duration > 900:
        assert all(120 < window.duration < 1200 for window in windows)


def test_borders_lie_in_the_longest_pause_near(tmp_path):
    """Not in the nearest breath, but in the middle of the long pause a minute away."""
    speech = [Span(start=0, end=540), Span(start=560, end=600), Span(start=601, end=1200)]

    assert windows_of(1200, speech) == [Span(start=0, end=550), Span(start=550, end=1200)]


def test_a_far_pause_is_better_than_a_cut_word():
    """With no pause near, a border moves further before it cuts speech."""
    speech = [Span(start=0, end=830), Span(start=832, end=1200)]

    assert windows_of(1200, speech)[0].end == 831


def test_unbroken_speech_is_cut_evenly():
    """Where there is no pause at all, windows still come."""
    assert windows_of(1200, [Span(start=0, end=1200)]) == windows_of(1200, None)


def test_no_time_has_no_windows():
    """A sound of zero seconds has nothing to cut."""
    assert windows_of(0, None) == []


@pytest.mark.corpus
def test_real_speech_is_found(tmp_path):
    """Read speech with room tone: at least nine tenths found, at least nine tenths right."""
    if not CORPUS.is_dir():
        pytest.skip("the folder of real clips is not beside the checkout")
    truth = json.loads((CORPUS / "truth" / "talk.json").read_text())
    talk = guarded_input(CORPUS / "truth" / "talk_roomtone_16k.flac")
    run(talk.output(str(tmp_path / "talk.wav"), acodec="pcm_s16le"))
    said = [
        Span(start=clip["speech_start"], end=clip["speech_end"]) for clip in truth["speech_clips"]
    ]

    speech = find_speech(Sound.open(tmp_path / "talk.wav"))

    assert share_of(said, speech) > 0.9
    assert share_of(speech, said) > 0.9


def test_speech_over_a_window_border_is_one_stretch():
    """Windows cut their answers at their borders; joining undoes that and nothing else."""
    found = [Span(start=1, end=2), Span(start=2, end=3), Span(start=3.5, end=4)]

    assert join_speech(found) == [Span(start=1, end=3), Span(start=3.5, end=4)]
    assert join_speech([]) == []
