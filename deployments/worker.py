"""A worker that takes one job at a time, holds back when its host is full, and drains.

Prefect's own process worker stops its job at once when it is told to end, and leaves the run in
RUNNING. This one is the same worker in all else: it only decides when to ask for work, and keeps a
hand on the run so that it can put it back.
"""

import abc
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import anyio
import anyio.abc
from prefect.client.schemas.objects import FlowRun
from prefect.events import emit_event
from prefect.exceptions import Abort
from prefect.flows import load_flow_from_flow_run
from prefect.runner._control_channel import ControlSignalStatus
from prefect.runner._flow_run_executor import FlowRunExecutionResult, FlowRunExecutorContext
from prefect.runner._process_manager import ProcessHandle
from prefect.runner._starter_engine import EngineCommandStarter
from prefect.states import AwaitingRetry
from prefect.utilities.engine import propose_state
from prefect.workers.process import ProcessJobConfiguration, ProcessWorker, ProcessWorkerResult

from blocks.settings import Settings
from deployments.pressure import why_wait

PUT_BACK_LIMIT = 8.0
"""Seconds a job's process gets to stop by itself: enough to end its ffmpeg and to tell the catalog
that this attempt does not count, and within the ten that container runtimes give at least."""
HEARTBEAT = 10
"""Seconds between a worker's heartbeats. Prefect calls it offline after three: half a minute, so
that orders soon go past a pool that nobody serves."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A run that this worker has a process for."""

    run_id: UUID
    context: FlowRunExecutorContext
    scope: anyio.CancelScope
    """Ends the watch over the process, so that what becomes of it is not reported."""


class OneJobWorker(ProcessWorker, abc.ABC):  # abc.ABC keeps it from replacing Prefect's own
    """Prefect's process worker, one job at a time."""

    def __init__(self, *, chosen: Settings, tell: Callable[[str], object], **options: Any) -> None:
        super().__init__(
            limit=1,
            prefetch_seconds=0,  # a run taken early would only wait here, another host could go
            create_pool_if_not_found=False,
            heartbeat_interval_seconds=HEARTBEAT,
            **options,
        )
        self._chosen = chosen
        self._tell = tell
        self._attempt: Attempt | None = None
        self._waits_for: str | None = None
        self.is_draining = False
        self.beat_file: Path | None = None
        """Touched whenever it looked for work."""

    @property
    def is_busy(self) -> bool:
        """Whether a job is here, or about to begin."""
        return self._limiter is not None and self._limiter.borrowed_tokens > 0

    async def get_and_submit_flow_runs(self) -> "list[FlowRun]":
        """Ask for work, unless there is none to be taken now."""
        taken: list[FlowRun] = []
        if not (self.is_draining or self.is_busy or self._is_held_back()):
            taken = await super().get_and_submit_flow_runs()
        self._beat()
        return taken

    def _beat(self) -> None:
        """Let `cutroom worker --health` see that this worker works, or could."""
        if self.beat_file is not None:
            self.beat_file.touch()

    def _is_held_back(self) -> bool:
        """Look whether the host is full; say so when it becomes so, and when it is over."""
        why = why_wait(self._chosen)
        if (why is None) != (self._waits_for is None):
            self._tell(f"Takes no new job: {why}." if why else "Takes jobs again.")
            emit_event(
                f"cutroom.worker.{'held' if why else 'ready'}",
                resource={"prefect.resource.id": f"cutroom.worker.{self.name}"},
                payload={"why": why},
            )
        self._waits_for = why
        return why is not None

    async def run(
        self,
        flow_run: "FlowRun",
        configuration: ProcessJobConfiguration,
        task_status: "anyio.abc.TaskStatus[int] | None" = None,
    ) -> ProcessWorkerResult:
        """Run a job in a process of its own, and wait for its end."""
        self._tell(f"Begins {flow_run.name}.")
        result: FlowRunExecutionResult | None = None
        async with FlowRunExecutorContext() as context:
            starter = EngineCommandStarter(
                env=configuration.env,
                stream_output=configuration.stream_output,
                control_channel=context.control_channel,
                isolate_process_group=True,  # Ctrl-C on a terminal is the worker's to interpret
                env_overrides_settings=True,
            )
            executor = context.create_executor(
                flow_run, starter, resolve_flow=load_flow_from_flow_run, propose_submitting=False
            )

            async def execute(*, task_status: "anyio.abc.TaskStatus[ProcessHandle]") -> None:
                nonlocal result
                result = await executor.submit(task_status=task_status)

            async with anyio.create_task_group() as group:
                self._attempt = Attempt(flow_run.id, context, group.cancel_scope)
                try:
                    handle = await group.start(execute)
                    if task_status is not None:
                        task_status.started(handle.pid)
                except BaseException:
                    self._attempt = None
                    raise
            self._attempt = None
        self._tell(f"Ended {flow_run.name}.")
        pid = result.handle.pid if result else None
        # The executor has reported how it ended. Prefect's worker would report a crash once more,
        # and so take back the run that an automation has put into its queue meanwhile.
        return ProcessWorkerResult(status_code=0, identifier=str(pid))

    async def put_back(self) -> bool:
        """Stop the running job and put its run back into the queue; say whether there was one.

        The job's process is told first that its run goes back, so that it reports nothing itself
        and can take back the attempt in the catalog.
        """
        attempt = self._attempt
        if attempt is None:
            return False
        status = await attempt.context.control_channel.signal(attempt.run_id, "reschedule")
        if status is ControlSignalStatus.ALREADY_CONCLUDED:
            return False
        manager = attempt.context.process_manager
        if status is ControlSignalStatus.ACKNOWLEDGED:
            await manager.kill(attempt.run_id, grace_seconds=PUT_BACK_LIMIT)
        else:  # it has not come so far as to listen
            await manager.kill(attempt.run_id, force=True)
            attempt.scope.cancel()
        return await self._await_retry(attempt.run_id)

    async def _await_retry(self, run_id: UUID) -> bool:
        # Its process is gone, so its state stands still. It may have ended just before.
        found = await self.client.read_flow_run(run_id)
        if found.state is not None and found.state.is_final():
            return False
        try:
            state = await propose_state(self.client, AwaitingRetry(), flow_run_id=run_id)
        except Abort:
            return False
        return state.is_scheduled()
