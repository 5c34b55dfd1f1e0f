"""`/nodes/{node}/qemu` and `/nodes/{node}/lxc`: what can be read of the guests."""

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.ha.files import manager_status, resources
from virton.embedded.endpoints.ha.resources import is_managed
from virton.embedded.endpoints.parameters import NODE, VMID
from virton.embedded.errors import failed
from virton.embedded.registry import Anyone, Endpoint, Handler, Need, Permission
from virton.embedded.schema import Param, Schema
from virton.embedded.world import Guest, GuestType

Params = Mapping[str, Any]
Entry = dict[str, Any]

_PAUSED = "virton/paused"
_FOLDERS: Mapping[GuestType, str] = {"qemu": "qemu-server", "lxc": "lxc"}
_NUMBERS = frozenset(
    {"cores", "sockets", "onboot", "protection", "swap", "numa", "template", "unprivileged"}
)


def visible(cluster: EmbeddedCluster, caller: Caller) -> list[Guest]:
    """Return the guests that the caller may see, by id."""
    guests = sorted(cluster.world.guests().items())
    return [guest for _, guest in guests if _may_see(cluster, caller, guest)]


def _may_see(cluster: EmbeddedCluster, caller: Caller, guest: Guest) -> bool:
    return "VM.Audit" in cluster.access.privileges(caller.name, f"/vms/{guest.vmid}")


def guest_at(cluster: EmbeddedCluster, kind: GuestType, params: Params) -> Guest:
    """Return a guest of a type, which must be on the node that is asked."""
    guest = cluster.world.guests().get(params["vmid"])
    if guest is None or guest.type != kind or guest.node != params["node"]:
        path = config_path(kind, params["node"], params["vmid"])
        raise failed(f"Configuration file '{path}' does not exist")
    return guest


def config_path(kind: GuestType, node: str, vmid: int) -> str:
    """Return where a guest's configuration stands."""
    return f"nodes/{node}/{_FOLDERS[kind]}/{vmid}.conf"


def _state(guest: Guest, members: Mapping[str, bool]) -> Entry:
    """Return what every list tells of a guest; nothing certain if its node is not there."""
    known = members.get(guest.node, False)
    running = known and guest.running
    entry: Entry = {
        "vmid": guest.vmid,
        "name": guest.name,
        "status": ("running" if running else "stopped") if known else "unknown",
        "maxmem": guest.maxmem,
        "maxdisk": guest.maxdisk,
        "disk": 0,
        "cpu": guest.cpu if running else 0,
        "mem": guest.mem if running else 0,
        "uptime": guest.uptime_s if running else 0,
        **dict.fromkeys(("netin", "netout", "diskread", "diskwrite"), 0),
    }
    return entry if guest.lock is None else {**entry, "lock": guest.lock}


def resource_entries(cluster: EmbeddedCluster, caller: Caller) -> list[Entry]:
    """Return the guests as `/cluster/resources` lists them, with their HA state."""
    entries, members = [], cluster.world.members()
    known = cluster.access.users.pools.items()
    pools = {vmid: {"pool": name} for name, pool in known for vmid in pool.vmids}
    guests = visible(cluster, caller)
    states = _ha_states(cluster, guests)
    for guest in guests:
        entry = _state(guest, members) | {
            "id": f"{guest.type}/{guest.vmid}",
            "type": guest.type,
            "node": guest.node,
            "maxcpu": guest.maxcpu,
            "template": 0,
            "memhost": guest.mem if guest.running else 0,
            **pools.get(guest.vmid, {}),
        }
        state = states.get(guest.sid)
        entries.append(entry if state is None else {**entry, "hastate": state})
    return entries


def _ha_states(cluster: EmbeddedCluster, guests: Iterable[Guest]) -> dict[str, str]:
    """Return the manager's state of each guest under HA, or what is wanted of it."""
    sids = [guest.sid for guest in guests]
    sections = resources(cluster).sections if sids else {}
    wanted = {
        sid: sections[sid].properties.get("state", "started") for sid in sids if sid in sections
    }
    managed = (manager_status(cluster).get("service_status") or {}) if wanted else {}
    return {
        sid: str((managed.get(sid) or {}).get("state") or state) for sid, state in wanted.items()
    }


def _of_type(kind: GuestType, handler: Any) -> Handler:
    """Return a handler for guests of one type."""

    def handle(cluster: EmbeddedCluster, caller: Caller, params: Params) -> Any:
        return handler(cluster, caller, kind, params)

    return handle


def index(cluster: EmbeddedCluster, caller: Caller, kind: GuestType, params: Params) -> list[Entry]:
    """List a node's guests."""
    members = cluster.world.members()
    more = {"type": kind} if kind == "lxc" else {}
    return [
        {**_state(guest, members), "cpus": guest.maxcpu, **more}
        for guest in visible(cluster, caller)
        if guest.type == kind and guest.node == params["node"]
    ]


def config(cluster: EmbeddedCluster, _caller: Caller, kind: GuestType, params: Params) -> Entry:
    """Tell a guest's configuration, as its file has it."""
    guest = guest_at(cluster, kind, params)
    text = cluster.files.get(config_path(kind, guest.node, guest.vmid))
    entry = _usual_config(guest) if text is None else parse_guest_config(text)
    memory = str(entry.get("memory", ""))
    if kind == "lxc" and memory.isdecimal():
        entry["memory"] = int(memory)
    digest = hashlib.sha1((text or "").encode(), usedforsecurity=False).hexdigest()
    return {**entry, "digest": digest}


def parse_guest_config(text: str) -> Entry:
    """Read a guest's configuration file, up to its first snapshot."""
    entry: Entry = {}
    for line in text.splitlines():
        if line.startswith("["):
            break
        key, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            value = value.strip()
            entry[key] = int(value) if key in _NUMBERS and value.isdecimal() else value
    return entry


def _usual_config(guest: Guest) -> Entry:
    name = "name" if guest.type == "qemu" else "hostname"
    memory = guest.maxmem >> 20
    entry: Entry = {name: guest.name, "cores": guest.maxcpu, "onboot": 1}
    return {**entry, "memory": str(memory) if guest.type == "qemu" else memory}


def current(cluster: EmbeddedCluster, _caller: Caller, kind: GuestType, params: Params) -> Entry:
    """Tell how a guest does, and what the HA stack makes of it."""
    guest = guest_at(cluster, kind, params)
    entry = _state(guest, cluster.world.members()) | {
        "cpus": guest.maxcpu,
        "ha": _ha(cluster, guest.sid),
    }
    if kind == "lxc":
        return {**entry, "type": kind}
    paused = guest.running and guest.vmid in _paused(cluster)
    return {**entry, "qmpstatus": "paused" if paused else entry["status"]}


def _paused(cluster: EmbeddedCluster) -> list[int]:
    paused: list[int] = cluster.files.read_json(_PAUSED).get("guests", [])
    return paused


def set_paused(cluster: EmbeddedCluster, vmid: int, *, paused: bool) -> None:
    """Note that a guest pauses, or goes on."""
    others = set(_paused(cluster)) - {vmid}
    cluster.files.write_json(_PAUSED, {"guests": sorted(others | ({vmid} if paused else set()))})


def pending(
    cluster: EmbeddedCluster, caller: Caller, kind: GuestType, params: Params
) -> list[Entry]:
    """List a guest's settings; none of them waits for a restart."""
    settings = config(cluster, caller, kind, params)
    return [{"key": key, "value": value} for key, value in sorted(settings.items())]


def feature(cluster: EmbeddedCluster, _caller: Caller, kind: GuestType, params: Params) -> Entry:
    """Tell that a guest can be neither cloned nor copied, nor given snapshots."""
    guest_at(cluster, kind, params)
    return {"hasFeature": 0, "nodes": []} if kind == "qemu" else {"hasFeature": 0}


def _ha(cluster: EmbeddedCluster, sid: str) -> Entry:
    if not is_managed(cluster, sid):
        return {"managed": 0}
    managed = manager_status(cluster).get("service_status") or {}
    return {"managed": 1, "state": (managed.get(sid) or {}).get("state")}


_FEATURE = {
    "feature": Param(enum=("snapshot", "clone", "copy")),
    "snapname": Param(optional=True, max_length=40),
}


def _endpoints(kind: GuestType) -> list[Endpoint]:
    path = f"/nodes/{{node}}/{kind}"
    guest = {"node": NODE, "vmid": VMID}
    audit = Need("/vms/{vmid}", ("VM.Audit",))
    listed = {"node": NODE, "full": Param("boolean", optional=True)} if kind == "qemu" else {}
    current_value = Param("boolean", optional=True, default=False)
    configured = {**guest, "current": current_value, "snapshot": Param(optional=True)}
    below: list[tuple[str, Any, Permission, Schema]] = [
        ("/config", config, audit, configured),
        ("/status/current", current, audit, guest),
        ("/pending", pending, audit, guest),
        ("/feature", feature, audit, {**guest, **_FEATURE}),
    ]
    return [
        Endpoint(
            "GET",
            path,
            _of_type(kind, index),
            Anyone.LOGGED_IN,
            {"node": NODE, **listed},
            proxied=True,
        ),
        *(
            Endpoint(
                "GET",
                f"{path}/{{vmid}}{name}",
                _of_type(kind, handler),
                permission,
                parameters,
                proxied=True,
            )
            for name, handler, permission, parameters in below
        ),
    ]


ENDPOINTS = (*_endpoints("qemu"), *_endpoints("lxc"))
