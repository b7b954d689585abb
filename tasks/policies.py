"""How every step is cached and retried."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import INPUTS, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.tasks import exponential_backoff

from cutroom.records.errors import CutroomError

P = ParamSpec("P")
R = TypeVar("R")

RETRIES = 3
FIRST_RETRY_AFTER = 2
"""Seconds; each further wait doubles, with jitter, so that many jobs do not return at once."""


@dataclass
class StepKey(CachePolicy):
    """Tie a cached result to the maths that made it.

    Prefect's `TASK_SOURCE` sees only the thin task, never the media function behind it, so raise
    `version` by hand when that function would answer differently. `INPUTS` alone would let two
    steps with equal arguments take each other's results.
    """

    step: str = ""
    version: int = 1

    def compute_key(self, *_: Any, **__: Any) -> str:
        """Return the step and its version; the inputs are hashed beside it."""
        return f"{self.step}/{self.version}"


async def if_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Retry what may heal by itself; a broken file stays broken."""
    error = await state.aresult(raise_on_failure=False)
    return isinstance(error, CutroomError) and error.is_transient


def step(
    name: str,
    *,
    version: int = 1,
    run_name: str | None = None,
    expires: timedelta | None = None,
    ignoring: str = "bench",
) -> Callable[[Callable[P, R]], Task[P, R]]:
    """Make a cached, resumable task of a function whose last parameter is a `bench`.

    Results are JSON that names blobs; one whose blob is gone reads as not cached, and only that
    step runs again.

    Args:
        name: What the cached results are filed under.
        version: Raise it when the step would answer differently for the same input.
        run_name: Template for the task run's name, over the function's parameters.
        expires: How long a result counts; None for ever.
        ignoring: A second parameter, beside `bench`, that does not change the result.
    """
    return task(
        name=name,
        task_run_name=run_name or name,
        cache_policy=StepKey(step=name, version=version) + INPUTS - "bench" - ignoring,
        cache_expiration=expires,
        persist_result=True,
        result_serializer="json",
        retries=RETRIES,
        retry_delay_seconds=exponential_backoff(FIRST_RETRY_AFTER),
        retry_jitter_factor=0.5,
        retry_condition_fn=if_transient,
    )
