"""Small sounds for tests, written as the WAV files that the listeners read."""

import wave
from pathlib import Path

import numpy as np
import numpy.typing as npt

RATE = 16000
"""Samples per second, in Hz."""


def tone(seconds: float, level_db: float = -20.0) -> npt.NDArray[np.float32]:
    """Return a 440 Hz tone of a given RMS in dBFS."""
    times = np.arange(round(seconds * RATE)) / RATE
    amplitude = 10 ** (level_db / 20) * np.sqrt(2)
    return (amplitude * np.sin(2 * np.pi * 440 * times)).astype(np.float32)


def hush(seconds: float) -> npt.NDArray[np.float32]:
    """Return digital silence."""
    return np.zeros(round(seconds * RATE), np.float32)


def write_sound(path: Path, *parts: npt.NDArray[np.float32]) -> Path:
    """Write parts one after the other as mono 16-bit PCM."""
    samples = np.concatenate(parts) if parts else hush(0)
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(np.round(np.clip(samples, -1, 32767 / 32768) * 32768).astype("<i2"))
    return path
