"""A guest's configuration: what a node must have for the guest to start there."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from virton.proxmox.values import flag, integer, mapping, number

_DISK = re.compile(r"(?:ide|sata|scsi|virtio|efidisk|tpmstate|mp)\d+|rootfs")
_NET = re.compile(r"net\d+")
_DEVICE = re.compile(r"(?:hostpci|usb|serial|parallel|dev)\d+")
_SHARED_FOLDER = re.compile(r"virtiofs\d+")
_NO_DEVICE = frozenset({"spice", "socket", ""})
_NO_MEDIUM = frozenset({"none", "cdrom", ""})


@dataclass(frozen=True, slots=True)
class Disk:
    """A disk or image, by its volume; `made` where it is made anew wherever it is missing.

    One that is not `copied` is left out of replication.
    """

    volume: str
    made: bool = False
    copied: bool = True

    @property
    def storage(self) -> str | None:
        """Return the storage that it lies on; None for a device or folder of the node's own."""
        storage, colon, _ = self.volume.partition(":")
        return storage if colon and not self.volume.startswith("/") else None


@dataclass(frozen=True, slots=True)
class GuestNeeds:
    """What a guest is made of that a node has or has not.

    `mappings` are told by kind and name, as `pci:gpu`; `devices` are of one node alone.
    """

    disks: tuple[Disk, ...] = ()
    bridges: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    mappings: tuple[str, ...] = ()
    cores: float | None = None
    memory_bytes: int | None = None


def parse_config(data: Any) -> GuestNeeds:
    """Read the answer of `/nodes/{node}/{qemu|lxc}/{vmid}/config`."""
    config = mapping(data)
    told = {key: str(value) for key, value in sorted(config.items()) if value is not None}
    devices = [_device(key, value) for key, value in told.items() if _DEVICE.fullmatch(key)]
    return GuestNeeds(
        disks=tuple(_disks(told)),
        bridges=tuple(sorted(_bridges(told))),
        devices=tuple(sorted(name for name, mapped in devices if not mapped and name)),
        mappings=tuple(sorted({*(name for name, mapped in devices if mapped), *_folders(told)})),
        cores=_cores(config),
        memory_bytes=_memory(config.get("memory")),
    )


def _disks(config: Mapping[str, str]) -> list[Disk]:
    disks = []
    for key, value in config.items():
        if not _DISK.fullmatch(key):
            continue
        first, options = _parts(value)
        volume = options.get("volume") or options.get("file") or first
        local_folder = volume.startswith("/") and flag(options.get("shared"))
        if volume not in _NO_MEDIUM and not local_folder:
            copied = flag(options.get("replicate"), default=True)
            disks.append(Disk(volume, made="cloudinit" in volume, copied=copied))
    return disks


def _bridges(config: Mapping[str, str]) -> set[str]:
    cards = (_parts(value)[1] for key, value in config.items() if _NET.fullmatch(key))
    return {card["bridge"] for card in cards if card.get("bridge")}


def _device(key: str, value: str) -> tuple[str, bool]:
    """Return a device's name, and whether it is a mapped one; no name where it needs nothing."""
    first, options = _parts(value)
    kind = re.sub(r"\d+$", "", key).removeprefix("host")
    if options.get("mapping"):
        return f"{kind}:{options['mapping']}", True
    name = options.get("host") or options.get("path") or first
    return ("", False) if name in _NO_DEVICE else (f"{kind}:{name}", False)


def _folders(config: Mapping[str, str]) -> set[str]:
    """Return the shared folders, which are mapped as well."""
    told = (_parts(value) for key, value in config.items() if _SHARED_FOLDER.fullmatch(key))
    names = (options.get("dirid") or first for first, options in told)
    return {f"dir:{name}" for name in names if name}


def _parts(value: str) -> tuple[str, dict[str, str]]:
    """Split `first,key=value,...`; the first part may have a key as well."""
    parts = [part.partition("=") for part in value.split(",")]
    first = "" if parts[0][1] else parts[0][0]
    return first, {key: value for key, equals, value in parts if equals}


def _cores(config: Mapping[str, Any]) -> float | None:
    cores = number(config.get("cores"))
    return None if cores is None else cores * (number(config.get("sockets")) or 1.0)


def _memory(value: Any) -> int | None:
    """Return bytes of `2048` or `current=2048`, which are MiB."""
    mib = integer(str(value).removeprefix("current=").partition(",")[0]) if value else None
    return None if mib is None else mib << 20
