"""MediaPipe's face detector: faces in one picture."""

import atexit
import math
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from cutroom.media.watching.native_output import without_chatter
from cutroom.records.errors import ModelFailed, ModelMissing
from cutroom.records.findings import FaceBox

PICTURE_SIDE = 640
"""Pixels of a picture's longer side: the model works on 128 x 128, so even one of three tiles of
it keeps every detail."""
LEAST_SCORE = 0.5
"""The detector's own default; below it, walls and hands of the corpus turn into faces."""
SURE_SCORE = 0.75
"""A whole picture whose best face is surer than this is not searched again tile by tile."""
TILE_STEP = 0.5
"""Sides of a square tile from one to the next at most: a face is whole in at least one."""
SAME_FACE = 0.3
"""Share of overlap (intersection over union) from which two boxes are one face."""


class FaceDetector:
    """Finds faces in pictures; one of it serves all threads of a process."""

    def __init__(self, model: Path) -> None:
        self._lock = threading.Lock()
        with without_chatter():
            self._vision, self._image = _load()
            self._detector = self._create(model)
        atexit.register(self._abandon)

    def _abandon(self) -> None:
        """Leave the native graph to the end of the process.

        MediaPipe's destructor needs a thread pool that Python has shut down by then, and would
        end every program with a traceback.
        """
        self._detector._handle = None  # noqa: SLF001  there is no public way to let go

    def find(self, picture: npt.NDArray[np.uint8], time: float) -> list[FaceBox]:
        """Return the faces in a picture, the surest first.

        The model is made for faces near the camera, so a wide or tall picture in which it is not
        sure of one is searched again in square tiles, where faces are larger.

        Args:
            picture: Upright, RGB, of shape (height, width, 3).
            time: When it is shown, in seconds of the source.
        """
        height, width = picture.shape[:2]
        with without_chatter():
            boxes = self._boxes(picture, (0, 0), (width, height), time)
            if max((box.score for box in boxes), default=0.0) < SURE_SCORE:
                side = min(height, width)
                for left, top in _tiles(width, height):
                    tile = picture[top : top + side, left : left + side]
                    boxes += self._boxes(tile, (left, top), (width, height), time)
        return _without_doubles(boxes)

    def _boxes(
        self,
        picture: npt.NDArray[np.uint8],
        corner: tuple[int, int],
        size: tuple[int, int],
        time: float,
    ) -> list[FaceBox]:
        """Detect in one part of a picture; boxes are fractions of the whole of it."""
        boxes = []
        for detection in self._detect(picture):
            score, box = detection.categories[0].score, detection.bounding_box
            left = max(0.0, (corner[0] + box.origin_x) / size[0])
            top = max(0.0, (corner[1] + box.origin_y) / size[1])
            right = min(1.0, (corner[0] + box.origin_x + box.width) / size[0])
            bottom = min(1.0, (corner[1] + box.origin_y + box.height) / size[1])
            if score >= LEAST_SCORE and right > left and bottom > top:
                boxes.append(
                    FaceBox(
                        time=time,
                        x=left,
                        y=top,
                        width=right - left,
                        height=bottom - top,
                        score=min(1.0, float(score)),
                    )
                )
        return boxes

    def _detect(self, picture: npt.NDArray[np.uint8]) -> list[Any]:
        data = np.ascontiguousarray(picture)
        with self._lock:
            image = self._image.Image(image_format=self._image.ImageFormat.SRGB, data=data)
            return list(self._detector.detect(image).detections)

    def _create(self, model: Path) -> Any:
        try:
            content = model.read_bytes()
        except OSError as error:
            raise ModelMissing(
                f"The face model {model.name} is not there.", "Run `make demo` to fetch it."
            ) from error
        try:
            return self._vision.FaceDetector.create_from_options(
                self._vision.FaceDetectorOptions(
                    base_options=self._image.tasks.BaseOptions(model_asset_buffer=content),
                    min_detection_confidence=LEAST_SCORE,
                )
            )
        except (RuntimeError, ValueError) as error:
            raise ModelFailed(
                f"The face model {model.name} cannot be used: {error}", "Fetch it again."
            ) from error


@cache
def face_detector(model: Path) -> FaceDetector:
    """Return this process's detector for a model, made on the first call.

    Raises:
        ModelMissing: The file is not there.
        ModelFailed: MediaPipe cannot be loaded, or not with this file.
    """
    return FaceDetector(model)


def overlap(one: FaceBox, other: FaceBox) -> float:
    """Return the boxes' intersection over their union, from 0 to 1."""
    width = min(one.x + one.width, other.x + other.width) - max(one.x, other.x)
    height = min(one.y + one.height, other.y + other.height) - max(one.y, other.y)
    shared = max(0.0, width) * max(0.0, height)
    return shared / (one.width * one.height + other.width * other.height - shared)


def _load() -> tuple[Any, Any]:
    try:
        with _instead_of("matplotlib", "matplotlib.pyplot"):
            import mediapipe  # noqa: PLC0415  long to import
            from mediapipe.tasks.python import vision  # noqa: PLC0415
    except (ImportError, OSError) as error:
        raise ModelFailed(
            f"MediaPipe cannot be loaded: {error}", "Try: apt install libegl1 libgles2"
        ) from error
    return vision, mediapipe


@contextmanager
def _instead_of(*names: str) -> Iterator[None]:
    """Let empty modules stand in for some that are imported but not used.

    MediaPipe imports its drawing functions along with its detectors, and matplotlib with them,
    which takes a second; nothing is drawn here.
    """
    missing = [name for name in names if name not in sys.modules]
    for name in missing:
        module = ModuleType(name)
        parent, _, child = name.rpartition(".")
        if parent:
            setattr(sys.modules[parent], child, module)
        else:
            module.__spec__ = find_spec(name)  # for those who only ask whether it is there
        sys.modules[name] = module
    try:
        yield
    finally:
        for name in missing:
            del sys.modules[name]


def _tiles(width: int, height: int) -> list[tuple[int, int]]:
    """Return the left top corners of square tiles that overlap by half and cover a picture."""
    side, long = min(width, height), max(width, height)
    count = math.ceil((long - side) / (TILE_STEP * side)) + 1
    if count == 1:
        return []
    places = np.linspace(0, long - side, count).round().astype(int)
    return [(int(at), 0) if width >= height else (0, int(at)) for at in places]


def _without_doubles(boxes: list[FaceBox]) -> list[FaceBox]:
    """Keep the surest of boxes that show one face."""
    kept: list[FaceBox] = []
    for box in sorted(boxes, key=lambda box: -box.score):
        if all(overlap(box, other) < SAME_FACE and not _inside(box, other) for other in kept):
            kept.append(box)
    return kept


def _inside(box: FaceBox, other: FaceBox) -> bool:
    """Say whether the middle of one box lies in the other: one face, seen at two sizes."""
    x, y = box.x + box.width / 2, box.y + box.height / 2
    return other.x <= x <= other.x + other.width and other.y <= y <= other.y + other.height
