"""Keep the memory of a long job flat: glibc gives little back by itself."""

import ctypes
import sys
from functools import cache

_M_ARENA_MAX = -8
"""`M_ARENA_MAX` of glibc's malloc.h."""
ARENAS = 2
"""Heaps that threads share. By default glibc makes up to eight for each core, each of which keeps
what the busiest moment of its threads took; one more than one keeps them from waiting."""


@cache
def _libc() -> ctypes.CDLL | None:
    """Return glibc; None on macOS and where musl stands in for it."""
    if not sys.platform.startswith("linux"):
        return None
    libc = ctypes.CDLL(None)
    return libc if hasattr(libc, "mallopt") and hasattr(libc, "malloc_trim") else None


def share_heaps() -> None:
    """Let all threads that start from now on share a few heaps; call it before they do."""
    libc = _libc()
    if libc is not None:
        libc.mallopt(_M_ARENA_MAX, ARENAS)


def give_back() -> None:
    """Return free memory to the system; it takes some milliseconds."""
    libc = _libc()
    if libc is not None:
        libc.malloc_trim(0)
