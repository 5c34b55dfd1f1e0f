"""Put what the cluster told in its several answers together into the one Snapshot of the page."""

from collections.abc import Mapping
from typing import Any

from virton.console.about_cluster import about_cluster, rule_json
from virton.console.readings import Part, Readings
from virton.proxmox.configuration import Resource
from virton.proxmox.errors import ApiError
from virton.proxmox.features import AUTO_REBALANCE
from virton.proxmox.inventory import Guest, NodeUse
from virton.proxmox.manager import LrmFile, ManagedService
from virton.proxmox.status import CurrentStatus, LrmRow, ServiceRow
from virton.proxmox.values import flag, integer

Snapshot = dict[str, Any]


def assemble(readings: Readings, now: float) -> Snapshot:
    """Return the Snapshot of these readings."""
    status = readings.status.data.current
    rules = readings.rules.data
    return {
        "now": now,
        "cluster": about_cluster(readings, now),
        "parts": readings.freshness(now),
        "quorum": status.quorum and {"ok": status.quorum.ok, "node": status.quorum.node},
        "master": _master(status),
        "fencing": _fencing(status),
        "nodes": _nodes(readings),
        "resources": _resources(readings),
        "guests": _guests(readings),
        "rules": [rule_json(rule) for rule in rules.rules],
        "rules_digest": next((rule.digest for rule in rules.rules if rule.digest), None),
        "resources_digest": next((r.digest for r in readings.resources.data if r.digest), None),
    }


def _master(status: CurrentStatus) -> dict[str, Any] | None:
    master = status.master
    if master is None:
        return None
    return {"node": master.node, "state": master.state, "at": master.timestamp}


def _fencing(status: CurrentStatus) -> dict[str, Any] | None:
    told = status.fencing
    if told is None:
        return None
    return {"armed_state": told.armed_state, "resource_mode": told.resource_mode}


def _nodes(readings: Readings) -> list[dict[str, Any]]:
    status, manager = readings.status.data.current, readings.status.data.manager
    uses, online = readings.nodes.data.inventory.nodes, readings.nodes.data.membership.online
    names = sorted(uses.keys() | online.keys() | status.lrms.keys())
    return [
        {
            "name": name,
            "online": online.get(name, uses[name].online if name in uses else False),
            "ha_state": manager.node_states.get(name),
            "lrm": _lrm(status.lrms.get(name), manager.lrms.get(name)),
        }
        | _use(uses.get(name))
        for name in names
    ]


def _lrm(row: LrmRow | None, file: LrmFile | None) -> dict[str, Any] | None:
    if row is None:
        return None
    return {
        "state": (file and file.state) or row.raw,
        "mode": file and file.mode,
        "display": row.display,
        "watchdog": row.watchdog,
        "at": row.timestamp,
    }


def _use(use: NodeUse | None) -> dict[str, Any]:
    use = use or NodeUse("", False)
    return {"cpu": use.cpu, "maxcpu": use.maxcpu, "mem": use.mem, "maxmem": use.maxmem}


def _resources(readings: Readings) -> list[dict[str, Any]]:
    configured = {resource.sid: resource for resource in readings.resources.data}
    rows = readings.status.data.current.services
    managed = readings.status.data.manager.services
    guests = {guest.sid: guest for guest in readings.nodes.data.inventory.guests}
    told = [
        _configured(sid, configured.get(sid), rows.get(sid), readings)
        | _state(sid, rows.get(sid), managed.get(sid), guests.get(sid), readings)
        for sid in configured.keys() | rows.keys()
    ]
    return sorted(told, key=lambda r: (r["type"], r["vmid"] or 0, r["sid"]))


def _configured(
    sid: str, configured: Resource | None, row: ServiceRow | None, readings: Readings
) -> dict[str, Any]:
    config = configured or Resource(sid, sid.partition(":")[0])
    extra = dict(row.extra if row else {}) | dict(config.extra)
    balanced = flag(extra.pop(AUTO_REBALANCE, None), default=True)
    extra.pop("group", None)
    return {
        "sid": sid,
        "type": config.type,
        "vmid": integer(sid.partition(":")[2]),
        "request_state": config.state or (row and row.request_state) or "started",
        "max_restart": _first(config.max_restart, row and row.max_restart, 1),
        "max_relocate": _first(config.max_relocate, row and row.max_relocate, 1),
        "failback": _first(
            config.failback, row and row.failback, readings.failback_of_group(config.group)
        ),
        "auto_rebalance": balanced if readings.features.auto_rebalance else None,
        "comment": _first(config.comment, row and row.comment, ""),
        "group": config.group,
        "errors": _errors(config.errors),
        "extra": extra,
    }


def _state(
    sid: str,
    row: ServiceRow | None,
    managed: ManagedService | None,
    guest: Guest | None,
    readings: Readings,
) -> dict[str, Any]:
    # A resource that the status does not list yet has just been added: it waits for the manager.
    unlisted = "queued" if readings.status.at is not None else None
    return {
        "name": guest.name if guest else None,
        "node": (row and row.node) or (guest.node if guest else None),
        "state": row.state if row else unlisted,
        "crm_state": row and row.crm_state,
        "target": managed and managed.target,
        "failed_nodes": list(managed.failed_nodes) if managed else [],
    }


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def _errors(errors: Mapping[str, tuple[str, ...]]) -> dict[str, list[str]]:
    return {name: list(texts) for name, texts in errors.items()}


def _guests(readings: Readings) -> list[dict[str, Any]]:
    managed = {resource.sid for resource in readings.resources.data}
    return [
        {
            "sid": guest.sid,
            "vmid": guest.vmid,
            "type": guest.sid.partition(":")[0],
            "name": guest.name,
            "node": guest.node,
            "status": guest.status,
        }
        for guest in readings.nodes.data.inventory.guests
        if guest.sid not in managed and not guest.template
    ]


def forbidden(now: float, error: ApiError) -> Snapshot:
    """Return the Snapshot of a viewer who may not see the cluster: every part says why."""
    part: Part[None] = Part(None, None, error)
    snapshot = assemble(Readings(), now)
    snapshot["parts"] = {name: part.to_json(now) for name in snapshot["parts"]}
    return snapshot


def same(one: Snapshot | None, other: Snapshot) -> bool:
    """Tell whether two Snapshots differ in nothing but the time at which they were taken."""
    return one is not None and _timeless(one) == _timeless(other)


def _timeless(snapshot: Snapshot) -> Snapshot:
    parts = {
        name: part | {"at": None, "slow_s": part["slow_s"] is not None}
        for name, part in snapshot["parts"].items()
    }
    cluster = snapshot["cluster"]
    clock = {"runs": cluster["clock"]["runs"], "skewed": bool(cluster["clock"]["skew_s"])}
    return snapshot | {"now": None, "parts": parts, "cluster": cluster | {"clock": clock}}
