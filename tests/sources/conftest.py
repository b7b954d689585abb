"""What fetching is tried against: a second site, short limits, small real videos to serve."""

from collections.abc import Iterator
from pathlib import Path

import ffmpeg
import pytest
from web import Site, serve

from cutroom.media.ffmpeg import run
from cutroom.sources.fetched import FetchLimits


@pytest.fixture
def other_site() -> Iterator[Site]:
    """A second site, that nobody may be led to."""
    yield from serve()


@pytest.fixture
def quick() -> FetchLimits:
    """Limits that make a test of failures short."""
    return FetchLimits(pause=0, tries=3, connect=2, idle=2)


@pytest.fixture(scope="session")
def mp4(tmp_path_factory) -> bytes:
    """One second of H.264 and AAC."""
    return encode(tmp_path_factory.mktemp("mp4") / "one.mp4", "160x120").read_bytes()


def encode(path: Path, size: str, *, seconds=1, **options) -> Path:
    """Make a small video with sound."""
    picture = ffmpeg.input(f"testsrc2=size={size}:rate=10:duration={seconds}", f="lavfi")
    sound = ffmpeg.input(f"sine=frequency=440:duration={seconds}", f="lavfi")
    settings = {"vcodec": "libx264", "acodec": "aac", "pix_fmt": "yuv420p", "preset": "ultrafast"}
    run(ffmpeg.output(picture, sound, str(path), **(settings | options)))
    return path


@pytest.fixture(scope="session")
def encoder():
    """The maker of small videos."""
    return encode
