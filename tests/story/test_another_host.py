"""A host is lost for good, and another one goes on with its job."""

import os
import shutil
import signal
import subprocess
import sys
import time

import pytest
from object_store import settings_of
from videos import make_video

from blocks.settings import prefect_environment, settings
from cutroom.media.probe import probe

LEASE = 4.0
"""Seconds of silence; the least that the setting takes."""
WORK = """
import sys
from blocks.settings import settings
from cutroom.catalog import reading
from cutroom.catalog.sessions import open_catalog
from flows.video import video
video(reading.job(open_catalog(settings().catalog), sys.argv[1]).order)
"""


@pytest.fixture
def shared(house, bucket, tmp_path):
    """A house with a catalog and a bucket that other hosts reach as well."""
    os.environ.update(settings_of(bucket))
    os.environ["CUTROOM_CATALOG_URL"] = f"sqlite:///{tmp_path / 'catalog.db'}"
    os.environ |= {"CUTROOM_SHARE_EVERY": "0.3", "CUTROOM_LEASE": str(LEASE)}
    settings.cache_clear()
    return house


def work(job, environment, **more):
    """Make an attempt at a job in a process of its own; return its exit status."""
    command = [sys.executable, "-c", WORK, job.id]
    return subprocess.run(command, env={**environment, **more}, check=False).returncode


@pytest.mark.slow
def test_a_job_goes_on_where_the_lost_host_had_come_to(shared, gate, tmp_path):
    """Kill -9 before its results went up: elsewhere only the source is fetched again."""
    from cutroom.catalog import reading, writing  # noqa: PLC0415  slow to import
    from cutroom.catalog.sessions import open_catalog  # noqa: PLC0415

    catalog = open_catalog(settings().catalog)
    path = make_video(tmp_path / "a.mp4", seconds=12, size="640x360", **{"c:v": "mpeg4"})
    job = writing.accept(catalog, shared.order(path, clips=1, cut="encode"))
    here = shared.environment()
    assert work(job, here, CUTROOM_FAILPOINT="upload") == -signal.SIGKILL
    gate.asked.clear()

    time.sleep(LEASE + 1)  # until nobody takes the dead for living
    other = tmp_path / "other"
    shutil.copytree(shared.home / "models", other / "models")
    there = here | prefect_environment(other) | {"CUTROOM_HOME": str(other)}
    assert work(job, there | {"PREFECT_API_URL": shared.api}) == 0

    ended = reading.job(catalog, job.id)
    ledger = reading.report(catalog, job.id).ledger
    assert (ended.status, ended.attempts) == ("completed", 2)
    redone = {stage.name for stage in ledger.stages if not stage.cached}
    assert "fetch" in redone
    # What came last it may have died with.
    assert redone.isdisjoint({"normal", "proxy", "keyframes", "scenes", "silences"})
    asked, verbs = ledger.storage_requests, gate.verbs
    assert (asked.put, asked.get, asked.head) == (
        *(verbs["put"] + verbs["list"], verbs["get"], verbs["head"]),
    )
    assert list((shared.out / "clips").glob("*.mp4"))


@pytest.mark.slow
def test_an_export_may_be_made_on_another_host(shared, tmp_path):
    """Of a clip that was only chosen there, and of the master: the source is fetched again."""
    from cutroom.catalog import reading, writing  # noqa: PLC0415  slow to import
    from cutroom.catalog.sessions import open_catalog  # noqa: PLC0415

    catalog = open_catalog(settings().catalog)
    path = make_video(tmp_path / "a.mp4", seconds=12, size="320x180")
    job = writing.accept(catalog, shared.order(path, clips=1, render=False))
    here = shared.environment()
    assert work(job, here) == 0
    (cut,) = reading.cuts(catalog, job.id)

    other, out = tmp_path / "other", tmp_path / "exported"
    shutil.copytree(shared.home / "models", other / "models")
    there = here | prefect_environment(other) | {"CUTROOM_HOME": str(other)}
    words = ["export", job.id, "--clip", cut.id, "--master", "--out", str(out)]
    done = subprocess.run(
        [sys.executable, "-m", "cutroom.cli", *words],
        env=there | {"PREFECT_API_URL": shared.api},
        check=True,
        capture_output=True,
        text=True,
    )

    assert {line.removeprefix(f"{out}/") for line in done.stdout.split()} >= {"master.mkv"}
    assert probe(out / "master.mkv").duration == pytest.approx(12, abs=0.1)
    (clip,) = (out / "clips").glob("*.mp4")
    assert probe(clip).duration == pytest.approx(cut.span.end - cut.span.start, abs=0.05)
