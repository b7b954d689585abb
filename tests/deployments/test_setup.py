"""Set-up makes all that a fleet needs, and may be run again at any time."""

import pytest

from cutroom.records.errors import FleetMissing, FleetRefused, ServerUnavailable
from deployments.automations import SILENCE
from deployments.fleet import VARIABLE, Fleet, read_fleet, server
from deployments.setup import deploy, make_variable, set_up

# ruff: noqa: PLC0415
# Prefect reads its settings on import, and those of a house are temporary.


def everything():
    """Return what a server has of ours, ids and times left out."""
    from prefect.client.schemas.filters import WorkQueueFilter

    with server() as client:
        pools = {
            pool: {
                queue.name: (queue.priority, queue.concurrency_limit)
                for queue in client.read_work_queues(pool, WorkQueueFilter(), limit=50, offset=0)
            }
            for pool in ("cpu", "gpu")
        }
        limits = {
            limit.name: (limit.limit, limit.slot_decay_per_second)
            for limit in client.read_global_concurrency_limits(limit=100, offset=0)
            if limit.name in {"downloads", "language"}
        }
        sizes = {pool: client.read_work_pool(pool).concurrency_limit for pool in pools}
        automations = sorted(
            found.name for found in client.read_automations() if found.name.startswith("cutroom")
        )
        names = sorted(found.name for found in client.read_deployments(limit=50, offset=0))
    return pools, limits, sizes, automations, names


@pytest.mark.slow
def test_set_up_twice_is_set_up_once(fleet):
    """Nothing is doubled, and everything is as it should be."""
    first = everything()
    set_up(tell=lambda _: None)

    assert everything() == first
    pools, limits, sizes, automations, _ = first
    assert pools["cpu"] == pools["gpu"]
    assert pools["cpu"] == {
        "express": (1, None),
        "standard": (5, None),
        "batch": (10, 20),
        "default": (100, None),
    }
    assert limits == {"downloads": (8, 0.0), "language": (10, 0.5)}
    assert sizes == {"cpu": 50, "gpu": 10}
    assert automations == [
        "cutroom: a crashed run goes back into its queue",
        "cutroom: a silent run has crashed",
        "cutroom: a video was requested",
    ]


def test_a_silent_run_is_only_reported_never_forced(fleet):
    """Forced, a run that has just ended would be started again."""
    with server() as client:
        (silent,) = client.read_automations_by_name("cutroom: a silent run has crashed")
        (crashed,) = client.read_automations_by_name(
            "cutroom: a crashed run goes back into its queue"
        )

    assert silent.trigger.within.total_seconds() == SILENCE
    assert [(action.state.value, action.force) for action in silent.actions] == [("CRASHED", False)]
    assert [action.name for action in crashed.actions] == ["AwaitingRetry"]
    for automation in (silent, crashed):
        assert automation.trigger.match_related.root == {
            "prefect.resource.id": "prefect.tag.cutroom"
        }


def test_an_operators_numbers_stay(fleet):
    """The variable is made once; what someone wrote into it since is used."""
    from prefect.client.schemas.actions import VariableUpdate

    with server() as client:
        try:
            client.update_variable(VariableUpdate(name=VARIABLE, value={"downloads": 3}))
            make_variable(client)
            assert read_fleet(client) == Fleet(downloads=3)
            client.update_variable(VariableUpdate(name=VARIABLE, value={"downlods": 3}))
            with pytest.raises(FleetRefused, match="downlods"):
                read_fleet(client)
        finally:
            client.delete_variable_by_name(VARIABLE)
            make_variable(client)


def test_a_server_that_is_not_there_is_one_typed_error(house, monkeypatch):
    """What to do is said, and no traceback of a client."""
    from prefect.settings import (
        PREFECT_API_URL,
        PREFECT_CLIENT_MAX_RETRIES,
        temporary_settings,
    )

    nowhere = {PREFECT_API_URL: "http://127.0.0.1:9/api", PREFECT_CLIENT_MAX_RETRIES: 0}
    with (
        temporary_settings(nowhere),
        pytest.raises(ServerUnavailable, match="PREFECT_API_URL"),
        server() as client,
    ):
        client.read_work_pool("cpu")


def test_a_server_without_our_pools_says_what_to_run(house):
    """The hint names the command."""
    with pytest.raises(FleetMissing, match="cutroom setup"), server() as client:
        client.read_work_pool("no such pool")


@pytest.mark.slow
def test_a_deployment_that_prefect_skips_is_an_error(fleet, tmp_path):
    """Prefect itself says so and exits 0."""
    path = tmp_path / "prefect.yaml"
    path.write_text(
        "pull: []\ndeployments:\n- name: x\n  entrypoint: flows.video.video\n"
        "  work_pool: {name: cpu}\n  schedules: [{cron: '0 3 * * *', max_scheduled_runs: 3}]\n"
    )

    with pytest.raises(FleetRefused, match=r"prefect\.yaml"):
        deploy(path)
