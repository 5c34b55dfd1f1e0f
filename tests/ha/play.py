"""Small scenarios for tests, and what the manager told in them."""

from typing import Any

from virton.ha.causes import Cause
from virton.ha.events import Record
from virton.ha.events.cluster import NodeStateChanged
from virton.ha.events.resource import ResourceStateChanged
from virton.simulation.scenario import Scenario, run_scenario, scenario_from


def scene(
    resources: dict[str, Any], *batches: str | list[str], nodes: int = 3, **parts: Any
) -> Scenario:
    """Return a scenario in which all nodes are switched on, and then the batches follow.

    Resources are `sid -> node`, or whole entries.
    """
    names = [f"node{number}" for number in range(1, nodes + 1)]
    data = {
        "nodes": {name: {"power": "off", "network": "off"} for name in names},
        "resources": {
            sid: {"node": entry, "state": "started"} if isinstance(entry, str) else entry
            for sid, entry in resources.items()
        },
        "commands": [
            [f"power {name} on" for name in names],
            *([batch] if isinstance(batch, str) else batch for batch in batches),
        ],
        **parts,
    }
    return scenario_from(data, "test")


def play(scenario: Scenario) -> list[Record]:
    """Run a scenario; return everything that was told."""
    records: list[Record] = []
    run_scenario(scenario, records.append)
    return records


def changes(records: list[Record], sid: str) -> list[tuple[str, str, Cause | None]]:
    """Return a resource's changes of state: from, to, cause."""
    return [
        (record.event.from_, record.event.to, record.cause)
        for record in records
        if isinstance(record.event, ResourceStateChanged) and record.event.sid == sid
    ]


def node_changes(records: list[Record], node: str) -> list[tuple[str, str, Cause | None]]:
    """Return a node's changes of state: from, to, cause."""
    return [
        (record.event.from_, record.event.to, record.cause)
        for record in records
        if isinstance(record.event, NodeStateChanged) and record.event.node == node
    ]
