"""What a guest needs of a node in order to start there: disks, devices, bridges."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class Lack(StrEnum):
    """What a node has not got."""

    STORAGE = "storage"
    LOCAL_DISK = "local_disk"
    DEVICE = "device"
    MAPPING = "mapping"
    BRIDGE = "bridge"


@dataclass(frozen=True, slots=True)
class Needs:
    """Names of what a guest needs.

    `storages` hold its disks. `local_disks` and `devices` are such as are on one node alone, but
    that the disks are copied again and again to those that they are `replicated_to`.
    """

    storages: tuple[str, ...] = ()
    local_disks: tuple[str, ...] = ()
    replicated_to: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    mappings: tuple[str, ...] = ()
    bridges: tuple[str, ...] = ()
    home: str | None = None


NO_NEEDS = Needs()


@dataclass(frozen=True, slots=True)
class Offers:
    """What a node has; None where that is not known, which is taken for everything."""

    storages: frozenset[str] | None = None
    mappings: frozenset[str] | None = None
    bridges: frozenset[str] | None = None


def lacks(needs: Needs, node: str, offers: Offers) -> tuple[tuple[Lack, str], ...]:
    """Return what a guest would miss on a node; nothing: it can start there."""
    found: list[tuple[Lack, str]] = []
    for kind, wanted, there in (
        (Lack.STORAGE, needs.storages, offers.storages),
        (Lack.MAPPING, needs.mappings, offers.mappings),
        (Lack.BRIDGE, needs.bridges, offers.bridges),
    ):
        found += [(kind, name) for name in wanted if there is not None and name not in there]
    if needs.home is not None and node != needs.home:
        disks = needs.local_disks if node not in needs.replicated_to else ()
        found += [(Lack.LOCAL_DISK, name) for name in disks]
        found += [(Lack.DEVICE, name) for name in needs.devices]
    return tuple(found)


_KINDS = ("storages", "local_disks", "replicated_to", "devices", "mappings", "bridges")


def needs_of(guest: Mapping[str, Any]) -> Needs:
    """Read what a captured guest needs."""
    told = guest.get("needs")
    if not told:
        return NO_NEEDS
    return Needs(
        **{name: tuple(sorted(told.get(name) or ())) for name in _KINDS},
        home=guest.get("node"),
    )


def offers_of(document: Mapping[str, Any]) -> dict[str, Offers]:
    """Read what the captured nodes have."""
    return {
        name: Offers(**{part: _names(row, part) for part in ("storages", "mappings", "bridges")})
        for name, row in (document.get("nodes") or {}).items()
    }


def _names(row: Mapping[str, Any], part: str) -> frozenset[str] | None:
    told = (row.get("offers") or {}).get(part)
    return None if told is None else frozenset(told)
