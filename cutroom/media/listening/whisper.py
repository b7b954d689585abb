"""Whisper: speech to words by faster-whisper."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cutroom.media.listening.sound import Sound
from cutroom.media.listening.whisper_loading import Whisper, first_line
from cutroom.media.listening.word_times import HeardWord, spread_words
from cutroom.records.errors import ModelFailed, ModelMissing
from cutroom.records.span import Span

LONGEST_STRETCH = 28.0
"""Seconds; Whisper hears at most 30 at once, and padding needs room."""
JOIN = 2.0
"""Seconds; each stretch costs as much as 30 s of sound, so close neighbours share one."""
_BATCH = {"cpu": 8, "cuda": 16}
"""Stretches decoded side by side; 8 halve the time on a CPU for 2 GB more memory."""
_TOO_REPETITIVE = 2.4
"""Compression ratio of a text that goes round in circles; Whisper's own threshold."""
_NO_SPEECH = 0.6
_UNLIKELY = -1.0
"""Together: what Whisper's authors take for words made up where nobody spoke."""


@dataclass(frozen=True, slots=True)
class Hearing:
    """What an engine heard: for each stretch its words, and the language of them all."""

    language: str
    words: list[list[HeardWord]]


def hear_by_whisper(
    whisper: Whisper, sound: Sound, stretches: Sequence[Span], language: str | None
) -> Hearing:
    """Write down what is said.

    Args:
        whisper: A loaded model.
        sound: Where it is said.
        stretches: What to listen to, in order, each at most `LONGEST_STRETCH` long.
        language: ISO 639-1 code; detected when None.

    Raises:
        ModelMissing: The model does not know the language.
        ModelFailed: The engine gave up, most often for lack of memory.
    """
    known = whisper.model.supported_languages
    if language and language not in known:
        raise ModelMissing(
            f"The model {whisper.name} does not know the language {language!r}.",
            "Give a two-letter ISO 639-1 code, or leave the language out to have it detected.",
        )
    try:
        return _hear(whisper, sound, stretches, language)
    except (RuntimeError, ValueError) as error:
        raise ModelFailed(
            f"Whisper could not go on: {first_line(error)}",
            "Choose a smaller speech model, or the device cpu.",
        ) from error


def _hear(
    whisper: Whisper, sound: Sound, stretches: Sequence[Span], language: str | None
) -> Hearing:
    from faster_whisper import BatchedInferencePipeline  # noqa: PLC0415  takes a second

    origin = stretches[0].start
    clips = [{"start": span.start - origin, "end": span.end - origin} for span in stretches]
    segments, info = BatchedInferencePipeline(whisper.model).transcribe(
        sound.samples(Span(start=origin, end=stretches[-1].end)),
        language=language,
        word_timestamps=True,
        clip_timestamps=clips,
        batch_size=_BATCH[whisper.place],
        language_detection_segments=3,
    )
    by_stretch: list[list[Any]] = [[] for _ in stretches]
    for segment in segments:
        # Whisper counts hundredths from the start of what it was given.
        heard_at = segment.seek / 100 + origin
        nearest = min(range(len(stretches)), key=lambda i: abs(stretches[i].start - heard_at))
        by_stretch[nearest].append(segment)
    words = []
    for span, found in zip(stretches, by_stretch, strict=True):
        if _is_sound(found):
            words.append(_words_of(found, origin, span))
        else:
            words.append(_hear_again(whisper, sound, span, info.language))
    return Hearing(info.language, words)


def _hear_again(whisper: Whisper, sound: Sound, span: Span, language: str) -> list[HeardWord]:
    """Hear one stretch by itself: slower, but it tries again where it doubts the answer."""
    segments, _ = whisper.model.transcribe(
        sound.samples(span),
        language=language,
        word_timestamps=True,
        condition_on_previous_text=False,
    )
    return _words_of(segments, span.start, span)


def _is_sound(segments: Sequence[Any]) -> bool:
    """Say whether a stretch got words that do not go round in circles."""
    return any(segment.text.strip() for segment in segments) and all(
        segment.compression_ratio <= _TOO_REPETITIVE for segment in segments
    )


def _words_of(segments: Iterable[Any], origin: float, span: Span) -> list[HeardWord]:
    """Return the words of segments in seconds of the file, made-up ones left out."""
    words: list[HeardWord] = []
    for segment in segments:
        if segment.no_speech_prob > _NO_SPEECH and segment.avg_logprob < _UNLIKELY:
            continue
        if segment.words:
            words += [
                HeardWord(
                    word.word,
                    float(word.start) + origin,
                    float(word.end) + origin,
                    float(word.probability),
                )
                for word in segment.words
            ]
        elif texts := segment.text.split():
            words += spread_words(texts, span, probability=0.0)
    return words
