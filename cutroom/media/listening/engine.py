"""Which engine will write down the words, told before any of it is loaded.

The answer is part of what a transcript is remembered by: one that a stand-in wrote is written anew
once the real model is there, and one that the model wrote is kept.
"""

import re
import time
from pathlib import Path

from cutroom.media.listening.whisper_loading import (
    DEFAULT_MODELS,
    RETRY_AFTER,
    has_cuda,
    locate_model,
)
from cutroom.records.errors import ModelMissing
from cutroom.records.order import Device

STAND_IN = "pocketsphinx"


def find_engine(model: str | None, device: Device, models: Path) -> str:
    """Return the model's name, fetched now if need be, or the stand-in's.

    A model that was found is noted in the models folder, and so is one that could not be had, for
    `RETRY_AFTER` seconds: asking again costs neither an import nor the network.

    Args:
        model: A faster-whisper model's name or folder; None takes the device's default.
        device: Where it would run.
        models: Folder that keeps models.
    """
    name = model or DEFAULT_MODELS["cuda" if device != "cpu" and has_cuda() else "cpu"]
    note = models / f".found-{re.sub(r'[^A-Za-z0-9.-]+', '_', name)}"
    known = _read(note)
    if known is not None:
        return known
    models.mkdir(parents=True, exist_ok=True)
    try:
        folder = locate_model(name, models)
    except ModelMissing:
        note.write_text("")
        return STAND_IN
    note.write_text(str(folder))
    return name


def _read(note: Path) -> str | None:
    """Return what a note says while it still holds."""
    try:
        folder, written_at = note.read_text(), note.stat().st_mtime
    except OSError:
        return None
    if folder:
        is_there = (Path(folder) / "model.bin").is_file()
        return note.name.removeprefix(".found-") if is_there else None
    return STAND_IN if time.time() - written_at < RETRY_AFTER else None
