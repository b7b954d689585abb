"""What tests of several rooms share."""

import fcntl
import os
import pickle
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from house import SHARED, House, close_shared_home, open_shared_home, opened
from object_store import Gate, gate_to, moto_server, new_bucket
from web import Site, serve

from cutroom.media.sample.making import SampleTruth, make_sample
from cutroom.storage.bucket import Bucket


@dataclass(frozen=True)
class Sample:
    """The project's own sample video and what is in it."""

    path: Path
    truth: SampleTruth


@pytest.fixture(scope="session")
def sample(tmp_path_factory) -> Sample:
    """Make the sample once, for all the processes of one test run; do not change the file."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    path, notes = folder / "sample.mp4", folder / "sample.truth"
    with (folder / "sample.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not notes.exists():
            notes.write_bytes(pickle.dumps(make_sample(path)))
        return Sample(path, pickle.loads(notes.read_bytes()))  # noqa: S301  written just above


@pytest.fixture(scope="session")
def corpus() -> Path:
    """Return the folder of real clips beside the checkout; tests that want it skip without."""
    folder = Path(__file__).parents[2] / "shared" / "corpus"
    if not folder.is_dir():
        pytest.skip("the folder of real clips is not beside this checkout")
    return folder


def pytest_configure() -> None:
    """Give all processes of this run one folder to share."""
    if SHARED not in os.environ:
        open_shared_home()


def pytest_sessionfinish(session) -> None:
    """Stop what was shared, once all processes are done."""
    if not hasattr(session.config, "workerinput"):
        close_shared_home()


@pytest.fixture
def house(tmp_path) -> Iterator[House]:
    """Return a fresh data folder at a real Prefect server."""
    with opened(tmp_path) as fresh:
        yield fresh


@pytest.fixture
def site() -> Iterator[Site]:
    """Return a web site of our own, empty at first."""
    yield from serve()


@pytest.fixture(scope="session")
def moto_port() -> Iterator[int]:
    """Serve S3 for as long as tests want it; return the port."""
    with moto_server() as port:
        yield port


@pytest.fixture
def gate(moto_port) -> Iterator[Gate]:
    """Return a gate before the S3 server, open at first."""
    with gate_to(moto_port) as opened:
        yield opened


@pytest.fixture
def bucket(gate) -> Bucket:
    """Return an empty bucket behind the gate."""
    return new_bucket(gate)
