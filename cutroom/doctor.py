"""Look over this machine: what it has and lacks for Cutroom, and what to do about it."""

import importlib
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import httpx

from blocks.settings import Settings, settings
from cutroom.catalog.sessions import open_catalog
from cutroom.media import ffmpeg as door
from cutroom.media.cutting.reencoding import CLIP_TARGET
from cutroom.media.making import encoders
from cutroom.media.making.proxy import PROXY_QUALITY
from cutroom.media.making.renditions import rendition_targets
from cutroom.media.making.video_encoder import Target, VideoEncoder
from cutroom.records.errors import CutroomError
from cutroom.storage.local import LocalStore
from cutroom.storage.patience import Patience
from cutroom.storage.s3 import S3Store
from deployments.server import find_server

ENOUGH_DISK = 10 * 2**30
"""Free bytes below which a long video may not fit: source, proxy and clips of an hour or two."""
JAVASCRIPT = ("deno", "node", "bun", "qjs")
"""Runtimes that yt-dlp can run a page's player code with, since its release 2025.11.12."""
VITAL_ENCODERS = {"libx264"}


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked for."""

    what: str
    is_found: bool
    detail: str
    advice: str = ""
    """What to do when it is missing."""
    is_vital: bool = False
    """Whether nothing works without it."""


def examine() -> list[Finding]:
    """Look at everything; nothing is changed but the data folder being made."""
    chosen = settings()
    if chosen.ffmpeg:
        os.environ["CUTROOM_FFMPEG"] = chosen.ffmpeg
    return [
        *_ffmpeg(),
        _gpu(),
        _face_model(chosen),
        _speech_model(chosen),
        _prefect(chosen),
        _database(chosen),
        _storage(chosen),
        *_bucket(chosen),
        _disk(chosen),
        _javascript(),
    ]


def _ffmpeg() -> list[Finding]:
    try:
        program = door.program()
    except CutroomError as error:
        return [Finding("ffmpeg", False, error.problem, error.hint, is_vital=True)]
    done = subprocess.run([program, "-version"], check=False, capture_output=True, text=True)
    first_line = (done.stdout.splitlines() or ["does not start"])[0]
    found = [Finding("ffmpeg", done.returncode == 0, first_line, is_vital=True)]
    for name in encoders.ENCODERS:
        trial = encoders.try_encoder(name)
        advice = "" if name in VITAL_ENCODERS else "Not needed; libx264 encodes everything."
        detail = "encodes here" if trial.works else _short(trial.why_not)
        found.append(
            Finding(f"  {name}", trial.works, detail, advice, is_vital=name in VITAL_ENCODERS)
        )
    return found


def compare_encoders() -> list[Finding]:
    """Try which encoder is as good as libx264 and faster, for each thing that jobs encode."""
    chosen = settings()
    encoders_here = chosen.encoders
    given_up = encoders_here.given_up()
    targets = {
        "proxies": Target(crf=PROXY_QUALITY["crf"]),
        "clips": CLIP_TARGET,
        **{f"{name} copies": one for name, one in rendition_targets().items()},
    }
    return [
        *(_best(what, encoders_here.best(target)) for what, target in targets.items()),
        *(
            Finding(name, False, f"failed in a job: {_short(why)}", f"Remove {chosen.notes}.")
            for name, why in given_up.items()
        ),
    ]


def _best(what: str, best: VideoEncoder) -> Finding:
    detail = (
        f"{best.name} at {best.setting} looks no worse than libx264 there, and is faster"
        if best.is_hardware
        else f"{best.name} is the best choice here"
    )
    advice = "Not needed; a card that encodes makes it faster."
    return Finding(f"encoder of {what}", best.is_hardware, detail, advice)


def _gpu() -> Finding:
    ctranslate2 = importlib.import_module("ctranslate2")
    count = ctranslate2.get_cuda_device_count()
    detail = f"{count} CUDA device(s) for speech" if count else "speech runs on the CPU"
    return Finding("GPU", bool(count), detail, "An NVIDIA card with CUDA 12 makes words faster.")


def _face_model(chosen: Settings) -> Finding:
    path = chosen.face_model
    advice = "Run `make setup`, or put the file there; jobs run without faces until then."
    return Finding("face model", path.is_file(), str(path), advice)


def _speech_model(chosen: Settings) -> Finding:
    name = chosen.speech_model or "small"
    folder = Path(name)
    kept = chosen.models.glob(f"models--*{name}*/snapshots/*/model.bin")
    is_found = (folder / "model.bin").is_file() or any(kept)
    detail = f"{name} is here" if is_found else f"{name} is fetched when first needed"
    advice = (
        "Without network, name a model folder in CUTROOM_SPEECH_MODEL; else PocketSphinx helps."
    )
    return Finding("speech model", is_found, detail, advice)


def _prefect(chosen: Settings) -> Finding:
    named = os.environ.get("PREFECT_API_URL")
    if named:
        is_found = _answers(named)
        detail = "the server PREFECT_API_URL names " + ("answers" if is_found else "is silent")
        return Finding("Prefect server", is_found, detail, "Start it or unset PREFECT_API_URL.")
    server = find_server(chosen.home)
    detail = server.page if server else "starts by itself with the first job"
    return Finding("Prefect server", server is not None, detail)


def _answers(api: str) -> bool:
    try:
        return httpx.get(f"{api.rstrip('/')}/health", timeout=5).is_success
    except httpx.HTTPError:
        return False


def _database(chosen: Settings) -> Finding:
    kind = chosen.catalog.partition(":")[0]
    try:
        open_catalog(chosen.catalog)
    except CutroomError as error:
        return Finding("catalog", False, error.problem, error.hint, is_vital=True)
    return Finding("catalog", True, f"{kind} answers", is_vital=True)


def _storage(chosen: Settings) -> Finding:
    try:
        with LocalStore(chosen.home.resolve()).workspace() as folder:
            (folder / "trial").write_bytes(b"trial")
    except (CutroomError, OSError) as error:
        advice = "Name another folder in CUTROOM_HOME."
        return Finding("storage", False, str(error), advice, is_vital=True)
    return Finding("storage", True, f"{chosen.home} can be written", is_vital=True)


def _bucket(chosen: Settings) -> list[Finding]:
    """Look whether the bucket lets us in, where one is set."""
    bucket = chosen.bucket
    if bucket is None:
        return []
    name = f"bucket {bucket.name}"
    try:
        S3Store(bucket, patience=Patience(tries=2)).names("jobs/none/")
    except CutroomError as error:
        return [Finding(name, False, error.problem, error.hint, is_vital=True)]
    return [Finding(name, True, "answers and may be read", is_vital=True)]


def _disk(chosen: Settings) -> Finding:
    place = chosen.home.resolve()
    while not place.exists():
        place = place.parent
    free = shutil.disk_usage(place).free
    advice = "Free some, or name a larger disk in CUTROOM_HOME."
    return Finding("disk", free >= ENOUGH_DISK, f"{free / 1e9:.0f} GB free", advice)


def _javascript() -> Finding:
    found = next((name for name in JAVASCRIPT if shutil.which(name)), None)
    detail = f"{found} is here" if found else "some pages, YouTube among them, want one"
    return Finding("JavaScript", found is not None, detail, "Install Deno 2 or Node 20.")


def _short(text: str) -> str:
    return text if len(text) <= 100 else text[:99] + "…"  # noqa: PLR2004  one terminal line
