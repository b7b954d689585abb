"""Bring what was accepted and what runs together again, whatever died in between.

The catalog says what was accepted and who was heard of last; Prefect says which runs there are.
Neither is enough: a worker that was killed leaves its run RUNNING for ever, and a run that was
deleted leaves its job waiting for ever.
"""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from cutroom.catalog import attempts, reading
from cutroom.catalog.alone import alone
from cutroom.catalog.sessions import Catalog
from cutroom.records.errors import JobUnknown
from cutroom.records.job import LEASE, Job
from deployments import runs
from deployments.fleet import server
from deployments.runs import Run

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

logger = logging.getLogger(__name__)

Step = Literal["leave", "submit", "crash", "lose", "cancel"]

SETTLES = timedelta(seconds=10)
"""A run that has just crashed is put back by an automation, in a second or two; a second run of the
same job would only have to be cancelled again."""
GRACE = timedelta(seconds=30)
"""After its acceptance, a job is left to whoever accepted it: it is about to be begun or handed
to the fleet, and a second run would only be refused."""
BEGIN_LIMIT = timedelta(seconds=60)
"""A run that a worker took but that has not begun its job by then never will: starting a process
and importing Prefect takes 5 s on a quiet machine, and 30 s on two busy cores."""


@dataclass(slots=True)
class Tally:
    """What one look has led to: ids of jobs, and of runs where it says so."""

    is_alone: bool = True
    """Whether nobody else was at it; if someone was, nothing was done."""
    submitted: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    """Jobs whose process was found to be gone."""
    dead: list[str] = field(default_factory=list)
    cancelled: list[str] = field(default_factory=list)
    strays: list[str] = field(default_factory=list)
    """Runs that were cancelled because no job wants them."""

    @property
    def has_done_something(self) -> bool:
        """Whether anything was to be done."""
        return any((self.submitted, self.crashed, self.dead, self.cancelled, self.strays))

    @property
    def told(self) -> str:
        """The look in one line, with the jobs by the beginning of their ids."""
        parts = {
            "submitted": self.submitted,
            "lost their process": self.crashed,
            "dead": self.dead,
            "cancelled": self.cancelled,
            "stray runs cancelled": self.strays,
        }
        said = [
            f"{what}: {', '.join(one[:8] for one in ids)}" for what, ids in parts.items() if ids
        ]
        return "; ".join(said) or "nothing to do"


def reconcile(catalog: Catalog, submit: Callable[[Job], str], lease: timedelta = LEASE) -> Tally:
    """Look once at every job that is not closed, and at every run that has not ended.

    Two at once are harmless: the second does nothing. It may be killed at any point; the next look
    goes on from what it finds.

    Args:
        catalog: The truth about what was accepted.
        submit: Makes the run of a job, the same one for the same job and attempt.
        lease: Silence after which nobody works on a job any more.

    Raises:
        CatalogUnavailable, ServerUnavailable: One of the two does not answer.
        FleetMissing: There are no pools to submit to.
    """
    tally = Tally()
    with alone(catalog, "upkeep") as tally.is_alone:
        if tally.is_alone:
            with server() as client:
                look = _Look(catalog, client, submit, lease, tally)
                look.at_jobs()
                look.at_runs()
    return tally


def decide(job: Job, run: Run | None, now: datetime, lease: timedelta = LEASE) -> Step:
    """Say what is to be done about a job that is not closed.

    Args:
        job: As the catalog has it.
        run: The run that the catalog names for it, as Prefect has it.
        now: By the catalog's clock.
        lease: Silence after which nobody works on it any more.
    """
    is_due = job.next_try_at is None or job.next_try_at <= now
    is_alive = job.status == "running" and job.beat_at is not None and now - job.beat_at <= lease
    if run is not None and run.state == "cancelled":
        return "cancel"
    if is_alive or not is_due:
        return "leave"
    if job.status == "failed":
        return "submit"
    return _about_no_run(job, now) if run is None else _about_run(job, run, now)


def _about_run(job: Job, run: Run, now: datetime) -> Step:
    """Say what is to be done about a job that is silent or waits for this run."""
    if run.state == "waiting":
        return "leave"
    if run.state == "ended":
        if job.status == "running" and now - run.since <= SETTLES:
            return "leave"
        was_for_this = job.status == "running" or run.key == f"{job.id}-{job.attempts}"
        return "lose" if was_for_this else "submit"
    has_begun = job.status == "running" and run.state == "running"
    return "crash" if has_begun or now - run.since > BEGIN_LIMIT else "leave"


def _about_no_run(job: Job, now: datetime) -> Step:
    if job.status == "running":
        return "lose"
    is_left_alone = job.flow_run_id is None and not job.attempts and now - job.accepted_at < GRACE
    return "leave" if is_left_alone else "submit"


class _Look:
    """One look, and what it does about what it sees."""

    def __init__(
        self,
        catalog: Catalog,
        client: "SyncPrefectClient",
        submit: Callable[[Job], str],
        lease: timedelta,
        tally: Tally,
    ) -> None:
        self._catalog = catalog
        self._client = client
        self._submit = submit
        self._lease = lease
        self._tally = tally

    def at_jobs(self) -> None:
        """Do what each open job needs."""
        jobs = reading.open_jobs(self._catalog)
        known = runs.read_runs(self._client, [job.flow_run_id for job in jobs if job.flow_run_id])
        for job in jobs:
            run = known.get(job.flow_run_id or "")
            step = decide(job, run, reading.moment(self._catalog), self._lease)
            if step != "leave":
                logger.info("Job %s is %s: %s", job.id, job.status, step)
            self._do(step, job, run)

    def at_runs(self) -> None:
        """Cancel the runs that no job wants: it was dropped, is closed, or has another run."""
        for run in runs.read_live_runs(self._client):
            if run.job_id is not None and not self._is_wanted(run, run.job_id):
                logger.info("Run %s is nobody's: cancel", run.id)
                runs.cancel_run(self._client, run)
                self._tally.strays.append(run.id)

    def _is_wanted(self, run: Run, job_id: str) -> bool:
        try:
            job = reading.job(self._catalog, job_id)
        except JobUnknown:
            return False
        return not job.is_closed and job.flow_run_id in {None, run.id}

    def _do(self, step: Step, job: Job, run: Run | None) -> None:
        if step == "cancel":
            attempts.cancel(self._catalog, job.id)
            self._tally.cancelled.append(job.id)
        elif step == "submit":
            self._hand_over(job)
        elif step == "crash" and run is not None:
            self._tally.crashed.append(job.id)
            runs.report_crash(self._client, run)
            if run.is_deployed:
                runs.put_back(self._client, run)
            else:
                self._lose(job)
        elif step == "lose":
            self._tally.crashed.append(job.id)
            self._lose(job)

    def _lose(self, job: Job) -> None:
        lost = attempts.lose(self._catalog, job)
        if lost.status == "dead":
            self._tally.dead.append(job.id)
        elif lost.status == "failed":
            self._hand_over(lost)

    def _hand_over(self, job: Job) -> None:
        attempts.note_run(self._catalog, job, self._submit(job))
        self._tally.submitted.append(job.id)
