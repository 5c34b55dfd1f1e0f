"""What the HA stack says of itself, in the form of a capture.

The ages (s) are told against the newest sign of life, as none of our clocks is the cluster's.
"""

from collections.abc import Mapping
from typing import Any

from virton.ha.environment import MANAGER_LOCK, agent_lock
from virton.ha.lrm_duty import duty, holds_lock
from virton.ha.model import ManagerStatus
from virton.ha.states import LrmMode, LrmState, NodeState, ServiceState
from virton.proxmox.capture_configuration import told
from virton.proxmox.manager import LrmFile, ManagedService, ManagerFiles, parse_results
from virton.proxmox.pseudonyms import Names
from virton.proxmox.reading import Reading
from virton.proxmox.values import flag, integer, mapping, words

Json = dict[str, Any]

_MOVING = frozenset(
    {"migrate", "relocate", "request_stop", "request_start", "request_start_balance"}
)


def status(reading: Reading, names: Names) -> Json:
    """Return the stack's own files, and what is seen of its locks, watchdogs and work."""
    files = reading.status.manager
    return {
        "manager_status": _manager_status(files, names),
        "lrm_status": _lrm_status(files, names),
        "seen": {
            "quorate": reading.nodes.membership.quorate,
            "ages_s": _ages(reading, names),
            "locks": _locks(reading, names),
            "watchdogs": _watchdogs(reading, names),
            "under_way": _under_way(files, names),
            "queued": _queued(files, names),
        },
    }


def _age(reading: Reading, timestamp: int | None) -> int | None:
    newest = reading.status.newest
    return None if newest is None or timestamp is None else max(0, newest - timestamp)


def _ages(reading: Reading, names: Names) -> Json:
    """Return how long ago each daemon wrote: since then its round has begun."""
    files = reading.status.manager
    lrms = {names.node(n): _age(reading, lrm.timestamp) for n, lrm in sorted(files.lrms.items())}
    return {"crm": _age(reading, files.timestamp), "lrm": told(lrms)}


def _locks(reading: Reading, names: Names) -> Json:
    """Return who holds which lock; it was renewed at the latest when its holder last wrote.

    A manager that has nothing to do writes nothing.
    """
    files = reading.status.manager
    locks: Json = {}
    if files.master_node is not None:
        holder = {"node": names.node(files.master_node), "age_s": _age(reading, files.timestamp)}
        locks[MANAGER_LOCK] = told(holder)
    lrms = {names.node(node): lrm for node, lrm in files.lrms.items()}
    states = {name: lrm.state for name, lrm in lrms.items()}
    for name in lock_holders(_manager_status(files, names), states):
        age_s = _age(reading, lrms[name].timestamp)
        locks[agent_lock(name)] = told({"node": name, "age_s": age_s})
    return locks


def lock_holders(manager_status: Json, states: Mapping[str, str | None]) -> list[str]:
    """Return the nodes whose LRM holds its lock, by its state.

    One that waits holds none, nor one in maintenance that has no guests any more.
    """
    manager = ManagerStatus.from_json(manager_status)
    return [
        node
        for node, state in sorted(states.items())
        if state in list(LrmState) and holds_lock(LrmState(state), duty(manager, node).active_count)
    ]


def _watchdogs(reading: Reading, names: Names) -> Json:
    """Return whether each node's LRM has its watchdog open, and the master its own."""
    rows, fencing = reading.status.current.lrms, reading.status.current.fencing
    open_there = {
        names.node(n): row.watchdog == "active" for n, row in rows.items() if row.watchdog
    }
    crm = None if fencing is None else fencing.armed_state in ("armed", "disarming")
    return told({"crm": crm}) | {"lrm": dict(sorted(open_there.items()))}


def _under_way(files: ManagerFiles, names: Names) -> list[Json]:
    """Return what the manager has told its LRMs to do, and has not heard of as done."""
    return [
        told(
            {
                "sid": names.sid(sid),
                "what": service.state,
                "node": service.node and names.node(service.node),
                "target": service.target and names.node(service.target),
            }
        )
        for sid, service in sorted(files.services.items())
        if service.state in _MOVING or not _confirmed(service)
    ]


def _confirmed(service: ManagedService) -> bool:
    """Tell whether a resource that is to run has been reported as running."""
    return service.state != "started" or flag(service.extra.get("running"))


def _queued(files: ManagerFiles, names: Names) -> list[Json]:
    """Return what operators have asked for and the manager has not yet begun."""
    asked = {
        s: _command(words(v.extra.get("cmd")), names) for s, v in sorted(files.services.items())
    }
    return [{"sid": names.sid(sid), "cmd": cmd} for sid, cmd in asked.items() if cmd is not None]


def _manager_status(manager: ManagerFiles, names: Names) -> Json:
    status: Json = {
        "node_status": {
            names.node(node): state if state in list(NodeState) else NodeState.UNKNOWN
            for node, state in manager.node_states.items()
        },
        "service_status": {
            names.sid(sid): _service(sid, service, names)
            for sid, service in manager.services.items()
            # A state that no version known here has says nothing that could be played on.
            if service.state in list(ServiceState) and service.node
        },
    }
    if not manager.node_states and not manager.services:
        return {}
    if manager.master_node is not None:
        status["master_node"] = names.node(manager.master_node)
    if manager.timestamp is not None:
        status["timestamp"] = manager.timestamp
    requests = mapping(manager.extra.get("node_request"))
    asked = [node for node in sorted(requests) if flag(mapping(requests[node]).get("maintenance"))]
    if asked:
        status["node_request"] = {names.node(node): {"maintenance": 1} for node in asked}
    disarm = mapping(manager.extra.get("disarm"))
    if disarm:
        status["disarm"] = {key: disarm.get(key) for key in ("mode", "state")}
    return status


def _service(sid: str, service: ManagedService, names: Names) -> Json:
    running = flag(service.extra.get("running"))
    return told(
        {
            "state": service.state,
            "node": service.node and names.node(service.node),
            "uid": names.sid(sid) if service.extra.get("uid") else None,
            "target": service.target and names.node(service.target),
            "timeout": integer(service.extra.get("timeout")),
            "running": 1 if running else None,
            "failed_nodes": [names.node(node) for node in service.failed_nodes] or None,
            "maintenance_node": service.maintenance_node and names.node(service.maintenance_node),
            "cmd": _command(words(service.extra.get("cmd")), names),
        }
    )


def _command(cmd: tuple[str, ...], names: Names) -> list[Any] | None:
    """Return what an operator has asked of a resource and the manager has not yet begun."""
    match cmd:
        case ("stop", timeout):
            return ["stop", integer(timeout)]
        case ("migrate" | "relocate" as how, node):
            return [how, names.node(node)]
        case _:
            return None


def _lrm_status(files: ManagerFiles, names: Names) -> Json:
    """Return the Local Resource Managers' files, with the results that wait for the manager."""
    return {
        names.node(node): told({"state": lrm.state, "mode": _mode(lrm), "timestamp": lrm.timestamp})
        | {"results": _results(files, node, names)}
        for node, lrm in files.lrms.items()
        if lrm.state in list(LrmState)
    }


def _mode(lrm: LrmFile) -> str:
    """Return an LRM's mode in a word that the HA stack of every version knows."""
    mode = "shutdown" if lrm.mode == "reboot" else lrm.mode
    return mode if mode in list(LrmMode) else LrmMode.ACTIVE


def _results(files: ManagerFiles, node: str, names: Names) -> Json:
    uids = {sid: service.extra.get("uid") for sid, service in files.services.items()}
    return {
        names.sid(result.sid): {
            "sid": names.sid(result.sid),
            "state": result.state,
            "exit_code": result.exit_code,
        }
        for uid, result in parse_results(files.lrms[node]).items()
        if uid == uids.get(result.sid)
    }
