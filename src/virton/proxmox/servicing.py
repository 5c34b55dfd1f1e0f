"""The calls by which a node is emptied and serviced, beside those of the HA stack."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from virton.proxmox.api import ClusterApi
from virton.proxmox.errors import ApiFailure, ErrorCode
from virton.proxmox.inventory import SID_TYPES
from virton.proxmox.values import mapping, rows, text

CONSOLES = frozenset({"vncproxy", "vncshell", "termproxy", "spiceproxy", "spiceshell"})
"""Tasks that are somebody's screen: nothing is done to a guest by them."""

_FOLDERS = {name: folder for folder, name in SID_TYPES.items()}


@dataclass(frozen=True, slots=True)
class RunningTask:
    """A task that has not ended; `id` is the guest's number, or what else it is about."""

    upid: str
    node: str
    type: str
    id: str

    @property
    def moves_a_guest(self) -> bool:
        """Tell whether a guest may be on its way to any node because of it."""
        return self.type in ("qmigrate", "vzmigrate")


async def running_on(api: ClusterApi, node: str) -> frozenset[str]:
    """Return the guests that run on a node, as it says itself."""
    found: set[str] = set()
    for kind in sorted(SID_TYPES):
        told = await api.read(f"/nodes/{quote(node, safe='')}/{kind}", rows)
        found |= {
            f"{SID_TYPES[kind]}:{row['vmid']}"
            for row in told
            if row.get("status") in ("running", "paused") and not row.get("template")
        }
    return frozenset(found)


async def running_tasks(api: ClusterApi, node: str) -> tuple[RunningTask, ...]:
    """Return the tasks that are under way on a node, and moves of guests from anywhere."""
    path = f"/nodes/{quote(node, safe='')}/tasks"
    here = await api.read(path, _tasks, source="active", limit=500)
    anywhere = await api.read("/cluster/tasks", _tasks)
    moves = (task for task in anywhere if task.moves_a_guest and task.node != node)
    found = {task.upid: task for task in (*here, *moves) if task.type not in CONSOLES}
    return tuple(found[upid] for upid in sorted(found))


def _tasks(data: Any) -> tuple[RunningTask, ...]:
    return tuple(
        RunningTask(str(row["upid"]), str(row["node"]), str(row["type"]), str(row.get("id") or ""))
        for row in rows(data)
        if row.get("endtime") is None
    )


async def move_guest(api: ClusterApi, sid: str, node: str, target: str) -> None:
    """Move a running guest outside HA: a machine live, a container by restart."""
    kind, _, vmid = sid.partition(":")
    path = f"/nodes/{quote(node, safe='')}/{_FOLDERS[kind]}/{vmid}/migrate"
    how = "online" if kind == "vm" else "restart"
    await api.client.call("POST", path, api.credentials, {"target": target, how: 1})


async def power_node(api: ClusterApi, node: str, command: str) -> None:
    """Have a node `reboot` or `shutdown`."""
    path = f"/nodes/{quote(node, safe='')}/status"
    await api.client.call("POST", path, api.credentials, {"command": command})


async def shell_of_lab(api: ClusterApi) -> bool:
    """Tell whether the cluster has a lab that puts nodes into maintenance, for this user."""
    try:
        return bool((await api.client.plain("GET", "/lab", api.credentials)).get("maintenance"))
    except ApiFailure:
        return False


async def set_maintenance(api: ClusterApi, node: str, *, on: bool) -> None:
    """Put a node into maintenance or out of it, where there is a lab that can."""
    body = {"action": "maintenance", "node": node, "on": on}
    await api.client.plain("POST", "/lab", api.credentials, body)


@dataclass(frozen=True, slots=True)
class Ceph:
    """What Ceph says of itself."""

    health: str
    noout: bool

    @property
    def is_well(self) -> bool:
        """Tell whether nothing is to be seen to but that it moves no data, as somebody wants it."""
        return self.health == "HEALTH_OK" or (self.noout and self.health == "HEALTH_WARN")


async def ceph(api: ClusterApi) -> Ceph | None:
    """Return how Ceph does; None where there is none, or it may not be seen."""
    try:
        return await api.read("/cluster/ceph/status", _ceph)
    except ApiFailure as failure:
        if failure.error.status is None or failure.error.code is ErrorCode.PEER:
            raise
        return None


async def set_noout(api: ClusterApi, *, on: bool) -> None:
    """Have Ceph move no data while daemons are away, or move it again."""
    path = "/cluster/ceph/flags/noout"
    await api.client.call("PUT", path, api.credentials, {"value": int(on)})


def _ceph(data: Any) -> Ceph | None:
    health = mapping(mapping(data).get("health"))
    status = text(health.get("status"))
    flags: Mapping[str, Any] = mapping(mapping(health.get("checks")).get("OSDMAP_FLAGS"))
    return None if status is None else Ceph(status, "noout" in str(flags))
