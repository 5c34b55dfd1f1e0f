"""`rrddata`: what nodes, guests and storages used over time.

The embedded cluster's usage is steady, so that its past is its present as far back as it ran.
"""

from collections.abc import Callable, Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints import guests, storage
from virton.embedded.endpoints.parameters import NODE, VMID
from virton.embedded.registry import Endpoint, Handler, Need
from virton.embedded.schema import Param
from virton.embedded.world import GuestType

Params = Mapping[str, Any]
Point = dict[str, Any]

_POINTS = 70
_SPACING_S: Mapping[str, int] = {
    "hour": 60,
    "day": 30 * 60,
    "week": 3 * 3600,
    "month": 12 * 3600,
    "year": 7 * 86400,
    "decade": 70 * 86400,
}
_NO_PRESSURE = {
    f"pressure{what}{how}": 0.0 for what in ("cpu", "io", "memory") for how in ("full", "some")
}
_NO_TRAFFIC = dict.fromkeys(("netin", "netout"), 0.0)


def _points(
    cluster: EmbeddedCluster, params: Params, up_s: int, point: Point, off: Point
) -> list[Point]:
    """Return points up to now: `off` for the time before it ran, which is `up_s` seconds."""
    step = _SPACING_S[params["timeframe"]]
    now = cluster.world.now()
    last = now - now % step
    times = range(last - (_POINTS - 1) * step, last + 1, step)
    return [{"time": at, **(point if now - at <= up_s else off)} for at in times]


def node(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> list[Point]:
    """Tell what a node used."""
    stats = cluster.world.node_stats(params["node"])
    root = storage.STORAGES["local"]
    point = {
        "cpu": stats.cpu,
        "maxcpu": stats.maxcpu,
        "loadavg": stats.cpu * stats.maxcpu,
        "iowait": 0.0,
        "memused": stats.mem,
        "memtotal": stats.maxmem,
        "memavailable": stats.maxmem - stats.mem,
        "swapused": 0,
        "swaptotal": 8 << 30,
        "rootused": root.used_bytes,
        "roottotal": root.total_bytes,
        **_NO_TRAFFIC,
        **_NO_PRESSURE,
    }
    return _points(cluster, params, stats.uptime_s, point, {})


def _guest_handler(kind: GuestType) -> Handler:
    def handle(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> list[Point]:
        guest = guests.guest_at(cluster, kind, params)
        sizes = {"maxcpu": guest.maxcpu, "maxmem": guest.maxmem, "maxdisk": guest.maxdisk}
        point = {
            **sizes,
            "cpu": guest.cpu,
            "mem": guest.mem,
            "memhost": guest.mem,
            "disk": 0,
            "diskread": 0.0,
            "diskwrite": 0.0,
            **_NO_TRAFFIC,
            **_NO_PRESSURE,
        }
        return _points(cluster, params, guest.uptime_s, point, sizes)

    return handle


def of_storage(cluster: EmbeddedCluster, caller: Caller, params: Params) -> list[Point]:
    """Tell how full a storage was."""
    status = storage.status(cluster, caller, params)
    point = {"used": status["used"], "total": status["total"]}
    up_s = cluster.world.node_stats(params["node"]).uptime_s
    return _points(cluster, params, up_s, point, {})


_SPAN = {
    "timeframe": Param(enum=tuple(_SPACING_S)),
    "cf": Param(optional=True, enum=("AVERAGE", "MAX")),
}


def _endpoint(
    path: str, handler: Callable[..., Any], need: Need, named: Mapping[str, Param]
) -> Endpoint:
    parameters = {"node": NODE, **named, **_SPAN}
    return Endpoint(
        "GET", f"/nodes/{{node}}{path}/rrddata", handler, need, parameters, proxied=True
    )


_GUEST = Need("/vms/{vmid}", ("VM.Audit",))
_STORAGE = Need("/storage/{storage}", ("Datastore.Audit", "Datastore.AllocateSpace"), any_of=True)

ENDPOINTS = (
    _endpoint("", node, Need("/nodes/{node}", ("Sys.Audit",)), {}),
    _endpoint("/qemu/{vmid}", _guest_handler("qemu"), _GUEST, {"vmid": VMID}),
    _endpoint("/lxc/{vmid}", _guest_handler("lxc"), _GUEST, {"vmid": VMID}),
    _endpoint("/storage/{storage}", of_storage, _STORAGE, {"storage": Param()}),
)
