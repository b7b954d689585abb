"""How every step is cached and retried."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from prefect import Task, task
from prefect.cache_policies import INPUTS, CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.tasks import exponential_backoff

from blocks.settings import settings
from cutroom.records.errors import CutroomError, ServiceResting
from tasks.redaction import errors_redacted
from tasks.workbench import Workbench

P = ParamSpec("P")
R = TypeVar("R")

RETRIES = 3
FIRST_RETRY_AFTER = 2
"""Seconds; each further wait doubles, with jitter, so that many jobs do not return at once."""
LONGEST_WAIT = 60.0
"""Seconds that a worker waits for a host that said when to come back; for longer, the job gives
its place to another one and is taken up again then."""


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


@dataclass
class Noted(CachePolicy):
    """Tell the bench the key of each step, so that its result can be shared with other hosts."""

    policy: CachePolicy = field(default_factory=StepKey)

    def compute_key(
        self,
        task_ctx: TaskRunContext,
        inputs: dict[str, Any],
        flow_parameters: dict[str, Any],
        **more: Any,
    ) -> str | None:
        """Return the key that the policy within makes."""
        key = self.policy.compute_key(task_ctx, inputs, flow_parameters, **more)
        bench = inputs.get("bench")
        if key and isinstance(bench, Workbench):
            bench.steps.add(key)
        return key


async def if_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Retry what may heal by itself; a broken file stays broken.

    A host that says when to come back is asked again then, and not before.
    """
    error = await state.aresult(raise_on_failure=False)
    if not isinstance(error, CutroomError) or not error.is_transient:
        return False
    if isinstance(error, ServiceResting) or (error.retry_after or 0.0) > LONGEST_WAIT:
        return False
    await asyncio.sleep(error.retry_after or 0.0)
    return True


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
    as_task: Callable[[Callable[P, R]], Task[P, R]] = task(
        name=name,
        task_run_name=run_name or name,
        cache_policy=Noted(
            policy=StepKey(step=name, version=version) + INPUTS - "bench" - ignoring
        ),
        cache_expiration=expires,
        persist_result=True,
        result_serializer="json",
        result_storage=settings().result_storage or None,  # by name: looked up when it is needed
        retries=RETRIES,
        retry_delay_seconds=exponential_backoff(FIRST_RETRY_AFTER),
        retry_jitter_factor=0.5,
        retry_condition_fn=if_transient,
    )

    def make(function: Callable[P, R]) -> Task[P, R]:
        @wraps(function)
        def told_safely(*args: P.args, **kwargs: P.kwargs) -> R:
            with errors_redacted():
                return function(*args, **kwargs)

        return as_task(told_safely)

    return make
