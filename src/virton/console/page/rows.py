"""The rows of the page: what several answers tell of one node, resource or guest, put together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from virton.console.page import model
from virton.console.watch.arrivals import Stay, lost_nodes
from virton.console.watch.readings import Readings
from virton.console.watch.repairs import Repair
from virton.proxmox.configuration import Resource
from virton.proxmox.features import AUTO_REBALANCE
from virton.proxmox.inventory import Guest, NodeUse
from virton.proxmox.manager import LrmFile, ManagedService
from virton.proxmox.status import LrmRow, ServiceRow
from virton.proxmox.values import flag, integer


@dataclass(frozen=True, slots=True)
class NodeTold:
    """What the cluster told of a node, answer by answer."""

    name: str
    use: NodeUse | None
    online: bool
    ha_state: str | None
    lost: bool
    row: LrmRow | None
    file: LrmFile | None


def nodes_told(readings: Readings) -> Iterable[tuple[str, NodeTold]]:
    """Yield every node that any answer names, by name."""
    status, manager = readings.status.data.current, readings.status.data.manager
    uses, online = readings.nodes.data.inventory.nodes, readings.nodes.data.membership.online
    lost = lost_nodes(readings)
    for name in sorted(uses.keys() | online.keys() | status.lrms.keys()):
        use = uses.get(name)
        yield (
            name,
            NodeTold(
                name=name,
                use=use,
                online=online.get(name, use is not None and use.online),
                lost=name in lost,
                ha_state=manager.node_states.get(name),
                row=status.lrms.get(name),
                file=manager.lrms.get(name),
            ),
        )


def node_row(told: NodeTold) -> model.Node:
    """Return a node as the page reads it."""
    use = told.use or NodeUse("", False)
    return model.Node(
        name=told.name,
        online=told.online,
        lost=told.lost,
        ha_state=told.ha_state,
        lrm=_lrm(told.row, told.file),
        cpu=use.cpu,
        maxcpu=use.maxcpu,
        mem=use.mem,
        maxmem=use.maxmem,
    )


def _lrm(row: LrmRow | None, file: LrmFile | None) -> model.Lrm | None:
    if row is None:
        return None
    known = file.state if file is not None and row.display != "unknown" else None
    return model.Lrm(
        # A word that this version does not know is shown as it came.
        state=known or row.raw,
        mode=file.mode if file else None,
        display=row.display,
        watchdog=row.watchdog,
        at=row.timestamp,
    )


@dataclass(frozen=True, slots=True)
class ResourceTold:
    """What the cluster told of a resource, answer by answer, and what its version makes of it."""

    sid: str
    config: Resource | None
    row: ServiceRow | None
    managed: ManagedService | None
    guest: Guest | None
    stay: Stay | None
    lost: bool
    listed: bool
    balances: bool
    fails_back: bool
    repair: Repair | None


def resources_told(
    readings: Readings, stays: Mapping[str, Stay], repairs: Mapping[str, Repair]
) -> Iterable[tuple[str, ResourceTold]]:
    """Yield every resource that is configured or still listed."""
    configured = {resource.sid: resource for resource in readings.resources.data}
    rows = readings.status.data.current.services
    managed = readings.status.data.manager.services
    guests = {guest.sid: guest for guest in readings.nodes.data.inventory.guests}
    listed = readings.status.at is not None
    balances = readings.features.auto_rebalance
    stay = frozenset(group.group for group in readings.rules.data.groups if group.nofailback)
    lost = lost_nodes(readings)
    for sid in configured.keys() | rows.keys():
        config = configured.get(sid)
        fails_back = config is None or config.group not in stay
        row, guest = rows.get(sid), guests.get(sid)
        node = (row and row.node) or (guest and guest.node)
        told = (config, row, managed.get(sid), guest, stays.get(sid), node in lost)
        repair = repairs.get(sid)
        yield sid, ResourceTold(sid, *told, listed, balances, fails_back, repair)


def resource_row(told: ResourceTold) -> model.Resource:
    """Return a resource as the page reads it."""
    config = told.config or Resource(told.sid, told.sid.partition(":")[0])
    row, guest, managed = told.row, told.guest, told.managed
    extra = dict(row.extra if row else {}) | dict(config.extra)
    balanced = flag(extra.pop(AUTO_REBALANCE, None), default=True)
    extra.pop("group", None)
    # A resource that the status does not list yet has just been added: it waits for the manager.
    unlisted = "queued" if told.listed else None
    return model.Resource(
        sid=told.sid,
        configured=told.config is not None,
        guest=guest.status if guest else None,
        down=told.stay is not None and told.stay.down,
        last_known=told.lost,
        arrival=_arrival(told.stay),
        type=config.type,
        vmid=integer(told.sid.partition(":")[2]),
        request_state=config.state or (row and row.request_state) or "started",
        max_restart=_first(config.max_restart, row and row.max_restart, 1),
        max_relocate=_first(config.max_relocate, row and row.max_relocate, 1),
        failback=_first(config.failback, row and row.failback, told.fails_back),
        auto_rebalance=balanced if told.balances else None,
        comment=_first(config.comment, row and row.comment, ""),
        group=config.group,
        errors=config.errors,
        extra=extra,
        name=guest.name if guest else None,
        node=(row and row.node) or (guest.node if guest else None),
        state=row.state if row else unlisted,
        crm_state=row.crm_state if row else None,
        target=managed.target if managed else None,
        failed_nodes=managed.failed_nodes if managed else (),
        repair=_repair(told.repair),
    )


def _repair(told: Repair | None) -> model.Repair | None:
    if told is None:
        return None
    return model.Repair(step=told.step, who=told.who, since=told.since, failed=told.failed)


def _arrival(stay: Stay | None) -> model.Arrival | None:
    told = stay and stay.arrival
    return model.Arrival(origin=told.origin, how=told.how, at=told.at) if told else None


def _first(*values: Any) -> Any:
    return next(value for value in values if value is not None)


def resource_place(row: model.Resource) -> tuple[str, int, str]:
    """Return by what the resources are sorted."""
    return row.type, row.vmid or 0, row.sid


def guests_told(readings: Readings) -> Iterable[tuple[str, Guest]]:
    """Yield every guest that is not under HA."""
    managed = {resource.sid for resource in readings.resources.data}
    for guest in readings.nodes.data.inventory.guests:
        if guest.sid not in managed and not guest.template:
            yield guest.sid, guest


def guest_row(guest: Guest) -> model.Guest:
    """Return a guest that is not under HA as the page reads it."""
    return model.Guest(
        sid=guest.sid,
        vmid=guest.vmid,
        type=guest.sid.partition(":")[0],
        name=guest.name,
        node=guest.node,
        status=guest.status,
    )
