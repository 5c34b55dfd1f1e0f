"""`/cluster/ha/status`: how the HA stack does, and how to disarm and arm it."""

import time
from collections.abc import Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha import files, verbose
from virton.embedded.endpoints.parameters import AUDIT, CONSOLE
from virton.embedded.registry import Endpoint
from virton.embedded.schema import Param
from virton.ha.dialect import Dialect
from virton.ha.model import ResourceConfig

Params = Mapping[str, Any]
Entry = dict[str, Any]


def current(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> list[Entry]:
    """Tell of quorum, master, fencing, every LRM and every resource."""
    status = files.manager_status(cluster)
    configured = files.configured(cluster)
    services = _services(status, configured)
    if cluster.dialect is Dialect.PERCENT:
        services = [_with_balance(service, configured.get(service["sid"])) for service in services]
    return [
        _quorum(cluster),
        *_master(cluster, status, bool(configured)),
        _fencing(cluster, status),
        *(_lrm(cluster, status, node) for node in sorted(status.get("node_status") or {})),
        *services,
    ]


def manager_status(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> Entry:
    """Tell all that the manager and the LRMs have written."""
    status = dict(files.manager_status(cluster))
    status["node_status"] = status.get("node_status") or {}
    quorate = "1" if cluster.world.quorate() else ""
    data: Entry = {
        "manager_status": status,
        "quorum": {"node": cluster.world.local_node, "quorate": quorate},
    }
    lrms = {node: files.lrm_status(cluster, node) for node in sorted(status["node_status"])}
    return {**data, "lrm_status": lrms} if lrms else data


def disarm(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Ask the manager to disarm the HA stack."""
    files.queue_command(cluster, f"disarm-ha {params['resource-mode']}")


def arm(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> None:
    """Ask the manager to arm the HA stack again."""
    files.queue_command(cluster, "arm-ha")


def _disarm(status: Params) -> Params | None:
    """Return how HA is being disarmed, or None while it is armed."""
    disarm = status.get("disarm")
    return disarm if isinstance(disarm, Mapping) else None


def _quorum(cluster: EmbeddedCluster) -> Entry:
    node, quorate = cluster.world.local_node, cluster.world.quorate()
    return {
        "id": "quorum",
        "type": "quorum",
        "node": node,
        "status": "OK" if quorate else f"No quorum on node '{node}'!",
        "quorate": int(quorate),
    }


def _crm_liveness(cluster: EmbeddedCluster, status: Params) -> str | None:
    """Return whether the manager is active, or None if there has never been one."""
    if status.get("master_node") is None or status.get("timestamp") is None:
        return None
    return verbose.liveness(cluster.world.now(), verbose.seconds(status["timestamp"]))


def _master(cluster: EmbeddedCluster, status: Params, anything: bool) -> list[Entry]:
    alive = _crm_liveness(cluster, status)
    if alive is None:
        return []
    if cluster.world.quorate() and alive != verbose.ACTIVE and not anything:
        alive = "idle"
    node, timestamp = status["master_node"], status["timestamp"]
    at = _local_time(cluster, verbose.seconds(timestamp))
    text = f"{node} ({alive}, {at}){_extra(cluster, status)}"
    return [
        {"id": "master", "type": "master", "node": node, "status": text, "timestamp": timestamp}
    ]


def _extra(cluster: EmbeddedCluster, status: Params) -> str:
    text = ""
    disarm = _disarm(status)
    if disarm is not None:
        text += f" - {disarm.get('state') or ''}, resource mode: {disarm.get('mode') or ''}"
    mode = cluster.files.parsed("datacenter.cfg", cluster.dialect.parse_datacenter).scheduler.mode
    return text if mode == "basic" else f"{text} - {mode} load CRS"


def _fencing(cluster: EmbeddedCluster, status: Params) -> Entry:
    master = status.get("master_node")
    entry: Entry = {
        "id": "fencing",
        "type": "fencing",
        "node": cluster.world.local_node if master is None else master,
    }
    disarm = _disarm(status)
    if disarm is None:
        active = _crm_liveness(cluster, status) == verbose.ACTIVE
        state, watchdog = ("armed", "active") if active else ("standby", "standby")
        text = f"{state} (CRM watchdog {watchdog})"
        return {**entry, "armed-state": state, "status": text}
    told = (disarm.get("state"), disarm.get("mode"))
    state, mode = ("unknown" if value is None else value for value in told)
    watchdog = "released" if state == "disarmed" else "active"
    text = f"{state}, resource mode: {mode} (CRM watchdog {watchdog})"
    return {**entry, "armed-state": state, "resource_mode": mode, "status": text}


def _lrm(cluster: EmbeddedCluster, status: Params, node: str) -> Entry:
    entry: Entry = {"id": f"lrm:{node}", "type": "lrm", "node": node}
    lrm = files.lrm_status(cluster, node)
    if not verbose.is_set(lrm.get("timestamp")):
        return {**entry, "status": f"{node} (unable to read lrm status)"}
    timestamp = verbose.seconds(lrm["timestamp"])
    alive = verbose.liveness(cluster.world.now(), timestamp)
    busy = verbose.has_active_services(status.get("service_status") or {}, node)
    state = verbose.lrm_state(lrm, alive, busy)
    watchdog = verbose.lrm_watchdog(lrm, alive)
    text = f"{node} ({state}, {watchdog}, {_local_time(cluster, timestamp)})"
    return {**entry, "status": text, "timestamp": lrm["timestamp"]}


def _services(status: Params, configured: Mapping[str, ResourceConfig]) -> list[Entry]:
    managed = status.get("service_status") or {}
    ignored = (_disarm(status) or {}).get("mode") == "ignore"
    unprocessed = (sid for sid in configured if managed.get(sid) is None)
    sids = [*sorted(managed), *sorted(unprocessed)]
    return [_service(sid, managed.get(sid), configured.get(sid), ignored) for sid in sids]


def _with_balance(service: Entry, config: ResourceConfig | None) -> Entry:
    return service if config is None else service | {"auto-rebalance": int(config.auto_rebalance)}


def _service(
    sid: str, status: Mapping[str, Any] | None, config: ResourceConfig | None, ignored: bool
) -> Entry:
    entry: Entry = {"id": f"service:{sid}", "type": "service", "sid": sid}
    if status is not None:
        entry |= {"node": status.get("node"), "crm_state": status.get("state")}
    elif config is not None:
        entry["node"] = config.node
    state = "ignore" if ignored else verbose.service_state(status, config)
    node = "---" if entry.get("node") is None else entry["node"]
    entry |= {"state": state, "status": f"{sid} ({node}, {state})"}
    return entry if config is None else entry | _configuration(config)


def _configuration(config: ResourceConfig) -> Entry:
    entry: Entry = {
        "request_state": str(config.state),
        "max_restart": config.max_restart,
        "max_relocate": config.max_relocate,
        "failback": int(config.failback),
    }
    optional = {"group": config.group, "comment": config.comment}
    return entry | {key: value for key, value in optional.items() if value is not None}


def _local_time(cluster: EmbeddedCluster, timestamp: int) -> str:
    return time.asctime(cluster.local_time(timestamp))


_STATUS = "/cluster/ha/status"

ENDPOINTS = (
    Endpoint("GET", f"{_STATUS}/current", current, AUDIT),
    Endpoint("GET", f"{_STATUS}/manager_status", manager_status, AUDIT),
    Endpoint(
        "POST",
        f"{_STATUS}/disarm-ha",
        disarm,
        CONSOLE,
        {"resource-mode": Param(enum=("freeze", "ignore"))},
    ),
    Endpoint("POST", f"{_STATUS}/arm-ha", arm, CONSOLE),
)
