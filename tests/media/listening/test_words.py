"""Words are written down by Whisper, or by the stand-in when there is none."""

import re
import subprocess
import sys
import textwrap
import threading
from itertools import pairwise
from pathlib import Path

import ctranslate2
import pytest
from sounds import hush, tone, write_sound
from whisper_model import SECONDS_A_WORD, make_whisper_model

from cutroom.media.ffmpeg import guarded_input, run
from cutroom.media.listening.sound import Sound
from cutroom.media.listening.speech import find_speech
from cutroom.media.listening.words import join_transcripts, transcribe
from cutroom.records.errors import ModelFailed, ModelMissing
from cutroom.records.findings import Segment, Transcript, Word
from cutroom.records.span import Span

CORPUS = Path(__file__).parents[4] / "shared" / "corpus"
KNOWN_TEXT = "Ask not what your country can do for you."


@pytest.fixture
def sound(tmp_path):
    """Forty seconds in which two stretches count as speech."""
    return Sound.open(write_sound(tmp_path / "a.wav", tone(40)))


SPEECH = [Span(start=3, end=7), Span(start=20, end=26)]


def listen(sound, speech, tmp_path, **options):
    """Transcribe the whole sound unless told otherwise."""
    usual = {
        "window": Span(start=0, end=max(sound.duration, 1)),
        "language": None,
        "model": str(tmp_path / "missing"),
        "device": "cpu",
        "models": tmp_path,
    }
    return transcribe(sound, speech, **{**usual, **options})


def assert_sound(transcript, window):
    """Check what holds for the words of every transcript."""
    words = transcript.words
    assert all(before.end <= after.start for before, after in pairwise(words))
    assert all(window.start <= word.start < word.end <= window.end for word in words)
    text = " ".join(word.text for word in words)
    assert " ".join(segment.text for segment in transcript.segments) == text


def test_whisper_writes_down_each_stretch(sound, whisper_folder, tmp_path):
    """The engine's words come out at their times, the language is detected."""
    transcript = listen(sound, SPEECH, tmp_path, model=str(whisper_folder))

    assert transcript.engine == "faster-whisper"
    assert transcript.model == "known"
    assert transcript.language == "en"
    assert not transcript.degraded
    assert [segment.text for segment in transcript.segments] == [KNOWN_TEXT, KNOWN_TEXT]
    assert_sound(transcript, Span(start=0, end=40))
    for onset, words in ((3, transcript.words[:9]), (20, transcript.words[9:])):
        # A stretch is heard from 0.2 s before its speech.
        expected = [onset - 0.2 + SECONDS_A_WORD * number for number in range(9)]
        assert [word.start for word in words] == pytest.approx(expected, abs=0.05)
        assert all(word.probability > 0.9 for word in words)


def test_only_the_window_is_heard(sound, whisper_folder, tmp_path):
    """Speech outside of it belongs to another window; speech over its edge is cut there."""
    window = Span(start=22, end=40)

    transcript = listen(sound, SPEECH, tmp_path, model=str(whisper_folder), window=window)

    assert transcript.words[0].start == pytest.approx(22, abs=0.05)
    assert len(transcript.words) == 9
    assert_sound(transcript, window)


def test_speech_longer_than_whisper_hears_is_cut(sound, whisper_folder, tmp_path):
    """Whisper takes 30 s at most; nothing after that may be lost."""
    transcript = listen(sound, [Span(start=0, end=40)], tmp_path, model=str(whisper_folder))

    assert len(transcript.words) == 18
    assert_sound(transcript, Span(start=0, end=40))


@pytest.mark.parametrize("language", [None, "de"])
def test_the_language_is_as_given_or_as_detected(sound, tmp_path, language):
    """A model that hears German says so, and does not have to be told."""
    folder = make_whisper_model(tmp_path / "german", ["Guten", "Tag."], language="de")

    transcript = listen(sound, SPEECH, tmp_path, model=str(folder), language=language)

    assert transcript.language == "de"
    assert transcript.words[0].text == "Guten"


def test_a_cpu_in_place_of_a_gpu_is_degraded(sound, whisper_folder, tmp_path):
    """Who asks for CUDA where there is none gets words all the same, and is told."""
    if ctranslate2.get_cuda_device_count():
        pytest.skip("this machine has a CUDA device")

    transcript = listen(sound, SPEECH, tmp_path, model=str(whisper_folder), device="cuda")

    assert len(transcript.words) == 18
    assert transcript.degraded


def test_no_speech_needs_no_engine(sound, tmp_path):
    """Without speech in the window nothing is loaded and nothing is degraded."""
    silent = Span(start=8, end=19)

    transcript = listen(sound, SPEECH, tmp_path, window=silent)

    assert transcript.words == ()
    assert not transcript.degraded
    assert transcript.language == "und"


def test_a_model_that_hears_nothing_gives_no_words(sound, tmp_path):
    """An empty answer is an answer."""
    folder = make_whisper_model(tmp_path / "deaf", [])

    assert listen(sound, SPEECH, tmp_path, model=str(folder)).words == ()


def test_a_text_that_goes_round_in_circles_is_heard_again(sound, tmp_path):
    """A repetitive answer gets its second chance, and the words stay sound."""
    folder = make_whisper_model(tmp_path / "loop", ["la"] * 50)

    transcript = listen(sound, [Span(start=3, end=5)], tmp_path, model=str(folder))

    assert transcript.words
    assert all(word.text.isprintable() and "\ufffd" not in word.text for word in transcript.words)
    assert_sound(transcript, Span(start=2.7, end=5.3))


def test_a_newly_loaded_model_draws_its_second_chances_alike(sound, tmp_path):
    """A job that is run again writes the same words, though they are drawn at random."""
    heard = [
        listen(sound, [Span(start=3, end=5)], tmp_path, model=str(folder)).words
        for folder in (make_whisper_model(tmp_path / name, ["la"] * 50) for name in ("one", "two"))
    ]

    assert heard[0] == heard[1]
    assert heard[0]


def test_threads_share_one_model(sound, whisper_folder, tmp_path):
    """Windows side by side get the words they get alone."""
    windows = [Span(start=0, end=15), Span(start=15, end=40)]
    alone = [
        listen(sound, SPEECH, tmp_path, model=str(whisper_folder), window=window)
        for window in windows
    ]
    together: list[Transcript | None] = [None, None]

    def work(number):
        together[number] = listen(
            sound, SPEECH, tmp_path, model=str(whisper_folder), window=windows[number]
        )

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert together == alone


def test_a_language_the_model_lacks_is_an_error(sound, whisper_folder, tmp_path):
    """Not a word in a wrong language."""
    with pytest.raises(ModelMissing, match="does not know"):
        listen(sound, SPEECH, tmp_path, model=str(whisper_folder), language="xx")


def test_a_damaged_model_is_an_error(sound, whisper_folder, tmp_path):
    """Files that are there but cannot be loaded are for a person to mend."""
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in whisper_folder.iterdir():
        (broken / file.name).write_bytes(file.read_bytes()[:1000])

    with pytest.raises(ModelFailed, match="cannot be loaded"):
        listen(sound, SPEECH, tmp_path, model=str(broken))


@pytest.mark.parametrize("language", [None, "en"])
def test_without_a_model_the_stand_in_writes_english(spoken, tmp_path, language):
    """PocketSphinx hears some of it, and the transcript says that it is degraded."""
    window = Span(start=0, end=13)
    speech = find_speech(spoken.sound, window)

    transcript = listen(spoken.sound, speech, tmp_path, window=window, language=language)

    assert (transcript.engine, transcript.model) == ("pocketsphinx", "en-us")
    assert transcript.language == "en"
    assert transcript.degraded
    assert_sound(transcript, window)
    assert len(transcript.words) > 10
    assert all(re.fullmatch(r"[a-z'.-]+", word.text) for word in transcript.words)
    assert all(any(word.overlap(span) > 0 for span in speech) for word in transcript.words)


def test_the_stand_in_hears_nothing_in_a_tone(tmp_path):
    """What only looks like speech gives no words, or few, and no error."""
    sound = Sound.open(write_sound(tmp_path / "a.wav", tone(1), hush(1)))

    transcript = listen(sound, [Span(start=0, end=2)], tmp_path)

    assert_sound(transcript, Span(start=0, end=2))


def test_without_a_model_other_languages_are_an_error(sound, tmp_path):
    """The stand-in knows English only and must not guess at German."""
    with pytest.raises(ModelMissing):
        listen(sound, SPEECH, tmp_path, language="de")


def test_nothing_is_printed(tmp_path, whisper_folder):
    """Neither engine, nor the hub that cannot be reached, writes to the terminal."""
    path = write_sound(tmp_path / "a.wav", tone(3))
    program = textwrap.dedent(
        """
        import sys
        from pathlib import Path
        from cutroom.media.listening.sound import Sound
        from cutroom.media.listening.speech import find_speech
        from cutroom.media.listening.words import transcribe
        from cutroom.records.span import Span

        sound, span = Sound.open(Path(sys.argv[1])), Span(start=0, end=3)
        find_speech(sound)
        for model in sys.argv[3:]:
            found = transcribe(
                sound, [span], window=span, language=None, model=model,
                device="cpu", models=Path(sys.argv[2]),
            )
            assert found.engine == ("faster-whisper" if "/" in model else "pocketsphinx")
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", program, path, tmp_path / "models", whisper_folder, "tiny"],
        capture_output=True,
        text=True,
        check=False,
        # Port 9 discards: nobody answers there, so the hub is out of reach on any machine.
        env={"HF_ENDPOINT": "http://127.0.0.1:9", "PATH": "", "HOME": str(tmp_path)},
    )

    assert (done.stdout, done.stderr) == ("", "")
    assert done.returncode == 0


def word(start, text):
    """Return a word of half a second."""
    return Word(start=start, end=start + 0.5, text=text, probability=1)


def part(language, *words, degraded=False, engine="faster-whisper"):
    """Return the transcript of one window."""
    segments = tuple(Segment(start=w.start, end=w.end, text=w.text) for w in words)
    return Transcript(
        engine=engine, model="m", language=language, degraded=degraded,
        segments=segments, words=words,
    )  # fmt: skip


def test_joined_windows_keep_every_word_in_order():
    """The language is that of most words; windows without speech have no say."""
    joined = join_transcripts(
        [part("und"), part("fr", word(1, "oui")), part("en", word(5, "yes"), word(6, "so"))]
    )

    assert [w.text for w in joined.words] == ["oui", "yes", "so"]
    assert [s.text for s in joined.segments] == ["oui", "yes", "so"]
    assert joined.language == "en"
    assert not joined.degraded


def test_one_degraded_window_degrades_the_whole():
    """A reader must know that some of it is guesswork."""
    joined = join_transcripts(
        [part("en", word(1, "a")), part("en", word(2, "b"), degraded=True, engine="pocketsphinx")]
    )

    assert joined.degraded


def test_nothing_joined_is_nothing():
    """No windows, no transcript; windows without speech, an empty one."""
    assert join_transcripts([]) is None
    assert join_transcripts([part("und"), part("und")]).words == ()


@pytest.mark.corpus
def test_real_speech_is_mostly_understood_by_the_stand_in(tmp_path):
    """Read English: at least half of the words, at times inside the speech."""
    if not CORPUS.is_dir():
        pytest.skip("the folder of real clips is not beside the checkout")
    clip = CORPUS / "originals" / "speech" / "librispeech" / "237-134500-0000.flac"
    run(guarded_input(clip).output(str(tmp_path / "a.wav"), acodec="pcm_s16le"))
    sound = Sound.open(tmp_path / "a.wav")

    transcript = listen(sound, find_speech(sound), tmp_path)

    said = "frank read english slowly and the more he read about this divorce case the angrier"
    heard = {w.text for w in transcript.words}
    assert len(heard & set(said.split())) >= len(set(said.split())) / 2
    assert_sound(transcript, Span(start=0, end=sound.duration))
