"""Random scenarios: small clusters to which much happens at once, the same for the same seed.

A cluster's content and what is done to it are drawn from a theme, so that things meet that seldom
meet by chance: a fence during disarming, a full group migration, a resource that fails everywhere.
"""

from random import Random
from typing import Any

from tests.simulation.doings import THEMES, commands
from tests.simulation.draft import LOCKS, MIB, NEW_VERSIONS, OLD_VERSIONS, Draft, new_sid

POLICIES = ("conditional", "freeze", "failover", "migrate")
LEFT_STATES = {
    "error": 2,
    "fence": 2,
    "freeze": 2,
    "migrate": 2,
    "recovery": 2,
    "relocate": 1,
    "request_start": 1,
    "request_start_balance": 1,
    "request_stop": 1,
    "started": 8,
    "stopped": 2,
}


def generate(seed: int) -> dict[str, Any]:
    """Return the content of a scenario file, without `expect`."""
    draw = Random(seed)  # noqa: S311 (repeatable, not secret)
    theme = draw.choice(sorted(THEMES))
    draft = Draft(draw, theme, [f"node{n + 1}" for n in range(draw.randint(2, 7))])
    scenario: dict[str, Any] = {"name": f"seed-{seed}-{theme}", "nodes": _nodes(draft)}
    scenario["resources"] = _resources(draft)
    if theme == "groups" or (theme == "all" and draft.chance(0.2)):
        scenario["groups"] = _groups(draft, scenario["resources"])
    if draft.chance(0.7):
        scenario["rules"] = _rules(draft)
    datacenter = _datacenter(draft)
    if datacenter:
        scenario["datacenter"] = datacenter
    if draft.stats and draft.chance(0.8):
        scenario["static_stats"] = {sid: _most(draft) for sid in sorted(scenario["resources"])}
        scenario["dynamic_stats"] = {sid: _now(draft) for sid in sorted(scenario["resources"])}
    if draft.chance(0.1):
        scenario["manager_status"] = _manager_status(draft)
    if draft.chance(0.1):
        scenario["running"] = _running(draft)
    scenario["commands"] = commands(draft)
    return scenario


# what the cluster consists of


def _nodes(draft: Draft) -> dict[str, dict[str, Any]]:
    nodes = {}
    for name in draft.nodes:
        power = "on" if draft.chance(0.02) else "off"
        node: dict[str, Any] = {"power": power, "network": power}
        if draft.theme == "load" and draft.chance(0.3):
            node["maxcpu"] = draft.draw.choice((4, 16, 32))
            node["maxmem"] = draft.draw.choice((16, 64, 256)) * 1024 * MIB
        if draft.theme == "groups":
            versions = NEW_VERSIONS if draft.chance(0.8) else OLD_VERSIONS
            node["pve_version"] = draft.draw.choice(versions)
        nodes[name] = node
    return nodes


def _resources(draft: Draft) -> dict[str, dict[str, Any]]:
    """Draw the resources; with few nodes there are few, so that they meet."""
    count = draft.draw.randint(1, 4 + 2 * len(draft.nodes))
    if draft.chance(0.03):
        count = 0
    resources = {}
    for number in range(count):
        sid = new_sid(draft, number)
        state = draft.draw.choices(("started", "stopped", "disabled", "ignored"), (16, 2, 2, 1))[0]
        resource: dict[str, Any] = {"node": draft.node(), "state": state}
        if draft.chance(0.15):
            resource["max_restart"] = draft.draw.randint(0, 3)
        if draft.chance(0.2):
            resource["max_relocate"] = draft.draw.randint(0, 3)
        if draft.chance(0.2):
            resource["failback"] = draft.chance(0.3)
        if draft.chance(0.04):
            resource["lock"] = draft.draw.choice(LOCKS[1:])
        resources[sid] = resource
        draft.sids.append(sid)
        draft.where[sid] = resource["node"]
        if state == "ignored":
            draft.ignored.add(sid)
    return resources


def _groups(draft: Draft, resources: dict[str, dict[str, Any]]) -> list[dict[str, Any]]:
    groups = []
    for number in range(draft.draw.randint(1, 3)):
        groups.append(
            {
                "id": f"group{number + 1}",
                "nodes": _priorities(draft),
                "restricted": draft.chance(0.5),
                "nofailback": draft.chance(0.4),
            }
        )
    names = [group["id"] for group in groups] + ["nowhere"] * draft.chance(0.1)
    for sid in sorted(resources):
        if draft.chance(0.6):
            resources[sid]["group"] = draft.draw.choice(names)
    return groups


def _priorities(draft: Draft) -> dict[str, int]:
    nodes = sorted(draft.draw.sample(draft.nodes, draft.draw.randint(1, len(draft.nodes))))
    equal = draft.chance(0.5)
    return {node: 0 if equal else draft.draw.randint(0, 3) for node in nodes}


def _rules(draft: Draft) -> list[dict[str, Any]]:
    rules = []
    for number in range(draft.draw.randint(1, 5)):
        rule: dict[str, Any] = {"id": f"rule{number + 1}", "resources": _some_sids(draft)}
        if draft.chance(0.4):
            rule |= {
                "type": "node-affinity",
                "nodes": _priorities(draft),
                "strict": draft.chance(0.5),
            }
        else:
            affinity = "positive" if draft.chance(0.5) else "negative"
            rule |= {"type": "resource-affinity", "affinity": affinity}
        if draft.chance(0.07):
            rule["disable"] = True
        rules.append(rule)
    return rules


def _some_sids(draft: Draft) -> list[str]:
    count = draft.draw.choices((1, 2, 3, 4), (2, 6, 3, 1))[0]
    some = set(draft.draw.sample(draft.sids, min(count, len(draft.sids))))
    if not some or draft.chance(0.05):
        some.add("vm:999")
    return sorted(some)


def _datacenter(draft: Draft) -> dict[str, dict[str, Any]]:
    settings: dict[str, dict[str, Any]] = {}
    if draft.theme in ("shutdowns", "maintenance", "all") or draft.chance(0.15):
        settings["ha"] = {"shutdown_policy": draft.draw.choice(POLICIES)}
    draft.stats = draft.theme == "load" or draft.chance(0.15)
    if draft.stats or draft.chance(0.1):
        settings["crs"] = _scheduler(draft)
    return settings


def _scheduler(draft: Draft) -> dict[str, Any]:
    crs: dict[str, Any] = {"ha": draft.draw.choice(("static", "dynamic"))} if draft.stats else {}
    if draft.chance(0.4):
        crs["ha-rebalance-on-start"] = 1
    if draft.chance(0.6):
        crs["ha-auto-rebalance"] = 1
        if draft.chance(0.5):
            crs["ha-auto-rebalance-method"] = "topsis"
        if draft.chance(0.3):
            crs["ha-auto-rebalance-threshold"] = draft.draw.choice((0, 0.1, 0.5, 0.8))
        if draft.chance(0.3):
            crs["ha-auto-rebalance-hold-duration"] = draft.draw.randint(0, 6)
        if draft.chance(0.3):
            crs["ha-auto-rebalance-margin"] = draft.draw.choice((0, 0.05, 0.3))
    return crs


def _most(draft: Draft) -> dict[str, Any]:
    return {
        "maxcpu": float(draft.draw.choice((1, 2, 4, 8, 16))),
        "maxmem": draft.draw.choice((512, 2048, 8192, 30000)) * MIB,
    }


def _now(draft: Draft) -> dict[str, Any]:
    return {
        "cpu": draft.draw.choice((0.0, 0.3, 0.9, 1.0, 2.5, 6.0)),
        "mem": draft.draw.choice((100, 512, 1900, 7000)) * MIB,
    }


def _manager_status(draft: Draft) -> dict[str, Any]:
    """Draw what an earlier master left behind."""
    left = [sid for sid in draft.sids if sid not in draft.ignored and draft.chance(0.7)]
    states = ("online", "online", "unknown", "fence", "maintenance")
    # now and then the master remembers a node that is no member any more, or not yet every one
    known = draft.nodes + ["node9"] * draft.chance(0.2)
    known = known[draft.chance(0.2) :]
    status: dict[str, Any] = {
        "master_node": draft.node(),
        "node_status": {node: draft.draw.choice(states) for node in known},
        "service_status": {sid: _left(draft, sid, f"left{n}") for n, sid in enumerate(left)},
        "timestamp": 10,
    }
    if draft.chance(0.2):
        status["node_request"] = {draft.node(): {"maintenance": 1}}
    if draft.chance(0.15):
        mode = draft.draw.choice(("freeze", "ignore"))
        status["disarm"] = {"mode": mode, "state": draft.draw.choice(("disarming", "disarmed"))}
    return status


def _left(draft: Draft, sid: str, uid: str) -> dict[str, Any]:
    """Draw what an earlier master knew of a resource; now and then it knew another node."""
    state = draft.draw.choices(tuple(LEFT_STATES), tuple(LEFT_STATES.values()))[0]
    node = draft.where[sid] if draft.chance(0.9) else draft.node()
    left: dict[str, Any] = {"state": state, "node": node, "uid": uid}
    if state in ("migrate", "relocate", "request_start_balance"):
        left["target"] = draft.node()
    if state == "started" and draft.chance(0.5):
        left["running"] = 1
    if draft.chance(0.1):
        left["failed_nodes"] = [draft.node()]
    if draft.chance(0.1):
        left["maintenance_node"] = draft.node()
    return left


def _running(draft: Draft) -> dict[str, dict[str, int]]:
    running: dict[str, dict[str, int]] = {}
    for sid in draft.sids:
        if draft.chance(0.3):
            running.setdefault(draft.where[sid], {})[sid] = 1
    return running
