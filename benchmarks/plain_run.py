"""Run the plain pipeline and account for it from outside."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.accounts import Account, StageTime
from benchmarks.process import measured
from benchmarks.serving import Site


def run_plain(
    site: Site,
    address: str,
    workplace: Path,
    spans: Sequence[tuple[float, float]],
    face_model: Path | None,
) -> Account:
    """Run it once as a program of its own.

    Args:
        site: The server, which counts what it gives.
        address: Of the video on it.
        workplace: An empty folder for its files.
        spans: Start and end of each clip to encode, in seconds: those that Cutroom chose.
        face_model: The detector's model; without one it looks for no faces.
    """
    downloads, sent = site.downloads, site.bytes_sent
    words = (address, str(workplace), json.dumps(spans), str(face_model or ""))
    command = [sys.executable, "-m", "benchmarks.plain", *words]
    usage = measured(command, folder=Path(__file__).parents[1])
    told = json.loads(usage.output)
    return Account(
        wall_seconds=usage.wall_seconds,
        cpu_seconds=usage.cpu_seconds,
        peak_memory_bytes=usage.peak_memory_bytes,
        video_encodes=told["video_encodes"],
        downloads=site.downloads - downloads,
        bytes_downloaded=site.bytes_sent - sent,
        bytes_to_storage=told["bytes_to_storage"],
        bytes_from_storage=told["bytes_from_storage"],
        stages={name: StageTime(**stage) for name, stage in told["stages"].items()},
        found=told["found"],
    )
