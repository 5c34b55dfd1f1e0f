"""The parts of a look at a cluster, made of what was read of its API."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from typing import Any

from virton.ha.model import LrmStatus, ManagerStatus, ServiceStatus, ServiceTable
from virton.ha.states import NodeState
from virton.proxmox.configuration import Resource, Rule
from virton.proxmox.inventory import Guest, Inventory, Membership
from virton.proxmox.manager import ManagedService, ManagerFiles
from virton.proxmox.unchanged import Unchanged
from virton.proxmox.values import lenient
from virton.story.sight import Members, SeenGuest, SeenRules, Settings

_RUNS = {"running": True, "paused": True, "stopped": False}
_NODE_STATES = frozenset(NodeState)
_NOT_SET = ("digest", "errors", "extra", "order")


def _set(configured: Rule | Resource) -> Settings:
    return {k: v for k, v in asdict(configured).items() if k not in _NOT_SET}


class Looks:
    """Makes the large parts of looks at one cluster; what is as it was before is not made again."""

    def __init__(self) -> None:
        self._services = Unchanged[str, ManagedService, ServiceStatus | None](lenient(_service))
        self._guests = Unchanged[str, Guest, SeenGuest](_seen_guest)
        self._resources = Unchanged[str, Resource, Settings](_set)

    def manager(self, files: ManagerFiles) -> ManagerStatus | None:
        """Return the manager's status as the HA stack knows it; None where nothing was read."""
        if files.master_node is None and files.timestamp is None and not files.services:
            return None
        told = {
            "master_node": files.master_node,
            "timestamp": files.timestamp,
            "node_status": {n: s for n, s in files.node_states.items() if s in _NODE_STATES},
            **files.extra,
        }
        status = lenient(ManagerStatus.from_json)(told)
        made = zip(files.services, self._services.batch(files.services.items()), strict=True)
        services = ServiceTable((sid, one) for sid, one in made if one is not None)
        return None if status is None else replace(status, service_status=services)

    def guests(self, inventory: Inventory) -> dict[str, SeenGuest]:
        """Return where the guests are, and whether they run."""
        guests = {guest.sid: guest for guest in inventory.guests}
        return dict(zip(guests, self._guests.batch(guests.items()), strict=True))

    def resources(self, resources: Iterable[Resource]) -> dict[str, Settings]:
        """Return what is configured of the resources."""
        named = {resource.sid: resource for resource in resources}
        return dict(zip(named, self._resources.batch(named.items()), strict=True))


def _service(service: ManagedService) -> ServiceStatus:
    return ServiceStatus.from_json(_service_json(service))


def _seen_guest(guest: Guest) -> SeenGuest:
    return SeenGuest(str(guest.node), _RUNS.get(guest.status or ""))


def _service_json(service: ManagedService) -> dict[str, Any]:
    told = {
        "state": service.state,
        "node": service.node,
        "target": service.target,
        "failed_nodes": list(service.failed_nodes),
        "maintenance_node": service.maintenance_node,
    }
    return {**told, **service.extra}


def lrm_of(files: ManagerFiles) -> dict[str, LrmStatus]:
    """Return what the LRMs published last."""
    read_lrm = lenient(LrmStatus.from_json)
    read = {
        node: read_lrm({"state": file.state, "mode": file.mode, "timestamp": file.timestamp or 0})
        for node, file in files.lrms.items()
    }
    return {node: status for node, status in read.items() if status is not None}


def members_of(membership: Membership) -> Members | None:
    """Return who is online; None where that was not told."""
    if not membership.online:
        return None
    return Members(dict(membership.online), quorate=membership.quorate is not False)


def rules_of(rules: Iterable[Rule]) -> SeenRules:
    """Return the rules in force."""
    parsed = list(rules)
    return SeenRules(
        {rule.rule: _set(rule) for rule in parsed},
        frozenset(rule.rule for rule in parsed if rule.errors),
    )
