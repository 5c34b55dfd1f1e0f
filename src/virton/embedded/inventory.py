"""The guests of the embedded cluster: what each is, and on which node its configuration lies."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from virton.embedded.pmxcfs import ClusterFiles
from virton.embedded.world import GuestType

_FOLDERS: Mapping[str, GuestType] = {"qemu-server": "qemu", "lxc": "lxc"}
_CONFIG = re.compile(r"nodes/([^/]+)/(qemu-server|lxc)/([1-9][0-9]+)\.conf")
_SIZE = re.compile(r"\bsize=(\d+)G\b", re.ASCII)
MIB = 1024**2


@dataclass(frozen=True, slots=True)
class GuestRecord:
    """A guest as configured; `memory_bytes` is its maximum."""

    vmid: int
    type: GuestType
    node: str
    name: str
    cores: int
    memory_bytes: int
    lock: str | None
    disk_bytes: int = 0

    @property
    def sid(self) -> str:
        """Return the id that the guest has as an HA resource."""
        return f"{'vm' if self.type == 'qemu' else 'ct'}:{self.vmid}"

    @property
    def path(self) -> str:
        """Return where the guest's configuration lies."""
        return config_path(self.node, self.type, self.vmid)


def config_path(node: str, guest_type: GuestType, vmid: int) -> str:
    """Return where a guest's configuration lies, on a node."""
    folder = "qemu-server" if guest_type == "qemu" else "lxc"
    return f"nodes/{node}/{folder}/{vmid}.conf"


class Inventory:
    """All guests, read from their configuration files; a guest is where its file is."""

    def __init__(self, files: ClusterFiles) -> None:
        self._files = files
        self._records: dict[int, dict[str, GuestRecord]] = {}
        self._guests: dict[int, GuestRecord] = {}
        self._revision = files.revision
        self._take_over(files.paths("nodes/"))

    def guests(self) -> Mapping[int, GuestRecord]:
        """Return all guests by their id; the same object as long as none changed."""
        revision = self._files.revision
        if self._revision != revision:
            changed = self._files.changed_since(self._revision)
            self._revision = revision
            self._take_over(changed)
        return self._guests

    def _take_over(self, paths: Iterable[str]) -> None:
        """Read those of the files that are guests' configurations."""
        touched = {self._read(m) for path in paths if (m := _CONFIG.fullmatch(path))}
        if not touched:
            return
        guests = dict(self._guests)
        for vmid in sorted(touched):
            found = self._records[vmid]
            if found:
                guests[vmid] = found[max(found)]
            else:
                guests.pop(vmid, None)
        known = guests.keys() <= self._guests.keys()
        self._guests = guests if known else dict(sorted(guests.items()))

    def _read(self, match: re.Match[str]) -> int:
        """Read a guest's configuration, if it is there; return the guest's id."""
        path, (node, folder, vmid) = match[0], match.groups()
        found = self._records.setdefault(int(vmid), {})
        text = self._files.get(path)
        if text is None:
            found.pop(path, None)
        else:
            found[path] = _parse(text, int(vmid), _FOLDERS[folder], node)
        return int(vmid)

    def by_sid(self, sid: str) -> GuestRecord | None:
        """Return the guest of an HA resource, if there is one."""
        _, _, name = sid.partition(":")
        guest = self.guests().get(int(name)) if name.isdecimal() else None
        return guest if guest is not None and guest.sid == sid else None

    def place(self, sid: str, node: str) -> None:
        """Move a guest's configuration to a node."""
        guest = self.by_sid(sid)
        if guest is not None and guest.node != node:
            self._files.move(guest.path, config_path(node, guest.type, guest.vmid))

    def set_lock(self, sid: str, lock: str | None) -> None:
        """Write a lock into a guest's configuration, or take it out."""
        guest = self.by_sid(sid)
        if guest is None:
            return
        lines = self._files.read(guest.path).splitlines()
        kept = [line for line in lines if not line.startswith("lock:")]
        kept += [f"lock: {lock}"] if lock else []
        self._files.write(guest.path, "".join(f"{line}\n" for line in kept))


def read_config(text: str) -> None:
    """Raise ValueError if a guest's configuration cannot be read."""
    _parse(text, 0, "qemu", "")


def _parse(text: str, vmid: int, guest_type: GuestType, node: str) -> GuestRecord:
    pairs = (line.partition(":") for line in text.splitlines())
    values = {key.strip(): value.strip() for key, colon, value in pairs if colon}
    return GuestRecord(
        vmid=vmid,
        type=guest_type,
        node=node,
        name=values.get("name") or values.get("hostname") or str(vmid),
        cores=int(values.get("cores", "1")),
        memory_bytes=int(values.get("memory", "512")) * MIB,
        lock=values.get("lock"),
        disk_bytes=_disk_bytes(values.get("scsi0") or values.get("rootfs") or ""),
    )


def _disk_bytes(text: str) -> int:
    """Return the size of a disk, as its line tells it in GiB."""
    size = _SIZE.search(text)
    return int(size[1]) * 1024 * MIB if size else 0
