"""The Whisper model: found or fetched, then loaded once per process."""

import logging
import os
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from cutroom.records.errors import ModelError, ModelFailed, ModelMissing
from cutroom.records.order import Device

DEFAULT_MODELS = {"cpu": "small", "cuda": "large-v3-turbo"}
"""What a machine can run in less time than the speech lasts."""
RETRY_AFTER = 900.0
"""Seconds for which a model that could not be had is not asked for again."""
HUB_TIMEOUT = "5"
"""Seconds the model hub has to answer; without a network every job would wait for it."""
_SEED = 1
"""Where Whisper doubts its answer it draws another at random. A newly loaded model begins here, so
who listens to the same in the same order hears the same."""
_MOST_THREADS = 8
"""More threads than this slow one stream of words down."""
_FILES = ("model.bin", "config.json", "tokenizer.json")

_Place = Literal["cpu", "cuda"]


@dataclass(frozen=True, slots=True)
class Whisper:
    """A loaded model."""

    name: str
    place: _Place
    model: Any
    """A `faster_whisper.WhisperModel`."""


@dataclass(frozen=True, slots=True)
class _Failure:
    error: ModelError
    at: float


_loaded: dict[tuple[str | None, Device, Path], Whisper | _Failure] = {}
_loading = threading.Lock()


def load_whisper(name: str | None, device: Device, models: Path) -> Whisper:
    """Return a model, loaded once per process.

    Args:
        name: A model's name, its repository on the hub, or a folder; None takes the default of
            the device.
        device: Where to run; without a working CUDA device it is the CPU.
        models: Folder that keeps what is downloaded.

    Raises:
        ModelMissing: It is not here and could not be fetched; remembered for `RETRY_AFTER`.
        ModelFailed: Its files are here, but they cannot be loaded.
    """
    key = (name, device, models)
    with _loading:
        known = _loaded.get(key)
        if isinstance(known, Whisper):
            return known
        if known is not None and time.monotonic() - known.at < RETRY_AFTER:
            raise type(known.error)(known.error.problem, known.error.hint)
        try:
            found = _load(name, device, models)
        except ModelError as error:
            _loaded[key] = _Failure(error, time.monotonic())
            raise
        _loaded[key] = found
        return found


def _load(name: str | None, device: Device, models: Path) -> Whisper:
    """Load a model on the best place that works."""
    _hush()
    places: list[_Place] = ["cuda", "cpu"] if device != "cpu" and has_cuda() else ["cpu"]
    problem = ""
    for place in places:
        chosen = name or DEFAULT_MODELS[place]
        folder = locate_model(chosen, models)
        try:
            return Whisper(_public_name(chosen), place, _open_model(folder, place))
        except (RuntimeError, ValueError, OSError) as error:
            problem = first_line(error)
    raise ModelFailed(
        f"The speech model {name or DEFAULT_MODELS[places[-1]]} cannot be loaded: {problem}",
        "Delete its folder so that it is fetched again, or choose another one.",
    )


def _open_model(folder: Path, place: _Place) -> Any:
    import ctranslate2  # noqa: PLC0415  comes with faster-whisper
    import numpy as np  # noqa: PLC0415  only for the trial
    from faster_whisper import WhisperModel  # noqa: PLC0415  takes a second

    ctranslate2.set_random_seed(_SEED)
    wanted = "float16" if place == "cuda" else "int8"
    is_there = wanted in ctranslate2.get_supported_compute_types(place)
    model = WhisperModel(
        str(folder),
        device=place,
        compute_type=wanted if is_there else "default",
        cpu_threads=min(_MOST_THREADS, os.cpu_count() or 1),
    )
    if place == "cuda":
        # A CUDA library that is missing shows itself only when something is computed.
        mels = model.feature_extractor.mel_filters.shape[0]
        model.encode(np.zeros((mels, 3000), np.float32))
    return model


def locate_model(name: str, models: Path) -> Path:
    """Return the folder of a model, fetched from the hub when it is not here.

    Raises:
        ModelMissing: It is not here and could not be fetched.
    """
    _hush()
    folder = Path(name).expanduser()
    if folder.is_dir() or folder.is_absolute() or name.startswith((".", "~")):
        if all((folder / file).is_file() for file in _FILES):
            return folder
        raise ModelMissing(
            f"There is no CTranslate2 Whisper model in {folder}.",
            f"Give a folder that holds {', '.join(_FILES)}.",
        )
    return _fetch_model(name, models)


def _public_name(name: str) -> str:
    """Return a folder's last part: a report does not tell where things lie on this machine."""
    return Path(name).expanduser().name if Path(name).expanduser().is_dir() else name


def _fetch_model(name: str, models: Path) -> Path:
    """Look among the models that were kept, then ask the hub once."""
    import faster_whisper  # noqa: PLC0415  takes a second
    from huggingface_hub.errors import (  # type: ignore[attr-defined]  # noqa: PLC0415  as above
        HTTPError,  # the base of all that the hub's network client raises, whichever that is
        LocalEntryNotFoundError,
    )

    problem = ""
    for is_local in (True, False):
        try:
            folder = Path(
                faster_whisper.download_model(
                    name, local_files_only=is_local, cache_dir=str(models)
                )
            )
        except LocalEntryNotFoundError:
            problem = "the model hub cannot be reached"
        except (HTTPError, OSError, ValueError) as error:
            problem = first_line(error)
        else:
            # A download that was interrupted leaves a folder without some of its files.
            if all((folder / file).is_file() for file in _FILES):
                return folder
            problem = "its files are not complete"
    raise ModelMissing(
        f"The speech model {name} is not on this machine: {problem}.",
        "Connect to the network once, or give the folder of a CTranslate2 Whisper model.",
    )


def has_cuda() -> bool:
    """Say whether CTranslate2 sees a CUDA device."""
    import ctranslate2  # noqa: PLC0415  comes with faster-whisper

    return bool(ctranslate2.get_cuda_device_count())


def _hush() -> None:
    """Keep the engine's and the hub's chatter away from the terminal."""
    os.environ.setdefault("HF_HUB_ETAG_TIMEOUT", HUB_TIMEOUT)
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    import ctranslate2  # noqa: PLC0415  comes with faster-whisper

    ctranslate2.set_log_level(logging.CRITICAL)
    for noisy in ("faster_whisper", "huggingface_hub", "httpx2", "httpx"):
        logging.getLogger(noisy).setLevel(logging.CRITICAL)


def first_line(error: Exception) -> str:
    """Return the first line of a foreign error, without its full stop."""
    return (str(error).strip() or type(error).__name__).splitlines()[0].rstrip(".")
