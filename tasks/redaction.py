"""Keep secrets out of logs and out of the errors that Prefect shows."""

import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from blocks.secrets import secret_values
from blocks.settings import settings
from cutroom.records.errors import CutroomError
from cutroom.records.secrets import keep_secret, redact

_plain_factory = logging.getLogRecordFactory()


def install_redaction() -> None:
    """Redact every log record of this process where it is made; calling it again is harmless.

    A filter at a handler would miss the handlers of others, those that are added later, and the
    text of tracebacks. A record that is clean from the start is clean for all of them: the
    console, Prefect's API, files.
    """
    keep_secret(secret_values(settings()))
    logging.setLogRecordFactory(_clean_record)


def _clean_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
    record = _plain_factory(*args, **kwargs)
    try:
        said = record.getMessage()
    except (TypeError, ValueError, KeyError):
        return record  # its handlers will complain about it
    clean = redact(said)
    if clean != said:
        record.msg, record.args = clean, ()
    if record.exc_info and record.exc_info[0]:
        # Formatters take a text that is there already, and need not see the error itself.
        record.exc_text = redact("".join(traceback.format_exception(*record.exc_info)).rstrip())
        record.exc_info = None
    return record


@contextmanager
def errors_redacted() -> Iterator[None]:
    """Let no error out of this context whose text holds a secret: Prefect makes states of them."""
    try:
        yield
    except Exception as error:
        clean = redacted(error)
        if clean is error:
            raise
        raise clean from None


def redacted(error: Exception) -> Exception:
    """Return an error whose text holds no secret: the same one where that can be arranged."""
    error.args = tuple(redact(part) if isinstance(part, str) else part for part in error.args)
    if isinstance(error, CutroomError):
        error.problem, error.hint = redact(error.problem), redact(error.hint)
    said = str(error)
    if redact(said) == said:
        return error
    return RuntimeError(f"{type(error).__name__}: {redact(said)}")
