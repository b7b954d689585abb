"""A container is healthy while a worker in it looks for work."""

import os
import time

from cutroom.cli import main
from deployments.beats import QUIET, is_healthy, workers_folder


def test_a_host_without_workers_is_not_healthy(tmp_path):
    """Nothing was ever touched."""
    assert not is_healthy(tmp_path)


def test_one_worker_that_looked_for_work_lately_is_enough(tmp_path):
    """Another one may have ended long ago."""
    for name, age in (("old", 2 * QUIET), ("new", QUIET / 2)):
        beat = workers_folder(tmp_path) / f"{name}.lock"
        beat.touch()
        os.utime(beat, (time.time() - age,) * 2)
    assert is_healthy(tmp_path)

    os.utime(workers_folder(tmp_path) / "new.lock", (time.time() - 2 * QUIET,) * 2)
    assert not is_healthy(tmp_path)


def test_the_command_tells_by_its_status(house, capsys):
    """As health checks want it, without connecting to anything."""
    assert main(["worker", "--health"]) == 1
    (workers_folder(house.home) / "a.lock").touch()
    assert main(["worker", "--health"]) == 0
    assert "looks for work" in capsys.readouterr().out
