"""Speech: where someone talks, by the Silero voice activity detector.

The network comes inside faster-whisper's wheel and runs in onnxruntime. Its recurrent state is
carried from block to block, so the answer does not depend on where blocks end.
"""

import importlib.util
import threading
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from cutroom.media.listening.sound import Sound
from cutroom.records.errors import ModelMissing
from cutroom.records.span import Span

SAMPLE_RATE = 16000
"""What the network was trained on, in Hz."""
FRAME = 512
"""Samples judged at once, 32 ms; fixed by the network."""
ONSET = 0.5
"""Probability from which speech begins; the network's own recommendation."""
OFFSET = 0.35
"""Probability below which it ends; lower than `ONSET`, so that it does not flicker."""
SHORTEST_PAUSE = 0.3
"""Seconds; briefer pauses lie between words, not between stretches of speech."""
SHORTEST_SPEECH = 0.1
"""Seconds; briefer than this is a knock or a click. A short "yes" takes twice as long."""
PADDING = 0.1
"""Seconds added on both sides: the network answers a frame or two late and trails off early."""

_CONTEXT = 64
"""Samples of the frame before that the network sees again."""
_STATE_SHAPE = (1, 1, 128)
_BLOCK_FRAMES = 512
"""Frames read and judged at once, 16 s."""
_RUN_UP = 2.0
"""Seconds heard before and after a window, so that its edges are judged like its middle."""
_NEAR = 0.25
_FAR = 0.45
"""Share of a window's length in which its border may move; below half, so borders never meet."""


def find_speech(sound: Sound, window: Span | None = None) -> list[Span]:
    """Return the stretches in which someone talks.

    Args:
        sound: What to listen to, at 16 kHz; read in blocks, so its length costs no memory.
        window: Look only here; None looks everywhere. The answer is the same as the whole
            sound's, cut at the window's edges.

    Returns:
        Spans in seconds of the file, in order, never touching, exact to about 50 ms.

    Raises:
        ModelMissing: The network's file is not where faster-whisper keeps it.
        ValueError: The sound has another sample rate.
    """
    if sound.sample_rate != SAMPLE_RATE:
        raise ValueError(f"Speech is found at {SAMPLE_RATE} Hz, got {sound.sample_rate}.")
    if not sound.duration:
        return []
    window = window or Span(start=0.0, end=sound.duration)
    end = min(window.end, sound.duration)
    # Frames lie on the same grid whatever the window, so that the same sound is judged alike.
    frame = FRAME / SAMPLE_RATE
    start = max(0.0, (window.start - _RUN_UP) // frame * frame)
    heard = Span(start=start, end=window.end + _RUN_UP)
    stretches = _stretches(_judge(sound, heard), start, min(heard.end, sound.duration))
    spans = [
        (max(round(first, 3), window.start), min(round(last, 3), end)) for first, last in stretches
    ]
    return [Span(start=first, end=last) for first, last in spans if last > first]


def join_speech(found: list[Span]) -> list[Span]:
    """Join stretches that touch: speech that goes on over a window's border is one stretch.

    Args:
        found: What `find_speech` found in windows that follow each other, in order.
    """
    joined: list[Span] = []
    for span in found:
        if joined and span.start <= joined[-1].end:
            end = max(joined[-1].end, span.end)
            joined[-1] = Span(start=joined[-1].start, end=end)
        else:
            joined.append(span)
    return joined


def windows_of(duration: float, speech: list[Span] | None, length: float = 600.0) -> list[Span]:
    """Cut a timeline in windows of about the same length.

    Args:
        duration: Seconds to cover.
        speech: What no border should cut, in order; None cuts evenly.
        length: Seconds a window should last; each lasts between a fifth and twice of that.

    Returns:
        Spans that cover [0, duration) without gap or overlap. Each border lies in the middle of
        the longest pause near its even place, inside speech only where there is no pause.
    """
    if duration <= 0:
        return []
    count = max(1, round(duration / length))
    even = duration / count
    gaps = _gaps(duration, speech or [])
    borders = [0.0, *(_border(i * even, even, gaps) for i in range(1, count)), duration]
    return [Span(start=start, end=end) for start, end in pairwise(borders)]


def _border(target: float, length: float, gaps: list[Span]) -> float:
    """Return the middle of the longest gap near a time, or the time itself."""
    for share in (_NEAR, _FAR):
        low, high = target - share * length, target + share * length
        near = [(max(gap.start, low), min(gap.end, high)) for gap in gaps]
        near = [(start, end) for start, end in near if end > start]
        if near:
            start, end = max(
                near, key=lambda gap: (gap[1] - gap[0], -abs((gap[0] + gap[1]) / 2 - target))
            )
            return round((start + end) / 2, 3)
    return round(target, 3)


def _gaps(duration: float, speech: list[Span]) -> list[Span]:
    """Return what lies between stretches of speech; nothing when there are none."""
    if not speech:
        return []
    starts = [0.0, *(span.end for span in speech)]
    ends = [*(span.start for span in speech), duration]
    return [
        Span(start=start, end=end) for start, end in zip(starts, ends, strict=True) if end > start
    ]


def _stretches(frames: Iterator[float], offset: float, end: float) -> Iterator[tuple[float, float]]:
    """Turn frame probabilities into padded (start, end) stretches with hysteresis."""
    kept: list[list[float]] = []
    start: float | None = None
    quiet_since: float | None = None
    time = offset
    for probability in frames:
        if probability >= ONSET:
            start = time if start is None else start
            quiet_since = None
        elif probability < OFFSET and start is not None:
            quiet_since = time if quiet_since is None else quiet_since
        time += FRAME / SAMPLE_RATE
        if start is not None and quiet_since is not None and time - quiet_since >= SHORTEST_PAUSE:
            kept.append([start, quiet_since])
            start = quiet_since = None
    if start is not None:
        kept.append([start, quiet_since or end])
    kept = [stretch for stretch in kept if stretch[1] - stretch[0] >= SHORTEST_SPEECH]
    for before, after in zip([[0.0, 0.0], *kept], [*kept, [end, end]], strict=True):
        # Padding never closes a pause: it takes at most a third of one on each side.
        padding = min(PADDING, (after[0] - before[1]) / 3)
        before[1], after[0] = before[1] + padding, after[0] - padding
    return ((max(first, 0.0), min(last, end)) for first, last in kept)


def _judge(sound: Sound, heard: Span) -> Iterator[float]:
    """Yield the probability of speech of each frame."""
    session = _load_network()
    memory = [np.zeros(_STATE_SHAPE, np.float32) for _ in range(2)]
    before = np.zeros(_CONTEXT, np.float32)
    for block in sound.blocks(_BLOCK_FRAMES * FRAME, heard):
        padded = np.pad(block, (0, -len(block) % FRAME))
        frames = padded.reshape(-1, FRAME)
        contexts = np.vstack([before, frames[:-1, -_CONTEXT:]])
        given = {"input": np.hstack([contexts, frames]), "h": memory[0], "c": memory[1]}
        answer, memory[0], memory[1] = session.run(None, given)
        before = frames[-1, -_CONTEXT:]
        yield from answer.ravel().tolist()


_loading = threading.Lock()


def _load_network() -> Any:
    """Return the network, loaded once per process."""
    with _loading:
        return _open_network()


@cache
def _open_network() -> Any:
    import onnxruntime  # noqa: PLC0415  takes half a second

    onnxruntime.set_default_logger_severity(4)
    options = onnxruntime.SessionOptions()
    # One thread a session: the network is too small to share, and windows run side by side.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    return onnxruntime.InferenceSession(
        str(_network_file()), sess_options=options, providers=["CPUExecutionProvider"]
    )


def _network_file() -> Path:
    """Find the file without importing faster-whisper, which takes a second."""
    found = importlib.util.find_spec("faster_whisper")
    folders = found.submodule_search_locations if found else None
    for folder in folders or []:
        for file in sorted(Path(folder, "assets").glob("silero_vad*.onnx")):
            return file
    raise ModelMissing(
        "The Silero voice activity detector is not in faster-whisper's folder.",
        "Install faster-whisper again.",
    )
