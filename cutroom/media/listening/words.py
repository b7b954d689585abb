"""Words: what is said, and when."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from cutroom.media.listening.segments import make_segments
from cutroom.media.listening.sound import Sound
from cutroom.media.listening.sphinx import JOIN as SPHINX_JOIN
from cutroom.media.listening.sphinx import LONGEST_STRETCH as SPHINX_LONGEST
from cutroom.media.listening.sphinx import MODEL as SPHINX_MODEL
from cutroom.media.listening.sphinx import hear_by_sphinx
from cutroom.media.listening.stretches import clip_spans, make_stretches
from cutroom.media.listening.whisper import JOIN, LONGEST_STRETCH, hear_by_whisper
from cutroom.media.listening.whisper_loading import load_whisper
from cutroom.media.listening.word_times import HeardWord, repair_words
from cutroom.records.errors import ModelMissing
from cutroom.records.findings import Transcript, Word
from cutroom.records.order import Device
from cutroom.records.span import Span

WHISPER = "faster-whisper"
SPHINX = "pocketsphinx"
UNDETERMINED = "und"
"""ISO 639-2's code where no language could be told."""
_ENGLISH = ("en", "eng")


def transcribe(
    sound: Sound,
    speech: list[Span],
    *,
    window: Span,
    language: str | None,
    model: str | None,
    device: Device,
    models: Path,
) -> Transcript:
    """Write down what is said inside a window.

    Args:
        sound: Where it is said, at 16 kHz.
        speech: Where someone talks, in seconds of the file, in order; nothing else is heard.
        window: The part of the file to work on.
        language: ISO 639-1 code; detected when None.
        model: A faster-whisper model's name or folder; None takes the device's default.
        device: Where to run it; `auto` takes CUDA where that works.
        models: Folder that keeps downloaded models.

    Returns:
        Words and segments in seconds of the file. It is `degraded` when no Whisper model could
        be had and PocketSphinx stood in, or when the CPU stood in for the CUDA that was asked for.

    Raises:
        ModelMissing: There is no Whisper model, and the language is one the stand-in lacks.
        ModelFailed: The engine that was there could not do it.
    """
    if not clip_spans(speech, window):
        name = model or ""
        return Transcript(engine=WHISPER, model=name, language=language or UNDETERMINED)
    language = "en" if language in _ENGLISH else language
    try:
        whisper = load_whisper(model, device, models)
    except ModelMissing:
        if language not in (None, "en"):
            raise
        return _by_sphinx(sound, speech, window)
    stretches = make_stretches(sound, speech, window, longest=LONGEST_STRETCH, join=JOIN)
    hearing = hear_by_whisper(whisper, sound, stretches, language)
    words = _repair(hearing.words, stretches, speech)
    return Transcript(
        engine=WHISPER,
        model=whisper.name,
        language=hearing.language,
        degraded=device == "cuda" and whisper.place != "cuda",
        segments=tuple(make_segments(words, hearing.language)),
        words=tuple(words),
    )


def join_transcripts(parts: list[Transcript]) -> Transcript | None:
    """Join the transcripts of windows.

    Args:
        parts: In the order of their windows.

    Returns:
        One transcript that names the engine, model and language of most of its words, and is
        degraded when any part is. None when there are no parts.
    """
    if not parts:
        return None
    counts: Counter[tuple[str, str, str]] = Counter()
    for part in parts:
        counts[part.engine, part.model, part.language] += len(part.words)
    (engine, model, language), _ = counts.most_common(1)[0]
    return Transcript(
        engine=engine,
        model=model,
        language=language,
        degraded=any(part.degraded for part in parts),
        segments=tuple(segment for part in parts for segment in part.segments),
        words=tuple(word for part in parts for word in part.words),
    )


def _by_sphinx(sound: Sound, speech: Sequence[Span], window: Span) -> Transcript:
    stretches = make_stretches(sound, speech, window, longest=SPHINX_LONGEST, join=SPHINX_JOIN)
    words = _repair(hear_by_sphinx(sound, stretches), stretches, speech)
    return Transcript(
        engine=SPHINX,
        model=SPHINX_MODEL,
        language="en",
        degraded=True,
        segments=tuple(make_segments(words, "en")),
        words=tuple(words),
    )


def _repair(
    heard: Sequence[Sequence[HeardWord]], stretches: Sequence[Span], speech: Sequence[Span]
) -> list[Word]:
    """Repair the words of each stretch inside its own bounds."""
    return [
        word
        for words, stretch in zip(heard, stretches, strict=True)
        for word in repair_words(words, stretch, clip_spans(speech, stretch))
    ]
