"""What Prefect knows about the runs of jobs, and what may be done to them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from deployments.fleet import TAG

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.client.schemas.objects import FlowRun

# ruff: noqa: PLC0415
# Prefect takes two seconds to import, and reads its settings then: it comes with the first call.

RunState = Literal["waiting", "pending", "running", "cancelling", "cancelled", "ended"]
PAGE = 200
"""Runs in one answer of the server, as many as it gives."""
_STATES: dict[str, RunState] = {
    "SCHEDULED": "waiting",
    "PAUSED": "waiting",
    "PENDING": "pending",
    "RUNNING": "running",
    "CANCELLING": "cancelling",
    "CANCELLED": "cancelled",
}


@dataclass(frozen=True, slots=True)
class Run:
    """One run of Prefect's, as far as a job is concerned."""

    id: str
    state: RunState
    since: datetime
    """When it came into that state, by the server's clock."""
    is_deployed: bool
    """Whether a worker has it or may have it, rather than a person's own process."""
    key: str | None
    """The job and the attempt it was made for: `submitting` gives it."""
    job_id: str | None
    """From its tags; None where nobody noted it."""


def read_runs(client: "SyncPrefectClient", ids: Iterable[str]) -> dict[str, Run]:
    """Return the runs with these ids, by id; those that were deleted are left out."""
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    wanted, found = list(ids), {}
    for first in range(0, len(wanted), PAGE):
        some = FlowRunFilter(id=FlowRunFilterId(any_=wanted[first : first + PAGE]))
        for run in client.read_flow_runs(flow_run_filter=some, limit=PAGE):
            found[str(run.id)] = _as_run(run)
    return found


def read_live_runs(client: "SyncPrefectClient") -> tuple[Run, ...]:
    """Return the runs of the fleet's jobs that have not ended."""
    from prefect.client.schemas.filters import (
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
        FlowRunFilterTags,
    )
    from prefect.client.schemas.objects import StateType

    live = [StateType.SCHEDULED, StateType.PENDING, StateType.RUNNING, StateType.PAUSED]
    wanted = FlowRunFilter(
        tags=FlowRunFilterTags(all_=[TAG]),
        state=FlowRunFilterState(type=FlowRunFilterStateType(any_=live)),
    )
    found: list[Run] = []
    while True:
        page = client.read_flow_runs(flow_run_filter=wanted, limit=PAGE, offset=len(found))
        found += [_as_run(run) for run in page]
        if len(page) < PAGE:
            return tuple(found)


def report_crash(client: "SyncPrefectClient", run: Run) -> None:
    """Say that a run's process is gone; a run that has ended since stays as it ended."""
    from prefect.states import Crashed

    client.set_flow_run_state(run.id, Crashed(message="Its process is gone: the job is silent."))


def put_back(client: "SyncPrefectClient", run: Run) -> None:
    """Let the next free worker take a crashed run up again."""
    from prefect.states import AwaitingRetry

    why = "Its process was lost; the next one goes on from the last finished step."
    client.set_flow_run_state(run.id, AwaitingRetry(message=why))


def cancel_run(client: "SyncPrefectClient", run: Run) -> None:
    """Call a run off: its worker ends the process; one that no worker has is cancelled at once."""
    from prefect.client.schemas.objects import State
    from prefect.states import Cancelled, Cancelling

    if run.state in {"cancelled", "ended"}:
        return
    is_at_work = run.state in {"pending", "running"} and run.is_deployed
    off: State[Any] = Cancelled(message="The job was called off.")
    client.set_flow_run_state(run.id, Cancelling() if is_at_work else off)


def _as_run(run: "FlowRun") -> Run:
    state = run.state
    tagged = [tag.removeprefix("job:") for tag in run.tags if tag.startswith("job:")]
    return Run(
        id=str(run.id),
        state=_STATES.get(state.type.value, "ended") if state else "waiting",
        since=state.timestamp if state else datetime.now(UTC),
        is_deployed=run.deployment_id is not None,
        key=run.idempotency_key,
        job_id=tagged[0] if tagged else None,
    )
