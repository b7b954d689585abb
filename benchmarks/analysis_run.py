"""All that looks and listens, as plain functions, in a process of its own: `FILE MODEL FOLDER`.

The stages follow each other, so that each has its own time; in a job they run side by side.
"""

import json
import resource
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from blocks.settings import settings
from cutroom.media.listening import silence, speech
from cutroom.media.listening.sound import Sound, measure_energy
from cutroom.media.making.proxy import make_proxy
from cutroom.media.memory import give_back, share_heaps
from cutroom.media.probe import probe
from cutroom.media.shots import scenes
from cutroom.media.watching import faces
from cutroom.media.watching.stills import COUNT, make_stills
from cutroom.records.findings import FaceTrack, Scene
from cutroom.records.media import Media
from cutroom.records.order import Recipe
from cutroom.records.report import (
    MediaReport,
    NormalReport,
    Report,
    SourceReport,
    VideoReport,
)
from cutroom.records.span import Span
from cutroom.report.schema import write_json
from cutroom.report.timeline import draw_timeline

T = TypeVar("T")


def main(path: Path, model: Path, folder: Path) -> dict[str, object]:
    """Analyse one video and say what each stage took and found."""
    share_heaps()  # as a job does
    stages: dict[str, dict[str, float]] = {}
    recipe = Recipe()
    with _stage(stages, "probe"):
        media = probe(path)
    with _stage(stages, "sound"):
        proxy = make_proxy(path, media, folder)
    if proxy.sound is None or proxy.path != path:
        raise ValueError("This measures a video with sound that is analysed as it is.")
    sound = Sound.open(proxy.sound)
    with _stage(stages, "silences"):
        silences = silence.find_silences(
            sound,
            threshold_db=recipe.silence_threshold_db,
            shortest=recipe.shortest_silence,
            margin=recipe.silence_margin,
        )
        energy = measure_energy(sound)
    with _stage(stages, "speech"):
        spoken = speech.find_speech(sound)
    windows = scenes.windows_of_keyframes(media)
    with _stage(stages, "scenes"):
        changes = _side_by_side(windows, lambda window: scenes.find_changes(path, media, window))
        shots = scenes.join_scenes(changes, media.duration)
    with _stage(stages, "faces"):
        tracks = _side_by_side(
            windows, lambda window: faces.find_faces(path, media, shots, window, model)
        )
    with _stage(stages, "stills"):
        stills = make_stills(path, media, COUNT, folder)
    with _stage(stages, "timeline"):
        report = _report(path, media, shots, tracks)
        report = report.model_copy(update={"silences": tuple(silences), "speech": tuple(spoken)})
        draw_timeline(report, folder / "timeline.png", energy=energy, thumbnails=stills)
        write_json(report, folder / "report.json")
    found: dict[str, Sequence[object]] = {
        "scenes": shots,
        "silences": silences,
        "speech": spoken,
        "faces": tracks,
    }
    return {"stages": stages, "found": {name: len(what) for name, what in found.items()}}


@contextmanager
def _stage(stages: dict[str, dict[str, float]], name: str) -> Iterator[None]:
    began, cpu_began = time.monotonic(), _cpu_seconds()
    yield
    give_back()
    stages[name] = {
        "wall_seconds": round(time.monotonic() - began, 3),
        "cpu_seconds": round(_cpu_seconds() - cpu_began, 3),
    }


def _cpu_seconds() -> float:
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


def _side_by_side(windows: list[Span], look: Callable[[Span], list[T]]) -> list[T]:
    """Search windows as a job does: as many at once as its settings say."""

    def work(window: Span) -> list[T]:
        found = look(window)
        give_back()
        return found

    with ThreadPoolExecutor(settings().side_by_side) as pool:
        return [one for found in pool.map(work, windows) for one in found]


def _report(path: Path, media: Media, shots: list[Scene], tracks: list[FaceTrack]) -> Report:
    picture = media.video
    return Report(
        job_id="0" * 32,
        status="completed",
        source=SourceReport(
            kind="file",
            location=path.name,
            title=path.stem,
            duration=media.duration,
            size_bytes=media.size_bytes,
            sha256="0" * 64,
        ),
        media=MediaReport(
            container=media.container,
            duration=media.duration,
            keyframes=len(media.keyframes),
            video=VideoReport(
                codec=picture.codec,
                width=picture.width,
                height=picture.height,
                rotation=picture.rotation,
                frame_rate=picture.frame_rate,
                is_vfr=picture.is_vfr,
                pixel_format=picture.pixel_format,
                hdr=picture.hdr,
            ),
            audio=media.audio,
        ),
        normal=NormalReport(how="copied", reason="measured as it is"),
        proxy=None,
        scenes=tuple(shots),
        faces=tuple(tracks),
    )


if __name__ == "__main__":
    print(json.dumps(main(*(Path(word) for word in sys.argv[1:4]))))
