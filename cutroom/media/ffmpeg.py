"""The one door to the ffmpeg program.

Commands are composed with ffmpeg-python; `run` gives them a time limit, a stall watchdog, a
progress callback, the end of the log in the error, and death together with their parent.
"""

import ctypes
import ctypes.util
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import IO, Any

import ffmpeg

from cutroom.media.limits import MAX_PIXELS, format_options
from cutroom.media.sniff import sniff
from cutroom.records.errors import (
    DiskFull,
    FfmpegFailed,
    FfmpegKilled,
    FfmpegMissing,
    FfmpegStalled,
)
from cutroom.records.failpoints import reached
from cutroom.records.stopping import Stop, the_stop

STALL_LIMIT = 120.0
"""Seconds without any progress after which ffmpeg counts as stuck; slow machines need patience."""
LOG_BYTES = 64 * 1024
"""How much of the end of ffmpeg's log is kept."""
MEMORY_LIMIT = 8 * 2**30
"""Address space of one ffmpeg, in bytes: libx264 at 4K stays below half of it."""
_HARDWARE = ("_nvenc", "_qsv", "_vaapi", "_videotoolbox", "cuda")
"""Endings of the words that bring a graphics card into a command."""
_FROM_OUTSIDE = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that someone sends; with any other, such as SIGSEGV, ffmpeg or a driver crashed."""
_PR_SET_PDEATHSIG = 1

OnProgress = Callable[[float], None]
"""Called with the seconds of output written so far."""


@dataclass(frozen=True, slots=True)
class Run:
    """What one ffmpeg process took."""

    seconds: float
    cpu_seconds: float
    video_encodes: int
    """How many of its outputs had their picture encoded."""
    log: str
    """Warnings and errors, the last `LOG_BYTES` of them."""


_runs: ContextVar[list[Run] | None] = ContextVar("ffmpeg_runs", default=None)


@contextmanager
def counted() -> Iterator[list[Run]]:
    """Collect every run made within this context by this thread, for a ledger."""
    runs: list[Run] = []
    token = _runs.set(runs)
    try:
        yield runs
    finally:
        _runs.reset(token)


@contextmanager
def counted_as_one() -> Iterator[None]:
    """Count the runs made within as one: parts of the same files, encoded side by side.

    Threads that run in a copy of this context belong to it. CPU seconds add up; a file counts as
    one encode however many parts it was made of.
    """
    started = time.monotonic()
    with counted() as parts:
        try:
            yield
        finally:
            whole = Run(
                seconds=time.monotonic() - started,
                cpu_seconds=sum(part.cpu_seconds for part in parts),
                video_encodes=max((part.video_encodes for part in parts), default=0),
                log="".join(part.log for part in parts)[-LOG_BYTES:],
            )
    runs = _runs.get()
    if runs is not None:
        runs.append(whole)


@cache
def program() -> str:
    """Return the path of ffmpeg: `CUTROOM_FFMPEG`, else the one that imageio-ffmpeg carries.

    Raises:
        FfmpegMissing: Neither is there.
    """
    named = os.environ.get("CUTROOM_FFMPEG")
    if named:
        if not os.access(named, os.X_OK):
            raise FfmpegMissing(
                f"CUTROOM_FFMPEG names {named}, which is no program.", "Correct or unset it."
            )
        return named
    import imageio_ffmpeg  # noqa: PLC0415  it looks for its binary on import

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise FfmpegMissing(
            "imageio-ffmpeg carries no ffmpeg for this machine.",
            "Install ffmpeg and name it in CUTROOM_FFMPEG.",
        ) from error


def guarded_input(path: Path, demuxer: str | None = None, **options: Any) -> Any:
    """Return an ffmpeg-python input that can read nothing but this one file.

    Args:
        path: A local file.
        demuxer: ffmpeg's name of it, when known; sniffed otherwise.
        options: More input options, such as `ss=3.2`.
    """
    return ffmpeg.input(
        f"file:{path}",
        f=demuxer or sniff(path),
        max_pixels=MAX_PIXELS,
        **format_options(),
        **options,
    )


def run(
    stream: Any,
    *,
    on_progress: OnProgress | None = None,
    timeout: float | None = None,
    folder: Path | None = None,
) -> Run:
    """Run a composed command to its end.

    Args:
        stream: An ffmpeg-python output, or several merged.
        on_progress: Called about twice a second with the seconds of output written.
        timeout: Seconds before it is killed; None trusts the stall watchdog alone.
        folder: Working directory, for filters that read a file by a relative name.

    Raises:
        FfmpegFailed: It exited with an error.
        FfmpegKilled: Someone killed it.
        FfmpegStalled: It stood still for `STALL_LIMIT` seconds, or ran out of time.
        DiskFull: It found no room to write.
        JobError: Someone asked the work in this context to stop.
    """
    words = ffmpeg.compile(stream, cmd=program(), overwrite_output=True)
    flags = [
        "-nostdin",
        "-hide_banner",
        "-loglevel",
        "level+warning",
        "-nostats",
        "-progress",
        "pipe:1",
    ]
    command = [words[0], *flags, *words[1:]]
    stop = the_stop()
    stop.check()
    started = time.monotonic()
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=folder,
        env={"PATH": os.defpath, "LANG": "C.UTF-8", **_display_drivers()},
        # It only calls prctl and setrlimit.
        preexec_fn=_die_with_parent if _is_software(words) else _die_with_parent_unbounded,  # noqa: PLW1509
    )
    assert process.stdout is not None  # noqa: S101  asked for above
    assert process.stderr is not None  # noqa: S101
    log: deque[bytes] = deque()
    reader = threading.Thread(target=_keep_tail, args=(process.stderr, log), daemon=True)
    pulse = _Pulse(on_progress)
    listener = threading.Thread(target=pulse.listen, args=(process.stdout,), daemon=True)
    reader.start()
    listener.start()
    try:
        reached("ffmpeg", child=process.pid, about=" ".join(words))
        why_killed, cpu_seconds = _wait(process, pulse, started, timeout, stop)
    finally:
        if process.returncode is None:
            process.kill()
            process.wait()
        reader.join(timeout=5)
        listener.join(timeout=5)
        process.stdout.close()
        process.stderr.close()
    text = b"".join(log).decode(errors="replace")[-LOG_BYTES:]
    stop.check()
    if why_killed:
        raise FfmpegStalled(
            f"ffmpeg {why_killed} and was stopped.",
            "Look whether the disk or the machine is overloaded, then run the job again.",
        )
    if -process.returncode in _FROM_OUTSIDE:
        raise FfmpegKilled(
            f"ffmpeg was killed by signal {-process.returncode}.",
            "Look whether the machine has too little memory for what runs on it.",
        )
    if process.returncode < 0:
        text += f"\n[fatal] it crashed with signal {-process.returncode}"
    if process.returncode != 0:
        if "No space left on device" in text:
            raise DiskFull("ffmpeg found no room to write.", "Free disk space, then run it again.")
        raise FfmpegFailed.after(command, text)
    result = Run(time.monotonic() - started, cpu_seconds, _video_encodes(words), text)
    runs = _runs.get()
    if runs is not None:
        runs.append(result)
    return result


def _video_encodes(words: list[str]) -> int:
    chosen = [word for flag, word in pairwise(words) if flag in ("-c:v", "-vcodec", "-codec:v")]
    return sum(1 for codec in chosen if codec != "copy")


def _wait(
    process: "subprocess.Popen[bytes]",
    pulse: "_Pulse",
    started: float,
    timeout: float | None,
    stop: Stop,
) -> tuple[str, float]:
    """Wait for the end or kill; return why it was killed ("" if not) and its CPU seconds."""
    why = ""
    pause = 0.002
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return why, usage.ru_utime + usage.ru_stime
        now = time.monotonic()
        if not why and timeout is not None and now - started > timeout:
            why = f"was not done after {timeout:.0f} s"
        if not why and now - pulse.last_beat > STALL_LIMIT:
            why = f"made no progress for {STALL_LIMIT:.0f} s"
        if not why and stop.why is not None:
            why = "was asked to stop"
        if why:
            process.send_signal(signal.SIGKILL)
        time.sleep(pause)
        pause = min(pause * 1.5, 0.05)


class _Pulse:
    """Reads `-progress` and remembers when something last moved."""

    def __init__(self, on_progress: OnProgress | None) -> None:
        self.last_beat = time.monotonic()
        self._on_progress = on_progress
        self._seen: dict[bytes, bytes] = {}

    def listen(self, pipe: IO[bytes]) -> None:
        """Follow the pipe until it closes."""
        for line in pipe:
            key, _, value = line.strip().partition(b"=")
            if key in (b"out_time_us", b"total_size", b"frame") and self._seen.get(key) != value:
                self._seen[key] = value
                self.last_beat = time.monotonic()
            if key == b"out_time_us" and self._on_progress and value.lstrip(b"-").isdigit():
                self._on_progress(max(0.0, int(value) / 1e6))


def _keep_tail(pipe: IO[bytes], log: "deque[bytes]") -> None:
    size = 0
    for line in pipe:
        log.append(line)
        size += len(line)
        while size > LOG_BYTES and len(log) > 1:
            size -= len(log.popleft())


@cache
def _libc() -> ctypes.CDLL | None:
    return ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def _is_software(words: list[str]) -> bool:
    """Say whether a command stays off graphics cards, whose drivers reserve terabytes."""
    return not any(word.endswith(_HARDWARE) for word in words)


def _die_with_parent_unbounded() -> None:
    """Run in the child: get killed when the parent is."""
    libc = _libc()
    if libc is not None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _die_with_parent() -> None:
    """Run in the child: get killed when the parent is, and never eat all memory."""
    _die_with_parent_unbounded()
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    if sys.platform == "linux" and (hard == resource.RLIM_INFINITY or hard > MEMORY_LIMIT):
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, hard))


def _display_drivers() -> dict[str, str]:
    """Keep what GPU drivers need to be found; nothing that could be a secret."""
    names = ("LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "NVIDIA_VISIBLE_DEVICES", "TMPDIR", "HOME")
    return {name: os.environ[name] for name in names if name in os.environ}
