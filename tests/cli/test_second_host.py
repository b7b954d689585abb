"""A host that knows only the server's address works on the fleet's catalog, not on its own."""

import json

import pytest
from feed_maker import enclosed, rss
from fleet import alone_with_blocks

from blocks.settings import settings
from cutroom.catalog import reading, writing
from cutroom.catalog.sessions import open_catalog
from cutroom.cli import main
from cutroom.records.order import Order, Source


@pytest.fixture
def shared(house, tmp_path):
    """Return the catalog that the fleet's block names; the house's own settings say nothing."""
    from blocks.catalog_database import CatalogDatabase  # noqa: PLC0415  Prefect's are temporary

    url = f"sqlite:///{tmp_path / 'shared.db'}"
    with alone_with_blocks():
        CatalogDatabase(url=url).save("cutroom", overwrite=True)
        yield open_catalog(url)
    assert not (house.home / "catalog.db").exists(), "it has one of its own"


def test_jobs_are_those_of_the_fleet(shared, capsys):
    """Listed, shown and cancelled where the workers look."""
    source = Source(kind="link", location="https://example.org/talk.mp4")
    job = writing.accept(shared, Order(source=source))

    assert main(["jobs"]) == 0
    assert job.id[:8] in capsys.readouterr().out
    assert main(["jobs", "cancel", job.id]) == 0
    assert reading.job(shared, job.id).status == "cancelled"


def test_trending_orders_for_the_fleet(shared, site, monkeypatch):
    """What it finds waits in the shared catalog, where upkeep and workers see it."""
    monkeypatch.setenv("CUTROOM_ALLOWED_HOSTS", json.dumps([site.host]))
    settings.cache_clear()
    site.put("/feed.xml", rss(enclosed(site.url("/a.mp4"), "apples")))

    assert main(["trending", "--source", site.url("/feed.xml")]) == 0

    (job,) = reading.jobs(shared)
    assert job.order.source.location == site.url("/a.mp4")


def test_a_host_that_names_its_catalog_asks_nobody(house, monkeypatch, tmp_path, capsys):
    """Its list works while the server is away; without that setting it would be the wrong list."""
    from prefect.settings import PREFECT_API_URL, temporary_settings  # noqa: PLC0415

    with temporary_settings({PREFECT_API_URL: "http://127.0.0.1:9/api"}):
        assert main(["jobs"]) == 1
        assert "SERVER_UNAVAILABLE" in capsys.readouterr().err

        monkeypatch.setenv("CUTROOM_CATALOG_URL", f"sqlite:///{tmp_path / 'own.db'}")
        settings.cache_clear()
        assert main(["jobs"]) == 0
    assert capsys.readouterr().out == "No jobs.\n"
