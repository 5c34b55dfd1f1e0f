"""`/cluster/resources`, `/cluster/status` and `/version`: what the cluster is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.ha.dialect import is_since
from virton.proxmox.unchanged import Rows
from virton.proxmox.values import beyond, each, flag, integer, mapping, named, number, rows, text

SID_TYPES = {"qemu": "vm", "lxc": "ct"}
"""How a guest's type is called in a resource's ID."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A virtual machine or container."""

    vmid: int
    type: str
    name: str | None
    node: str | None
    status: str | None
    template: bool = False
    hastate: str | None = None
    lock: str | None = None

    @property
    def sid(self) -> str:
        """Return the ID that the guest has, or would have, as an HA resource."""
        return f"{SID_TYPES.get(self.type, self.type)}:{self.vmid}"


@dataclass(frozen=True, slots=True)
class GuestUse:
    """What a guest may and does use: cores and bytes; None where the cluster did not say."""

    maxcpu: float | None = None
    maxmem: int | None = None
    cpu: float | None = None
    mem: int | None = None
    lock: str | None = None


@dataclass(frozen=True, slots=True)
class NodeUse:
    """A node and what is in use of it; `cpu` is a fraction of `maxcpu`, memory is in bytes."""

    name: str
    online: bool
    cpu: float | None = None
    maxcpu: int | None = None
    mem: int | None = None
    maxmem: int | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """The guests and nodes of a cluster."""

    guests: tuple[Guest, ...] = ()
    nodes: Mapping[str, NodeUse] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Membership:
    """The cluster's name, quorum, and which of its nodes are online."""

    name: str | None = None
    quorate: bool | None = None
    online: Mapping[str, bool] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Version:
    """The version of the node that answered."""

    version: str
    release: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @property
    def major(self) -> int | None:
        """Return the major version."""
        return integer(self.version.partition(".")[0])

    def is_since(self, major: int, minor: int) -> bool:
        """Tell whether this is a certain version or a later one."""
        return is_since(self.version, major, minor)


class InventoryParser:
    """Reads the answers of `/cluster/resources`."""

    def __init__(self) -> None:
        self._guests = Rows(_guest, _GUEST)
        self._nodes = Rows(_node)

    def __call__(self, data: Any) -> Inventory:
        """Read an answer."""
        entries = rows(data)
        guests = self._guests.read(row for row in entries if row.get("type") in SID_TYPES)
        nodes = self._nodes.read(row for row in entries if row.get("type") == "node")
        return Inventory(
            guests=tuple(sorted(guests, key=lambda guest: guest.vmid)),
            nodes={node.name: node for node in sorted(nodes, key=lambda node: node.name)},
        )


def parse_inventory(data: Any) -> Inventory:
    """Read an answer of `/cluster/resources`."""
    return InventoryParser()(data)


_GUEST = ("vmid", "type", "name", "node", "status", "template", "hastate", "lock")


def _guest(row: Mapping[str, Any]) -> Guest:
    return Guest(
        vmid=int(row["vmid"]),
        type=str(row["type"]),
        name=text(row.get("name")),
        node=text(row.get("node")) or None,
        status=text(row.get("status")),
        template=flag(row.get("template")),
        hastate=text(row.get("hastate")),
        lock=text(row.get("lock")) or None,
    )


def _node(row: Mapping[str, Any]) -> NodeUse:
    return NodeUse(
        name=named(row["node"]),
        online=row.get("status") == "online",
        cpu=number(row.get("cpu")),
        maxcpu=integer(row.get("maxcpu")),
        mem=integer(row.get("mem")),
        maxmem=integer(row.get("maxmem")),
    )


def parse_use(data: Any) -> dict[str, GuestUse]:
    """Read what the guests use from an answer of `/cluster/resources`."""
    guests = (row for row in rows(data) if row.get("type") in SID_TYPES)
    return dict(each(_use, guests))


def _use(row: Mapping[str, Any]) -> tuple[str, GuestUse]:
    cores, share = number(row.get("maxcpu")), number(row.get("cpu"))
    return _guest(row).sid, GuestUse(
        maxcpu=cores,
        maxmem=integer(row.get("maxmem")),
        cpu=None if cores is None or share is None else share * cores,
        mem=integer(row.get("mem")),
        lock=text(row.get("lock")) or None,
    )


def parse_membership(data: Any) -> Membership:
    """Read the answer of `/cluster/status`; a node alone has no cluster row."""
    entries = rows(data)
    told = each(_member, (row for row in entries if row.get("type") == "node"))
    nodes = dict(sorted(told))
    cluster = next((row for row in entries if row.get("type") == "cluster"), None)
    if cluster is None:
        return Membership(next(iter(nodes), None), None, nodes)
    return Membership(text(cluster.get("name")), flag(cluster.get("quorate")), nodes)


def _member(row: Mapping[str, Any]) -> tuple[str, bool]:
    return named(row["name"]), flag(row.get("online"))


def parse_version(data: Any) -> Version:
    """Read the answer of `/version`."""
    row = mapping(data)
    extra = beyond(row, ("version", "release"))
    return Version(str(row["version"]), text(row.get("release")), extra)


def parse_time(data: Any) -> int | None:
    """Read the answer of `/nodes/{node}/time`."""
    return integer(mapping(data).get("time"))
