"""What Prefect knows about the run that this process is in."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any

from prefect import Flow
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State, StateType
from prefect.context import FlowRunContext
from prefect.states import Cancelled

from cutroom.records.errors import JobCancelled, Superseded

_CALLED_OFF = {StateType.CANCELLING, StateType.CANCELLED}


def this_run() -> FlowRun | None:
    """Return the flow run around this call."""
    context = FlowRunContext.get()
    return context.flow_run if context else None


def is_in_foreground(run: FlowRun | None) -> bool:
    """Say whether a person waits for the run, rather than a worker."""
    return run is None or run.deployment_id is None


def is_called_off(run: FlowRun | None) -> bool:
    """Say whether someone cancelled the run in Prefect; no, when Prefect does not answer."""
    if run is None:
        return False
    with suppress(Exception), get_client(sync_client=True) as client:
        state = client.read_flow_run(run.id).state
        return state is not None and state.type in _CALLED_OFF
    return False


def watching_for_cancel(run: FlowRun | None) -> Callable[[], bool] | None:
    """Return how a run in the foreground hears that it was cancelled in Prefect's pages.

    A worker hears of that by itself and ends its runs.
    """
    if run is None or not is_in_foreground(run):
        return None
    return lambda: is_called_off(run)


def show_as_cancelled(flow: Flow[..., Any], flow_run: FlowRun, state: State[Any]) -> None:  # noqa: ARG001  Prefect names them
    """Show a run that was called off as cancelled, not as failed: a hook of flows."""
    # While a run is being cancelled, the server takes no other end for it.
    error = None if state.is_cancelling() else state.result(raise_on_failure=False)
    if error is None or isinstance(error, JobCancelled | Superseded):
        why = error.problem if error else "The job was called off."
        with get_client(sync_client=True) as client:
            client.set_flow_run_state(flow_run.id, Cancelled(message=why), force=True)
