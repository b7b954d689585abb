"""One Prefect server for a whole test run, and a fresh data folder for each test that wants one."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from blocks.settings import prefect_environment, settings
from cutroom.records.order import Order, Recipe, Source
from cutroom.records.report import Report, Stage
from deployments.models import fetch_face_model
from deployments.server import ensure_server, stop_server

SHARED = "CUTROOM_TEST_HOME"
BLOCKS = "blocks"
"""Where in the shared folder the server is whose blocks tests fill in."""


@contextmanager
def at_a_server_for_blocks() -> Iterator[None]:
    """Go over to another server, where blocks change nothing for the tests that run meanwhile."""
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415  slow

    folder = Path(os.environ[SHARED]) / BLOCKS
    folder.mkdir(exist_ok=True)
    before = os.environ.pop("PREFECT_API_URL")
    try:
        os.environ["PREFECT_API_URL"] = ensure_server(folder).api
        with temporary_settings({PREFECT_API_URL: os.environ["PREFECT_API_URL"]}):
            yield
    finally:
        os.environ["PREFECT_API_URL"] = before


def open_shared_home() -> None:
    """Make the folder that all processes of this test run share; called by the first of them."""
    os.environ[SHARED] = tempfile.mkdtemp(prefix="cutroom-tests-")


def close_shared_home() -> None:
    """Stop the shared server, if any test wanted it, and remove the folder."""
    home = Path(os.environ.pop(SHARED))
    stop_server(home)
    if (home / BLOCKS).exists():
        stop_server(home / BLOCKS)
    shutil.rmtree(home, ignore_errors=True)


def face_model() -> Path:
    """Return the face detector's model: this checkout's own, else fetched once for the run."""
    checkout = Path(__file__).parents[1] / ".cutroom" / "models"
    kept = checkout / settings().face_model.name
    return kept if kept.exists() else fetch_face_model(Path(os.environ[SHARED]) / "models")


@dataclass(frozen=True)
class House:
    """A data folder, and what happens in it."""

    home: Path
    out: Path
    api: str

    def order(self, path: Path, **options: object) -> Order:
        """Return an order for a local file."""
        recipe = {"transcribe": False, "clips": 2, **options}
        source = Source(kind="file", location=str(path))
        return Order(source=source, recipe=Recipe(**recipe), out=str(self.out))

    def run(self, path: Path, **options: object) -> Report:
        """Run the video flow on a local file, without transcript unless asked for."""
        from flows.video import video  # noqa: PLC0415  Prefect's settings are temporary

        return video(self.order(path, **options))

    def environment(self) -> dict[str, str]:
        """Return the variables that a command needs to work in this house."""
        own = {"CUTROOM_HOME": str(self.home), "PREFECT_API_URL": self.api}
        return {**os.environ, **prefect_environment(self.home), **own}

    def written(self) -> dict:
        """Return report.json as it lies in the results."""
        return json.loads((self.out / "report.json").read_text())


def stages(report: Report) -> dict[str, Stage]:
    """Return a report's stages by name."""
    return {stage.name: stage for stage in report.ledger.stages}


def redone(report: Report) -> set[str]:
    """Return the names of the stages that were not cached, the report itself left out."""
    return {name for name, stage in stages(report).items() if not stage.cached} - {"report"}


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    """Open a house in a folder, at the shared server."""
    server = ensure_server(Path(os.environ[SHARED]))
    home = folder / "home"
    (home / "models").mkdir(parents=True)
    shutil.copy(face_model(), home / "models")
    before = dict(os.environ)
    house = House(home=home, out=folder / "out", api=server.api)
    os.environ.update(house.environment())
    settings.cache_clear()
    from prefect.settings import (  # noqa: PLC0415  slow, and few tests need it
        PREFECT_API_URL,
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        PREFECT_HOME,
        PREFECT_LOGGING_TO_API_ENABLED,
        PREFECT_RESULTS_LOCAL_STORAGE_PATH,
        temporary_settings,
    )

    try:
        with temporary_settings(
            {
                PREFECT_API_URL: server.api,
                PREFECT_HOME: home / "prefect",
                PREFECT_RESULTS_LOCAL_STORAGE_PATH: home / "results",
                PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None,
                PREFECT_LOGGING_TO_API_ENABLED: False,
            }
        ):
            yield house
    finally:
        os.environ.clear()
        os.environ.update(before)
        settings.cache_clear()
