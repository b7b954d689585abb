"""PostgreSQL in both places: under the catalog, and under Prefect's server."""

import psycopg
import pytest
from fleet import Fleet, wait_for
from postgres import connect, serving
from videos import make_video

from blocks.settings import settings
from deployments.server import ensure_server, stop_server

# ruff: noqa: PLC0415
# Prefect reads its settings on import, and those of a house are temporary.


@pytest.fixture
def databases():
    """Return a function from a database's name to what psycopg calls it; two are there, empty."""
    with serving() as folder:
        with connect(folder) as connection:
            for name in ("cutroom", "prefect"):
                connection.execute(f"CREATE DATABASE {name}")
        yield lambda name: f"postgres@/{name}?host={folder}"


@pytest.mark.slow
def test_a_job_runs_with_postgresql_in_both_places(house, databases, tmp_path, monkeypatch):
    """A server, set-up, a worker and a job; the rows lie in PostgreSQL and nowhere else."""
    from prefect.settings import PREFECT_API_URL, temporary_settings

    catalog = f"postgresql://{databases('cutroom')}"
    monkeypatch.setenv("CUTROOM_CATALOG_URL", catalog)
    monkeypatch.setenv(
        "PREFECT_API_DATABASE_CONNECTION_URL", f"postgresql+asyncpg://{databases('prefect')}"
    )
    settings.cache_clear()
    home = tmp_path / "server"
    api = ensure_server(home).api
    monkeypatch.setenv("PREFECT_API_URL", api)
    try:
        with temporary_settings({PREFECT_API_URL: api}):
            from deployments.setup import set_up

            set_up(tell=lambda _: None)
            fleet = Fleet(type(house)(house.home, house.out, api))
            job = fleet.submit(house.order(make_video(tmp_path / "a.mp4", seconds=3), render=False))
            worker = fleet.start()
            wait_for(lambda: fleet.job(job).is_closed)
            wait_for(lambda: fleet.run(job).end_time)
            assert fleet.job(job).status == "completed", worker.said
            fleet.close()
    finally:
        stop_server(home)

    with psycopg.connect(catalog) as rows:
        assert rows.execute("SELECT id, status FROM job").fetchall() == [(job.id, "completed")]
    with psycopg.connect(f"postgresql://{databases('prefect')}") as rows:
        query = "SELECT name, state_type FROM flow_run"
        assert rows.execute(query).fetchall() == [("video a.mp4", "COMPLETED")]
    assert not (house.home / "catalog.db").exists()
