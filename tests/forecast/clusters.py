"""Small captured clusters to ask questions of."""

import random
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


def random_sids(dice: random.Random) -> list[str]:
    """Return ten resources, every third of them a container."""
    return [f"{dice.choice(('vm', 'vm', 'ct'))}:{number}" for number in range(1, 11)]


def random_resources(dice: random.Random, names: list[str], sids: list[str]) -> dict[str, Any]:
    """Return resources on random nodes, few of them stopped."""
    return {
        sid: {
            "node": dice.choice(names),
            "state": "stopped" if dice.random() < 0.1 else "started",
            "failback": dice.random() < 0.7,
        }
        for sid in sids
    }


def random_rules(dice: random.Random, names: list[str], sids: list[str]) -> list[dict[str, Any]]:
    """Return up to three rules of resources, and up to three of nodes."""
    rules = []
    for number in range(dice.randint(0, 3)):
        chosen = dice.sample(sids, dice.randint(2, 3))
        affinity = dice.choice(("positive", "negative"))
        rules.append(rule(f"res{number}", chosen, affinity=affinity))
    for number in range(dice.randint(0, 3)):
        some = dice.sample(names, dice.randint(1, 2))
        prefer = {name: dice.randint(0, 2) for name in some}
        strict = dice.randint(0, 1)
        rules.append(rule(f"node{number}", [dice.choice(sids)], nodes=prefer, strict=strict))
    return rules
