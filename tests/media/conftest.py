"""What the tests of the ears and eyes share."""

import os
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
from sounds import write_sound
from whisper_model import make_whisper_model

from cutroom.media.listening.sound import Sound
from cutroom.media.sample.sound import narrate
from cutroom.records import failpoints
from cutroom.records.span import Span

KNOWN_WORDS = ["Ask", "not", "what", "your", "country", "can", "do", "for", "you."]


@dataclass(frozen=True)
class Spoken:
    """Real speech by espeak-ng, and where each sentence sounds."""

    sound: Sound
    sentences: list[Span]


@pytest.fixture(scope="session")
def spoken(tmp_path_factory) -> Spoken:
    """The narrator of the sample: twelve sentences with pauses of 0.7 s and more."""
    narration = narrate(30)
    # Three samples at 48 kHz make one at 16 kHz; their mean is filter enough for a voice.
    whole = len(narration.sound) // 3 * 3
    samples = narration.sound[:whole].reshape(-1, 3).mean(axis=1)
    path = write_sound(tmp_path_factory.mktemp("spoken") / "spoken.wav", samples)
    return Spoken(Sound.open(path), [sentence.span for sentence in narration.sentences])


@pytest.fixture(scope="session")
def whisper_folder(tmp_path_factory) -> Path:
    """A Whisper model that hears `KNOWN_WORDS` in everything."""
    return make_whisper_model(tmp_path_factory.mktemp("models") / "known", KNOWN_WORDS)


@pytest.fixture(scope="session")
def face_model() -> Path:
    """The model that finds faces: where set-up put it, else fetched."""
    homes = [os.environ.get("CUTROOM_HOME"), Path(__file__).parents[2] / ".cutroom"]
    for home in filter(None, homes):
        found = Path(home) / "models" / "face_detection_short_range.tflite"
        if found.exists():
            return found
    from deployments.models import fetch_face_model  # noqa: PLC0415  only where it is missing

    return fetch_face_model(Path(__file__).parents[2] / ".cutroom" / "models")


@pytest.fixture
def no_place_reached(monkeypatch):
    """Count dangerous places from none: other tests of this process may have come to some."""
    monkeypatch.setattr(failpoints, "_reached", Counter())
