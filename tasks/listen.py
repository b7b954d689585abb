"""Listen to the sound: silences, energy, speech, words."""

from contextlib import nullcontext

from prefect import get_run_logger

from cutroom.media.listening import engine as speech_engine
from cutroom.media.listening import silence, speech, words
from cutroom.media.listening.sound import Sound, measure_energy
from cutroom.media.listening.whisper_loading import has_cuda
from cutroom.records.blob import Blob
from cutroom.records.failpoints import reached
from cutroom.records.findings import Transcript
from cutroom.records.order import Device
from cutroom.records.span import Span
from tasks.limits import limited
from tasks.policies import step
from tasks.workbench import Workbench

ENERGY_STEP = 0.5
"""Seconds per reading of energy: finer than any clip's edge needs, coarse enough for hours."""


@step("silences")
def find_silences(
    sound: Blob, threshold_db: float, shortest: float, margin: float, bench: Workbench
) -> list[Span]:
    """Find silences, remembered by the sound's content rather than its address."""
    with bench.book.stage("silences"):
        heard = Sound.open(bench.store.path(sound))
        found = silence.find_silences(
            heard, threshold_db=threshold_db, shortest=shortest, margin=margin
        )
        get_run_logger().info("%d silences in %.0f s", len(found), heard.duration)
        return found


@step("energy")
def list_energy(sound: Blob, bench: Workbench) -> list[float]:
    """Measure how loud each half second is, in dBFS."""
    with bench.book.stage("silences"):
        readings = measure_energy(Sound.open(bench.store.path(sound)), ENERGY_STEP)
        return [round(reading, 1) for reading in readings]


@step("speech", run_name="speech {window.start:.0f}-{window.end:.0f} s")
def find_speech(sound: Blob, window: Span, bench: Workbench) -> list[Span]:
    """Find who-ever speaks, by the Silero voice activity detector."""
    with bench.book.stage("speech"):
        return speech.find_speech(Sound.open(bench.store.path(sound)), window)


@step("words", run_name="words {window.start:.0f}-{window.end:.0f} s")
def transcribe(
    sound: Blob,
    spoken: list[Span],
    window: Span,
    language: str | None,
    model: str | None,
    device: Device,
    engine: str,  # noqa: ARG001  part of the cache key: see `find_engine`
    bench: Workbench,
) -> Transcript:
    """Write down what is said in one window; the model is loaded once per process."""
    on_card = device != "cpu" and has_cuda()
    with limited("gpu") if on_card else nullcontext(), bench.book.stage("words"):
        reached("words")
        return words.transcribe(
            Sound.open(bench.store.path(sound)),
            spoken,
            window=window,
            language=language,
            model=model,
            device=device,
            models=bench.settings.models,
        )


def join_speech(found: list[Span]) -> list[Span]:
    """Join speech that goes on over the borders of windows."""
    return speech.join_speech(found)


def find_engine(model: str | None, device: Device, bench: Workbench) -> str:
    """Say who will write: a stand-in's transcript is not kept once the real model is there."""
    return speech_engine.find_engine(model, device, bench.settings.models)


def listening_windows(duration: float) -> list[Span]:
    """Split a timeline into windows to listen to, before anyone knows where speech is."""
    return speech.windows_of(duration, None)


def speaking_windows(duration: float, spoken: list[Span]) -> list[Span]:
    """Split a timeline into windows whose borders lie in pauses; none where nobody speaks."""
    windows = speech.windows_of(duration, spoken)
    return [window for window in windows if any(window.overlap(span) for span in spoken)]
