"""What the embedded cluster consists of on a fresh machine."""

from collections.abc import Mapping

from virton.embedded.endpoints.ha.files import RESOURCES
from virton.embedded.inventory import config_path
from virton.embedded.shared_files import DATACENTER
from virton.embedded.world import GuestType
from virton.simulation.value import HostValue

USERS = "user.cfg"
CONSOLE_TOKEN = "root@pam!console"  # noqa: S105  (the token's name, not its secret)
_USERS = (
    "user:root@pam:1:0:::::\n"
    f"token:{CONSOLE_TOKEN}:0:1:the console reads the cluster with it:\n"
    "role:VirtOnConsole:Sys.Syslog:\n"
    f"acl:1:/:{CONSOLE_TOKEN}:PVEAuditor,VirtOnConsole:\n"
)

STORAGE = "shared"
_BRIDGE = "vmbr0"
_DISK_GIB: Mapping[GuestType, int] = {"qemu": 32, "lxc": 8}

NODES = ("phum01", "phum02", "phum03")
CORES = 24.0
GIB = 1024**3
_MEMORY_BYTES = {"phum01": 128 * GIB, "phum02": 96 * GIB, "phum03": 64 * GIB}

# id, type, node, name, cores, memory (MiB)
_UNDER_HA: tuple[tuple[int, GuestType, str, str, int, int], ...] = (
    (100, "qemu", "phum03", "LOTCES-WIN", 8, 32768),
    (121, "qemu", "phum01", "ct", 4, 8192),
    (122, "qemu", "phum01", "cl", 4, 8192),
    (124, "qemu", "phum03", "cl2", 4, 8192),
    (999, "qemu", "phum01", "virton", 4, 16384),
)
_NOT_UNDER_HA: tuple[tuple[int, GuestType, str, str, int, int], ...] = (
    (101, "qemu", "phum01", "web01", 4, 8192),
    (102, "qemu", "phum03", "web02", 4, 8192),
    (110, "qemu", "phum02", "backup", 2, 4096),
    (200, "lxc", "phum01", "dns", 1, 512),
    (201, "lxc", "phum03", "proxy", 2, 1024),
)
RUNNING_FROM_THE_START = frozenset(
    {"vm:100", "vm:121", "vm:122", "vm:124", "vm:999", "vm:101", "ct:200", "ct:201"}
)


def hosts(version: str, *, fresh: bool) -> tuple[HostValue, ...]:
    """Return the cluster's hosts, powered and connected, with a version of Proxmox VE.

    Where the cluster is a fresh one, guests run on them.
    """
    running = RUNNING_FROM_THE_START if fresh else frozenset()
    return tuple(
        HostValue(
            node,
            power=True,
            network=True,
            cores=CORES,
            memory_bytes=_MEMORY_BYTES[node],
            version=version,
            running=running & _guests_of(node),
        )
        for node in NODES
    )


def _guests_of(node: str) -> frozenset[str]:
    guests = (*_UNDER_HA, *_NOT_UNDER_HA)
    return frozenset(
        f"{'vm' if kind == 'qemu' else 'ct'}:{vmid}"
        for vmid, kind, where, *_ in guests
        if where == node
    )


def common_files() -> Mapping[str, str]:
    """Return the files of a cluster without guests and resources."""
    return {DATACENTER: "keyboard: en-us\n", USERS: _USERS}


def files() -> Mapping[str, str]:
    """Return the cluster's files as they are before anybody changed anything."""
    resources = "".join(f"vm: {vmid}\n\tstate started\n\n" for vmid, *_ in _UNDER_HA)
    texts = {RESOURCES: resources, **common_files()}
    for vmid, guest_type, node, name, cores, memory in (*_UNDER_HA, *_NOT_UNDER_HA):
        texts[config_path(node, guest_type, vmid)] = guest_config(
            vmid, guest_type, name, cores, memory
        )
    return texts


def guest_config(vmid: int, guest_type: GuestType, name: str, cores: int, memory: int) -> str:
    """Return the configuration of a guest with one disk and one network card."""
    mac = f"BC:24:11:{vmid >> 16 & 255:02X}:{vmid >> 8 & 255:02X}:{vmid & 255:02X}"
    disk = f"{STORAGE}:{vmid}/vm-{vmid}-disk-0.raw,size={_DISK_GIB[guest_type]}G"
    if guest_type == "qemu":
        values = {
            "boot": "order=scsi0",
            "name": name,
            "net0": f"virtio={mac},bridge={_BRIDGE}",
            "ostype": "l26",
            "scsi0": disk,
            "scsihw": "virtio-scsi-pci",
        }
    else:
        values = {
            "arch": "amd64",
            "hostname": name,
            "net0": f"name=eth0,bridge={_BRIDGE},hwaddr={mac},ip=dhcp,type=veth",
            "ostype": "debian",
            "rootfs": disk,
            "swap": "512",
            "unprivileged": "1",
        }
    lines = {"cores": str(cores), "memory": str(memory)} | values
    return "".join(f"{key}: {value}\n" for key, value in sorted(lines.items()))
