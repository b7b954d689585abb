"""Tell the catalog that a job is alive, and hear from it when the job is to stop."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import copy_context

from cutroom.catalog import attempts
from cutroom.records.errors import CutroomError, JobCancelled, JobUnknown, Superseded
from cutroom.records.stopping import Stop
from tasks.log_tail import LogTail
from tasks.workbench import Workbench

BEATS_IN_A_LEASE = 4
"""So that three may be late or lost; with the usual lease of 40 s it is one small write each 10 s,
so a hundred jobs are ten writes a second."""
LOOK_EVERY = 2.0
"""Seconds between two looks whether the job may go on: whoever cancels it is heard within five
seconds, the time ffmpeg takes to go included."""


@contextmanager
def lifeline(
    bench: Workbench, stop: Stop, tail: LogTail, is_called_off: Callable[[], bool] | None = None
) -> Iterator[None]:
    """Keep a job's lease while the context lasts, from a thread of its own.

    Args:
        bench: Of the job.
        stop: Asked when the job was cancelled or dropped, or a later attempt has taken over.
        tail: The end of its log.
        is_called_off: Asks whoever else may cancel the job, where nobody would tell this process.
    """
    is_over = threading.Event()
    beat_every = bench.settings.lease / BEATS_IN_A_LEASE

    def keep() -> None:
        waited = 0.0
        while not is_over.wait(LOOK_EVERY):
            waited += LOOK_EVERY
            try:
                if waited >= beat_every:
                    _beat(bench, tail)
                    waited = 0.0
                else:
                    attempts.look(bench.catalog, bench.job.id, bench.job.attempts)
                if is_called_off is not None and is_called_off():
                    attempts.cancel(bench.catalog, bench.job.id)
            except (JobCancelled, JobUnknown, Superseded) as error:
                stop.ask(error)
                return
            except CutroomError:
                continue  # the catalog may be back at the next look; until then work goes on

    # A thread begins without context, and so without the server that this run is at.
    thread = threading.Thread(target=copy_context().run, args=(keep,), name="lifeline", daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join(timeout=LOOK_EVERY)


def _beat(bench: Workbench, tail: LogTail) -> None:
    job, stage = bench.job, bench.book.latest_stage
    attempts.beat(bench.catalog, job.id, job.attempts, stage, tail.text)
