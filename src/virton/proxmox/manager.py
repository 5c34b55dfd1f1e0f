"""`/cluster/ha/status/manager_status`: the stack's own files, as they are."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from virton.proxmox.unchanged import Unchanged
from virton.proxmox.values import beyond, flag, integer, lenient, mapping, text, words


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
    """What a Local Resource Manager last wrote of itself; `results` as they came, by uid."""

    state: str | None
    mode: str | None
    timestamp: int | None
    results: Mapping[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class Result:
    """How the last work of a Local Resource Manager on a resource ended."""

    sid: str
    state: str
    exit_code: int


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


class ManagerParser:
    """Reads the answers of `/cluster/ha/status/manager_status`."""

    def __init__(self) -> None:
        self._services = Unchanged[str, Any, tuple[str, ManagedService] | None](lenient(_service))

    def __call__(self, data: Any) -> ManagerFiles:
        """Read an answer."""
        whole = mapping(data)
        manager, quorum = mapping(whole.get("manager_status")), mapping(whole.get("quorum"))
        entries = mapping(manager.get("service_status")).items()
        services = self._services.batch((sid, (sid, entry)) for sid, entry in entries)
        lrms = map(lenient(_lrm), mapping(whole.get("lrm_status")).items())
        return ManagerFiles(
            master_node=text(manager.get("master_node")) or None,
            timestamp=integer(manager.get("timestamp")),
            quorate=flag(quorum.get("quorate")) if "quorate" in quorum else None,
            node_states={n: str(s) for n, s in mapping(manager.get("node_status")).items()},
            services=dict(service for service in services if service is not None),
            lrms=dict(lrm for lrm in lrms if lrm is not None),
            extra=beyond(manager, _FIELDS),
        )


def parse_manager_status(data: Any) -> ManagerFiles:
    """Read an answer of `/cluster/ha/status/manager_status`."""
    return ManagerParser()(data)


def _service(named: tuple[str, Any]) -> tuple[str, ManagedService]:
    sid, entry = named[0], mapping(named[1])
    return sid, ManagedService(
        state=str(entry.get("state")),
        node=text(entry.get("node")) or None,
        target=text(entry.get("target")),
        failed_nodes=words(entry.get("failed_nodes")),
        maintenance_node=text(entry.get("maintenance_node")),
        extra=beyond(entry, _SERVICE_FIELDS),
    )


def _lrm(named: tuple[str, Any]) -> tuple[str, LrmFile]:
    node, entry = named[0], mapping(named[1])
    state, mode = text(entry.get("state")), text(entry.get("mode"))
    results = mapping(entry.get("results"))
    return node, LrmFile(state, mode, integer(entry.get("timestamp")), results)


def parse_results(lrm: LrmFile) -> dict[str, Result]:
    """Read how the works of a Local Resource Manager ended, by their uids."""
    told = {uid: mapping(entry) for uid, entry in sorted(lrm.results.items())}
    parsed = {uid: lenient(_result)(entry) for uid, entry in told.items()}
    return {uid: result for uid, result in parsed.items() if result is not None}


def _result(entry: Mapping[str, Any]) -> Result:
    return Result(str(entry["sid"]), str(entry["state"]), int(entry["exit_code"]))


def without_times(files: ManagerFiles) -> ManagerFiles:
    """Return the files without what changes although nothing happens: times and uids."""
    services = {
        sid: replace(service, extra={k: v for k, v in service.extra.items() if k != "uid"})
        for sid, service in files.services.items()
    }
    lrms = {node: replace(lrm, timestamp=None) for node, lrm in files.lrms.items()}
    return replace(files, timestamp=None, services=services, lrms=lrms)
