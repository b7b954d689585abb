"""Asking everything that works on one job to stop, from whichever thread hears of it first."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from cutroom.records.errors import CutroomError


class Stop:
    """A wish that the work in a context ends soon. Threads may share it."""

    def __init__(self) -> None:
        self.why: CutroomError | None = None
        """The error with which the work is to end; None while it may go on."""

    def ask(self, why: CutroomError) -> None:
        """Ask; the first reason counts."""
        if self.why is None:
            self.why = why

    def check(self) -> None:
        """Raise the reason, if there is one.

        Raises:
            CutroomError: The work is to end.
        """
        if self.why is not None:
            raise self.why


_stop: ContextVar[Stop | None] = ContextVar("stop", default=None)


@contextmanager
def stoppable() -> Iterator[Stop]:
    """Yield the wish that work in this context, and in copies of it, looks out for."""
    stop = Stop()
    token = _stop.set(stop)
    try:
        yield stop
    finally:
        _stop.reset(token)


def the_stop() -> Stop:
    """Return this context's wish; outside of any job, one that nobody ever utters."""
    return _stop.get() or Stop()
