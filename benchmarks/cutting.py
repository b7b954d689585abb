"""Cutting clips: Cutroom's smart cut and encode beside ffmpeg's stream copy and encode."""

import resource
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks.cut_checks import Held, held_by_copy, held_by_encode
from benchmarks.process import ffmpeg
from benchmarks.tables import Table, conditions, in_words, megabytes, seconds, times
from benchmarks.videos import Video, long_video, short_video
from cutroom.media.cutting.packets import Frames, Packets, choose_frames, read_packets
from cutroom.media.cutting.reencoding import CLIP_TARGET
from cutroom.media.cutting.rendering import render_cut
from cutroom.media.cutting.smart_plan import plan_smart_cut
from cutroom.media.making.video_encoder import software
from cutroom.records.clip import Cut
from cutroom.records.span import Span

SMART, ENCODE = "Cutroom smart", "Cutroom encode"
COPY, PLAIN = "ffmpeg -c copy", "ffmpeg encode"
SIDES = (SMART, ENCODE, COPY, PLAIN)
CLIPS = {"long": (10, 30.0), "short": (3, 8.0)}
"""How many clips of each video, and of how many seconds."""
SEED = 20


@dataclass(frozen=True, slots=True)
class Trial:
    """One clip by one side."""

    wall_seconds: float
    cpu_seconds: float
    size_bytes: int
    how: str
    held: Held


def measure(home: Path, *, is_quick: bool, runs: int | None) -> Iterator[tuple[str, Any]]:
    """Cut clips at random places of a video, each by all sides one after the other.

    Args:
        home: The data folder; videos are kept in its `bench`.
        is_quick: Whether few short clips of the short video are enough.
        runs: How often every clip is cut; None takes one, for there are several clips.

    Yields:
        The video's name and its results as plain data.
    """
    place = home / "bench"
    place.mkdir(parents=True, exist_ok=True)
    name = "short" if is_quick else "long"
    print(f"{name}: making the video, or finding it made ...", flush=True)
    yield name, _measure(short_video(place) if is_quick else long_video(place), place, runs or 1)


def _measure(video: Video, place: Path, runs: int) -> dict[str, Any]:
    state = conditions()
    count, length = CLIPS[video.name]
    spans = _spans(video, count, length)
    trials: dict[str, list[Trial]] = {side: [] for side in SIDES}
    plans = []
    with tempfile.TemporaryDirectory(dir=place) as folder:
        # The first call of all loads libraries, which a worker does once.
        _render(video, Span(start=0.0, end=1.0), "smart", Path(folder))
        for number, span in enumerate(spans * runs, 1):
            print(f"{video.name}: clip {number} of {count * runs} ...", flush=True)
            packets = read_packets(video.path, video.media, span)
            frames = choose_frames(packets, span, video.media)
            plans.append(_planned(video, span, packets, frames))
            for side, done in trials.items():
                done.append(_cut(side, video, span, packets, frames, Path(folder)))
    return {
        "measured": state,
        "clips": count,
        "seconds": length,
        "runs": runs,
        "video": _facts(video),
        "plans": plans,
        "sides": {side: _told(done) for side, done in trials.items()},
        "ratios": {
            "encode to smart": _ratio(trials[ENCODE], trials[SMART]),
            "ffmpeg encode to smart": _ratio(trials[PLAIN], trials[SMART]),
            "encode to ffmpeg encode": _ratio(trials[ENCODE], trials[PLAIN]),
            "smart to ffmpeg -c copy": _ratio(trials[SMART], trials[COPY]),
        },
    }


def _spans(video: Video, count: int, length: float) -> list[Span]:
    """Return spans at random places, in order, the same every time.

    They begin and end a quarter of a frame before a frame: there ffmpeg, which takes the next one,
    and Cutroom, which takes the nearest, mean the same.
    """
    rate = float(video.media.video.frame_rate)
    starts = np.random.default_rng(SEED).uniform(1, video.media.duration - length - 1, count)
    spans = [(round(start * rate) - 0.25) / rate for start in np.sort(starts).tolist()]
    return [Span(start=start, end=start + length) for start in spans]


def _facts(video: Video) -> dict[str, Any]:
    picture, keys = video.media.video, video.media.keyframes
    return {
        "duration": round(video.media.duration, 3),
        "width": picture.width,
        "height": picture.height,
        "frame_rate": round(float(picture.frame_rate), 3),
        "size_bytes": video.path.stat().st_size,
        "group_seconds": round(video.media.duration / len(keys), 2),
        "longest_group_seconds": round(float(np.diff(keys).max()), 2),
        "made_of": video.made_of,
    }


def _planned(video: Video, span: Span, packets: Packets, frames: Frames) -> dict[str, int]:
    """Return how many frames are encoded, by us and by the usual rule.

    That rule, auto-editor's among others, copies from keyframe to keyframe and encodes what lies
    before the first and after the last of them.
    """
    plan = plan_smart_cut(video.path, video.media, packets, span, frames)
    keys = packets.pts[packets.is_key & packets.is_shown]
    keys = np.sort(keys[(keys >= frames.pts[0]) & (keys <= frames.stop)])
    copied = (frames.pts >= keys[0]) & (frames.pts < keys[-1]) if len(keys) else frames.pts < 0
    return {
        "frames": len(frames.pts),
        "encoded": plan.encoded if plan else len(frames.pts),
        "usual_rule": int((~copied).sum()),
    }


def _cut(
    side: str, video: Video, span: Span, packets: Packets, frames: Frames, folder: Path
) -> Trial:
    """Cut one clip and look at what came of it; looking takes no part in the time."""
    work: dict[str, Callable[[], tuple[Path, str]]] = {
        SMART: lambda: _render(video, span, "smart", folder),
        ENCODE: lambda: _render(video, span, "encode", folder),
        COPY: lambda: (_plain_copy(video, span, folder), "copied"),
        PLAIN: lambda: (_plain_encode(video, span, folder), "encoded"),
    }
    began, cpu_began = time.monotonic(), _cpu_seconds()
    path, how = work[side]()
    wall, cpu = time.monotonic() - began, _cpu_seconds() - cpu_began
    look = held_by_copy if side == COPY else held_by_encode
    held = look(path, video, packets, frames)
    size = path.stat().st_size
    path.unlink()
    return Trial(wall, cpu, size, how, held)


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and of those it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _render(video: Video, span: Span, mode: Any, folder: Path) -> tuple[Path, str]:
    cut = Cut(id="0" * 16, span=span, title="", score=1, mode=mode)
    made = render_cut(video.path, video.media, cut, folder)
    return made.path, made.how


def _plain_copy(video: Video, span: Span, folder: Path) -> Path:
    path = folder / "copy.mp4"
    place = ("-ss", f"{span.start:.6f}", "-to", f"{span.end:.6f}", "-i", video.path)
    ffmpeg(*place, "-c", "copy", path)
    return path


def _plain_encode(video: Video, span: Span, folder: Path) -> Path:
    path = folder / "encode.mp4"
    place = ("-ss", f"{span.start:.6f}", "-to", f"{span.end:.6f}", "-i", video.path)
    picture = [
        word
        for name, value in software(CLIP_TARGET).options.items()
        for word in (f"-{name}", str(value))
    ]
    ffmpeg(*place, *picture, "-c:a", "aac", "-b:a", "160k", "-movflags", "+faststart", path)
    return path


def _told(trials: list[Trial]) -> dict[str, Any]:
    """Return the middle and the sum of all clips of one side."""
    return {
        "wall_seconds": round(median(one.wall_seconds for one in trials), 3),
        "cpu_seconds": round(median(one.cpu_seconds for one in trials), 3),
        "all_wall_seconds": round(sum(one.wall_seconds for one in trials), 3),
        "size_bytes": round(median(one.size_bytes for one in trials)),
        "how": dict(Counter(one.how for one in trials)),
        "exact": sum(one.held.is_exact for one in trials),
        "early": median(one.held.early for one in trials),
        "most_early": max(one.held.early for one in trials),
        "late": median(one.held.late for one in trials),
        "most_late": max(one.held.late for one in trials),
        "trials": [asdict(one) for one in trials],
    }


def _ratio(ones: list[Trial], others: list[Trial]) -> dict[str, float]:
    """Return how many times more one side took: clip by clip, the middle, and by all together."""
    pairs = list(zip(ones, others, strict=True))
    return {
        "wall": round(median(one.wall_seconds / other.wall_seconds for one, other in pairs), 3),
        "cpu": round(median(one.cpu_seconds / other.cpu_seconds for one, other in pairs), 3),
        "least_wall": round(min(one.wall_seconds / other.wall_seconds for one, other in pairs), 3),
        "all_wall": round(
            sum(one.wall_seconds for one in ones) / sum(other.wall_seconds for other in others), 3
        ),
    }


def gains(result: dict[str, Any]) -> dict[str, float]:
    """Return what is held against the record: how exact cuts are, and CPU time saved."""
    clips = result["clips"] * result["runs"]
    ratios = result["ratios"]
    return {
        "share of smart cuts that are exact": result["sides"][SMART]["exact"] / clips,
        "encode / smart, CPU": ratios["encode to smart"]["cpu"],
        "ffmpeg encode / encode, CPU": 1 / ratios["encode to ffmpeg encode"]["cpu"],
    }


def as_tables(results: dict[str, Any]) -> list[Table]:
    """Return two tables for each video on record: the sides, and how they compare."""
    return [
        table
        for name in CLIPS
        if name in results
        for table in (_sides(results[name]), _ratios(results[name]))
    ]


def _sides(result: dict[str, Any]) -> Table:
    rows = [
        (
            side,
            seconds(told["wall_seconds"]),
            seconds(told["cpu_seconds"]),
            megabytes(told["size_bytes"]),
            ", ".join(f"{count} {how}" for how, count in told["how"].items()),
            f"{told['exact']} of {result['clips'] * result['runs']}",
            f"{told['early']:g} ({told['most_early']:g})",
            f"{told['late']:g} ({told['most_late']:g})",
        )
        for side, told in result["sides"].items()
    ]
    header = ("", "wall, s", "CPU, s", "MB", "how", "exact", "frames early", "frames late")
    return Table(_heading(result), header, tuple(rows))


def _ratios(result: dict[str, Any]) -> Table:
    rows = [
        (name, *(times(ratio[figure]) for figure in ("wall", "least_wall", "all_wall", "cpu")))
        for name, ratio in result["ratios"].items()
    ]
    header = ("", "wall", "least of all clips", "all clips together", "CPU")
    return Table(f"{_heading(result)}: how many times longer", header, tuple(rows))


def _heading(result: dict[str, Any]) -> str:
    picture = result["video"]
    return (
        f"{result['clips']} clips of {result['seconds']:g} s from "
        f"{picture['width']}x{picture['height']} at {picture['frame_rate']:g} frames a second"
    )


def in_sentences(results: dict[str, Any]) -> str:
    """Say what was cut, on what and when, and how much of it was encoded."""
    return "\n".join(
        f"- {_heading(result)}: {result['video']['made_of']}; groups of pictures of "
        f"{result['video']['group_seconds']:g} s on average, at most "
        f"{result['video']['longest_group_seconds']:g} s. Medians of all clips on "
        f"{in_words(result['measured'])}. Of each clip's frames the smart cut encodes "
        f"{_share(result, 'encoded')}; from keyframe to keyframe, as auto-editor copies, it would "
        f"be {_share(result, 'usual_rule')}."
        for result in (results[name] for name in CLIPS if name in results)
    )


def _share(result: dict[str, Any], figure: str) -> str:
    share = median(plan[figure] / plan["frames"] for plan in result["plans"])
    return f"{share:.1%}"
