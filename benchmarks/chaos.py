"""Kill everything that works on a job, at every place where it hurts, and see what becomes of it.

    python -m benchmarks.chaos [PLACE ...]

A worker, upkeep and a Prefect server of our own; in two lanes, one job after the other. The worker
takes the job, comes to the place and dies there, once: its flow's process alone, or the worker with
all its processes, and another one is started; or only ffmpeg; or the command dies that accepted the
order. Then the job has to complete by itself. Prints the scorecard that is in docs/reliability.md.
"""

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.arena import Arena, await_that, kill_tree, opened_arena
from benchmarks.drill_bucket import Shelf, opened_shelf
from benchmarks.drill_cases import Case, choose
from benchmarks.drill_films import Films, make_films, own_film
from benchmarks.drill_outcome import Outcome, scorecard
from benchmarks.serving import Site, serving
from cutroom.catalog import reading

LANES = 2
"""Fleets that are drilled side by side: most of a case is waiting for a lease to run out."""
_opening = threading.Lock()
"""Fleets are opened one after the other: each reads this process's variables meanwhile."""


@dataclass
class Scene:
    """What one case has around it."""

    arena: Arena
    case: Case
    source: str
    """What is ordered."""
    variables: dict[str, str] = field(default_factory=dict)
    """For the workers and the command that orders."""
    shelf: Shelf | None = None
    site: Site | None = None
    early: list[str] = field(default_factory=list)
    """What was seen at the moment of the death and should not have been."""

    @property
    def out(self) -> Path:
        """Where the job's results are delivered."""
        return self.arena.home.parent / self.case.name

    @property
    def note(self) -> Path:
        """Made at the death, with the process's id in it."""
        return self.arena.home / f"{self.case.name}.note"

    @property
    def dangers(self) -> dict[str, str]:
        """The variables that make the place dangerous."""
        how = {"worker": "hold", "ffmpeg": "child"}.get(self.case.victim, "kill")
        return {
            "CUTROOM_FAILPOINT": f"{self.case.place}:{self.case.times}:{how}",
            "CUTROOM_FAILPOINT_ABOUT": self.case.about,
            "CUTROOM_FAILPOINT_NOTE": str(self.note),
        }


def strike(arena: Arena, case: Case, films: Films) -> Outcome:
    """Let one job die at one place, and wait for its end."""
    with _set(arena, case, films) as scene:
        worker = _start_worker(scene, "a")
        job_id = _order(scene)
        await_that(lambda: scene.note.exists() and scene.note.read_text(), f"a death: {case.name}")
        if scene.shelf is not None and scene.shelf.is_published(job_id):
            scene.early.append("published too early")
        died_at = datetime.now(UTC)
        if case.victim == "worker":
            kill_tree(worker.pid)
            # It takes the place of the first; a worker that lives goes on itself.
            worker = _start_worker(scene, "b")
        resumed = 0.0
        if case.victim != "ffmpeg":
            resumed = _await_next_attempt(scene, job_id, died_at)
        arena.await_end(job_id)
        outcome = _look_at(scene, job_id, resumed)
        kill_tree(worker.pid)
        worker.wait()
    return outcome


def _start_worker(scene: Scene, host: str) -> "subprocess.Popen[bytes]":
    """Start a worker for which the place is dangerous."""
    more = scene.variables | ({} if scene.case.victim == "command" else scene.dangers)
    return scene.arena.start("worker", "cpu", CUTROOM_HOST=f"{scene.case.name}-{host}", **more)


def _order(scene: Scene) -> str:
    """Hand the order over, with a command that may die of it; return the job's id."""
    options, variables = scene.case.options, scene.variables
    if scene.case.victim != "command":
        return scene.arena.order(scene.source, scene.out, *options, variables=variables)
    more = variables | scene.dangers
    return scene.arena.order(scene.source, scene.out, *options, status=-9, variables=more)


def _await_next_attempt(scene: Scene, job_id: str, died_at: datetime) -> float:
    """Return the seconds from the death until someone is at the job again."""
    next_one = 1 if scene.case.victim == "command" else 2
    await_that(lambda: scene.arena.job(job_id).attempts >= next_one, "the next attempt")
    begun = scene.arena.job(job_id).started_at
    return (begun - died_at).total_seconds() if begun else float("inf")


@contextmanager
def _set(arena: Arena, case: Case, films: Films) -> Iterator[Scene]:
    """Set the scene: a film of the job's own, and the servers that the case wants."""
    # The search for a Whisper model would go out to its hub, which plays no part in this.
    variables = {"HF_HUB_OFFLINE": "1"}
    with ExitStack() as stack:
        film = stack.enter_context(own_film(films[case.film], case.name))
        scene = Scene(arena, case, str(film), variables)
        if case.is_link:
            scene.site = stack.enter_context(serving(film.parent))
            scene.source = scene.site.address(film)
            variables["CUTROOM_ALLOWED_HOSTS"] = json.dumps([scene.site.host])
        if case.has_bucket:
            log = arena.home / "store.log"
            scene.shelf = stack.enter_context(opened_shelf(case.name, log))
            variables |= scene.shelf.variables
        yield scene


def _look_at(scene: Scene, job_id: str, resumed: float) -> Outcome:
    arena, case, out = scene.arena, scene.case, scene.out
    job = arena.job(job_id)
    report = json.loads((out / "report.json").read_text()) if job.status == "completed" else {}
    clips = {clip["file"] for clip in report.get("clips", [])}
    copies = {copy["file"] for copy in report.get("renditions", [])}
    there = {
        path.relative_to(out).as_posix()
        for folder in ("clips", "renditions")
        for path in (out / folder).glob("*.mp4")
    }
    staged = list(out.glob(".part-*"))
    parts = list((arena.home / "parts").iterdir())
    run_id = job.flow_run_id or ""
    return Outcome(
        case=case,
        status=job.status,
        attempts=job.attempts,
        resumed=round(resumed, 1),
        clips=len(clips & there),
        copies=len(copies & there),
        strangers=[*sorted(there ^ (clips | copies)), *_strangers(scene, job_id)],
        repeated=_repeated(scene, job_id),
        retried=arena.retried_steps(run_id) if case.victim == "ffmpeg" else [],
        left=len(staged) + len(parts) + len(arena.ffmpegs()),
    )


def _strangers(scene: Scene, job_id: str) -> list[str]:
    """Return what should not be there, apart from the folder of results."""
    # Upkeep may have made a second run before the first was put back; one of them it cancels.
    await_that(lambda: not scene.arena.open_runs_of(job_id), "its runs to end", patience=60)
    return [*scene.early, *(scene.shelf.faults(job_id) if scene.shelf else [])]


def _repeated(scene: Scene, job_id: str) -> list[str]:
    """Return what was finished before the death and was done again."""
    ledger = reading.ledger(scene.arena.catalog, job_id)
    if ledger is None:
        return sorted(scene.case.done)
    again = scene.case.done - {stage.name for stage in ledger.stages if stage.cached}
    if scene.site is not None and not scene.site.taken_up:
        again |= {"the whole download"}
    is_uploaded = scene.shelf is not None and scene.case.place == "manifest"
    if is_uploaded and scene.shelf and ledger.bytes_uploaded >= scene.shelf.bytes_played(job_id):
        again |= {"the whole upload"}
    return sorted(again)


def _outcome(arena: Arena, case: Case, films: Films) -> Outcome:
    """Strike; what never came about is an outcome, too, and the others go on."""
    try:
        return strike(arena, case, films)
    except AssertionError as error:
        log = (arena.home / "processes.log").read_text(errors="replace")
        print(f"{case.name}: {error}\n{log[-4000:]}", file=sys.stderr, flush=True)
        for process in arena.started[1:]:  # all but upkeep, which goes on
            kill_tree(process.pid)
        job = reading.jobs(arena.catalog, limit=1)[0]
        return Outcome(case, job.status, job.attempts, 0.0, 0, 0, [str(error)], [], [], 0)


def _drill(cases: list[Case], films: Films, folder: Path) -> list[Outcome]:
    """Drill one fleet of our own, one job after the other."""
    outcomes: list[Outcome] = []
    with ExitStack() as stack:
        with _opening:
            arena = stack.enter_context(opened_arena(folder))
        arena.start("upkeep")
        for case in cases:
            began = time.monotonic()
            outcomes.append(_outcome(arena, case, films))
            took = time.monotonic() - began
            said = "as promised" if outcomes[-1].is_well else repr(outcomes[-1])
            print(f"{case.name}, {took:.0f} s: {said}", file=sys.stderr, flush=True)
    return outcomes


def main(names: list[str]) -> int:
    """Run the drill and print its scorecard; exit status 1 if anything was not as promised."""
    cases = choose(names)
    with tempfile.TemporaryDirectory(prefix="cutroom-chaos-") as name:
        folder = Path(name)
        films = make_films(folder)
        with ThreadPoolExecutor(LANES) as lanes:
            shares = [cases[lane::LANES] for lane in range(LANES) if cases[lane::LANES]]
            under_way = [
                lanes.submit(_drill, share, films, folder / f"lane-{lane}")
                for lane, share in enumerate(shares)
            ]
            outcomes = [outcome for lane in under_way for outcome in lane.result()]
    outcomes.sort(key=lambda one: cases.index(one.case))
    print(f"{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, `make chaos`:\n")
    print(scorecard(outcomes))
    return 0 if all(one.is_well for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
