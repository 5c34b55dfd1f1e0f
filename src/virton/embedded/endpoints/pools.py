"""`/pools`: guests and storages that share access control entries."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.access.users import Pool
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints import guests, storage
from virton.embedded.endpoints.parameters import COMMENT
from virton.embedded.errors import failed
from virton.embedded.registry import Anyone, Endpoint, Need
from virton.embedded.schema import Param
from virton.ha.config.properties import split_list

Params = Mapping[str, Any]
Entry = dict[str, Any]


def resource_entries(cluster: EmbeddedCluster, caller: Caller) -> list[Entry]:
    """Return the pools as `/cluster/resources` lists them."""
    return [
        {"id": f"/pool/{entry['poolid']}", "type": "pool", "pool": entry["poolid"]}
        for entry in index(cluster, caller, {})
    ]


def index(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Entry]:
    """List the pools that the caller may see; of one that is asked for, what is in it, too."""
    wanted = params.get("poolid")
    known = sorted(cluster.access.users.pools.items())
    return [
        {"poolid": name, **_told(cluster, caller, pool, params if wanted else None)}
        for name, pool in known
        if wanted in (None, name)
        and "Pool.Audit" in cluster.access.privileges(caller.name, f"/pool/{name}")
    ]


def read(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Entry:
    """Tell of a pool and of what is in it."""
    return _told(cluster, caller, _pool(cluster, params["poolid"]), params)


def _pool(cluster: EmbeddedCluster, name: str) -> Pool:
    found = cluster.access.users.pools.get(name)
    if found is None:
        raise failed(f"no such pool '{name}'")
    return found


def _told(cluster: EmbeddedCluster, caller: Caller, pool: Pool, params: Params | None) -> Entry:
    comment = {"comment": pool.comment} if pool.comment else {}
    if params is None:
        return comment
    kind = params.get("type")
    entries = [e for e in guests.resource_entries(cluster, caller) if e["vmid"] in pool.vmids]
    entries += [
        entry
        for entry in storage.resource_entries(cluster, caller)
        if entry["storage"] in pool.storages
    ]
    return {"members": [e for e in entries if kind in (None, e["type"])], **comment}


def create(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Add a pool."""
    name = params["poolid"]
    with cluster.change():
        if name in cluster.access.users.pools:
            raise failed(f"pool '{name}' already exists")
        _save(cluster, name, Pool(comment=params.get("comment", "")))


def update(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Put guests and storages into a pool, or with `delete` take them out."""
    name = params["poolid"]
    vmids = {int(text) for text in split_list(params.get("vms", ""))}
    storages = set(split_list(params.get("storage", "")))
    with cluster.change():
        pool = _pool(cluster, name)
        pool = replace(pool, comment=params.get("comment", pool.comment))
        if params.get("delete"):
            _require_within(pool, vmids, storages)
            pool = replace(pool, vmids=pool.vmids - vmids, storages=pool.storages - storages)
        else:
            _require_free(cluster, name, vmids, storages, params.get("allow-move", False))
            pool = replace(pool, vmids=pool.vmids | vmids, storages=pool.storages | storages)
        _save(cluster, name, pool, taken=frozenset(vmids))


def _require_within(pool: Pool, vmids: set[int], storages: set[str]) -> None:
    for vmid in sorted(vmids - pool.vmids):
        raise failed(f"VM {vmid} is not a pool member")
    for name in sorted(storages - pool.storages):
        raise failed(f"Storage '{name}' is not a pool member")


def _require_free(
    cluster: EmbeddedCluster, name: str, vmids: set[int], storages: set[str], may_move: bool
) -> None:
    """Raise a refusal for what is not there, or is in a pool already."""
    for vmid in sorted(vmids - cluster.world.guests().keys()):
        raise failed(f"VM {vmid} does not exist")
    for storage_name in sorted(storages - storage.STORAGES.keys()):
        raise failed(f"storage '{storage_name}' does not exist")
    for other, pool in sorted(cluster.access.users.pools.items()):
        for vmid in sorted(vmids & pool.vmids):
            if other == name or not may_move:
                raise failed(f"VM {vmid} belongs already to pool '{other}'")


def _save(
    cluster: EmbeddedCluster, name: str, pool: Pool, taken: frozenset[int] = frozenset()
) -> None:
    users = cluster.access.users
    others = {key: replace(p, vmids=p.vmids - taken) for key, p in users.pools.items()}
    cluster.access.save(replace(users, pools={**others, name: pool}))


def delete(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Remove an empty pool, with what was granted on it."""
    name = params["poolid"]
    with cluster.change():
        pool = _pool(cluster, name)
        if pool.vmids or pool.storages:
            raise failed(f"pool '{name}' is not empty")
        users = cluster.access.users
        pools = {key: known for key, known in users.pools.items() if key != name}
        grants = frozenset(grant for grant in users.grants if grant.path != f"/pool/{name}")
        cluster.access.save(replace(users, pools=pools, grants=grants))


_POOL = {"poolid": Param(pattern=r"[A-Za-z0-9._-]+", max_length=255)}
_TYPE = Param(optional=True, enum=("qemu", "lxc", "storage"))
_CHANGE = {
    **_POOL,
    "comment": COMMENT,
    "vms": Param(optional=True, format="pve-vmid-list"),
    "storage": Param(optional=True),
    "allow-move": Param("boolean", optional=True, default=False),
    "delete": Param("boolean", optional=True, default=False),
}
_SEEN = Need("/pool/{poolid}", ("Pool.Audit",))
_OWNED = Need("/pool/{poolid}", ("Pool.Allocate",))

ENDPOINTS = (
    Endpoint(
        "GET",
        "/pools",
        index,
        Anyone.LOGGED_IN,
        {"poolid": replace(_POOL["poolid"], optional=True), "type": _TYPE},
    ),
    Endpoint("POST", "/pools", create, _OWNED, {**_POOL, "comment": COMMENT}),
    Endpoint("PUT", "/pools", update, _OWNED, _CHANGE),
    Endpoint("DELETE", "/pools", delete, _OWNED, _POOL),
    Endpoint("GET", "/pools/{poolid}", read, _SEEN, {**_POOL, "type": _TYPE}),
    Endpoint("PUT", "/pools/{poolid}", update, _OWNED, _CHANGE),
    Endpoint("DELETE", "/pools/{poolid}", delete, _OWNED, _POOL),
)
