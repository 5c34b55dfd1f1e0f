"""What can be answered plainly: true but empty lists, and objects that never change.

The embedded cluster has no disks of its own, no firewall, no backup jobs and the like; clients
that ask for them learn that, instead of failing.
"""

import copy
from collections.abc import Mapping
from typing import Any

from virton.embedded.access.access import Caller
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.endpoints.guests import guest_at
from virton.embedded.endpoints.parameters import AUDIT, NODE, VMID
from virton.embedded.errors import failed
from virton.embedded.registry import Anyone, Endpoint, Handler, Need, Permission
from virton.embedded.schema import Param, Schema
from virton.embedded.world import GuestType

Params = Mapping[str, Any]

_ANY = Anyone.LOGGED_IN
_NODE_AUDIT = Need("/nodes/{node}", ("Sys.Audit",))
_GUEST_AUDIT = Need("/vms/{vmid}", ("VM.Audit",))
_TEXT = Param(optional=True)
_SWITCH = Param("boolean", optional=True)
_COUNT = Param("integer", optional=True, minimum=0)

_LINES = dict.fromkeys(("start", "limit", "since", "until"), _COUNT)

_DAEMONS = (
    ("corosync", "Corosync Cluster Engine"),
    ("pve-cluster", "The Proxmox VE cluster filesystem"),
    ("pve-ha-crm", "PVE Cluster HA Resource Manager Daemon"),
    ("pve-ha-lrm", "PVE Local HA Resource Manager Daemon"),
    ("pvedaemon", "PVE API Daemon"),
    ("pveproxy", "PVE API Proxy Server"),
    ("pvestatd", "PVE Status Daemon"),
)
_SERVICES = [
    {
        "service": name,
        "name": name,
        "desc": text,
        "state": "running",
        "active-state": "active",
        "unit-state": "enabled",
    }
    for name, text in _DAEMONS
]

# path, permission, parameters beside those in the path, and the answer
_CLUSTER: tuple[tuple[str, Permission, Schema, Any], ...] = (
    ("/cluster/acme/account", _ANY, {}, []),
    ("/cluster/acme/plugins", AUDIT, {"type": _TEXT}, []),
    ("/cluster/backup", AUDIT, {}, []),
    ("/cluster/firewall/aliases", AUDIT, {}, []),
    ("/cluster/firewall/groups", _ANY, {}, []),
    ("/cluster/firewall/ipset", AUDIT, {}, []),
    ("/cluster/firewall/macros", _ANY, {}, []),
    ("/cluster/firewall/options", AUDIT, {}, {}),
    ("/cluster/firewall/refs", AUDIT, {"type": _TEXT}, []),
    ("/cluster/firewall/rules", AUDIT, {}, []),
    ("/cluster/jobs/realm-sync", AUDIT, {}, []),
    ("/cluster/mapping/dir", _ANY, {"check-node": _TEXT}, []),
    ("/cluster/mapping/pci", _ANY, {"check-node": _TEXT}, []),
    ("/cluster/mapping/usb", _ANY, {"check-node": _TEXT}, []),
    ("/cluster/metrics/server", AUDIT, {}, []),
    ("/cluster/notifications/endpoints/gotify", _ANY, {}, []),
    ("/cluster/notifications/endpoints/sendmail", _ANY, {}, []),
    ("/cluster/notifications/endpoints/smtp", _ANY, {}, []),
    ("/cluster/notifications/endpoints/webhook", _ANY, {}, []),
    ("/cluster/notifications/matchers", _ANY, {}, []),
    ("/cluster/notifications/targets", _ANY, {}, []),
    ("/cluster/sdn/controllers", _ANY, {"type": _TEXT, "running": _SWITCH, "pending": _SWITCH}, []),
    ("/cluster/sdn/dns", _ANY, {"type": _TEXT}, []),
    ("/cluster/sdn/ipams", _ANY, {"type": _TEXT}, []),
    ("/cluster/sdn/vnets", _ANY, {"running": _SWITCH, "pending": _SWITCH}, []),
    ("/cluster/sdn/zones", _ANY, {"type": _TEXT, "running": _SWITCH, "pending": _SWITCH}, []),
)
_OF_NODES: tuple[tuple[str, Permission, Schema, Any], ...] = (
    ("aplinfo", _ANY, {}, []),
    ("apt/update", _NODE_AUDIT, {}, []),
    ("apt/versions", _NODE_AUDIT, {}, []),
    ("capabilities/qemu/cpu", _ANY, {"arch": _TEXT}, []),
    ("capabilities/qemu/machines", _ANY, {"arch": _TEXT}, []),
    ("certificates/info", _ANY, {}, []),
    ("config", _NODE_AUDIT, {"property": _TEXT}, {}),
    ("disks/directory", _NODE_AUDIT, {}, []),
    (
        "disks/list",
        _NODE_AUDIT,
        {"include-partitions": _SWITCH, "skipsmart": _SWITCH, "type": _TEXT},
        [],
    ),
    ("disks/lvm", _NODE_AUDIT, {}, {"leaf": 0, "children": []}),
    ("disks/lvmthin", _NODE_AUDIT, {}, []),
    ("disks/zfs", _NODE_AUDIT, {}, []),
    ("dns", _NODE_AUDIT, {}, {"search": "virton.invalid", "dns1": "192.0.2.53"}),
    ("firewall/log", _NODE_AUDIT, _LINES, []),
    ("firewall/options", _NODE_AUDIT, {}, {}),
    ("firewall/rules", _NODE_AUDIT, {}, []),
    ("hardware/pci", _NODE_AUDIT, {"pci-class-blacklist": _TEXT, "verbose": _SWITCH}, []),
    ("hardware/usb", _NODE_AUDIT, {}, []),
    ("netstat", _NODE_AUDIT, {}, []),
    ("sdn/zones", _ANY, {}, [{"zone": "localnetwork", "status": "available"}]),
    ("services", _NODE_AUDIT, {}, _SERVICES),
)
_OF_GUESTS: tuple[tuple[str, Schema, Any], ...] = (
    ("firewall/aliases", {}, []),
    ("firewall/ipset", {}, []),
    ("firewall/log", _LINES, []),
    ("firewall/options", {}, {}),
    ("firewall/refs", {"type": _TEXT}, []),
    ("firewall/rules", {}, []),
)
_AGENT_READS = ("get-fsinfo", "get-host-name", "get-osinfo", "info", "network-get-interfaces")


def _always(answer: Any) -> Handler:
    def handle(_cluster: EmbeddedCluster, _caller: Caller, _params: Params) -> Any:
        return copy.deepcopy(answer)

    return handle


def _of_guest(kind: GuestType, answer: Any) -> Handler:
    def handle(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> Any:
        guest_at(cluster, kind, params)
        return copy.deepcopy(answer)

    return handle


def no_agent(cluster: EmbeddedCluster, _caller: Caller, params: Params) -> None:
    """Answer as a machine without a guest agent."""
    guest = guest_at(cluster, "qemu", params)
    raise failed(
        "No QEMU guest agent configured" if guest.running else f"VM {guest.vmid} is not running"
    )


def _for_nodes(name: str, permission: Permission, more: Schema, answer: Any) -> Endpoint:
    parameters = {"node": NODE, **more}
    path = f"/nodes/{{node}}/{name}"
    return Endpoint("GET", path, _always(answer), permission, parameters, proxied=True)


_GUESTS: tuple[GuestType, ...] = ("qemu", "lxc")


def _for_guests(kind: GuestType, name: str, more: Schema, handler: Handler) -> Endpoint:
    parameters = {"node": NODE, "vmid": VMID, **more}
    path = f"/nodes/{{node}}/{kind}/{{vmid}}/{name}"
    return Endpoint("GET", path, handler, _GUEST_AUDIT, parameters, proxied=True)


ENDPOINTS = (
    *(
        Endpoint("GET", path, _always(answer), permission, more)
        for path, permission, more, answer in _CLUSTER
    ),
    *(_for_nodes(*row) for row in _OF_NODES),
    *(
        _for_guests(kind, name, more, _of_guest(kind, answer))
        for kind in _GUESTS
        for name, more, answer in _OF_GUESTS
    ),
    _for_guests("lxc", "interfaces", {}, _of_guest("lxc", [])),
    _for_guests("qemu", "cloudinit", {}, _of_guest("qemu", [])),
    *(_for_guests("qemu", f"agent/{name}", {}, no_agent) for name in _AGENT_READS),
)
