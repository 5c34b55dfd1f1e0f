"""`/cluster` and `/version`: the cluster as a whole."""

from collections.abc import Mapping
from itertools import count
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints import guests, nodes, pools, storage
from virton.embedded.endpoints.parameters import AUDIT
from virton.embedded.errors import invalid
from virton.embedded.registry import Anyone, Endpoint
from virton.embedded.schema import Param
from virton.embedded.tasks import Task

Params = Mapping[str, Any]
Entry = dict[str, Any]

_USUAL_LOG_LENGTH = 50
_MOST_TASKS = 25
_ZONE = "localnetwork"


def status(cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> list[Entry]:
    """Tell of the cluster and of each of its nodes."""
    members = cluster.world.members()
    local = cluster.world.local_node
    whole: Entry = {
        "type": "cluster",
        "id": "cluster",
        "name": cluster.name,
        "nodes": len(members),
        "quorate": int(cluster.world.quorate()),
        "version": len(members),
    }
    each = [
        {
            "type": "node",
            "id": f"node/{node}",
            "name": node,
            "nodeid": number,
            "ip": cluster.address,
            "online": int(members[node]),
            "local": int(node == local),
            "level": "",
        }
        for number, node in enumerate(sorted(members), start=1)
    ]
    return [whole, *each]


def resources(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Entry]:
    """List guests and nodes, as far as the caller may see them."""
    kind = params.get("type")
    entries: list[Entry] = []
    if kind is None:
        entries += pools.resource_entries(cluster, caller)
    if kind in (None, "vm"):
        entries += guests.resource_entries(cluster, caller)
    if kind in (None, "node"):
        entries += nodes.resource_entries(cluster, caller)
    if kind in (None, "storage"):
        entries += storage.resource_entries(cluster, caller)
    if kind in (None, "sdn"):
        entries += network_entries(cluster, caller)
    return entries


def network_entries(cluster: EmbeddedCluster, caller: Caller) -> list[Entry]:
    """Return the one zone, which stands for the nodes' own bridges, as the resources list it."""
    if "SDN.Audit" not in cluster.access.privileges(caller.name, f"/sdn/zones/{_ZONE}"):
        return []
    return [
        {
            "id": f"network/{node}/zone/{_ZONE}",
            "type": "network",
            "network": _ZONE,
            "network-type": "zone",
            "node": node,
            "status": "ok" if online else "unknown",
        }
        for node, online in sorted(cluster.world.members().items())
    ]


def tasks(cluster: EmbeddedCluster, caller: Caller, _params: Params) -> list[Entry]:
    """List the newest tasks, one's own or with `Sys.Audit` everybody's."""
    all_of_them = "Sys.Audit" in cluster.access.privileges(caller.name, "/")
    found = [
        task for task in cluster.tasks.newest_first() if all_of_them or nodes.is_own(task, caller)
    ]
    return [_task_entry(task) for task in found[:_MOST_TASKS]]


def _task_entry(task: Task) -> Entry:
    """Return a task's row; one that has ended is saved, and has no process any more."""
    entry = task.to_json()
    gone = ("pid", "pstart") if task.end is not None else ("pstart",)
    saved = {"saved": "1"} if task.end is not None else {}
    return {name: value for name, value in entry.items() if name not in gone} | saved


def log(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Entry]:
    """Tell what the cluster has logged, the newest first."""
    all_of_it = "Sys.Syslog" in cluster.access.privileges(caller.name, "/")
    entries = cluster.log.newest_first(params.get("max", _USUAL_LOG_LENGTH))
    return [entry.to_json() for entry in entries if all_of_it or entry.user == caller.name]


def next_id(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> int:
    """Tell an id that no guest has: the one asked for, or the first that is free."""
    known, wanted = cluster.world.guests(), params.get("vmid")
    if wanted in known:
        raise invalid({"vmid": f"VM {wanted} already exists"})
    return wanted or next(vmid for vmid in count(100) if vmid not in known)


def not_backed_up(cluster: EmbeddedCluster, caller: Caller, _params: Params) -> list[Entry]:
    """List the guests without a backup job: all of them."""
    return [
        {"vmid": guest.vmid, "name": guest.name, "type": guest.type}
        for guest in guests.visible(cluster, caller)
    ]


_RESOURCE_TYPES = ("vm", "storage", "node", "sdn")

ENDPOINTS = (
    Endpoint("GET", "/version", nodes.version, Anyone.LOGGED_IN),
    Endpoint("GET", "/cluster/status", status, AUDIT),
    Endpoint(
        "GET",
        "/cluster/resources",
        resources,
        Anyone.LOGGED_IN,
        {"type": Param(optional=True, enum=_RESOURCE_TYPES)},
    ),
    Endpoint("GET", "/cluster/tasks", tasks, Anyone.LOGGED_IN),
    Endpoint(
        "GET",
        "/cluster/log",
        log,
        Anyone.LOGGED_IN,
        {"max": Param("integer", optional=True, minimum=1)},
    ),
    Endpoint(
        "GET",
        "/cluster/nextid",
        next_id,
        Anyone.LOGGED_IN,
        {"vmid": Param("integer", optional=True, minimum=100, maximum=999_999_999)},
    ),
    Endpoint("GET", "/cluster/replication", nodes.nothing, Anyone.LOGGED_IN),
    Endpoint("GET", "/cluster/backup-info/not-backed-up", not_backed_up, AUDIT),
)
