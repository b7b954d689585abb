"""What a fleet is made of: two pools, three queues, and the numbers an operator may change.

The numbers live in one Prefect variable, so that they are changed in one place for all hosts: edit
`cutroom_fleet` in Prefect's pages, then run `cutroom setup` again. Routing reads it at once.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import httpx
from pydantic import Field, ValidationError

from cutroom.records.base import Record
from cutroom.records.errors import FleetMissing, FleetRefused, ServerUnavailable

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

# ruff: noqa: PLC0415
# Prefect takes two seconds to import, and reads its settings then: it comes with the first call.

Pool = Literal["cpu", "gpu"]
Queue = Literal["express", "standard", "batch"]

POOLS: tuple[Pool, ...] = ("cpu", "gpu")
PRIORITIES: dict[str, int] = {"express": 1, "standard": 5, "batch": 10}
"""Lower goes first. The gaps leave room for a queue of your own between two of ours."""
LAST_PRIORITY = 100
"""For the queue `default` that Prefect adds to each pool and that nobody orders into."""
TAG = "cutroom"
"""On every deployment of ours: automations look at runs with this tag alone."""
VARIABLE = "cutroom_fleet"
"""Prefect's variable that holds a `Fleet` as JSON."""


class Fleet(Record):
    """The numbers of a fleet. Durations are in seconds."""

    express_below: float = Field(default=300.0, gt=0)
    """Videos shorter than this take the queue `express`: they are done before anyone waits."""
    standard_below: float = Field(default=1800.0, gt=0)
    """Longer videos than this take `batch`."""
    cpu_limit: int = Field(default=50, ge=1)
    """Jobs at once in the pool `cpu`, however many workers it has."""
    gpu_limit: int = Field(default=10, ge=1)
    """Jobs at once in the pool `gpu`."""
    batch_limit: int = Field(default=20, ge=1)
    """Jobs at once in each queue `batch`, so that a night's feed leaves workers for people."""
    downloads: int = Field(default=8, ge=1)
    """Sources fetched at once by all hosts together; more, and sites begin to refuse us."""
    language_calls: int = Field(default=10, ge=1)
    """Calls to the language model that may come at once after a pause."""
    language_calls_per_second: float = Field(default=0.5, gt=0)
    """Calls to the language model that all hosts together may make in the long run."""

    def limit(self, pool: Pool) -> int:
        """Return how many jobs a pool runs at once."""
        return self.gpu_limit if pool == "gpu" else self.cpu_limit


@contextmanager
def server() -> "Iterator[SyncPrefectClient]":
    """Yield a client of the Prefect server, with its failures as ours.

    Raises:
        ServerUnavailable: It does not answer, or answers that it cannot.
        FleetMissing: A pool or deployment is not there.
        FleetRefused: It refuses what was sent; the message names the field.
    """
    from prefect.client.orchestration import get_client
    from prefect.exceptions import ObjectNotFound

    try:
        with get_client(sync_client=True) as client:
            yield client
    except ObjectNotFound as error:
        raise FleetMissing(
            "The Prefect server has no such pool or deployment yet.", "Run `cutroom setup` once."
        ) from error
    except httpx.HTTPStatusError as error:
        raise _refusal(error) from error
    except httpx.HTTPError as error:
        raise ServerUnavailable(
            f"The Prefect server did not answer: {type(error).__name__}.",
            "See that it runs and that PREFECT_API_URL names it.",
        ) from error


def _refusal(error: httpx.HTTPStatusError) -> FleetRefused | ServerUnavailable:
    answer = error.response
    if answer.is_server_error or answer.status_code == httpx.codes.TOO_MANY_REQUESTS:
        return ServerUnavailable(
            f"The Prefect server answers {answer.status_code}.", "Read the server's log."
        )
    return FleetRefused(
        f"The Prefect server refuses it ({answer.status_code}): {answer.text[:500]}",
        "If it is of another version, bring both to the same and run `cutroom setup`.",
    )


def read_fleet(client: "SyncPrefectClient") -> Fleet:
    """Return the fleet's numbers; the usual ones where nobody has set any.

    Raises:
        FleetRefused: The variable holds something else.
    """
    variable = client.read_variable_by_name(VARIABLE)
    try:
        return Fleet.model_validate(variable.value if variable else {})
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or VARIABLE
        raise FleetRefused(
            f"The variable {VARIABLE} is wrong: {where}: {first['msg']}.",
            "Mend it in Prefect's pages, or delete it and run `cutroom setup`.",
        ) from error
