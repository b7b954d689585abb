"""Every key of prefect.yaml has reached the server, and the orders it takes are checked there."""

from importlib import import_module

import prefect_api
import pytest
import yaml
from prefect.cli.deploy._models import (
    ConcurrencyLimitSpec,
    DeploymentConfig,
    PrefectYamlModel,
    RawScheduleConfig,
    WorkPoolConfig,
)
from prefect.events import DeploymentEventTrigger

from deployments.fleet import server
from deployments.setup import PREFECT_FILE

WRITTEN = yaml.safe_load(PREFECT_FILE.read_text())
SOURCE = {"kind": "file", "location": "/talk.mp4"}


def flow_of(deployment):
    """Return the flow that a deployment's entrypoint leads to."""
    module, _, name = deployment["entrypoint"].rpartition(".")
    return getattr(import_module(module), name)


def title(deployment):
    """Return a deployment's whole name."""
    return f"{flow_of(deployment).name}/{deployment['name']}"


def read(deployment):
    """Return what the server has under a deployment's name, and its automations."""
    with server() as client:
        found = client.read_deployment_by_name(title(deployment))
        owner = f"prefect.deployment.{found.id}"
        return found, client.read_resource_related_automations(owner)


@pytest.mark.parametrize("deployment", WRITTEN["deployments"], ids=title)
def test_no_key_is_one_that_prefect_drops(deployment):
    """Prefect ignores a misspelt key without a word."""
    known = set(DeploymentConfig.model_fields)

    assert set(deployment) <= known
    assert set(deployment["work_pool"]) <= set(WorkPoolConfig.model_fields)
    for schedule in deployment.get("schedules", []):
        assert set(schedule) <= set(RawScheduleConfig.model_fields)
    for trigger in deployment.get("triggers", []):
        assert set(trigger) - {"type"} <= set(DeploymentEventTrigger.model_fields)
    limit = deployment.get("concurrency_limit")
    if isinstance(limit, dict):
        assert set(limit) <= set(ConcurrencyLimitSpec.model_fields)


def test_no_key_at_the_top_is_one_that_prefect_drops():
    """`definitions` is ours, for anchors; all others are Prefect's."""
    fields = PrefectYamlModel.model_fields.items()
    known = {name for pair in fields for name in (pair[0], pair[1].alias)}

    assert set(WRITTEN) - known == {"definitions"}


@pytest.mark.parametrize("deployment", WRITTEN["deployments"], ids=title)
def test_every_key_arrives(fleet, deployment):
    """What is written is what the server answers."""
    found, automations = read(deployment)
    pool = deployment["work_pool"]
    limit = deployment.get("concurrency_limit", {})
    answers = {
        "name": found.name,
        "entrypoint": found.entrypoint,
        "description": found.description,
        "tags": found.tags,
        "parameters": found.parameters,
        "enforce_parameter_schema": found.enforce_parameter_schema,
        "work_pool": {
            "name": found.work_pool_name,
            "work_queue_name": found.work_queue_name,
            "job_variables": found.job_variables,
        },
        "concurrency_limit": limit
        and {
            "limit": found.global_concurrency_limit.limit,
            "collision_strategy": found.concurrency_options.collision_strategy.value,
        },
        "schedules": [
            {
                "cron": schedule.schedule.cron,
                "timezone": schedule.schedule.timezone,
                "slug": schedule.slug,
                "active": schedule.active,
                "parameters": schedule.parameters,
            }
            for schedule in sorted(found.schedules, key=lambda schedule: schedule.slug)
        ],
        "triggers": [
            {
                "type": automation.trigger.type,
                "name": automation.name,
                "description": automation.description,
                "enabled": automation.enabled,
                "expect": list(automation.trigger.expect),
                "match": automation.trigger.match.root,
                "parameters": automation.actions[0].parameters,
            }
            for automation in automations
        ],
    }

    assert set(deployment) <= set(answers), "a key that this test does not read back"
    assert pool == answers["work_pool"]
    for key in set(deployment) - {"schedules", "triggers"}:
        assert answers[key] == deployment[key], key
    for key in ("schedules", "triggers"):
        wanted = sorted(deployment.get(key, []), key=lambda one: one.get("slug", ""))
        assert len(wanted) == len(answers[key])
        for ours, theirs in zip(wanted, answers[key], strict=True):
            assert {name: theirs[name] for name in ours} == ours
    assert found.pull_steps in (None, [])


def test_the_form_is_ordered_and_explained(fleet):
    """Each field of an order has its place, its words, its choices and its bounds."""
    found, _ = read(WRITTEN["deployments"][0])
    schema = found.parameter_openapi_schema["definitions"]

    for kind in ("Order", "Recipe", "Source"):
        fields = schema[kind]["properties"]
        assert [field["position"] for field in fields.values()] == list(range(len(fields)))
        assert [name for name, field in fields.items() if not field.get("description")] == []
        assert schema[kind]["additionalProperties"] is False
    recipe = schema["Recipe"]["properties"]
    assert recipe["layout"]["enum"] == ["source", "vertical", "square"]
    assert (recipe["clips"]["minimum"], recipe["clips"]["maximum"]) == (0, 200)
    assert recipe["clips"]["default"] == 6


def test_schedules_make_runs(fleet):
    """The hourly upkeep is planned ahead; a server that cannot plan says so in its log alone."""
    hourly = next(one for one in WRITTEN["deployments"] if one["name"] == "hourly")
    found, _ = read(hourly)

    # Asks for now what the server's scheduler does each minute, by the same code.
    address = f"{fleet.house.api}/deployments/{found.id}/schedule"
    answer = prefect_api.post(address, json={"min_runs": 1})

    assert answer.is_success
    wanted = {"deployments": {"id": {"any_": [str(found.id)]}}}
    runs = prefect_api.post(f"{fleet.house.api}/flow_runs/filter", json=wanted).json()
    assert {run["state_type"] for run in runs} == {"SCHEDULED"}


@pytest.mark.parametrize(
    ("order", "named"),
    [
        ({"source": SOURCE, "recipe": {"clips": 201}}, "clips"),
        ({"source": SOURCE, "recipe": {"layout": "round"}}, "layout"),
        ({"source": {"kind": "file"}}, "location"),
        ({"source": SOURCE, "colour": "red"}, "colour"),
        ({"source": SOURCE, "recipe": {"clip": 2}}, "clip"),
    ],
)
def test_an_order_that_breaks_the_schema_is_refused_by_name(fleet, order, named):
    """409, the field named, an unknown one too, and no run made."""
    found, _ = read(WRITTEN["deployments"][0])

    answer = prefect_api.post(
        f"{fleet.house.api}/deployments/{found.id}/create_flow_run",
        json={"parameters": {"order": order}},
    )

    assert answer.status_code == 409
    assert named in answer.json()["detail"]
