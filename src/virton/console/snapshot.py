"""Put what the cluster told in its several answers together into the one Snapshot of the page."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from virton.proxmox.configuration import Group, Resource, Rule
from virton.proxmox.errors import ApiError
from virton.proxmox.inventory import Guest, Inventory, Membership, NodeUse
from virton.proxmox.manager import LrmFile, ManagedService, ManagerFiles
from virton.proxmox.status import CurrentStatus, LrmRow, ServiceRow
from virton.proxmox.values import integer

Data = TypeVar("Data")


@dataclass(frozen=True, slots=True)
class Part(Generic[Data]):
    """One source of the page: its last good data, when that came, and what is wrong since."""

    data: Data
    at: float | None = None
    error: ApiError | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the part's freshness as the page reads it."""
        error = None if self.error is None else self.error.to_json()
        return {"at": self.at, "ok": self.error is None and self.at is not None, "error": error}


@dataclass(frozen=True, slots=True)
class StatusReading:
    """The HA status, for people and as the stack's own files."""

    current: CurrentStatus = field(default_factory=CurrentStatus)
    manager: ManagerFiles = field(default_factory=ManagerFiles)


@dataclass(frozen=True, slots=True)
class RulesReading:
    """The rules; or, on a version without rules, the groups that stand in their place."""

    supported: bool = True
    rules: tuple[Rule, ...] = ()
    groups: tuple[Group, ...] = ()


@dataclass(frozen=True, slots=True)
class NodesReading:
    """Nodes and guests."""

    inventory: Inventory = field(default_factory=Inventory)
    membership: Membership = field(default_factory=Membership)


@dataclass(frozen=True, slots=True)
class Readings:
    """Everything that is known of a cluster, part by part."""

    status: Part[StatusReading] = Part(StatusReading())
    resources: Part[tuple[Resource, ...]] = Part(())
    rules: Part[RulesReading] = Part(RulesReading())
    nodes: Part[NodesReading] = Part(NodesReading())
    version: str | None = None
    votes: int | None = None
    addresses: Mapping[str, ApiError | None] = field(default_factory=dict)

    @property
    def parts(self) -> dict[str, Part[Any]]:
        """Return the parts by the names that the page knows."""
        return {
            "status": self.status,
            "resources": self.resources,
            "rules": self.rules,
            "nodes": self.nodes,
        }


Snapshot = dict[str, Any]


def assemble(readings: Readings, now: float) -> Snapshot:
    """Return the Snapshot of these readings."""
    status = readings.status.data.current
    rules = readings.rules.data
    return {
        "now": now,
        "cluster": _cluster(readings),
        "parts": {name: part.to_json() for name, part in readings.parts.items()},
        "quorum": status.quorum and {"ok": status.quorum.ok, "node": status.quorum.node},
        "master": _master(status),
        "fencing": _fencing(status),
        "nodes": _nodes(readings),
        "resources": _resources(readings),
        "guests": _guests(readings),
        "rules": [_rule(rule) for rule in rules.rules],
        "rules_digest": next((rule.digest for rule in rules.rules if rule.digest), None),
        "resources_digest": next((r.digest for r in readings.resources.data if r.digest), None),
    }


def _cluster(readings: Readings) -> dict[str, Any]:
    return {
        "name": readings.nodes.data.membership.name,
        "version": readings.version,
        "rules_supported": readings.rules.data.supported,
        "groups": [_group(group) for group in readings.rules.data.groups],
        "lab": False,
        "votes": readings.votes,
        "addresses": [
            {"address": address, "ok": error is None, "error": error and error.to_json()}
            for address, error in readings.addresses.items()
        ],
    }


def _pairs(nodes: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"node": node, "priority": priority} for node, priority in nodes]


def _group(group: Group) -> dict[str, Any]:
    return {
        "group": group.group,
        "nodes": _pairs(group.nodes),
        "restricted": group.restricted,
        "nofailback": group.nofailback,
        "comment": group.comment or "",
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
    known = readings.status.at is not None
    listed = [
        _resource(sid, configured.get(sid), rows.get(sid), managed.get(sid), guests.get(sid), known)
        for sid in configured.keys() | rows.keys()
    ]
    return sorted(listed, key=lambda r: (r["type"], r["vmid"] or 0, r["sid"]))


def _resource(
    sid: str,
    configured: Resource | None,
    row: ServiceRow | None,
    managed: ManagedService | None,
    guest: Guest | None,
    status_known: bool,
) -> dict[str, Any]:
    config = configured or Resource(sid, sid.partition(":")[0])
    # A resource that the status does not list yet has just been added: it waits for the manager.
    state = row.state if row else "queued" if status_known else None
    return {
        "sid": sid,
        "type": config.type,
        "vmid": integer(sid.partition(":")[2]),
        "name": guest.name if guest else None,
        "node": (row and row.node) or (guest.node if guest else None),
        "state": state,
        "crm_state": row and row.crm_state,
        "request_state": config.state or (row and row.request_state) or "started",
        "max_restart": _first(config.max_restart, row and row.max_restart, 1),
        "max_relocate": _first(config.max_relocate, row and row.max_relocate, 1),
        "failback": _first(config.failback, row and row.failback, True),
        "comment": _first(config.comment, row and row.comment, ""),
        "group": config.group,
        "target": managed and managed.target,
        "failed_nodes": list(managed.failed_nodes) if managed else [],
        "errors": _errors(config.errors),
        "extra": dict(row.extra if row else {}) | dict(config.extra),
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


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "rule": rule.rule,
        "type": rule.type,
        "resources": list(rule.resources),
        "nodes": _pairs(rule.nodes),
        "strict": rule.strict,
        "affinity": rule.affinity,
        "disabled": rule.disabled,
        "comment": rule.comment or "",
        "errors": _errors(rule.errors),
        "order": rule.order,
        "extra": dict(rule.extra),
    }


def forbidden(now: float, error: ApiError) -> Snapshot:
    """Return the Snapshot of a viewer who may not see the cluster: every part says why."""
    part: Part[None] = Part(None, None, error)
    snapshot = assemble(Readings(), now)
    snapshot["parts"] = {name: part.to_json() for name in snapshot["parts"]}
    return snapshot


def same(one: Snapshot | None, other: Snapshot) -> bool:
    """Tell whether two Snapshots differ in nothing but the time at which they were taken."""
    return one is not None and _timeless(one) == _timeless(other)


def _timeless(snapshot: Snapshot) -> Snapshot:
    parts = {name: part | {"at": None} for name, part in snapshot["parts"].items()}
    return snapshot | {"now": None, "parts": parts}
