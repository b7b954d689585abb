"""The sound of a video as the listeners read it: a WAV file on disk, never all of it in memory."""

import mmap
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np
import numpy.typing as npt

from cutroom.records.errors import MediaCorrupt, NotMedia, SourceEmpty
from cutroom.records.span import Span

FLOOR_DB = -90.0
"""Nothing is called quieter than this, in dBFS: 16 bits end there."""
BLOCK = 30.0
"""Seconds read at once by those who walk the whole sound; 2 MB of samples at 16 kHz."""

_PCM = 1
_EXTENSIBLE = 0xFFFE
_LONGEST_FORMAT = 40
"""Bytes of the extensible format chunk; the others are shorter."""
_SAMPLE_BYTES = 2
_FULL_SCALE = 32768.0
_STREAMED = (0, 0xFFFFFFFF)
"""Sizes that a writer leaves behind when it could not go back and fill them in."""


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where the samples lie in a WAV file."""

    sample_rate: int
    offset: int
    samples: int


class Sound:
    """Mono 16-bit sound on disk whose first sample is time zero.

    The file is mapped, and pages are given back as soon as they are read, so hours of sound
    take no more memory than the stretch in hand. Safe to read from several threads.
    """

    def __init__(self, path: Path, layout: _Layout, mapped: mmap.mmap | None) -> None:
        self.path = path
        self.sample_rate = layout.sample_rate
        """Samples per second, in Hz."""
        self._layout = layout
        self._mapped = mapped

    @classmethod
    def open(cls, path: Path) -> Self:
        """Open a WAV file.

        Args:
            path: Mono, 16-bit PCM; other chunks and the sizes of a streamed file are understood.

        Raises:
            SourceEmpty: The file has no bytes.
            NotMedia: It is no WAV file.
            MediaCorrupt: It is one, but not mono 16-bit PCM, or its header is cut off.
        """
        with path.open("rb") as file:
            layout = _read_layout(file, path)
            mapped = None
            if layout.samples:
                mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        return cls(path, layout, mapped)

    @property
    def duration(self) -> float:
        """Seconds of sound."""
        return self._layout.samples / self.sample_rate

    def samples(self, span: Span | None = None) -> npt.NDArray[np.float32]:
        """Read a stretch.

        Args:
            span: Seconds; what lies past the end is left out. None reads all.

        Returns:
            Samples in [-1, 1), shape (samples,), from the one nearest to the start.
        """
        held = self._range(span)
        return self._read(held.start, held.stop)

    def blocks(self, size: int, span: Span | None = None) -> Iterator[npt.NDArray[np.float32]]:
        """Read a stretch piece by piece.

        Args:
            size: Samples a block; the last may be shorter.
            span: Seconds; None reads all.
        """
        held = self._range(span)
        for start in range(held.start, held.stop, size):
            yield self._read(start, min(start + size, held.stop))

    def _range(self, span: Span | None) -> range:
        """Return the numbers of the samples inside a span."""
        count = self._layout.samples
        if span is None:
            return range(count)
        first, last = (
            min(round(time * self.sample_rate), count) for time in (span.start, span.end)
        )
        return range(first, last)

    def _read(self, first: int, last: int) -> npt.NDArray[np.float32]:
        if self._mapped is None or last <= first:
            return np.zeros(0, np.float32)
        start = self._layout.offset + first * _SAMPLE_BYTES
        integers = np.frombuffer(self._mapped, "<i2", last - first, start)
        sound = integers.astype(np.float32)
        sound /= _FULL_SCALE
        if hasattr(mmap, "MADV_DONTNEED"):
            page = start // mmap.PAGESIZE * mmap.PAGESIZE
            length = start + (last - first) * _SAMPLE_BYTES - page
            self._mapped.madvise(mmap.MADV_DONTNEED, page, length)
        return sound


def measure_power(sound: Sound, size: int) -> npt.NDArray[np.float64]:
    """Return the mean square of every `size` samples, shape (readings,); the last may see fewer."""
    powers = [np.zeros(0)]
    per_block = max(1, round(BLOCK * sound.sample_rate) // size)
    for block in sound.blocks(per_block * size):
        whole = len(block) // size * size
        squares = np.square(block, dtype=np.float64)
        powers.append(squares[:whole].reshape(-1, size).mean(axis=1))
        if whole < len(block):
            powers.append(squares[whole:].mean(keepdims=True))
    return np.concatenate(powers)


def measure_energy(sound: Sound, step: float = 0.5) -> list[float]:
    """Measure how loud the sound is along its way.

    Args:
        sound: What to measure.
        step: Seconds a reading.

    Returns:
        RMS of each step in dBFS, from `FLOOR_DB` to 0; the last step may be a short one.

    Raises:
        ValueError: A step is shorter than one sample.
    """
    size = round(step * sound.sample_rate)
    if size < 1:
        raise ValueError(f"A step holds at least one sample, got {step} s.")
    power = np.maximum(measure_power(sound, size), 10 ** (FLOOR_DB / 10))
    return [round(level, 2) for level in (10 * np.log10(power)).tolist()]


def _read_layout(file: BinaryIO, path: Path) -> _Layout:
    """Walk the chunks of a RIFF file to its samples."""
    size_bytes = os.fstat(file.fileno()).st_size
    head = file.read(12)
    if not head:
        raise SourceEmpty(f"{path.name} is empty.", "Make the sound again.")
    if head[:4] not in (b"RIFF", b"RF64") or head[8:12] != b"WAVE":
        raise NotMedia(f"{path.name} is not a WAV file.", "Convert the sound with ffmpeg first.")
    sample_rate = 0
    while len(chunk := file.read(8)) == 8:  # noqa: PLR2004  a chunk's name and size, 4 bytes each
        name, size = chunk[:4], int.from_bytes(chunk[4:], "little")
        body = file.tell()
        if name == b"data" and sample_rate:
            held = size_bytes - body
            size = held if size in _STREAMED else min(size, held)
            return _Layout(sample_rate, body, size // _SAMPLE_BYTES)
        if name == b"fmt ":
            sample_rate = _read_format(file.read(_LONGEST_FORMAT), path)
        file.seek(body + size + size % 2)  # chunks begin at even places
    raise MediaCorrupt(f"{path.name} ends before its samples begin.", "Make the sound again.")


def _read_format(chunk: bytes, path: Path) -> int:
    """Return the sample rate of a format chunk that is what we read."""
    kind, channels = (int.from_bytes(chunk[at : at + 2], "little") for at in (0, 2))
    sample_rate = int.from_bytes(chunk[4:8], "little")
    bits = int.from_bytes(chunk[14:16], "little")
    if kind == _EXTENSIBLE:
        kind = int.from_bytes(chunk[24:26], "little")
    if (kind, channels, bits) != (_PCM, 1, 8 * _SAMPLE_BYTES) or not sample_rate:
        raise MediaCorrupt(
            f"{path.name} holds format {kind}, {channels} channels, {bits} bits; "
            "the listeners read mono 16-bit PCM.",
            "Convert it with ffmpeg: -ac 1 -c:a pcm_s16le.",
        )
    return sample_rate
