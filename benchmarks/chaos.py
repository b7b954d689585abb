"""Kill everything that works on a job, at every place where it hurts, and see what becomes of it.

    python -m benchmarks.chaos [PLACE ...]

Workers, upkeep and a Prefect server of our own; one job after the other. Whichever worker takes the
job comes to the place and dies there, once: its flow's process alone, or the worker with all its
processes, or only ffmpeg. Then the job has to complete by itself. Prints the scorecard that is
in docs/reliability.md.
"""

import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil

from benchmarks.arena import Arena, await_that, kill_tree, opened_arena
from cutroom.catalog import reading
from cutroom.media.sample.making import make_sample

OPTIONS = ("--clips", "2", "--cut", "encode", "--renditions", "360p")
FLOW_PLACES = ("fetch", "keep", "normal", "ffmpeg", "clip", "deliver", "swap", "finish")
DONE_BEFORE = {
    "fetch": set(),
    "keep": {"fetch", "normal"},
    "normal": {"fetch"},
    "ffmpeg": {"fetch", "normal"},
    "clip": {"fetch", "normal", "proxy", "keyframes", "scenes", "moments"},
    "deliver": {"fetch", "normal", "proxy", "scenes", "moments", "clips", "renditions"},
}
"""Stages that are finished when a place is reached, and must be cached afterwards."""
DONE_BEFORE["swap"] = DONE_BEFORE["finish"] = DONE_BEFORE["deliver"]
RESUMED_WITHIN = 90.0
"""Seconds from the death to the next attempt."""


@dataclass(frozen=True)
class Outcome:
    """What became of one job."""

    place: str
    victim: str
    status: str
    attempts: int
    resumed: float
    """Seconds from the death to the next attempt; 0 where none was needed."""
    clips: int
    """Published, and named by the report."""
    strangers: int
    """Files among the results that no report names."""
    repeated: list[str]
    """Stages that were finished before the death and were done again."""
    left: int
    """Workspaces, half-delivered folders and ffmpeg processes left behind."""

    @property
    def is_well(self) -> bool:
        """Whether everything is as promised."""
        faults = (self.strangers, len(self.repeated), self.left)
        is_done = self.status == "completed" and self.clips > 0
        return is_done and not any(faults) and self.resumed <= RESUMED_WITHIN


def strike(arena: Arena, video: Path, place: str, victim: str) -> Outcome:
    """Let one job die at one place, and wait for its end."""
    name = f"{place}-{victim}"
    note, out = arena.home / f"{name}.note", arena.home.parent / name
    how = "kill" if victim == "flow" else "hold"
    dangers = {"CUTROOM_FAILPOINT": f"{place}:1:{how}", "CUTROOM_FAILPOINT_NOTE": str(note)}
    hosts = "a" if victim == "flow" else "ab"  # a worker that lives takes the job up itself
    workers = [arena.start("worker", "cpu", CUTROOM_HOST=f"{name}-{i}", **dangers) for i in hosts]
    with _own_source(video, name) as source:
        job_id = arena.order(source, out, *OPTIONS)
        await_that(lambda: note.exists() and note.read_text(), f"a death at {place}")
        died_at = datetime.now(UTC)
        if victim != "flow":
            _kill(arena, int(note.read_text()), victim, [worker.pid for worker in workers])
        resumed = 0.0
        if victim != "ffmpeg":
            await_that(lambda: arena.job(job_id).attempts > 1, "the next attempt")
            begun = arena.job(job_id).started_at
            resumed = (begun - died_at).total_seconds() if begun else float("inf")
        arena.await_end(job_id)
    outcome = _look_at(arena, job_id, out, place, victim, resumed)
    for worker in workers:
        kill_tree(worker.pid)
    return outcome


def _kill(arena: Arena, flow_pid: int, victim: str, workers: list[int]) -> None:
    """Kill what stands still at the place."""
    flow = psutil.Process(flow_pid)
    if victim == "ffmpeg":
        for process in arena.ffmpegs():
            process.kill()
        flow.send_signal(signal.SIGCONT)
        return
    above = {parent.pid for parent in flow.parents()}
    for worker in above.intersection(workers):
        kill_tree(worker)


@contextlib.contextmanager
def _own_source(video: Path, name: str) -> Iterator[Path]:
    """Yield a file with bytes of its own, so that no job profits from another one's cache."""
    own = video.with_name(f"{name}.mp4")
    # A box that players skip: the same film, another digest.
    word = name.encode()
    own.write_bytes(video.read_bytes() + (8 + len(word)).to_bytes(4, "big") + b"free" + word)
    yield own
    own.unlink()


def _look_at(
    arena: Arena, job_id: str, out: Path, place: str, victim: str, resumed: float
) -> Outcome:
    job, ledger = arena.job(job_id), reading.ledger(arena.catalog, job_id)
    report = json.loads((out / "report.json").read_text()) if job.status == "completed" else {}
    named = {clip["file"] for clip in report.get("clips", [])}
    there = {f"clips/{path.name}" for path in (out / "clips").glob("*.mp4")}
    cached = {stage.name for stage in ledger.stages if stage.cached} if ledger else set()
    before = DONE_BEFORE[place] if victim != "ffmpeg" else set()
    staged = list(out.parent.glob(f"{out.name}/.part-*"))
    parts = list((arena.home / "parts").iterdir())
    return Outcome(
        place=place,
        victim=victim,
        status=job.status,
        attempts=job.attempts,
        resumed=round(resumed, 1),
        clips=len(named & there),
        strangers=len(there ^ named),
        repeated=sorted(before - cached),
        left=len(staged) + len(parts) + len(arena.ffmpegs()),
    )


def scorecard(outcomes: list[Outcome]) -> str:
    """Return the outcomes as a table for docs/reliability.md."""
    lines = [
        "| dies at | victim | job | attempts | goes on after | clips | repeated | left behind |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for one in outcomes:
        after = f"{one.resumed:.0f} s" if one.resumed else "at once"
        again = ", ".join(one.repeated) or "nothing"
        lines.append(
            f"| {one.place} | {one.victim} | {one.status} | {one.attempts} | {after}"
            f" | {one.clips} | {again} | {one.left or 'nothing'} |"
        )
    well = sum(one.is_well for one in outcomes)
    slowest = max((one.resumed for one in outcomes), default=0.0)
    lines.append(f"\n{well} of {len(outcomes)} as promised; slowest to go on {slowest:.0f} s.")
    return "\n".join(lines)


def main(places: list[str]) -> int:
    """Run the drill and print its scorecard; exit status 1 if anything was not as promised."""
    cases = [(place, victim) for place in FLOW_PLACES[1:] for victim in ("flow", "worker")]
    cases.append(("ffmpeg", "ffmpeg"))
    if places:
        cases = [case for case in cases if case[0] in places or "-".join(case) in places]
    outcomes: list[Outcome] = []
    with tempfile.TemporaryDirectory(prefix="cutroom-chaos-") as folder:
        video = Path(folder) / "sample.mp4"
        make_sample(video)
        with opened_arena(Path(folder) / "arena") as arena:
            arena.start("upkeep")
            for place, victim in cases:
                began = time.monotonic()
                outcomes.append(strike(arena, video, place, victim))
                took = time.monotonic() - began
                print(f"{outcomes[-1]} in {took:.0f} s", file=sys.stderr, flush=True)
    cores = os.cpu_count()
    print(f"{datetime.now(UTC):%Y-%m-%d}, {cores} cores, `make chaos`:\n\n{scorecard(outcomes)}")
    return 0 if all(one.is_well for one in outcomes) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
