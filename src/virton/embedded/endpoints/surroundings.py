"""What is around nodes and guests, as far as inventories ask for it: networks, snapshots."""

import re
from collections.abc import Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints import guests, nodes
from virton.embedded.endpoints.parameters import NODE, VMID
from virton.embedded.registry import Anyone, Endpoint, Handler, Need
from virton.embedded.schema import Param
from virton.embedded.world import GuestType

Params = Mapping[str, Any]
Entry = dict[str, Any]

_BRIDGE = "vmbr0"
_GATEWAY = "192.0.2.254"
# `[PENDING]` and `[special:...]` are sections that are no snapshots.
_SNAPSHOT = re.compile(r"^\[(?!PENDING\])([\w-]+)\]$", re.ASCII | re.MULTILINE)


def network(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> list[Entry]:
    """List a node's network interfaces: one bridge, to which everything is connected."""
    number = sorted(cluster.world.members()).index(params["node"]) + 1
    bridge: Entry = {
        "iface": _BRIDGE,
        "type": "bridge",
        "active": 1,
        "autostart": 1,
        "method": "static",
        "method6": "manual",
        "families": ["inet"],
        "address": nodes.address(number),
        "netmask": "24",
        "cidr": f"{nodes.address(number)}/24",
        "gateway": _GATEWAY,
        "priority": 1,
    }
    return [bridge] if params.get("type", "bridge") in ("bridge", "any_bridge") else []


def snapshots(cluster: EmbeddedCluster, kind: GuestType, params: Params) -> list[Entry]:
    """List a guest's snapshots, and last what it is now, as Proxmox VE does."""
    guest = guests.guest_at(cluster, kind, params)
    path = guests.config_path(kind, guest.node, guest.vmid)
    names = _SNAPSHOT.findall(cluster.files.get(path) or "")
    now: Entry = {"name": "current", "description": "You are here!"}
    if kind == "qemu":
        now["running"] = int(guest.running)
    return [*({"name": name, "description": ""} for name in names), now]


def _snapshots_of(kind: GuestType) -> Handler:
    def handle(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> list[Entry]:
        return snapshots(cluster, kind, params)

    return handle


def _snapshot_endpoint(kind: GuestType) -> Endpoint:
    return Endpoint(
        "GET",
        f"/nodes/{{node}}/{kind}/{{vmid}}/snapshot",
        _snapshots_of(kind),
        Need("/vms/{vmid}", ("VM.Audit",)),
        {"node": NODE, "vmid": VMID},
        proxied=True,
    )


_IFACE_TYPE = Param(optional=True, max_length=32)

ENDPOINTS = (
    Endpoint(
        "GET",
        "/nodes/{node}/network",
        network,
        Anyone.LOGGED_IN,
        {"node": NODE, "type": _IFACE_TYPE},
        proxied=True,
    ),
    _snapshot_endpoint("qemu"),
    _snapshot_endpoint("lxc"),
)
