"""Trending as the fleet runs it: jobs wait behind all others, each once."""

import json

import pytest
from feed_maker import enclosed, rss
from fleet import Fleet

from blocks.settings import settings
from cutroom.catalog import reading
from cutroom.records.errors import FleetRefused
from cutroom.records.trend import TrendOrder
from deployments.fleet import server


@pytest.fixture
def order(fleet, site, monkeypatch) -> TrendOrder:
    """Serve a feed of two films, and order them."""
    monkeypatch.setenv("CUTROOM_ALLOWED_HOSTS", json.dumps([site.host]))
    settings.cache_clear()
    films = [enclosed(site.url(f"/{name}.mp4?sig=secret"), name) for name in ("apples", "pears")]
    site.put("/feed.xml", rss(*films))
    return TrendOrder(sources=(site.url("/feed.xml"),), newest_days=3650)


def runs_of(job):
    """Return the runs that a job has."""
    from prefect.client.schemas.filters import FlowRunFilter  # noqa: PLC0415

    with server() as client:
        tagged = FlowRunFilter.model_validate({"tags": {"all_": [f"job:{job.id}"]}})
        return client.read_flow_runs(flow_run_filter=tagged)


def test_what_is_ordered_waits_in_the_queue_batch(fleet: Fleet, order):
    """One run a job, noted with it, without the secrets of its address."""
    from flows.trending import trending  # noqa: PLC0415  Prefect's settings are temporary

    report = trending(order)
    trending(order)

    assert len(report.ordered) == 2
    assert report.notes == ()
    for verdict in report.ordered:
        job = reading.job(fleet.catalog, verdict.job_id)
        (run,) = runs_of(job)
        assert (run.work_pool_name, run.work_queue_name) == ("cpu", "batch")
        assert (job.flow_run_id, job.status) == (str(run.id), "queued")
        assert "secret" not in json.dumps(run.parameters)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [({"videos_per_run": -1}, "videos_per_run"), ({"colour": "red"}, "colour")],
)
def test_a_night_that_breaks_the_schema_is_refused_by_name(fleet, order, wrong, named):
    """Before any run is made."""
    broken = order.model_dump(mode="json") | wrong

    with pytest.raises(FleetRefused, match=named):
        ask_for(broken)


def ask_for(order):
    """Ask for a night now, as any caller of Prefect's API would."""
    with server() as client:
        nightly = client.read_deployment_by_name("trending/nightly")
        client.create_flow_run_from_deployment(nightly.id, parameters={"order": order})


def test_the_schedules_are_off_until_someone_means_them(fleet):
    """Nobody's night is spent by an installation."""
    with server() as client:
        nightly = client.read_deployment_by_name("trending/nightly")

    assert [schedule.active for schedule in nightly.schedules] == [False, False]
    assert {schedule.schedule.timezone for schedule in nightly.schedules} == {
        "America/New_York",
        "Europe/Berlin",
    }


def test_every_parameter_of_the_form_is_explained(fleet):
    """In its place, with its bounds."""
    with server() as client:
        nightly = client.read_deployment_by_name("trending/nightly")
    schema = nightly.parameter_openapi_schema["definitions"]["TrendOrder"]
    fields = schema["properties"]

    assert [field["position"] for field in fields.values()] == list(range(len(fields)))
    assert [name for name, field in fields.items() if not field.get("description")] == []
    assert schema["additionalProperties"] is False


@pytest.mark.parametrize("schedule", ["nightly", "weekly"])
def test_a_schedule_s_parameters_are_an_order(fleet, schedule):
    """What the night would run on is understood today."""
    with server() as client:
        nightly = client.read_deployment_by_name("trending/nightly")
    (found,) = [each for each in nightly.schedules if each.slug == schedule]

    assert TrendOrder.model_validate(found.parameters["order"]).sources
