"""A long job's memory stays flat, because what is free goes back to the system."""

import subprocess
import sys

import pytest

from cutroom.media.memory import _libc

PROGRAM = """
import psutil
from cutroom.media.memory import give_back, share_heaps

def resident():
    return psutil.Process().memory_info().rss / 1e6

share_heaps()
kept = [bytes(3000) for _ in range(40_000)]  # as large as what a frame is remembered by
del kept[:-1]  # the last one holds on to the end of the heap
before = resident()
give_back()
print(before - resident())
"""


@pytest.mark.skipif(_libc() is None, reason="only glibc can be asked")
def test_free_memory_goes_back():
    """One small thing that is kept does not keep a hundred megabytes that were freed before it."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], check=True, capture_output=True, text=True
    )
    assert float(done.stdout) > 60
