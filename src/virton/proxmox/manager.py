"""`/cluster/ha/status/manager_status`: the stack's own files, as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.proxmox.values import beyond, flag, integer, mapping, text, words


@dataclass(frozen=True, slots=True)
class ManagedService:
    """What the manager holds of one resource."""

    state: str
    node: str | None
    target: str | None = None
    failed_nodes: tuple[str, ...] = ()
    maintenance_node: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LrmFile:
    """What a Local Resource Manager last wrote of itself."""

    state: str | None
    mode: str | None
    timestamp: int | None


@dataclass(frozen=True, slots=True)
class ManagerFiles:
    """The manager's status and those of the Local Resource Managers."""

    master_node: str | None = None
    timestamp: int | None = None
    quorate: bool | None = None
    node_states: Mapping[str, str] = field(default_factory=dict)
    services: Mapping[str, ManagedService] = field(default_factory=dict)
    lrms: Mapping[str, LrmFile] = field(default_factory=dict)
    extra: Mapping[str, Any] = field(default_factory=dict)


_FIELDS = ("master_node", "timestamp", "node_status", "service_status")
_SERVICE_FIELDS = ("state", "node", "target", "failed_nodes", "maintenance_node")


def parse_manager_status(data: Any) -> ManagerFiles:
    """Read the answer of `/cluster/ha/status/manager_status`."""
    whole = mapping(data)
    manager = mapping(whole.get("manager_status"))
    quorum = mapping(whole.get("quorum"))
    services = mapping(manager.get("service_status"))
    return ManagerFiles(
        master_node=text(manager.get("master_node")),
        timestamp=integer(manager.get("timestamp")),
        quorate=flag(quorum.get("quorate")) if "quorate" in quorum else None,
        node_states={n: str(s) for n, s in mapping(manager.get("node_status")).items()},
        services={sid: _service(mapping(entry)) for sid, entry in services.items()},
        lrms={n: _lrm(mapping(e)) for n, e in mapping(whole.get("lrm_status")).items()},
        extra=beyond(manager, _FIELDS),
    )


def _service(entry: Mapping[str, Any]) -> ManagedService:
    return ManagedService(
        state=str(entry.get("state")),
        node=text(entry.get("node")),
        target=text(entry.get("target")),
        failed_nodes=words(entry.get("failed_nodes")),
        maintenance_node=text(entry.get("maintenance_node")),
        extra=beyond(entry, _SERVICE_FIELDS),
    )


def _lrm(entry: Mapping[str, Any]) -> LrmFile:
    state, mode = text(entry.get("state")), text(entry.get("mode"))
    return LrmFile(state, mode, integer(entry.get("timestamp")))
