"""Leave services outside alone that fail again and again, and let their jobs wait meanwhile."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from cutroom.catalog import breakers
from cutroom.catalog.sessions import Catalog
from cutroom.records.errors import CutroomError, JobError


@contextmanager
def guarded(catalog: Catalog, service: str) -> Iterator[None]:
    """Use a service outside, unless it is resting; note how it fares.

    Any answer is a good one, also one that says no: only what may heal by itself counts as a
    failure.

    Args:
        catalog: Where all jobs note it.
        service: A plain name for it, without secrets.

    Raises:
        ServiceResting: It is left alone just now. The job then waits, and spends no attempt.
    """
    breakers.ask_leave(catalog, service)
    try:
        yield
    except JobError:
        raise  # the job was called off, which says nothing about the service
    except CutroomError as error:
        note = breakers.note_failure if error.is_transient else breakers.note_success
        note(catalog, service)
        raise
    breakers.note_success(catalog, service)


def host_of(address: str) -> str:
    """Return the name of the service that an address belongs to."""
    try:
        return f"the host {urlsplit(address).hostname or 'unknown'}"
    except ValueError:
        return "the host unknown"
