"""Small captured clusters to ask questions of."""

from typing import Any

from virton.forecast.situation import Situation, situation_of

GIB = 1024**3


def cluster(
    resources: dict[str, Any],
    *,
    nodes: int = 3,
    hosts: dict[str, Any] | None = None,
    **parts: Any,
) -> Situation:
    """Return a cluster of `node1`, `node2`...; resources are `sid -> node`, or whole entries."""
    names = [f"node{number}" for number in range(1, nodes + 1)]
    return situation_of(
        {
            "nodes": hosts or {name: {"power": "on", "network": "on"} for name in names},
            "resources": {
                sid: {"node": entry, "state": "started"} if isinstance(entry, str) else entry
                for sid, entry in resources.items()
            },
            "commands": [],
            **parts,
        }
    )


def rule(rule_id: str, resources: list[str], **more: Any) -> dict[str, Any]:
    """Return a rule of nodes where `nodes` are given, of resources otherwise."""
    kind = "node-affinity" if "nodes" in more else "resource-affinity"
    return {"id": rule_id, "type": kind, "resources": resources, **more}
