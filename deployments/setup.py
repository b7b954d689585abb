"""Make a Prefect server ready for a fleet; may be run again at any time."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from blocks.settings import Settings, settings
from cutroom.records.errors import FleetRefused
from deployments.automations import make_automations
from deployments.fleet import VARIABLE, Fleet, read_fleet, server
from deployments.pools import make_limits, make_pools

if TYPE_CHECKING:
    from prefect.client.orchestration import SyncPrefectClient

# ruff: noqa: PLC0415
# Prefect takes two seconds to import, and reads its settings then: it comes with the first call.

_IN_CHECKOUT = Path(__file__).parents[1] / "prefect.yaml"
PREFECT_FILE = _IN_CHECKOUT if _IN_CHECKOUT.exists() else Path(__file__).with_name("prefect.yaml")
"""Stands at the root of the checkout; an installed Cutroom, as in the image, carries it inside."""
DEPLOY_LIMIT = 300.0
"""Seconds for `prefect deploy`, which imports every flow; 10 s are usual."""


def set_up(*, overwrite: bool = False, tell: Callable[[str], object] = print) -> None:
    """Make pools, queues, limits, automations, blocks, variables and deployments.

    What is there already is brought up to date; an operator's own numbers, kept in the variable,
    and blocks that someone has filled in stay as they are.

    Args:
        overwrite: Whether this machine's settings replace what the blocks say.
        tell: Told of each part when it is done.

    Raises:
        ServerUnavailable: The Prefect server does not answer.
        FleetRefused: Prefect would not take a deployment.
    """
    with server() as client:
        make_variable(client)
        fleet = read_fleet(client)
        tell(f"variable {VARIABLE}")
        make_pools(client, fleet)
        tell("pools cpu and gpu, each with the queues express, standard and batch")
        make_limits(client, fleet)
        tell(f"limits: {fleet.downloads} downloads at once, {fleet.language_calls} language calls")
        make_automations(client)
        tell("automations for runs whose worker is lost")
    from blocks.saving import save_blocks

    saved = save_blocks(settings(), overwrite=overwrite)
    tell(f"blocks: {', '.join(saved) or 'types only; nothing is set that they would hold'}")
    deploy()
    tell("deployments of prefect.yaml")
    for line in prepare_storage(settings()):
        tell(line)


def make_variable(client: "SyncPrefectClient") -> None:
    """Make the variable with the fleet's numbers unless someone has set it."""
    from prefect.client.schemas.actions import VariableCreate

    if client.read_variable_by_name(VARIABLE) is None:
        value = Fleet().model_dump(mode="json")
        client.create_variable(VariableCreate(name=VARIABLE, value=value, tags=["cutroom"]))


def deploy(prefect_file: Path = PREFECT_FILE) -> None:
    """Deploy everything that prefect.yaml names.

    Raises:
        FleetRefused: One of them was refused, or skipped.
    """
    words = ("--no-prompt", "deploy", "--all", "--prefect-file", str(prefect_file))
    done = subprocess.run(
        [sys.executable, "-m", "prefect", *words],
        check=False,
        capture_output=True,
        text=True,
        timeout=DEPLOY_LIMIT,
        cwd=prefect_file.parent,
        env={**os.environ, "COLUMNS": "1000", "NO_COLOR": "1"},
    )
    told = done.stdout + done.stderr
    # A deployment that it cannot read is skipped with a message and status 0.
    if done.returncode != 0 or "skipp" in told.lower():
        lines = [line.strip(" │") for line in told.splitlines() if line.strip(" │╭╮╰╯─")]
        raise FleetRefused(
            f"Prefect refused {prefect_file.name}: {' '.join(lines[-3:])[:500]}",
            f"Try by hand: prefect {' '.join(words)}",
        )


def prepare_storage(chosen: Settings) -> list[str]:
    """Set the bucket's rules for what expires, where a bucket is set.

    Returns:
        What the bucket does from now on, a sentence each.

    Raises:
        StorageDenied, StorageUnavailable: As the store says.
    """
    if chosen.bucket is None:
        return []
    from cutroom.storage.lifecycle import apply_rules
    from cutroom.storage.objects import Objects

    return [f"bucket {chosen.bucket.name}: {rule}" for rule in apply_rules(Objects(chosen.bucket))]
