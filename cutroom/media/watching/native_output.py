"""Keep what native libraries write past Python off the terminal."""

import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_TERMINAL = 2
_CHATTER = re.compile(rb"^(INFO: |WARNING: |[IWE]\d{4} )")
"""How LiteRT and glog begin a line; MediaPipe 1.2 heeds none of their settings by environment."""
_PATIENCE = 1.0
"""Seconds to wait for the last lines; a child started meanwhile may hold the pipe open."""
_one_at_a_time = threading.Lock()


@contextmanager
def without_chatter() -> Iterator[None]:
    """Drop the log lines of MediaPipe's libraries; whatever else is written passes through."""
    with _one_at_a_time:
        terminal = os.dup(_TERMINAL)
        reading, writing = os.pipe()
        os.dup2(writing, _TERMINAL)
        os.close(writing)
        sieve = threading.Thread(target=_pass_through, args=(reading, terminal), daemon=True)
        sieve.start()
        try:
            yield
        finally:
            os.dup2(terminal, _TERMINAL)
            sieve.join(_PATIENCE)


def _pass_through(reading: int, terminal: int) -> None:
    with os.fdopen(reading, "rb") as lines, os.fdopen(terminal, "wb", buffering=0) as rest:
        for line in lines:
            if not _CHATTER.match(line):
                rest.write(line)
