"""An accepted job is handed over once, whole and without its secrets."""

from videos import make_video

from cutroom.catalog import attempts, writing
from cutroom.records.order import Order, Recipe, Source
from deployments.fleet import server
from deployments.submitting import submit

SIGNED = "https://me:canary@host.example/talk.mp4?X-Amz-Signature=canary&Expires=1"


def run_of(run_id):
    """Return a run as the server has it."""
    with server() as client:
        return client.read_flow_run(run_id)


def test_the_same_attempt_is_handed_over_once(fleet):
    """However often it is submitted; the next attempt is another run."""
    job = writing.accept(fleet.catalog, Order(source=Source(kind="link", location=SIGNED)))

    first = submit(job)
    assert submit(job) == first
    writing.start(fleet.catalog, job.id)
    put_back = attempts.put_back(fleet.catalog, job.id, 1)
    assert submit(put_back) != first


def test_a_signed_link_is_no_parameter(fleet):
    """The run is told the job; the catalog has the address."""
    job = writing.accept(fleet.catalog, Order(source=Source(kind="link", location=SIGNED)))

    run = run_of(submit(job))

    assert run.parameters["order"]["job_id"] == job.id
    assert "canary" not in run.model_dump_json()
    assert f"job:{job.id}" in run.tags


def test_a_local_file_is_looked_at_for_its_queue(fleet, tmp_path):
    """Three seconds go express; one that cannot be read goes the usual way and fails there."""
    short = make_video(tmp_path / "a.mp4", seconds=3)
    (tmp_path / "broken.mp4").write_bytes(b"no video")
    recipe = Recipe(transcribe=False)
    queues = [
        run_of(submit(writing.accept(fleet.catalog, order))).work_queue_name
        for order in (
            Order(source=Source(kind="file", location=str(path)), recipe=recipe)
            for path in (short, tmp_path / "broken.mp4", tmp_path / "missing.mp4")
        )
    ]

    assert queues == ["express", "standard", "standard"]


def test_a_queue_can_be_named(fleet):
    """Who orders for nobody in particular says batch."""
    job = writing.accept(fleet.catalog, Order(source=Source(kind="link", location=SIGNED)))

    assert run_of(submit(job, queue="batch")).work_queue_name == "batch"
