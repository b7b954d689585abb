"""`cutroom jobs`: what was accepted, and what may be done about it."""

import pytest
from videos import make_video

from cutroom.catalog import attempts, reading, writing
from cutroom.catalog.sessions import open_catalog
from cutroom.cli import main
from cutroom.records.errors import MediaCorrupt
from cutroom.records.order import Order, Recipe, Source


@pytest.fixture
def catalog(house):
    """The catalog of the house."""
    return open_catalog(f"sqlite:///{house.home / 'catalog.db'}")


@pytest.fixture
def dead(house, catalog, tmp_path):
    """A job that died in its clips."""
    source = Source(kind="file", location=str(make_video(tmp_path / "talk.mp4", seconds=4)))
    recipe = Recipe(transcribe=False, clips=2)
    job = writing.accept(catalog, Order(source=source, recipe=recipe, out=str(house.out)))
    writing.start(catalog, job.id)
    error = MediaCorrupt("Noise.", "Fetch it again.")
    return writing.fail(catalog, job.id, error, "clips", log_tail="12 scenes")


@pytest.fixture
def cutroom(house, capsys, monkeypatch):
    """Run a command in this process; return its status and what it printed."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: str) -> tuple[int, str]:
        status = main(["jobs", *words])
        told = capsys.readouterr()
        return status, told.out + told.err

    return run


def test_jobs_are_listed_with_what_became_of_them(cutroom, dead):
    """One line each, of one status if asked."""
    status, told = cutroom()

    assert status == 0
    for word in (dead.id[:8], "dead", "clips", "talk.mp4", "MEDIA_CORRUPT"):
        assert word in told
    assert dead.id[:8] in cutroom("list", "--status", "dead")[1]
    assert cutroom("list", "--status", "running")[1] == "No jobs.\n"


def test_a_job_is_shown_whole(cutroom, dead):
    """The order, the error, what to do, and the end of the log."""
    _, told = cutroom("show", dead.id[:6])

    for word in (
        dead.id,
        "transcribe=False",
        "MEDIA_CORRUPT: Noise.",
        "Fetch it again.",
        "12 scenes",
    ):
        assert word in told


def test_a_dead_job_is_taken_up_with_changes(house, cutroom, catalog, dead):
    """Here, where there is no fleet; under its own id, with its attempts before it."""
    status, told = cutroom(
        "retry", dead.id[:6], "--here", "--set", "clips=1", "--set", "render=false"
    )

    assert status == 0, told
    done = reading.job(catalog, dead.id)
    assert (done.status, done.attempts, done.spent) == ("completed", 3, 1)
    assert (done.order.recipe.clips, done.order.recipe.render) == (1, False)
    assert (house.out / "report.json").exists()


@pytest.mark.parametrize("change", ["clipz=1", "clips", "clips=many", "longest_clip=2"])
def test_a_wrong_change_is_refused(cutroom, catalog, dead, change):
    """Before anything is taken up."""
    status, told = cutroom("retry", dead.id, "--set", change)

    assert (status, told.split(":")[0]) == (2, "ORDER_INVALID")
    assert reading.job(catalog, dead.id) == dead


def test_a_job_is_dropped(cutroom, catalog, dead):
    """And is not known any more."""
    assert cutroom("drop", dead.id) == (0, f"Dropped {dead.id}.\n")
    assert cutroom("show", dead.id)[1].startswith("JOB_UNKNOWN")


def test_a_waiting_job_is_cancelled(cutroom, catalog, dead):
    """One that is over is not."""
    attempts.revive(catalog, dead.id)

    assert cutroom("cancel", dead.id) == (0, f"Cancelled {dead.id}.\n")
    attempts.revive(catalog, dead.id)
    writing.start(catalog, dead.id)
    writing.fail(catalog, dead.id, MediaCorrupt("Noise.", "Fetch it again."))
    status, told = cutroom("cancel", dead.id)
    assert (status, "is dead" in told) == (2, True)
