"""Silences are found where they are, to one reading."""

import json
from pathlib import Path

import numpy as np
import pytest
from sounds import RATE, hush, tone, write_sound

from cutroom.media.ffmpeg import guarded_input, run
from cutroom.media.listening.silence import READING, find_silences
from cutroom.media.listening.sound import Sound
from cutroom.records.order import Recipe
from cutroom.records.span import Span

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"


@pytest.fixture
def listen(tmp_path):
    """Find silences in sounds put one after the other."""

    def find(*parts, threshold_db=-40.0, shortest=0.5, margin=0.0):
        sound = Sound.open(write_sound(tmp_path / "a.wav", *parts))
        return find_silences(sound, threshold_db=threshold_db, shortest=shortest, margin=margin)

    return find


def test_a_pause_between_two_words_is_found(listen):
    """A second of nothing is one silence, exactly where it happened."""
    assert listen(tone(1), hush(1), tone(1)) == [Span(start=1, end=2)]


@pytest.mark.parametrize("pause", [0, 0.1, 0.48])
def test_a_breath_is_not_a_silence(listen, pause):
    """Pauses shorter than asked are left alone."""
    assert listen(tone(1), hush(pause), tone(1)) == []


def test_a_margin_is_kept_with_each_sound(listen):
    """A silence shrinks where it touches sound, so attack and decay survive."""
    assert listen(tone(1), hush(1), tone(1), margin=0.1) == [Span(start=1.1, end=1.9)]


def test_the_ends_of_the_file_are_no_sounds(listen):
    """Silence at the start and end goes to the very edge, margin or not."""
    found = listen(hush(1), tone(1), hush(1), margin=0.1)

    assert found == [Span(start=0, end=0.9), Span(start=2.1, end=3)]


def test_shortest_applies_to_what_the_margins_leave(listen):
    """Half a second of pause is no longer half a second with margins taken off."""
    parts = tone(1), hush(0.6), tone(1)

    assert listen(*parts, shortest=0.5, margin=0.1) == []
    assert listen(*parts, shortest=0.4, margin=0.1) == [Span(start=1.1, end=1.5)]
    assert listen(*parts, shortest=0.05, margin=0.3) == []


def test_nothing_but_silence_is_one_silence(listen):
    """A file in which nothing sounds is silent from end to end, odd lengths included."""
    assert listen(hush(3.011), margin=0.1) == [Span(start=0, end=3.011)]


def test_sound_without_a_pause_has_no_silence(listen):
    """Nothing is made up."""
    assert listen(tone(3)) == []
    assert listen() == []


def test_the_threshold_is_rms_in_dbfs(listen):
    """A tone of -45 dBFS is silence below -40 and sound above -50."""
    parts = tone(1), tone(1, -45), tone(1)

    assert listen(*parts, threshold_db=-40) == [Span(start=1, end=2)]
    assert listen(*parts, threshold_db=-50) == []


def test_a_silence_longer_than_a_block_stays_whole(listen):
    """The sound is read in blocks of 30 s; no border shows in the answer."""
    found = listen(tone(20), hush(75), tone(5))

    assert found == [Span(start=20, end=95)]


def test_edges_are_exact_to_one_reading(listen):
    """Wherever a silence begins and ends, it is found within 20 ms."""
    for start, length in np.random.default_rng(7).uniform(0.6, 2.0, (20, 2)):
        found = listen(tone(start), hush(length), tone(1))

        assert len(found) == 1
        assert found[0].start == pytest.approx(start, abs=READING + 1 / RATE)
        assert found[0].end == pytest.approx(start + length, abs=READING + 1 / RATE)


@pytest.mark.corpus
def test_pauses_of_a_talk_with_room_tone_are_found(tmp_path):
    """With the recipe's defaults, every pause of a second or more, and none in mid-speech."""
    if not CORPUS.is_dir():
        pytest.skip("the folder of real clips is not beside the checkout")
    truth = json.loads((CORPUS / "truth" / "talk.json").read_text())
    run(
        guarded_input(CORPUS / "truth" / "talk_roomtone_16k.flac").output(
            str(tmp_path / "talk.wav"), acodec="pcm_s16le"
        )
    )
    recipe = Recipe()

    found = find_silences(
        Sound.open(tmp_path / "talk.wav"),
        threshold_db=recipe.silence_threshold_db,
        shortest=recipe.shortest_silence,
        margin=recipe.silence_margin,
    )

    pauses = [Span(start=start, end=end) for start, end in truth["silences"] if end - start >= 1]
    for pause in pauses:
        covered = sum(silence.overlap(pause) for silence in found)
        assert covered >= pause.duration - 2 * recipe.silence_margin - 2 * READING - 0.1
    spoken = [
        Span(start=clip["speech_start"], end=clip["speech_end"]) for clip in truth["speech_clips"]
    ]
    wrong = sum(silence.overlap(span) for silence in found for span in spoken)
    assert wrong < 0.02 * sum(span.duration for span in spoken)
