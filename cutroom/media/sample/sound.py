"""The sample's narrator and the tone of the room it speaks in."""

import ctypes
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt

from cutroom.records.errors import ModelFailed, ModelMissing
from cutroom.records.span import Span

SPEECH_RATE = 22050
"""Samples per second that espeak-ng speaks at, in Hz."""
SAMPLE_RATE = 48000
"""Samples per second of the finished sound, in Hz."""
LEAD_IN = 1.2
"""Seconds before the first word."""
LEAD_OUT = 2.0
"""Seconds after the last word."""
SPEECH_DB = -20.0
"""RMS of each sentence in dBFS: close to what speech on the web has, 20 dB above silence."""
ROOM_DB = -58.0
"""RMS of the room's tone in dBFS; its loudest stretch stays below -50, so a pause is a pause."""

_VOICE = b"en-us"
_WORDS_A_MINUTE = 150
_AUDIBLE = 200
"""Of 32768; quieter samples at a sentence's ends are trimmed, so its span begins at its sound."""
_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_RATE_PARAMETER = 1
_UTF8 = 1

_Listener = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.c_void_p
)
_one_at_a_time = threading.Lock()


@dataclass(frozen=True, slots=True)
class Line:
    """One sentence of the script."""

    text: str
    pause: float
    """Seconds of quiet after it."""


SCRIPT = (
    Line("Nobody sees the cut.", 0.9),
    Line("And yet the cut is what tells the story.", 1.4),
    Line("Take one face, crossing the room from left to right.", 1.2),
    Line("Put a rocket after it, and we think of leaving home.", 1.2),
    Line("Put a cup of coffee after it, and it is only morning.", 1.4),
    Line("The face did not change.", 0.8),
    Line("So who is telling the story here?", 1.4),
    Line("The editor is, thirty times a second.", 0.7),
    Line("A good cut comes on a breath, on a look, or on a silence.", 2.0),
    Line("A dissolve says that time has passed.", 1.3),
    Line("Keep what matters, and let the rest go.", 0.8),
    Line("That is how hours become minutes.", LEAD_OUT),
)
"""What the narrator says; the pictures follow it line by line."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """One spoken sentence and when it sounds."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Narration:
    """The whole sound."""

    sound: npt.NDArray[np.float32]
    """Mono samples in [-1, 1] at `SAMPLE_RATE`, shape (samples,)."""
    sentences: tuple[Sentence, ...]


def narrate(frame_rate: int) -> Narration:
    """Speak the script over a quiet room.

    Args:
        frame_rate: Frames per second of the picture; the sound ends with a whole frame.

    Raises:
        ModelMissing: espeak-ng is not installed.
        ModelFailed: It could not speak.
    """
    with _one_at_a_time, _speaker() as speak:
        spoken = [_resampled(speak(line.text)) for line in SCRIPT]
    sentences, start = [], LEAD_IN
    for line, voice in zip(SCRIPT, spoken, strict=True):
        end = start + len(voice) / SAMPLE_RATE
        sentences.append(Sentence(line.text, Span(start=start, end=end)))
        start = end + line.pause
    sound = _room_tone(round(start * frame_rate) * SAMPLE_RATE // frame_rate)
    for sentence, voice in zip(sentences, spoken, strict=True):
        first = round(sentence.span.start * SAMPLE_RATE)
        sound[first : first + len(voice)] += voice
    return Narration(sound, tuple(sentences))


class _Speaker:
    """espeak-ng, set up to hand its samples over instead of playing them."""

    def __init__(self, library: ctypes.CDLL) -> None:
        self._library = library
        self._chance = ctypes.CDLL(None)
        self._heard: list[bytes] = []
        # ctypes keeps no reference to a callback; without ours it would be freed in mid-speech.
        self._listener = _Listener(self._listen)
        library.espeak_SetSynthCallback(self._listener)

    def __call__(self, text: str) -> npt.NDArray[np.float32]:
        """Return a sentence as samples in [-1, 1] at `SPEECH_RATE`, trimmed to its sound."""
        self._heard.clear()
        words = text.encode()
        # Its breath is made with the C library's random numbers; from one seed, it is the same.
        self._chance.srand(1)
        self._library.espeak_Synth(words, len(words) + 1, 0, 1, 0, _UTF8, None, None)
        samples = np.frombuffer(b"".join(self._heard), np.int16)
        audible = np.flatnonzero(np.abs(samples) > _AUDIBLE)
        if not len(audible):
            raise ModelFailed("espeak-ng said nothing.", "Reinstall it: pip install cutroom[demo]")
        return np.asarray(samples[audible[0] : audible[-1] + 1] / 32768, np.float32)

    def _listen(self, samples: "ctypes._Pointer[ctypes.c_short]", count: int, _: object) -> int:
        if samples and count > 0:
            self._heard.append(ctypes.string_at(samples, count * 2))
        return 0


@contextmanager
def _speaker() -> Iterator[_Speaker]:
    """Load espeak-ng from its wheel for as long as it is needed."""
    try:
        import espeakng_loader  # noqa: PLC0415  only the sample speaks
    except ImportError as error:
        raise ModelMissing(
            "The narrator, espeak-ng, is not installed.", "Install it: pip install cutroom[demo]"
        ) from error
    # espeak-ng's voice drifts with all it has said before, even after it is set up anew. A copy
    # under another name is a library of its own that has said nothing yet.
    with TemporaryDirectory() as folder:
        library = ctypes.CDLL(shutil.copy(espeakng_loader.get_library_path(), folder))
    data = str(Path(espeakng_loader.get_data_path())).encode()
    if library.espeak_Initialize(_SYNCHRONOUS, 0, data, _DO_NOT_EXIT) != SPEECH_RATE:
        raise ModelFailed("espeak-ng did not start.", "Reinstall it: pip install cutroom[demo]")
    try:
        if library.espeak_SetVoiceByName(_VOICE) != 0:
            raise ModelFailed("espeak-ng has lost its voice.", "Reinstall cutroom[demo].")
        library.espeak_SetParameter(_RATE_PARAMETER, _WORDS_A_MINUTE, 0)
        yield _Speaker(library)
    finally:
        library.espeak_Terminate()


def _resampled(voice: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Bring a sentence to `SAMPLE_RATE` and `SPEECH_DB`, its ends faded over 5 ms."""
    length = round(len(voice) * SAMPLE_RATE / SPEECH_RATE)
    spectrum = np.fft.rfft(voice)
    # A longer inverse transform of the same spectrum is exact interpolation of a limited band.
    longer = np.fft.irfft(spectrum, length) * (length / len(voice))
    loudness = float(np.sqrt(np.mean(np.square(longer))))
    fade = np.minimum(1, np.minimum(np.arange(length), np.arange(length)[::-1]) / (0.005 * 48000))
    shaped = longer * fade * (10 ** (SPEECH_DB / 20) / loudness)
    return np.clip(shaped, -0.98, 0.98).astype(np.float32)


def _room_tone(length: int) -> npt.NDArray[np.float32]:
    """Return soft noise and a far, slow chord, as mono samples of shape (length,)."""
    noise = np.random.default_rng(1895).standard_normal(length).astype(np.float32)
    # A running mean of 2 ms takes the hiss off.
    width = SAMPLE_RATE // 500
    summed = np.cumsum(np.concatenate([np.zeros(width, np.float32), noise]), dtype=np.float64)
    room = (summed[width:] - summed[:-width]) / width
    room /= np.sqrt(np.mean(np.square(room)))
    times = np.arange(length) / SAMPLE_RATE
    chord = sum(
        np.sin(2 * np.pi * (pitch * times + 0.3 * np.sin(times * swell)))
        for pitch, swell in ((110.0, 0.31), (164.81, 0.23), (220.0, 0.17), (277.18, 0.41))
    )
    room = room * 0.6 + chord * 0.4
    room *= 10 ** (ROOM_DB / 20) / np.sqrt(np.mean(np.square(room)))
    return np.asarray(room, np.float32)
