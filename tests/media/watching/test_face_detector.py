"""Faces are found in one picture, near and far."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from cutroom.media.watching.face_detector import face_detector, overlap
from cutroom.records.errors import ModelFailed, ModelMissing
from cutroom.records.findings import FaceBox

FACE = (170, 50, 110, 150)
"""Left, top, width and height of the face in the 512 x 512 portrait, as an eye sees it."""


def scene(left, size, *, width=640, height=360):
    """The portrait, `size` pixels large, on a grey ground, and where its face is."""
    picture = np.full((height, width, 3), 120, dtype=np.uint8)
    every = np.linspace(0, 511, size).astype(int)
    top = (height - size) // 2
    picture[top : top + size, left : left + size] = astronaut()[every][:, every]
    scale = size / 512
    x, y = (left + FACE[0] * scale) / width, (top + FACE[1] * scale) / height
    face = FaceBox(
        time=0, x=x, y=y, width=FACE[2] * scale / width, height=FACE[3] * scale / height, score=1
    )
    return picture, face


@pytest.mark.parametrize(("left", "size"), [(0, 360), (150, 360), (280, 360), (300, 280)])
def test_a_face_is_found_where_it_is(face_model, left, size):
    """Wherever in a wide picture, and also when it is small."""
    picture, face = scene(left, size)

    (found,) = face_detector(face_model).find(picture, 1.5)

    assert found.time == 1.5
    assert overlap(found, face) > 0.4


@pytest.mark.parametrize("left", [60, 200, 350])
def test_a_face_farther_away_is_found_in_a_tile(face_model, left):
    """In the whole wide picture it has too few of the model's pixels."""
    picture, face = scene(left, 240)
    detector = face_detector(face_model)

    (found,) = detector.find(picture, 0.0)

    assert overlap(found, face) > 0.4
    assert detector._boxes(picture, (0, 0), (640, 360), 0.0) == []


def test_two_faces_are_two_boxes(face_model):
    """And neither is counted twice, though tiles overlap."""
    left, _ = scene(0, 300)
    right, _ = scene(340, 300)
    picture = np.where(right == 120, left, right)

    boxes = face_detector(face_model).find(picture, 0.0)

    assert len(boxes) == 2


def test_there_are_no_faces_in_a_texture(face_model):
    """Nor in a plain ground."""
    noise = np.random.default_rng(1).integers(0, 255, (360, 640, 3), dtype=np.uint8)

    assert face_detector(face_model).find(noise, 0.0) == []
    assert face_detector(face_model).find(np.full_like(noise, 120), 0.0) == []


def test_a_missing_model_is_said_so(tmp_path):
    """With what to do about it."""
    with pytest.raises(ModelMissing) as failure:
        face_detector(tmp_path / "nothing.tflite")

    assert failure.value.hint


def test_a_damaged_model_is_said_so(tmp_path):
    """An interrupted download, for one."""
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"not a model" * 100)

    with pytest.raises(ModelFailed):
        face_detector(path)


def test_a_program_that_looked_for_faces_ends_quietly(face_model):
    """No chatter while it runs, no traceback when it ends."""
    program = (
        "import sys, pathlib, numpy\n"
        "from cutroom.media.watching.face_detector import face_detector\n"
        "detector = face_detector(pathlib.Path(sys.argv[1]))\n"
        "detector.find(numpy.zeros((90, 160, 3), dtype=numpy.uint8), 0.0)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(face_model)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_looking_for_faces_loads_no_drawing_library(face_model):
    """Which would take longer than all else; whoever wants it later gets the real one."""
    program = (
        "import sys, pathlib\n"
        "from cutroom.media.watching.face_detector import face_detector\n"
        "face_detector(pathlib.Path(sys.argv[1]))\n"
        "assert not [name for name in sys.modules if name.startswith('matplotlib')]\n"
        "import matplotlib\n"
        "assert matplotlib.__file__\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(face_model)],
        cwd=Path(__file__).parents[3],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
