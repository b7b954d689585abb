"""Keep the end of one job's log, for whoever looks at it when the job is dead."""

import logging
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager

LINES = 40
"""What a person reads to see what happened last."""
LINE_LENGTH = 500
"""Characters; ffmpeg's complaints can be longer than anyone reads."""
LOGGERS = ("prefect.flow_runs", "prefect.task_runs", "cutroom")
"""Where flows, tasks and the library write."""


class LogTail(logging.Handler):
    """Remembers the last lines of one run."""

    def __init__(self, flow_run_id: str | None) -> None:
        super().__init__(logging.INFO)
        self._flow_run_id = flow_run_id
        self._lines: deque[str] = deque(maxlen=LINES)
        self.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s", "%H:%M:%S"))

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line, unless it belongs to another run in this process."""
        whose = getattr(record, "flow_run_id", None)
        if whose is None or self._flow_run_id is None or str(whose) == self._flow_run_id:
            self._lines.extend(line[:LINE_LENGTH] for line in self.format(record).splitlines())

    @property
    def text(self) -> str:
        """The lines so far."""
        return "\n".join(self._lines.copy())


@contextmanager
def log_tail(flow_run_id: str | None) -> Iterator[LogTail]:
    """Yield the end of the log as it grows."""
    tail = LogTail(flow_run_id)
    loggers = [logging.getLogger(name) for name in LOGGERS]
    for logger in loggers:
        logger.addHandler(tail)
    try:
        yield tail
    finally:
        for logger in loggers:
            logger.removeHandler(tail)
