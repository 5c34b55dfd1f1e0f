"""What each node has that guests may need: storages, mapped devices, bridges."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from virton.proxmox.values import each, flag, named, rows, text, words

MAPPING_KINDS = ("pci", "usb", "dir")
_SHARED_TYPES = frozenset(
    {"cephfs", "cifs", "drbd", "glusterfs", "iscsi", "iscsidirect", "nfs", "pbs", "rbd", "zfs"}
)
"""Storages of these types hold the same on every node, whether that is said or not."""

_BRIDGES = frozenset({"bridge", "OVSBridge", "vnet"})


@dataclass(frozen=True, slots=True)
class Storage:
    """A storage as configured; on no `nodes` in particular it is on all."""

    name: str
    type: str = ""
    nodes: frozenset[str] | None = None
    shared: bool = False
    disabled: bool = False

    def is_on(self, node: str) -> bool:
        """Tell whether a node has it."""
        return not self.disabled and (self.nodes is None or node in self.nodes)


@dataclass(frozen=True, slots=True)
class Replication:
    """A guest's disks copied to another node again and again."""

    vmid: int
    target: str


@dataclass(frozen=True, slots=True)
class ClusterOffers:
    """What is where; None where it may not be seen.

    `mappings`: by kind and name (`pci:gpu`), the nodes that have the device; `bridges`: by node.
    """

    storages: Mapping[str, Storage] | None = None
    mappings: Mapping[str, frozenset[str]] | None = None
    bridges: Mapping[str, frozenset[str]] = field(default_factory=dict)
    replications: tuple[Replication, ...] = ()


def parse_storages(data: Any) -> dict[str, Storage]:
    """Read the answer of `/storage`."""
    told = each(_storage, rows(data))
    return {storage.name: storage for storage in sorted(told, key=lambda s: s.name)}


def _storage(row: Mapping[str, Any]) -> Storage:
    nodes, kind = words(row.get("nodes")), text(row.get("type")) or ""
    return Storage(
        name=named(row["storage"]),
        type=kind,
        nodes=frozenset(nodes) if nodes else None,
        shared=flag(row.get("shared"), default=kind in _SHARED_TYPES),
        disabled=flag(row.get("disable")),
    )


def parse_mappings(kind: str, data: Any) -> dict[str, frozenset[str]]:
    """Read the answer of `/cluster/mapping/{kind}`."""
    told = each(lambda row: (named(row["id"]), _mapped(row.get("map"))), rows(data))
    return {f"{kind}:{name}": nodes for name, nodes in sorted(told)}


def _mapped(value: Any) -> frozenset[str]:
    """Return the nodes of `["node=pve1,path=...", ...]`."""
    entries = value if isinstance(value, list) else [] if value is None else [value]
    parts = (part for entry in entries for part in _entry(entry))
    return frozenset(part.removeprefix("node=") for part in parts if part.startswith("node="))


def _entry(entry: Any) -> list[str]:
    if isinstance(entry, Mapping):
        return [f"{key}={value}" for key, value in sorted(entry.items())]
    return [part.strip() for part in str(entry).split(",")]


def parse_bridges(data: Any) -> frozenset[str]:
    """Read the answer of `/nodes/{node}/network`: what a network card can be joined to."""
    return frozenset(name for name in each(_bridge, rows(data)) if name is not None)


def _bridge(row: Mapping[str, Any]) -> str | None:
    is_one = text(row.get("type")) in _BRIDGES and flag(row.get("active"), default=True)
    return named(row["iface"]) if is_one else None


def parse_replications(data: Any) -> tuple[Replication, ...]:
    """Read the answer of `/cluster/replication`; jobs that are switched off copy nothing."""
    told = each(_replication, (row for row in rows(data) if not flag(row.get("disable"))))
    return tuple(sorted(told, key=lambda job: (job.vmid, job.target)))


def _replication(row: Mapping[str, Any]) -> Replication:
    return Replication(int(row["guest"]), named(row["target"]))
