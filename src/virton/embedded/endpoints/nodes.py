"""`/nodes`: the hosts, and the tasks that ran on them."""

import hashlib
from collections.abc import Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha.files import manager_status
from virton.embedded.endpoints.parameters import NODE
from virton.embedded.errors import failed, forbidden
from virton.embedded.registry import Anyone, Counted, Endpoint, Need
from virton.embedded.schema import Param
from virton.embedded.tasks import CUT_OFF, Task, node_of
from virton.ha.config.properties import split_list

Params = Mapping[str, Any]
Entry = dict[str, Any]

_USUAL_LIST_LENGTH = 50
_SWAP_BYTES = 8 << 30
_ROOT_BYTES = 96 << 30
_ROOT_USED_BYTES = 7 << 30
_KERNEL_RELEASE = "6.14.0-virton"
_KERNEL_VERSION = "#1 SMP (simulated)"


def address(number: int) -> str:
    """Return the address of the node with a number, one reserved for documentation."""
    return f"192.0.2.{number}"


def fingerprint(node: str) -> str:
    """Return what stands for the fingerprint of a node's certificate: the nodes have none."""
    return hashlib.sha256(f"certificate of {node}".encode()).digest().hex(":").upper()


def is_own(task: Task, caller: Caller) -> bool:
    """Tell whether a task was begun by the caller, or by a token of theirs."""
    return task.user == caller.name or task.user.startswith(f"{caller.name}!")


def index(cluster: EmbeddedCluster, caller: Caller, _params: Params) -> list[Entry]:
    """List the nodes."""
    members = sorted(cluster.world.members().items())
    return [_node_entry(cluster, caller, node, online) for node, online in members]


def _node_entry(cluster: EmbeddedCluster, caller: Caller, node: str, online: bool) -> Entry:
    entry: Entry = {
        "id": f"node/{node}",
        "type": "node",
        "node": node,
        "status": "online" if online else "offline",
        "level": "",
    }
    if not online or "Sys.Audit" not in cluster.access.privileges(caller.name, f"/nodes/{node}"):
        return entry
    stats = cluster.world.node_stats(node)
    return entry | {
        "ssl_fingerprint": fingerprint(node),
        "cpu": stats.cpu,
        "maxcpu": stats.maxcpu,
        "mem": stats.mem,
        "maxmem": stats.maxmem,
        "disk": _ROOT_USED_BYTES,
        "maxdisk": _ROOT_BYTES,
        "uptime": stats.uptime_s,
    }


def resource_entries(cluster: EmbeddedCluster, caller: Caller) -> list[Entry]:
    """Return the nodes as `/cluster/resources` lists them, with their HA state."""
    states = manager_status(cluster).get("node_status") or {}
    entries = []
    for entry in index(cluster, caller, {}):
        state = states.get(entry["node"])
        entries.append(entry if state is None else {**entry, "hastate": state})
    return entries


def status(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Tell how a node does."""
    stats = cluster.world.node_stats(params["node"])
    return {
        "uptime": stats.uptime_s,
        "cpu": stats.cpu,
        "wait": 0,
        "idle": 0,
        "loadavg": [f"{stats.cpu * stats.maxcpu:.2f}"] * 3,
        "cpuinfo": {
            "cpus": stats.maxcpu,
            "cores": stats.maxcpu,
            "sockets": 1,
            "model": "simulated",
            "mhz": "0.000",
            "hvm": "1",
            "flags": "",
            "user_hz": 100,
        },
        "memory": {
            "total": stats.maxmem,
            "used": stats.mem,
            "free": stats.maxmem - stats.mem,
            "available": stats.maxmem - stats.mem,
        },
        "swap": {"total": _SWAP_BYTES, "used": 0, "free": _SWAP_BYTES},
        "rootfs": {
            "total": _ROOT_BYTES,
            "used": _ROOT_USED_BYTES,
            "free": _ROOT_BYTES - _ROOT_USED_BYTES,
            "avail": _ROOT_BYTES - _ROOT_USED_BYTES,
        },
        "ksm": {"shared": 0},
        "kversion": f"Linux {_KERNEL_RELEASE} {_KERNEL_VERSION}",
        "current-kernel": {
            "sysname": "Linux",
            "release": _KERNEL_RELEASE,
            "version": _KERNEL_VERSION,
            "machine": "x86_64",
        },
        "boot-info": {"mode": "efi", "secureboot": 0},
        "pveversion": f"pve-manager/{cluster.version}/virton",
    }


def shut_down(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Reboot a node, or shut it down; what becomes of its HA resources says the cluster's policy."""
    cluster.world.shut_down_node(params["node"], reboot=params["command"] == "reboot")


def subscription(_cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> Entry:
    """Tell that there is no subscription."""
    return {"status": "notfound", "message": "There is no subscription key"}


def tasks(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Counted:
    """List a node's tasks, one's own or with `Sys.Audit` everybody's."""
    node = params["node"]
    all_of_them = "Sys.Audit" in cluster.access.privileges(caller.name, f"/nodes/{node}")
    found = [
        task
        for task in cluster.tasks.newest_first()
        if task.node == node
        and (all_of_them or is_own(task, caller))
        and _is_asked_for(task, params)
    ]
    start = params.get("start", 0)
    shown = found[start : start + params.get("limit", _USUAL_LIST_LENGTH)]
    return Counted([task.to_json() for task in shown], len(found))


def _is_asked_for(task: Task, params: Params) -> bool:
    ended = task.end is not None
    source = params.get("source", "archive")
    return (
        (source == "all" or ended == (source == "archive"))
        and task.id == str(params.get("vmid", task.id))
        and task.type == params.get("typefilter", task.type)
        and params.get("userfilter", "").lower() in task.user.lower()
        and params.get("since", 0) <= task.start <= params.get("until", task.start)
        and (not params.get("errors") or task.error is not None)
        and ("statusfilter" not in params or _outcome(task) in split_list(params["statusfilter"]))
    )


def _outcome(task: Task) -> str:
    """Return how a task ended, as one asks for it."""
    if task.end is None:
        return ""
    return {None: "ok", CUT_OFF: "unknown"}.get(task.error, "error")


def require_task(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Task:
    """Return a task, if the caller may see it."""
    node, upid = params["node"], params["upid"]
    task = cluster.tasks.get(upid)
    if task is None or node_of(upid) != node:
        raise failed(f"no such task '{upid}'")
    has = cluster.access.privileges(caller.name, f"/nodes/{node}")
    if not is_own(task, caller) and "Sys.Audit" not in has:
        raise forbidden(f"/nodes/{node}, Sys.Audit")
    return task


def task_status(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Tell how a task goes."""
    task = require_task(cluster, caller, params)
    entry = task.to_json()
    entry.pop("endtime", None)
    if task.end is None:
        return {**entry, "status": "running"}
    return {**entry, "status": "stopped", "exitstatus": task.exit_status}


def task_log(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Counted:
    """Tell what a task has written."""
    lines = require_task(cluster, caller, params).lines
    start = params.get("start", 0)
    end = start + params.get("limit", _USUAL_LIST_LENGTH)
    shown = enumerate(lines[start:end], start=start + 1)
    return Counted([{"n": number, "t": line} for number, line in shown], len(lines))


def time(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> Entry:
    """Tell the time, in Unix seconds; the nodes keep UTC."""
    now = cluster.world.now()
    return {"time": now, "localtime": now, "timezone": "UTC"}


def version(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> Entry:
    """Tell which version of the API this is."""
    release = ".".join(cluster.version.split(".")[:2])
    return {"version": cluster.version, "release": release, "repoid": "virton"}


def nothing(_cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> list[Entry]:
    """List nothing: the embedded cluster has none of these."""
    return []


_PATH = "/nodes/{node}"
_AUDIT = Need(_PATH, ("Sys.Audit",))
_NODE = {"node": NODE}
_START = Param("integer", optional=True, default=0, minimum=0)
_LIMIT = Param("integer", optional=True, default=_USUAL_LIST_LENGTH, minimum=0)
_TIME = Param("integer", optional=True)
_TASK = {**_NODE, "upid": Param(format="pve-upid")}
_TASK_FILTERS = {
    "start": _START,
    "limit": _LIMIT,
    "userfilter": Param(optional=True),
    "typefilter": Param(optional=True),
    "vmid": Param("integer", optional=True, format="pve-vmid"),
    "errors": Param("boolean", optional=True),
    "statusfilter": Param(optional=True),
    "source": Param(optional=True, enum=("archive", "active", "all")),
    "since": _TIME,
    "until": _TIME,
}

ENDPOINTS = (
    Endpoint("GET", "/nodes", index, Anyone.LOGGED_IN),
    Endpoint("GET", f"{_PATH}/status", status, _AUDIT, _NODE, proxied=True),
    Endpoint("GET", f"{_PATH}/time", time, _AUDIT, _NODE, proxied=True),
    Endpoint("GET", f"{_PATH}/version", version, Anyone.LOGGED_IN, _NODE, proxied=True),
    Endpoint("GET", f"{_PATH}/subscription", subscription, Anyone.LOGGED_IN, _NODE, proxied=True),
    Endpoint(
        "GET",
        f"{_PATH}/replication",
        nothing,
        Anyone.LOGGED_IN,
        {**_NODE, "guest": Param("integer", optional=True, minimum=100, maximum=999_999_999)},
        proxied=True,
    ),
    Endpoint(
        "POST",
        f"{_PATH}/status",
        shut_down,
        Need(_PATH, ("Sys.PowerMgmt",)),
        {**_NODE, "command": Param(enum=("reboot", "shutdown"))},
        proxied=True,
    ),
    Endpoint(
        "GET", f"{_PATH}/tasks", tasks, Anyone.LOGGED_IN, {**_NODE, **_TASK_FILTERS}, proxied=True
    ),
    Endpoint(
        "GET", f"{_PATH}/tasks/{{upid}}/status", task_status, Anyone.LOGGED_IN, _TASK, proxied=True
    ),
    Endpoint(
        "GET",
        f"{_PATH}/tasks/{{upid}}/log",
        task_log,
        Anyone.LOGGED_IN,
        {**_TASK, "start": _START, "limit": _LIMIT, "download": Param("boolean", optional=True)},
        proxied=True,
    ),
)
