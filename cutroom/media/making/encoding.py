"""Encode a whole video: one process decodes once and feeds every file.

A long one is encoded in chunks, side by side, where the machine has cores to spare; their pictures
are joined without a seam, and the sound, in which borders would click, is encoded in one piece.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextvars import copy_context
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from cutroom.media.cutting.packets import EDGE_TOLERANCE, Packets, read_packets
from cutroom.media.ffmpeg import OnProgress, counted_as_one, guarded_input, run
from cutroom.media.making.chunks import Chunking, plan_chunks
from cutroom.media.making.filters import progressive
from cutroom.media.making.joining import Part, check_part, join_parts
from cutroom.records.errors import MediaError, OutputUnsound
from cutroom.records.media import AudioStream, Media
from cutroom.records.span import Span

Compose = Callable[[Any, Any, Path], Any]
"""Takes a picture, a sound and a folder; returns ffmpeg-python outputs of files in that folder.

Either stream may be None, for in chunks the picture of a file is encoded apart from its sound. The
picture comes deinterlaced, and a file shows all of its frames at their times."""


@dataclass(frozen=True, slots=True)
class Encode:
    """What to encode of which video."""

    source: Path
    media: Media
    track: AudioStream | None
    """The sound that goes along."""
    names: tuple[str, ...]
    """The files with a picture that come of it."""
    compose: Compose
    decoding: Mapping[str, Any] = field(default_factory=dict)
    """ffmpeg's input options that choose the decoder."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """A stretch of the picture."""

    times: npt.NDArray[np.float64]
    """When its frames are shown, in seconds of the source, ascending, shape (frames,)."""
    start: float | None
    """Seconds of the source between the last frame before and its first; None at the beginning."""
    end: float | None
    """Seconds of the source between its last frame and the next; None at the end."""


def encode_whole(
    encode: Encode, folder: Path, chunking: Chunking, on_progress: OnProgress | None = None
) -> None:
    """Encode a video with one process, or a long one with several where cores are to spare.

    Args:
        encode: What to encode.
        folder: Where the files go.
        chunking: What decides over chunks.
        on_progress: Called with the seconds done.

    Raises:
        FfmpegFailed, FfmpegStalled, DiskFull: As `run` says.
    """
    spans = plan_chunks(encode.media, chunking)
    if spans:
        try:
            encode_chunks(encode, spans, folder, at_once=chunking.at_once, on_progress=on_progress)
        except OutputUnsound:
            pass  # Decoders that drop frames and settings that change on the way defy joining.
        else:
            return
    source = guarded_input(encode.source, encode.media.container, **encode.decoding)
    picture = progressive(source[str(encode.media.video.index)], encode.media)
    sound = None if encode.track is None else source[str(encode.track.index)]
    run(encode.compose(picture, sound, folder), on_progress=on_progress)


def encode_chunks(
    encode: Encode,
    spans: Sequence[Span],
    folder: Path,
    *,
    at_once: int,
    on_progress: OnProgress | None = None,
) -> None:
    """Encode a video in chunks side by side and join them.

    A chunk that fails is done once more, alone. At their borders the bit rate of a file with a
    fixed one may exceed its maximum for as long as its buffer lasts.

    Args:
        encode: What to encode.
        spans: Chunks in order that cover the whole, each beginning at a keyframe.
        folder: Where the files go; the parts lie there meanwhile.
        at_once: How many processes encode pictures at a time.
        on_progress: Called with the seconds done, of all chunks together.

    Raises:
        FfmpegFailed, FfmpegStalled: One chunk failed twice.
        OutputUnsound: The parts do not show every frame once, or do not fit together.
        DiskFull: There is no room.
    """
    chunks = cut_chunks(encode.source, encode.media, spans)
    with counted_as_one(), TemporaryDirectory(dir=folder) as place:
        places = [Path(place) / str(number) for number in range(len(chunks))]
        heard = Path(place) / "sound"
        _Crew(encode, chunks, on_progress).work(places, heard, at_once)
        for name in encode.names:
            parts = [Part(at / name, one.times) for at, one in zip(places, chunks, strict=True)]
            whole = Path(place) / name
            join_parts(parts, None if encode.track is None else heard / name, whole)
            (heard / name).unlink(missing_ok=True)
            whole.replace(folder / name)
        # What is left has no picture, such as the listeners' sound.
        for path in heard.iterdir() if encode.track is not None else ():
            path.replace(folder / path.name)
    if on_progress is not None:
        on_progress(encode.media.duration)


def cut_chunks(source: Path, media: Media, spans: Sequence[Span]) -> list[Chunk]:
    """Share out the frames of a video among chunks: none lost, none doubled.

    Args:
        source: The file that `media` describes.
        media: Its probe.
        spans: Chunks in order that cover the whole.

    Raises:
        OutputUnsound: One would have no frame.
    """
    packets = read_packets(source, media, Span(start=0.0, end=max(media.duration, 0.001)))
    shown = np.unique(packets.pts[packets.is_shown])
    zero = round(media.start / float(packets.time_base))
    times = np.asarray((shown - zero) * float(packets.time_base), dtype=np.float64)
    inner = np.searchsorted(times, [span.start - EDGE_TOLERANCE for span in spans[1:]])
    firsts = [0, *inner.tolist(), len(shown)]
    borders = [None, *(_between(packets, shown, first) for first in firsts[1:-1]), None]
    if not all(early < late for early, late in pairwise(firsts)):
        raise OutputUnsound("A chunk has no frame.", "Encode it in one go.")
    return [
        Chunk(times[firsts[n] : firsts[n + 1]], borders[n], borders[n + 1])
        for n in range(len(spans))
    ]


def _between(packets: Packets, shown: npt.NDArray[np.int64], first: int) -> float:
    """Return a time about half-way from the frame before to a frame, in seconds of the source.

    ffmpeg rounds it to microseconds, then to ticks, neither of which may decide over a frame.
    """
    before, after = int(shown[first - 1]), int(shown[first])
    return packets.time(before + (after - before + 1) // 2)


class _Crew:
    """Threads that each see one ffmpeg process through."""

    def __init__(
        self, encode: Encode, chunks: Sequence[Chunk], on_progress: OnProgress | None
    ) -> None:
        self._encode = encode
        self._chunks = chunks
        self._on_progress = on_progress
        self._done = [0.0] * len(chunks)
        self._lock = threading.Lock()
        self._is_over = threading.Event()

    def work(self, places: Sequence[Path], heard: Path, at_once: int) -> None:
        """Encode each chunk's picture into its place, and the sound into one of its own."""
        with ThreadPoolExecutor(at_once + 1) as pool:
            # A copy of the context for each: in it the ledger counts.
            jobs = [
                pool.submit(copy_context().run, self._see, number, place)
                for number, place in enumerate(places)
            ]
            if self._encode.track is not None:
                jobs.insert(0, pool.submit(copy_context().run, self._hear, heard))
            try:
                for job in as_completed(jobs):
                    job.result()
            finally:
                self._is_over.set()
                pool.shutdown(cancel_futures=True)

    def _hear(self, place: Path) -> None:
        """Encode the sound, all of it."""
        place.mkdir()
        encode = self._encode
        assert encode.track is not None  # noqa: S101  asked before
        source = guarded_input(encode.source, encode.media.container, vn=None)
        run(encode.compose(None, source[str(encode.track.index)], place))

    def _see(self, number: int, place: Path) -> None:
        """Encode a chunk, a second time when that fails."""
        place.mkdir()
        try:
            self._see_once(number, place)
        except MediaError:
            if self._is_over.is_set():
                raise
            self._see_once(number, place)

    def _see_once(self, number: int, place: Path) -> None:
        encode, chunk = self._encode, self._chunks[number]

        def note(seconds: float) -> None:
            self._note(number, min(seconds, float(chunk.times[-1] - chunk.times[0])))

        run(encode.compose(_picture(encode, chunk), None, place), on_progress=note)
        for name in encode.names:
            check_part(Part(place / name, chunk.times))

    def _note(self, number: int, seconds: float) -> None:
        """Tell how much is done of all chunks; one that is redone does not set them back."""
        if self._on_progress is not None:
            with self._lock:
                self._done[number] = max(self._done[number], seconds)
                self._on_progress(sum(self._done))


def _picture(encode: Encode, chunk: Chunk) -> Any:
    """Compose the frames of a chunk, the first of which is shown at time zero."""
    media = encode.media
    if chunk.start is None:
        zero, source = 0.0, guarded_input(encode.source, media.container, **encode.decoding)
    else:
        # A deinterlacer looks at the frame before, which another group of pictures holds.
        before = chunk.start if media.video.is_interlaced else float(chunk.times[0])
        zero = round(before, 6)
        source = guarded_input(
            encode.source,
            media.container,
            ss=f"{zero:.6f}",
            noaccurate_seek=None,
            **encode.decoding,
        )
    borders = {"start": chunk.start, "end": chunk.end}
    kept = {name: f"{time - zero:.6f}" for name, time in borders.items() if time is not None}
    return progressive(source[str(media.video.index)], media).filter("trim", **kept)
