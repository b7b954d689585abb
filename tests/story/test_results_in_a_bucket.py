"""A team's results lie in a bucket: each once, the manifest last."""

import os

import httpx
import pytest
from object_store import Fault, leftovers, settings_of
from videos import make_video

from blocks.settings import settings
from cutroom.cli import main
from cutroom.records.errors import SourceForbidden, StorageDenied, Superseded
from cutroom.records.order import Order, Recipe, Source
from cutroom.storage.publishing import pack_name, read_manifest
from cutroom.storage.s3 import S3Store
from cutroom.storage.uploads import new_upload


@pytest.fixture
def shared(house, bucket):
    """A house whose results go to the bucket."""
    os.environ.update(settings_of(bucket))
    settings.cache_clear()
    return house


@pytest.fixture
def store(bucket):
    return S3Store(bucket)


def test_a_job_whose_clips_are_virtual_costs_two_requests(shared, gate, store, tmp_path):
    """Scenes, transcript and cuts of a short video: one pack, one manifest, nothing fetched."""
    report = shared.run(make_video(tmp_path / "a.mp4", seconds=8), render=False)

    assert dict(gate.verbs) == {"put": 2}
    ledger = report.ledger
    assert ledger.storage_requests.put == 2
    assert ledger.storage_requests.get == ledger.storage_requests.head == 0
    assert ledger.bytes_uploaded == gate.taken_up < 10_000_000
    names = {file.name for file in read_manifest(store, report.job_id).files}
    assert {"report.json", "report.html", "timeline.png", "edit/cuts.json"} <= names


def test_each_clip_is_one_request_more(shared, gate, store, tmp_path):
    """What plays can be linked to; captions and thumbnails are in the pack."""
    report = shared.run(make_video(tmp_path / "a.mp4", seconds=20), proxy=True)

    assert report.clips
    assert dict(gate.verbs) == {"put": 2 + len(report.clips)}
    manifest = read_manifest(store, report.job_id)
    assert manifest.left_out == ("proxy.mp4",), "the proxy is the source itself"
    assert gate.asked[-1].path.endswith("manifest.json")


def test_a_second_order_sends_no_clip_again(shared, gate, store, tmp_path):
    """It asks once for each, and sends its own pages and manifest."""
    path = make_video(tmp_path / "a.mp4", seconds=20)
    shared.run(path)
    before, gate.taken_up = gate.verbs, 0

    report = shared.run(path)

    clips = len(report.clips)
    assert gate.verbs - before == {"head": clips, "put": 2}
    assert report.ledger.bytes_uploaded == gate.taken_up
    names = {file.name: file.object for file in read_manifest(store, report.job_id).files}
    assert {clip.file for clip in report.clips} <= set(names)
    pack = pack_name(report.job_id, 1)
    assert {names[clip.file] for clip in report.clips} <= set(store.names("blobs/"))
    assert set(names.values()) <= {pack, *store.names("blobs/")}
    assert pack in store.names("jobs/")


def test_what_was_uploaded_is_what_was_delivered(shared, store, tmp_path):
    """Brought back elsewhere, the folder is the same but for what the upload itself cost."""
    report = shared.run(make_video(tmp_path / "a.mp4", seconds=12), renditions=("360p",))

    assert main(["fetch", report.job_id[:8], "--out", str(tmp_path / "back")]) == 0

    def files(folder):
        found = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*") if p.is_file()}
        return {
            name: path.read_bytes()
            for name, path in found.items()
            if not name.startswith("report.")
        }

    assert files(tmp_path / "back") == files(shared.out)
    assert main(["fetch", "0" * 32]) == 1
    assert (tmp_path / "back" / "report.html").exists()


def test_a_store_that_fails_often_gets_everything_all_the_same(shared, gate, store, tmp_path):
    """Three of ten requests answer 503, and the job is done."""
    gate.rule = lambda asked: Fault(status=503) if asked.number % 10 in {1, 4, 7} else None

    report = shared.run(make_video(tmp_path / "a.mp4", seconds=8))

    gate.rule = lambda _asked: None
    manifest = read_manifest(store, report.job_id)
    assert {file.object for file in manifest.files} <= set(store.names(""))
    assert leftovers(store) == []


def test_a_job_is_not_completed_before_its_manifest(shared, gate, tmp_path):
    """Where the bucket refuses, the job fails and readers see nothing."""
    from cutroom.catalog import reading  # noqa: PLC0415  slow to import
    from cutroom.catalog.sessions import open_catalog  # noqa: PLC0415

    gate.rule = lambda asked: Fault(status=403) if asked.path.endswith("manifest.json") else None

    with pytest.raises(StorageDenied):
        shared.run(make_video(tmp_path / "a.mp4", seconds=4))

    (job,) = reading.jobs(open_catalog(settings().catalog))
    assert job.status == "dead"
    assert not shared.out.exists()


def test_an_attempt_that_was_overtaken_publishes_nothing(shared, gate, store, tmp_path):
    """Its files are harmless by-products; no manifest names them."""
    from cutroom.catalog import writing  # noqa: PLC0415  slow to import
    from cutroom.catalog.sessions import open_catalog  # noqa: PLC0415

    order = shared.order(make_video(tmp_path / "a.mp4", seconds=4))
    catalog = open_catalog(settings().catalog)
    job = writing.accept(catalog, order)

    def overtake(asked):
        if asked.path.endswith(".zip"):
            writing.start(catalog, job.id)

    gate.rule = overtake
    from flows.video import video  # noqa: PLC0415

    with pytest.raises(Superseded):
        video(job.order)

    gate.rule = lambda _asked: None
    assert read_manifest(store, job.id) is None


def test_an_upload_is_a_source(shared, store, tmp_path):
    """Posted to the bucket, ordered by its key, fetched once, never stored a second time."""
    from flows.video import video  # noqa: PLC0415  Prefect's settings are temporary

    form = new_upload(store, "anna", 10_000_000, "Talk.mp4")
    content = make_video(tmp_path / "a.mp4", seconds=6).read_bytes()
    httpx.post(form.url, data=form.fields, files={"file": ("a.mp4", content)})
    source = Source(kind="upload", location=form.key)

    report = video(
        Order(source=source, recipe=Recipe(transcribe=False, render=False), owner="anna")
    )

    assert (report.source.title, report.source.size_bytes) == ("Talk", len(content))
    assert report.ledger.downloads == 1
    assert report.ledger.storage_requests.get == 1
    digest = report.source.sha256
    assert not [name for name in store.names("blobs/") if digest in name]

    with pytest.raises(SourceForbidden):
        video(Order(source=source, recipe=Recipe(transcribe=False), owner="bert"))


def test_a_job_that_takes_long_shares_its_steps_on_the_way(shared, gate, store, tmp_path):
    """Every so often a pack; what went up that way is not sent again at the end."""
    os.environ["CUTROOM_SHARE_EVERY"] = "0.2"
    settings.cache_clear()

    report = shared.run(make_video(tmp_path / "a.mp4", seconds=20), cut="encode")

    assert store.names(f"steps/{report.job_id}/")
    manifest = read_manifest(store, report.job_id)
    assert {file.object for file in manifest.files} <= set(store.names(""))
    sent = [asked.path for asked in gate.asked if asked.method == "PUT"]
    assert len(sent) == len(set(sent))
    assert gate.verbs["get"] == 1, "the manifest, read by this test"


def test_doctor_looks_at_the_bucket(shared, gate):
    """A wrong key is found before an hour of work, not after."""
    from cutroom.doctor import _bucket  # noqa: PLC0415  slow to import

    (fine,) = _bucket(settings())
    gate.rule = lambda _asked: Fault(status=403)
    (refused,) = _bucket(settings())

    assert fine.is_found
    assert not refused.is_found
    assert "AccessDenied" in refused.detail
