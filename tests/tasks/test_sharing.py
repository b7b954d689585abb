"""Another host goes on with a job where the first one was lost."""

import os
from collections import Counter
from contextlib import suppress

import pytest
from house import opened
from object_store import settings_of
from videos import make_video

from blocks.settings import settings
from cutroom.records.errors import ServerUnavailable
from cutroom.records.media import Proxy
from cutroom.storage.local import LocalStore


@pytest.fixture
def shared(house, bucket, tmp_path):
    """A house whose catalog and bucket others have as well."""
    os.environ.update(settings_of(bucket))
    os.environ["CUTROOM_CATALOG_URL"] = f"sqlite:///{tmp_path / 'catalog.db'}"
    os.environ["CUTROOM_SHARE_EVERY"] = "3600"  # the tests share by hand
    settings.cache_clear()
    return house


def attempt(order, work):
    """Make one attempt at a job, and lose the host after it shared; return what it made."""
    from prefect import flow  # noqa: PLC0415  Prefect's settings are temporary

    from tasks.job import open_job  # noqa: PLC0415
    from tasks.sharing import Sharer  # noqa: PLC0415

    made = []

    @flow
    def run():
        with suppress(ServerUnavailable), open_job(order) as bench:
            made.extend((work(bench), bench))
            Sharer(bench, bench.store, bench.bucket).share()
            raise ServerUnavailable("The host is gone.", "Take the job up elsewhere.")

    run()
    return made


def prepare(order):
    """Return work that fetches, makes a proxy and listens."""
    from tasks.fetch import fetch_source  # noqa: PLC0415
    from tasks.listen import find_silences  # noqa: PLC0415
    from tasks.prepare import make_normal, make_proxy  # noqa: PLC0415

    def work(bench) -> Proxy:
        original = fetch_source(order.source, bench)
        proxy = make_proxy(make_normal(original, bench), None, (), bench)
        find_silences(proxy.sound, -40.0, 0.5, 0.1, bench)
        return proxy

    return work


def accepted(house, path):
    from cutroom.catalog import writing  # noqa: PLC0415  slow to import
    from cutroom.catalog.sessions import open_catalog  # noqa: PLC0415

    return writing.accept(open_catalog(settings().catalog), house.order(path)).order


def done(bench):
    """Return the stages that were really worked on."""
    return {name for name, entry in bench.book._entries.items() if entry.parts}


def old_codec(path):
    """A video that has to be encoded before anything can analyse it."""
    return make_video(path, seconds=4, size="640x360", **{"c:v": "mpeg4"})


def test_another_host_has_the_finished_steps_as_cached(shared, gate, tmp_path):
    """It fetches the source, which no bucket keeps, and repeats nothing else."""
    order = accepted(shared, old_codec(tmp_path / "a.mp4"))
    proxy, first = attempt(order, prepare(order))
    assert proxy.how == "encoded"
    assert {"normal", "proxy", "silences"} <= done(first)
    gate.asked.clear()

    with opened(tmp_path / "other"):
        same, second = attempt(order, prepare(order))

        assert same == proxy
        assert done(second) == {"fetch"}
        assert dict(gate.verbs) == {"list": 1, "get": 1}, "one pack"


def test_a_large_blob_is_fetched_when_a_step_wants_it(shared, gate, tmp_path, monkeypatch):
    """And only then."""
    from tasks import sharing  # noqa: PLC0415  Prefect's settings are temporary

    monkeypatch.setattr(sharing, "PACKED_BELOW", 1000)
    order = accepted(shared, old_codec(tmp_path / "a.mp4"))
    proxy, _ = attempt(order, prepare(order))
    gate.asked.clear()

    with opened(tmp_path / "other") as other:
        _, bench = attempt(order, prepare(order))
        assert gate.verbs["get"] == 1
        assert not LocalStore(other.home).is_here(proxy.file)
        assert bench.store.path(proxy.file).stat().st_size == proxy.file.size_bytes
        assert gate.verbs["get"] == 2
        assert LocalStore(other.home).is_here(proxy.file)


def test_the_same_host_fetches_nothing_back(shared, gate, tmp_path):
    """After a crash of the process alone, everything is still here."""
    order = accepted(shared, old_codec(tmp_path / "a.mp4"))
    attempt(order, prepare(order))
    gate.asked.clear()

    _, second = attempt(order, prepare(order))

    assert done(second) == set()
    assert gate.verbs["get"] == gate.verbs["put"] == 0


def test_the_original_never_goes_to_the_bucket(shared, gate, tmp_path):
    """Nor does a proxy that is the original."""
    order = accepted(shared, make_video(tmp_path / "a.mp4", seconds=4))
    proxy, _ = attempt(order, prepare(order))

    assert proxy.how == "reused"
    assert Counter(asked.path.split("/")[3] for asked in gate.asked) == {"steps": 1}


def test_a_bucket_that_is_away_does_not_stop_a_job(shared, gate, tmp_path, caplog):
    """Sharing is a favour to another host; this one goes on without."""
    from object_store import Fault  # noqa: PLC0415

    order = accepted(shared, make_video(tmp_path / "a.mp4", seconds=4))
    attempt(order, prepare(order))
    gate.rule = lambda asked: Fault(status=403) if asked.verb == "list" else None

    with opened(tmp_path / "other"):
        proxy, _ = attempt(order, prepare(order))

    assert proxy.how == "reused"
    assert "could not be had" in caplog.text
