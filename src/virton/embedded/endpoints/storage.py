"""`/storage` and `/nodes/{node}/storage`: one storage that every node has for itself, one shared.

Guests' disks lie on the shared one, so that every guest can run on every node.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints import guests
from virton.embedded.endpoints.parameters import NODE
from virton.embedded.errors import failed
from virton.embedded.registry import Anyone, Endpoint, Need
from virton.embedded.schema import Param

Params = Mapping[str, Any]
Entry = dict[str, Any]

GIB = 1024**3
DISKS = "shared"
"""The storage on which the guests' disks lie."""


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage: what it may hold, how large it is, and how much of it is in use from the start."""

    name: str
    type: str
    content: str
    total_bytes: int
    used_bytes: int
    shared: bool
    settings: Mapping[str, str]


STORAGES = {
    storage.name: storage
    for storage in (
        Storage(
            "local",
            "dir",
            "backup,iso,vztmpl",
            96 * GIB,
            7 * GIB,
            shared=False,
            settings={"path": "/var/lib/vz"},
        ),
        Storage(
            DISKS,
            "nfs",
            "images,rootdir",
            4096 * GIB,
            0,
            shared=True,
            settings={"path": f"/mnt/pve/{DISKS}", "server": "192.0.2.200", "export": "/guests"},
        ),
    )
}


def _visible(cluster: EmbeddedCluster, caller: Caller) -> list[Storage]:
    wanted = {"Datastore.Audit", "Datastore.AllocateSpace"}
    return [
        storage
        for name, storage in sorted(STORAGES.items())
        if not wanted.isdisjoint(cluster.access.privileges(caller.name, f"/storage/{name}"))
    ]


def _used(cluster: EmbeddedCluster, storage: Storage) -> int:
    if storage.name != DISKS:
        return storage.used_bytes
    disks = sum(guest.maxdisk for guest in cluster.world.guests().values())
    return storage.used_bytes + disks


def _storage(name: str) -> Storage:
    found = STORAGES.get(name)
    if found is None:
        raise failed(f"storage '{name}' does not exist")
    return found


def resource_entries(cluster: EmbeddedCluster, caller: Caller) -> list[Entry]:
    """Return the storages as `/cluster/resources` lists them, one row a node."""
    members = cluster.world.members()
    storages = [(storage, _used(cluster, storage)) for storage in _visible(cluster, caller)]
    return [
        _resource_entry(storage, node, members[node], used)
        for node in sorted(members)
        for storage, used in storages
    ]


def _resource_entry(storage: Storage, node: str, online: bool, used: int) -> Entry:
    entry: Entry = {
        "id": f"storage/{node}/{storage.name}",
        "type": "storage",
        "storage": storage.name,
        "node": node,
        "status": "available" if online else "unknown",
        "plugintype": storage.type,
        "content": storage.content,
        "shared": int(storage.shared),
    }
    return entry | {"disk": used, "maxdisk": storage.total_bytes} if online else entry


def index(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Entry]:
    """List the configured storages."""
    return [
        _configuration(storage)
        for storage in _visible(cluster, caller)
        if params.get("type", storage.type) == storage.type
    ]


def read(_cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Tell how a storage is configured."""
    return _configuration(_storage(params["storage"]))


def _configuration(storage: Storage) -> Entry:
    entry: Entry = {"storage": storage.name, "type": storage.type, "content": storage.content}
    shared = {"shared": 1} if storage.shared else {}
    return entry | dict(storage.settings) | shared


def of_node(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Entry]:
    """List the storages of a node, and how full they are."""
    wanted = set(filter(None, params.get("content", "").split(",")))
    return [
        {"storage": storage.name, **_status(cluster, storage)}
        for storage in _visible(cluster, caller)
        if params.get("storage", storage.name) == storage.name
        and (not wanted or wanted & set(storage.content.split(",")))
    ]


def _status(cluster: EmbeddedCluster, storage: Storage) -> Entry:
    used, total = _used(cluster, storage), storage.total_bytes
    return {
        "type": storage.type,
        "content": storage.content,
        "active": 1,
        "enabled": 1,
        "shared": int(storage.shared),
        "total": total,
        "used": used,
        "avail": total - used,
        "used_fraction": used / total,
    }


def status(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Entry:
    """Tell how full a storage is."""
    entry = _status(cluster, _storage(params["storage"]))
    del entry["used_fraction"]
    return entry


def content(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Entry]:
    """List what lies on a storage: the disks of the guests that the caller may see."""
    if _storage(params["storage"]).name != DISKS:
        return []
    kinds = {"qemu": "images", "lxc": "rootdir"}
    return [
        {
            "volid": f"{DISKS}:{guest.vmid}/vm-{guest.vmid}-disk-0.raw",
            "vmid": guest.vmid,
            "format": "raw",
            "size": guest.maxdisk,
            "content": kinds[guest.type],
        }
        for guest in guests.visible(cluster, caller)
        if guest.maxdisk
        and params.get("vmid", guest.vmid) == guest.vmid
        and params.get("content", kinds[guest.type]) == kinds[guest.type]
    ]


_NAME = {"storage": Param(max_length=100)}
_ON_NODE = {"node": NODE, **_NAME}
_PATH = "/nodes/{node}/storage"
_SEEN = Need("/storage/{storage}", ("Datastore.Audit", "Datastore.AllocateSpace"), any_of=True)
_OPTIONAL = Param(optional=True)

ENDPOINTS = (
    Endpoint("GET", "/storage", index, Anyone.LOGGED_IN, {"type": _OPTIONAL}),
    Endpoint(
        "GET",
        "/storage/{storage}",
        read,
        Need("/storage/{storage}", ("Datastore.Allocate",)),
        _NAME,
    ),
    Endpoint(
        "GET",
        _PATH,
        of_node,
        Anyone.LOGGED_IN,
        {
            "node": NODE,
            "storage": _OPTIONAL,
            "content": _OPTIONAL,
            "target": Param(optional=True, format="pve-node"),
            "enabled": Param("boolean", optional=True),
            "format": Param("boolean", optional=True),
        },
        proxied=True,
    ),
    Endpoint("GET", f"{_PATH}/{{storage}}/status", status, _SEEN, _ON_NODE, proxied=True),
    Endpoint(
        "GET",
        f"{_PATH}/{{storage}}/content",
        content,
        _SEEN,
        {**_ON_NODE, "content": _OPTIONAL, "vmid": Param("integer", optional=True)},
        proxied=True,
    ),
)
