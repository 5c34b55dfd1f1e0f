"""A capture of a cluster as it stood at a past moment, so that it can be played on from there.

What was kept of that moment is what the page showed: where each resource was, what was asked of it,
the rules, and the state of each node. What guests need, and what nodes have, is as it is now. No
work was under way, as far as this form tells: a moment before something happened suits best.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from virton.ha.environment import MANAGER_LOCK, agent_lock
from virton.proxmox.capture_configuration import told
from virton.proxmox.capture_status import lock_holders
from virton.proxmox.pseudonyms import GROUP_RULE
from virton.proxmox.remarks import RULE_TYPES

Json = dict[str, Any]
Row = Mapping[str, Any]

_AGE_S = 5


def as_it_stood(now: Json, rows: Mapping[str, Any]) -> Json:
    """Return a capture of now with what a past moment's rows say (`nodes`, `resources`, `rules`)."""
    nodes = [row for row in rows["nodes"] if row["name"] in now["nodes"]]
    names = {row["name"] for row in nodes}
    resources = [row for row in rows["resources"] if row.get("node") in names]
    master = (rows.get("cluster") or {}).get("master")
    at_s = now["manager_status"].get("timestamp")
    manager = _manager(now["manager_status"], nodes, resources, master)
    return now | {
        "about": _about(now.get("about", {})),
        "nodes": {row["name"]: _node(now["nodes"][row["name"]], row) for row in nodes},
        "guests": now["guests"] | _guests(now["guests"], resources),
        "resources": {
            row["sid"]: _resource(row, now["resources"].get(row["sid"], {}))
            for row in resources
            if row.get("configured")
        },
        "rules": [_rule(row) for row in rows["rules"] if _is_rule(row)],
        "running": _running(now["running"], resources, names),
        "manager_status": manager,
        "lrm_status": {row["name"]: _lrm(row, at_s) for row in nodes if row.get("lrm")},
        "seen": _seen(nodes, master, manager),
        "commands": [],
    }


def _about(now: Json) -> Json:
    """Return what the capture is, without what is remarked of a node as it is now."""
    return now | {"remarks": [one for one in now.get("remarks", ()) if "node" not in one]}


def _node(now: Json, row: Row) -> Json:
    is_on = bool(row.get("online")) and not row.get("lost")
    switch = "on" if is_on else "off"
    sizes = told({"maxcpu": row.get("maxcpu"), "maxmem": row.get("maxmem")})
    return now | sizes | {"power": switch, "network": switch, "online": is_on}


def _guests(now: Json, resources: Sequence[Row]) -> Json:
    return {
        row["sid"]: now.get(row["sid"], {})
        | told({"node": row["node"], "status": row.get("guest")})
        for row in resources
    }


def _resource(row: Row, now: Json) -> Json:
    entry = {
        "state": "started" if row["request_state"] == "enabled" else row["request_state"],
        "max_restart": row["max_restart"],
        "max_relocate": row["max_relocate"],
        "failback": row["failback"],
        "auto-rebalance": row.get("auto_rebalance"),
        "group": row.get("group"),
        "comment": row.get("comment") or None,
    }
    return {"node": row["node"], "auto-rebalance": now.get("auto-rebalance", True)} | told(entry)


def _is_rule(row: Row) -> bool:
    return row["type"] in RULE_TYPES and not row["rule"].startswith(GROUP_RULE)


def _rule(row: Row) -> Json:
    entry: Json = {
        "id": row["rule"],
        "type": row["type"],
        "resources": list(row["resources"]),
        "disable": row["disabled"],
    }
    if row["type"] == "node-affinity":
        nodes = {one["node"]: one["priority"] for one in row["nodes"]}
        entry |= {"nodes": nodes, "strict": row["strict"]}
    return entry | told({"affinity": row.get("affinity"), "comment": row.get("comment") or None})


def _running(now: Json, resources: Sequence[Row], names: set[str]) -> Json:
    under_ha = {row["sid"] for row in resources}
    running: dict[str, Json] = {
        node: {sid: 1 for sid in there if sid not in under_ha}
        for node, there in now.items()
        if node in names
    }
    for row in resources:
        if row.get("guest") == "running":
            running.setdefault(row["node"], {})[row["sid"]] = 1
    return {node: there for node, there in sorted(running.items()) if there}


def _manager(now: Json, nodes: Sequence[Row], resources: Sequence[Row], master: str | None) -> Json:
    status = {key: now[key] for key in ("timestamp",) if key in now}
    services = {row["sid"]: _service(row) for row in resources if row.get("crm_state")}
    return (
        status
        | told({"master_node": master})
        | {
            "node_status": {row["name"]: row.get("ha_state") or "unknown" for row in nodes},
            "service_status": services,
        }
    )


def _service(row: Row) -> Json:
    running = 1 if row.get("guest") == "running" else None
    failed = list(row.get("failed_nodes") or ()) or None
    state = _SETTLED.get(row["crm_state"], row["crm_state"])
    entry = {"state": state, "node": row["node"], "uid": row["sid"], "running": running}
    return told(entry | {"failed_nodes": failed})


_SETTLED = {
    "migrate": "started",
    "relocate": "started",
    "request_start": "started",
    "request_start_balance": "started",
    "request_stop": "stopped",
}
"""What a resource is taken for whose work was under way: the work itself is not kept."""


def _lrm(row: Row, at_s: int | None) -> Json:
    """Return an LRM's file; whoever was there then had just written."""
    lrm = row["lrm"]
    entry = {
        "state": lrm.get("state") or "wait_for_agent_lock",
        "mode": lrm.get("mode") or "active",
        "timestamp": at_s,
    }
    return told(entry) | {"results": {}}


def _seen(nodes: Sequence[Row], master: str | None, manager: Json) -> Json:
    states = {row["name"]: (row.get("lrm") or {}).get("state") for row in nodes}
    at_work = lock_holders(manager, states)
    locks: Json = {agent_lock(name): {"node": name, "age_s": _AGE_S} for name in at_work}
    if master is not None:
        locks[MANAGER_LOCK] = {"node": master, "age_s": _AGE_S}
    ages = {row["name"]: _AGE_S for row in nodes if row.get("lrm")}
    return {
        "quorate": True,
        "ages_s": {"crm": _AGE_S, "lrm": ages},
        "locks": locks,
        "watchdogs": {
            "crm": master is not None,
            "lrm": {row["name"]: row["name"] in at_work for row in nodes if row.get("lrm")},
        },
        "under_way": [],
        "queued": [],
    }
