"""The pipeline of the seeds, as one would write it by hand, run as a program of its own.

    python -m benchmarks.plain ADDRESS WORKPLACE SPANS [FACE_MODEL]

Three workers, each of which fetches the video for itself. The first encodes a normal file, a
lossless master and a proxy; the second decodes the proxy once for scenes, once (its sound only)
for silences and once for faces; the third encodes the clips. It prints its account as JSON.

Wherever a choice was open, the one that favours this side was taken: Cutroom's own encoder
settings instead of slower defaults, silences without touching the picture, the master measured
without being written to a disk.
"""

import json
import resource
import shutil
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from benchmarks.accounts import StageTime
from benchmarks.process import ffmpeg
from cutroom.media.cutting.reencoding import CLIP_TARGET
from cutroom.media.making.normal import NORMAL_QUALITY
from cutroom.media.making.proxy import PROXY_QUALITY
from cutroom.media.making.video_encoder import software

FACE_EVERY = 5
"""Frames from one look for faces to the next: six looks a second at 30 frames."""


@dataclass(slots=True)
class Pipeline:
    """The workers' common books."""

    address: str
    workplace: Path
    stages: dict[str, StageTime] = field(default_factory=dict)
    stored: dict[str, int] = field(default_factory=dict)
    """Bytes sent to storage, by name."""
    bytes_from_storage: int = 0
    video_encodes: int = 0
    found: dict[str, int] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count what happens within as that stage; a name used again adds up."""
        began, cpu_began = time.monotonic(), _cpu_seconds()
        yield
        wall, cpu = time.monotonic() - began, _cpu_seconds() - cpu_began
        if (before := self.stages.get(name)) is not None:
            wall, cpu = wall + (before.wall_seconds or 0), cpu + before.cpu_seconds
        self.stages[name] = StageTime(wall, cpu)

    def fetch(self) -> Path:
        """Fetch the video, as each worker does."""
        with self.stage("fetch"):
            path = self.workplace / "fetched.mp4"
            with urllib.request.urlopen(self.address) as answer, path.open("wb") as file:  # noqa: S310  our own server
                shutil.copyfileobj(answer, file, 1 << 20)
            self.bytes_from_storage += path.stat().st_size
            return path

    def encode(self, name: str, *words: str | Path) -> Path:
        """Encode once, store the result."""
        path = self.workplace / f"{name}.mp4"
        ffmpeg(*words, "-movflags", "+faststart", path)
        self.video_encodes += 1
        self.stored[name] = path.stat().st_size
        return path

    def encode_master(self, source: Path) -> None:
        """Encode FFV1 and FLAC, and count the bytes without keeping gigabytes of them."""
        lossless = ("-c:v", "ffv1", "-level", "3", "-g", "1", "-slices", "16", "-slicecrc", "1")
        target = ("-c:a", "flac", "-f", "matroska", "-progress", "pipe:1", "/dev/null")
        lines = ffmpeg("-i", source, *lossless, *target).output.split()
        sizes = [line.partition("=")[2] for line in lines if line.startswith("total_size=")]
        self.video_encodes += 1
        self.stored["master"] = int(sizes[-1])


def main(address: str, workplace: str, spans: str, face_model: str = "") -> None:
    """Run the three workers one after the other."""
    pipeline = Pipeline(address, Path(workplace))
    normal, proxy = prepare(pipeline)
    analyse(pipeline, proxy, face_model)
    cut(pipeline, normal, json.loads(spans))
    json.dump(
        {
            "stages": {name: asdict(stage) for name, stage in pipeline.stages.items()},
            "bytes_to_storage": sum(pipeline.stored.values()),
            "bytes_from_storage": pipeline.bytes_from_storage,
            "video_encodes": pipeline.video_encodes,
            "found": pipeline.found,
        },
        sys.stdout,
    )


def prepare(pipeline: Pipeline) -> tuple[Path, Path]:
    """Encode everything up front; return the normal file and the proxy."""
    original = pipeline.fetch()
    pipeline.stored["original"] = original.stat().st_size
    with pipeline.stage("normal"):
        sound = ("-c:a", "aac", "-b:a", "192k")
        normal = pipeline.encode("normal", "-i", original, *_x264(NORMAL_QUALITY), *sound)
    with pipeline.stage("master"):
        pipeline.encode_master(normal)
    with pipeline.stage("proxy"):
        sound = ("-c:a", "aac", "-b:a", "128k")
        proxy = pipeline.encode("proxy", "-i", normal, *_x264(PROXY_QUALITY), *sound)
    return normal, proxy


def analyse(pipeline: Pipeline, proxy: Path, face_model: str) -> None:
    """Decode once per analysis."""
    pipeline.fetch()
    with pipeline.stage("scenes"):
        chosen = "select='gt(scene,0.3)',metadata=print:file=-"
        told = ffmpeg("-i", proxy, "-an", "-vf", chosen, "-f", "null", "-").output
        pipeline.found["scenes"] = 1 + told.count("scene_score")
    with pipeline.stage("silences"):
        chosen = "silencedetect=noise=-40dB:d=0.5,ametadata=print:file=-"
        told = ffmpeg("-i", proxy, "-vn", "-af", chosen, "-f", "null", "-").output
        pipeline.found["silences"] = told.count("silence_end")
    if face_model:
        with pipeline.stage("faces"):
            pipeline.found["pictures with faces"] = _look_for_faces(proxy, face_model)


def cut(pipeline: Pipeline, normal: Path, spans: list[list[float]]) -> None:
    """Encode each clip."""
    pipeline.fetch()
    sound = ("-c:a", "aac", "-b:a", "160k")
    with pipeline.stage("clips"):
        for number, (start, end) in enumerate(spans, 1):
            place = ("-ss", f"{start:.6f}", "-t", f"{end - start:.6f}", "-i", normal)
            pipeline.encode(f"clip-{number}", *place, *_x264(software(CLIP_TARGET).options), *sound)
    pipeline.found["clips"] = len(spans)


def _look_for_faces(path: Path, model: str) -> int:
    """Show every fifth frame to the detector; return in how many it saw a face."""
    import cv2  # noqa: PLC0415  heavy: counted in the stage, as in a worker that starts
    import mediapipe  # noqa: PLC0415
    from mediapipe.tasks.python import BaseOptions, vision  # noqa: PLC0415

    options = vision.FaceDetectorOptions(base_options=BaseOptions(model_asset_path=model))
    seen = number = 0
    with vision.FaceDetector.create_from_options(options) as detector:
        video = cv2.VideoCapture(str(path))
        while True:
            is_there, frame = video.read()
            if not is_there:
                break
            if number % FACE_EVERY == 0:
                pixels = cv2.cvtColor(frame, cv2.COLOR_BGR2RGB)
                picture = mediapipe.Image(image_format=mediapipe.ImageFormat.SRGB, data=pixels)
                seen += bool(detector.detect(picture).detections)
            number += 1
        video.release()
    return seen


def _x264(quality: Mapping[str, Any]) -> tuple[str, ...]:
    """Return Cutroom's own quality, so that the number of encodes differs and not their preset."""
    preset, crf = str(quality["preset"]), str(quality["crf"])
    return ("-c:v", "libx264", "-preset", preset, "-crf", crf)


def _cpu_seconds() -> float:
    """Return the CPU seconds of this process and of those it waited for."""
    usages = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


if __name__ == "__main__":
    main(*sys.argv[1:])
