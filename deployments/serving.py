"""Everything of a fleet on one machine: workers and upkeep, watched over by one process."""

import ctypes
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

LOOK_EVERY = 0.2
"""Seconds between two looks at the children."""
FIRST_PAUSE = 1.0
LONGEST_PAUSE = 60.0
"""Seconds before a child that ended by itself is started again; each time twice as long."""
CALM_AFTER = 60.0
"""Seconds of life after which a child's next end counts as the first."""
STOP_LIMIT = 15.0
"""Seconds that upkeep gets to stop by itself; it holds nothing that would be lost."""
_PR_SET_PDEATHSIG = 1


@dataclass
class Child:
    """A command of ours that is to run all the time."""

    words: tuple[str, ...]
    """What follows `cutroom`."""
    process: "subprocess.Popen[bytes] | None" = None
    started_at: float = 0.0
    pause: float = FIRST_PAUSE
    start_at: float = 0.0

    @property
    def name(self) -> str:
        """What it is called in messages."""
        return " ".join(self.words)

    @property
    def is_alive(self) -> bool:
        """Whether its process runs."""
        return self.process is not None and self.process.poll() is None

    def start(self) -> None:
        """Start it, out of the terminal's reach: who watches over it hands on what it needs."""
        self.started_at = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "cutroom.cli", *self.words],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=_end_with_parent,  # noqa: PLW1509  it only calls prctl
        )

    def ask_to_stop(self) -> None:
        """Send SIGTERM; a worker then drains, and at the second time puts its job back."""
        if self.process is not None and self.is_alive:
            self.process.send_signal(signal.SIGTERM)

    def revive(self, tell: Callable[[str], object]) -> None:
        """Start it again if it has ended, after a pause that grows."""
        now = time.monotonic()
        if self.process is not None and not self.is_alive:
            if now - self.started_at > CALM_AFTER:
                self.pause = FIRST_PAUSE
            tell(f"`cutroom {self.name}` ended ({self.process.returncode}); it is started again.")
            self.process, self.start_at = None, now + self.pause
            self.pause = min(2 * self.pause, LONGEST_PAUSE)
        if self.process is None and now >= self.start_at:
            self.start()


class Household:
    """The children of one `cutroom serve`."""

    def __init__(
        self,
        workers: Sequence[tuple[str, ...]],
        others: Sequence[tuple[str, ...]],
        tell: Callable[[str], object] = print,
    ) -> None:
        self.workers = [Child(words) for words in workers]
        self.others = [Child(words) for words in others]
        self._tell = tell
        self._wishes = 0

    def run(self) -> None:
        """Keep all children running until told to stop, then let the workers drain.

        The first Ctrl-C or SIGTERM lets running jobs end; the second puts them back at once.
        """
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._wish)
        while not self._wishes:
            for child in (*self.workers, *self.others):
                child.revive(self._tell)
            time.sleep(LOOK_EVERY)
        self._tell("Draining: running jobs go on to their end. Again to put them back.")
        self._drain()
        self._stop_others()

    def _wish(self, *_: object) -> None:
        self._wishes += 1

    def _drain(self) -> None:
        """Hand each wish on to the workers until the last one has ended."""
        told = 0
        while any(child.is_alive for child in self.workers):
            while told < min(self._wishes, 2):
                told += 1
                for child in self.workers:
                    child.ask_to_stop()
                time.sleep(LOOK_EVERY)  # two signals at once would count as one
            time.sleep(LOOK_EVERY)

    def _stop_others(self) -> None:
        for child in self.others:
            child.ask_to_stop()
        deadline = time.monotonic() + STOP_LIMIT
        for child in self.others:
            if child.process is None:
                continue
            try:
                child.process.wait(max(0.0, deadline - time.monotonic()))
            except subprocess.TimeoutExpired:
                child.process.kill()
                child.process.wait()


def _end_with_parent() -> None:
    """Ask the kernel to tell the child to drain should its parent be killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
