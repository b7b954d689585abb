"""The commands of docs/api.md do what the page says."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from fleet import fleet_in, wait_for
from videos import make_video

from cutroom.catalog import reading
from deployments.fleet import server

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
COMMANDS = re.findall(r"```bash\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(shutil.which("curl") is None, reason="the page is written for curl"),
]


def run(house, site, *commands):
    """Run commands of the page in one shell, as a reader would; return what they print."""
    done = subprocess.run(
        ["/bin/bash", "-euo", "pipefail", "-c", "\n".join(commands)],
        env={**house.environment(), "VIDEO": site.url("/talk.mp4")},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_run_and_an_event_become_jobs(house, site, tmp_path):
    """Both are carried out by a worker, for the owner that the page names."""
    site.put("/talk.mp4", make_video(tmp_path / "a.mp4", seconds=3).read_bytes())
    names, ask, emit, _ = COMMANDS

    with fleet_in(house) as fleet:
        before = count_runs()
        first, again = run(house, site, names, ask), run(house, site, names, ask)
        assert first[:40] == again[:40], "the same key gives the same run"
        the_same = emit.partition("\n")[2]
        assert run(house, site, names, emit, the_same) == ""
        worker = fleet.start(CUTROOM_ALLOWED_HOSTS=f'["{site.host}"]')
        wait_for(lambda: len(finished(fleet)) == 2)
        assert count_runs() - before == 2, "the same event makes no second run"

    jobs = finished(fleet)
    assert {job.status for job in jobs} == {"completed"}, worker.said
    assert {job.order.owner for job in jobs} == {"mira"}
    assert {job.order.recipe.clips for job in jobs} == {1, 2}


def test_a_wrong_order_is_refused_by_its_field(house, site):
    """The last command of the page shows it."""
    names, ask, _, wrong = COMMANDS
    look_up = ask.partition("\n")[0]

    with fleet_in(house):
        answer, status = run(house, site, names, look_up, wrong).strip().rsplit("\n", 1)

    assert status == "409"
    assert "'clip' was unexpected" in answer


def count_runs():
    """Return how many runs of `video/cpu` the server knows; other tests run `video` by itself."""
    from prefect.client.schemas.filters import (  # noqa: PLC0415  Prefect's settings are temporary
        DeploymentFilter,
        DeploymentFilterId,
    )

    with server() as client:
        ours = client.read_deployment_by_name("video/cpu").id
        deployed = DeploymentFilter(id=DeploymentFilterId(any_=[ours]))
        return client.count_flow_runs(deployment_filter=deployed)


def finished(fleet):
    """Return the jobs that are over."""
    return [job for job in reading.jobs(fleet.catalog) if job.is_closed]
