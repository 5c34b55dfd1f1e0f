"""The indices of the API: each lists exactly what is served below it, as the registry knows."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.guests import guest_at
from virton.embedded.endpoints.nodes import require_task
from virton.embedded.endpoints.parameters import AUDIT, NODE, VMID
from virton.embedded.registry import Anyone, Endpoint, Handler, Need, Permission, split_path
from virton.embedded.schema import Param, Schema
from virton.embedded.world import GuestType

Params = Mapping[str, Any]
Guard = Callable[[EmbeddedCluster, Caller, Params], object]

_ANY = Anyone.LOGGED_IN
_NODE = {"node": NODE}
_GUEST = {"node": NODE, "vmid": VMID}
_STORAGE = Need("/storage/{storage}", ("Datastore.Audit", "Datastore.AllocateSpace"), any_of=True)


def _guest_there(kind: GuestType) -> Guard:
    return lambda cluster, _caller, params: guest_at(cluster, kind, params)


def _guest_rows() -> Iterable[tuple[str, str, Permission, Schema, Guard | None]]:
    kinds: tuple[GuestType, ...] = ("qemu", "lxc")
    for kind in kinds:
        path, there = f"/nodes/{{node}}/{kind}/{{vmid}}", _guest_there(kind)
        yield path, "subdir", _ANY, _GUEST, there
        yield f"{path}/status", "subdir", _ANY, _GUEST, there
        yield f"{path}/firewall", "name", _ANY, _GUEST, there
    yield "/nodes/{node}/qemu/{vmid}/agent", "name", _ANY, _GUEST, _guest_there("qemu")


# path, the key of an entry, permission, parameters, and what must be there
_INDICES: tuple[tuple[str, str, Permission, Schema, Guard | None], ...] = (
    ("/", "subdir", _ANY, {}, None),
    ("/access", "subdir", _ANY, {}, None),
    ("/cluster", "name", _ANY, {}, None),
    ("/cluster/acme", "name", _ANY, {}, None),
    ("/cluster/backup-info", "subdir", _ANY, {}, None),
    ("/cluster/config", "name", AUDIT, {}, None),
    ("/cluster/firewall", "name", _ANY, {}, None),
    ("/cluster/ha", "id", AUDIT, {}, None),
    ("/cluster/ha/status", "name", _ANY, {}, None),
    ("/cluster/jobs", "subdir", _ANY, {}, None),
    ("/cluster/mapping", "name", _ANY, {}, None),
    ("/cluster/metrics", "name", _ANY, {}, None),
    ("/cluster/notifications", "name", _ANY, {}, None),
    ("/cluster/notifications/endpoints", "name", _ANY, {}, None),
    ("/cluster/sdn", "id", Need("/sdn", ("SDN.Audit",)), {}, None),
    ("/nodes/{node}", "name", _ANY, _NODE, None),
    ("/nodes/{node}/apt", "id", _ANY, _NODE, None),
    ("/nodes/{node}/capabilities", "name", _ANY, _NODE, None),
    ("/nodes/{node}/capabilities/qemu", "name", _ANY, _NODE, None),
    ("/nodes/{node}/certificates", "name", _ANY, _NODE, None),
    ("/nodes/{node}/disks", "name", _ANY, _NODE, None),
    ("/nodes/{node}/firewall", "name", _ANY, _NODE, None),
    ("/nodes/{node}/hardware", "type", _ANY, _NODE, None),
    ("/nodes/{node}/sdn", "name", _ANY, _NODE, None),
    ("/nodes/{node}/storage/{storage}", "subdir", _STORAGE, {**_NODE, "storage": Param()}, None),
    (
        "/nodes/{node}/tasks/{upid}",
        "name",
        _ANY,
        {**_NODE, "upid": Param(format="pve-upid")},
        require_task,
    ),
    *_guest_rows(),
)
# Where the reference has an order of its own, clients may know it.
_ORDERS: Mapping[str, tuple[str, ...]] = {
    "/cluster/ha": ("status", "resources", "groups", "rules"),
    "/cluster/ha/status": ("current", "manager_status", "disarm-ha", "arm-ha"),
}


def _below(paths: Iterable[str], path: str) -> list[str]:
    """Return the names of what is served right below a path, or further down."""
    parts = split_path(path)
    names = {
        split[len(parts)]
        for split in map(split_path, paths)
        if len(split) > len(parts) and split[: len(parts)] == parts
    }
    order = {name: at for at, name in enumerate(_ORDERS.get(path, ()))}
    return sorted(names, key=lambda name: (order.get(name, len(order)), name))


def _handler(names: list[str], key: str, guard: Guard | None) -> Handler:
    def handle(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[dict[str, str]]:
        if guard is not None:
            guard(cluster, caller, params)
        return [{key: name} for name in names]

    return handle


def indices_of(endpoints: Iterable[Endpoint]) -> list[Endpoint]:
    """Return the endpoints that list what is below them, made from all others."""
    paths = {endpoint.path for endpoint in endpoints} | {path for path, *_ in _INDICES}
    return [
        Endpoint("GET", path, _handler(_below(paths, path), key, guard), permission, parameters)
        for path, key, permission, parameters, guard in _INDICES
    ]
