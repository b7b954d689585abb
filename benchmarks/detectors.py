"""One detector on one file, in a process of its own: `python -m benchmarks.detectors NAME FILE`."""

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

Found = list[tuple[float, float, float]]
"""Each change: its time, then its start and end, all alike for a cut. In seconds."""

SETTINGS = {
    "PySceneDetect Adaptive": "AdaptiveDetector(adaptive_threshold=3.5, window_width=3)",
    "PySceneDetect Content": "ContentDetector(threshold=31)",
    "PySceneDetect Histogram": "HistogramDetector()",
}
"""Their best settings by PySceneDetect's own sweep over BBC, AutoShot and ClipShots (0.7.1); each
with shots of 0.6 s or more, its default backend and its automatic downscaling."""


def cutroom(path: Path) -> Callable[[], Found]:
    """Prepare Cutroom: probing the file is part of what is timed."""
    from cutroom.media.probe import probe  # noqa: PLC0415  imports are not timed
    from cutroom.media.shots.scenes import (  # noqa: PLC0415
        find_changes,
        join_scenes,
        windows_of_keyframes,
    )

    def run() -> Found:
        media = probe(path)
        windows = windows_of_keyframes(media)
        changes = [change for window in windows for change in find_changes(path, media, window)]
        scenes = join_scenes(changes, media.duration)[1:]
        spans = [
            (scene.change.start, scene.change.end) if scene.change else None for scene in scenes
        ]
        return [
            (scene.start, *(span or (scene.start, scene.start)))
            for scene, span in zip(scenes, spans, strict=True)
        ]

    return run


def pyscenedetect(name: str, path: Path) -> Callable[[], Found]:
    """Prepare one of PySceneDetect's detectors.

    Raises:
        SystemExit: PySceneDetect is not installed.
    """
    try:
        import scenedetect  # noqa: PLC0415  only this benchmark wants it
        from scenedetect import detectors  # noqa: PLC0415
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{error}. PySceneDetect is measured beside Cutroom: "
            "install it with `.venv/bin/uv pip install --no-deps scenedetect`."
        ) from error
    shortest = "0.6s"
    detector: Any = {
        "PySceneDetect Adaptive": lambda: detectors.AdaptiveDetector(
            adaptive_threshold=3.5, window_width=3, min_scene_len=shortest
        ),
        "PySceneDetect Content": lambda: detectors.ContentDetector(
            threshold=31.0, min_scene_len=shortest
        ),
        "PySceneDetect Histogram": lambda: detectors.HistogramDetector(min_scene_len=shortest),
    }[name]()

    def run() -> Found:
        manager = scenedetect.SceneManager()
        manager.add_detector(detector)
        manager.detect_scenes(scenedetect.open_video(str(path)))
        starts = [start.seconds for start, _ in manager.get_scene_list()][1:]
        return [(start, start, start) for start in starts]

    return run


def main() -> int:
    """Run one detector; print what it found and what it took, as JSON."""
    name, path = sys.argv[1], Path(sys.argv[2])
    run = cutroom(path) if name == "Cutroom" else pyscenedetect(name, path)
    wall, cpu = time.monotonic(), time.process_time()
    found = run()
    took = {"wall_seconds": time.monotonic() - wall, "cpu_seconds": time.process_time() - cpu}
    print(json.dumps({"found": found, **took}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
