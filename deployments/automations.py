"""What Prefect does by itself when a worker dies: report the run, then put it back into its queue.

Two steps on purpose. A run that just ended can look as if its heartbeat stopped; CRASHED is refused
for a run that has ended, while SCHEDULED would start it once more.
"""

from datetime import timedelta
from typing import TYPE_CHECKING

from deployments.fleet import TAG

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient
    from prefect.events.schemas.automations import AutomationCore

# ruff: noqa: PLC0415
# Prefect takes two seconds to import, and reads its settings then: it comes with the first call.

HEARTBEAT = 30
"""Seconds between two heartbeats of a run: the least that Prefect allows."""
SILENCE = 65
"""Seconds without heartbeat after which a run counts as dead: two that did not come, and five for
a slow network. Three would be calmer, but then a job could not go on within 90 s of its worker's
death. Wrong once in a while it does no harm: what publishes looks whether it is still the one."""

_ENDS = {
    f"prefect.flow-run.{state}"
    for state in ("heartbeat", "Completed", "Failed", "Cancelled", "Crashed", "AwaitingRetry")
}


def make_automations(client: "SyncPrefectClient") -> None:
    """Make the automations, or bring those of the same name up to date."""
    for wish in (heartbeat_missed(), crashed_goes_back()):
        found = client.read_automations_by_name(wish.name)
        if found:
            client.update_automation(found[0].id, wish)
            for double in found[1:]:
                client.delete_automation(double.id)
        else:
            client.create_automation(wish)


def heartbeat_missed() -> "AutomationCore":
    """Return the automation that reports a run as crashed once its heartbeat stops."""
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    return AutomationCore(
        name="cutroom: a silent run has crashed",
        description=f"No heartbeat for {SILENCE} s: its worker and its process are gone.",
        trigger=EventTrigger(
            after={"prefect.flow-run.heartbeat"},
            expect=_ENDS,
            posture=Posture.Proactive,
            within=timedelta(seconds=SILENCE),
            **_each_of_our_runs(),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.CRASHED, message=f"No heartbeat for {SILENCE} seconds."
            )
        ],
    )


def crashed_goes_back() -> "AutomationCore":
    """Return the automation that puts a crashed run back; its finished steps stay cached."""
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    return AutomationCore(
        name="cutroom: a crashed run goes back into its queue",
        description="The job counts its attempts and ends by itself after the third.",
        trigger=EventTrigger(
            expect={"prefect.flow-run.Crashed"},
            posture=Posture.Reactive,
            within=timedelta(0),
            **_each_of_our_runs(),
        ),
        actions=[
            ChangeFlowRunState(
                state=StateType.SCHEDULED,
                name="AwaitingRetry",
                message="Its worker was lost; the next one goes on from the last finished step.",
            )
        ],
    )


def _each_of_our_runs() -> "dict[str, object]":
    from prefect.events.schemas.events import ResourceSpecification

    return {
        "match": ResourceSpecification({"prefect.resource.id": "prefect.flow-run.*"}),
        "match_related": ResourceSpecification({"prefect.resource.id": f"prefect.tag.{TAG}"}),
        "for_each": {"prefect.resource.id"},
        "threshold": 1,
    }
