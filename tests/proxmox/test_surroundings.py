"""What decides where a guest can run, read from the answers and put into the capture."""

from typing import Any

import pytest

from tests.proxmox.captured import taken_from
from tests.proxmox.playback import TOKEN, Playback, healthy
from virton.proxmox import ApiToken, ClusterApi, ProxmoxClient
from virton.proxmox.answers import Remembered
from virton.proxmox.capture import see
from virton.proxmox.needs import parse_config
from virton.proxmox.offers import parse_bridges, parse_mappings, parse_storages
from virton.proxmox.votes import Totem, Votes, parse_node_votes, parse_qdevice, parse_totem

pytestmark = pytest.mark.anyio


async def captured(**answers: Any) -> dict[str, Any]:
    paths = {"storage": "/storage", "qdevice": "/cluster/config/qdevice"}
    paths |= {"config": "/nodes/phum03/qemu/100/config", "pci": "/cluster/mapping/pci"}
    paths |= {"network": "/nodes/phum01/network", "replication": "/cluster/replication"}
    paths |= {"votes": "/cluster/config/nodes", "totem": "/cluster/config/totem"}
    told = healthy() | {"/cluster/options": {}}
    return await taken_from(
        Playback(told | {paths[name]: answer for name, answer in answers.items()}), TOKEN
    )


def test_a_virtual_machine_needs_its_disks_cards_and_devices() -> None:
    needs = parse_config(
        {
            "scsi0": "ceph:vm-100-disk-0,size=32G",
            "efidisk0": "local-lvm:vm-100-disk-1,size=4M",
            "ide2": "none,media=cdrom",
            "ide0": "ceph:vm-100-cloudinit,media=cdrom",
            "sata5": "/dev/disk/by-id/ata-1,size=1T",
            "scsihw": "virtio-scsi-pci",
            "unused0": "old:vm-100-disk-9",
            "net0": "virtio=BC:24:11:00:00:01,bridge=vmbr0,firewall=1",
            "net1": "e1000=BC:24:11:00:00:02,bridge=vmbr1",
            "hostpci0": "0000:01:00.0,pcie=1",
            "hostpci1": "mapping=gpu,x-vga=1",
            "usb0": "spice",
            "usb1": "host=1234:5678",
            "usb2": "mapping=dongle",
            "serial0": "socket",
            "serial1": "/dev/ttyS0",
            "virtiofs0": "dirid=share,cache=auto",
            "cores": 2,
            "sockets": 2,
            "memory": "4096",
        }
    )
    assert [(disk.storage, disk.made) for disk in needs.disks] == [
        ("local-lvm", False),
        ("ceph", True),
        (None, False),
        ("ceph", False),
    ]
    assert needs.bridges == ("vmbr0", "vmbr1")
    assert needs.devices == ("pci:0000:01:00.0", "serial:/dev/ttyS0", "usb:1234:5678")
    assert needs.mappings == ("dir:share", "pci:gpu", "usb:dongle")
    assert (needs.cores, needs.memory_bytes) == (4.0, 4 << 30)


def test_a_container_needs_its_root_and_mount_points() -> None:
    needs = parse_config(
        {
            "rootfs": "local-zfs:subvol-110-disk-0,size=8G",
            "mp0": "nfs:110/vm-110-disk-1.raw,mp=/data,size=8G",
            "mp1": "/srv/data,mp=/srv",
            "mp2": "/mnt/pve/shared,mp=/shared,shared=1",
            "net0": "name=eth0,bridge=vmbr0,hwaddr=BC:24:11:00:00:01",
            "dev0": "/dev/dri/renderD128,gid=44",
        }
    )
    assert [disk.storage for disk in needs.disks] == ["nfs", None, "local-zfs"]
    assert needs.bridges == ("vmbr0",)
    assert needs.devices == ("dev:/dev/dri/renderD128",)


def test_storages_are_where_they_are_configured() -> None:
    storages = parse_storages(
        [
            {"storage": "nfs1", "type": "nfs", "nodes": "a,b"},
            {"storage": "local", "type": "dir"},
            {"storage": "san", "type": "lvm", "shared": 1, "disable": 1},
            {"type": "dir"},
        ]
    )
    assert [s.shared for s in storages.values()] == [False, True, True]
    assert [s.is_on("c") for s in storages.values()] == [True, False, False]


def test_mapped_devices_are_on_the_nodes_that_the_mapping_names() -> None:
    told = parse_mappings(
        "pci", [{"id": "gpu", "map": ["node=a,path=0000:01:00.0", "path=1,node=b"]}]
    )
    assert told == {"pci:gpu": {"a", "b"}}


def test_bridges_that_are_down_are_not_there() -> None:
    rows = [
        {"iface": "vmbr0", "type": "bridge", "active": 1},
        {"iface": "vmbr1", "type": "bridge", "active": 0},
        {"iface": "vnet1", "type": "vnet"},
        {"iface": "eno1", "type": "eth", "active": 1},
    ]
    assert parse_bridges(rows) == {"vmbr0", "vnet1"}


@pytest.mark.parametrize(
    ("device", "votes"),
    [
        ({"Algorithm": "Fifty-Fifty split", "State": "Connected"}, 3),
        ({"Algorithm": "LMS", "State": "Connected"}, 3),
        ({}, 2),
        (None, 2),
    ],
)
def test_a_qdevice_adds_its_votes(device: Any, votes: int) -> None:
    nodes = parse_node_votes([{"node": "a", "quorum_votes": "1"}, {"name": "b"}])
    assert Votes(nodes, parse_qdevice(device)).total == votes


def test_a_device_that_lost_its_connection_says_so() -> None:
    told = parse_qdevice({"State": "Disconnected", "Algorithm": "Fifty-Fifty split"})
    assert told is not None
    assert told.connected is False


def test_the_waits_of_corosync_are_read() -> None:
    told = parse_totem({"token": "5000", "token_coefficient": "0", "interface": {}})
    assert told == Totem(5000, 0, None)


async def test_a_capture_has_what_each_guest_needs_and_each_node_has() -> None:
    capture = await captured(
        storage=[
            {"storage": "nfs1", "type": "nfs", "nodes": "phum01,phum03"},
            {"storage": "local", "type": "dir"},
        ],
        config={"scsi0": "nfs1:100/a.raw", "scsi1": "local:100/b.raw", "net0": "x,bridge=vmbr0"}
        | {"hostpci0": "mapping=gpu"},
        pci=[{"id": "gpu", "map": ["node=phum02,path=1"]}],
        network=[{"iface": "vmbr0", "type": "bridge", "active": 1}],
        replication=[{"id": "100-0", "guest": 100, "target": "phum02"}],
    )
    assert capture["guests"]["vm:100"]["needs"] == {
        "storages": ["nfs1"],
        "local_disks": ["local:100/b.raw"],
        "replicated_to": ["phum02"],
        "mappings": ["pci:gpu"],
        "bridges": ["vmbr0"],
    }
    assert [capture["nodes"][f"phum0{n}"]["offers"]["storages"] for n in (1, 2, 3)] == [
        ["local", "nfs1"],
        ["local"],
        ["local", "nfs1"],
    ]
    assert capture["nodes"]["phum01"]["offers"]["bridges"] == ["vmbr0"]
    assert "bridges" not in capture["nodes"]["phum02"]["offers"]
    assert capture["nodes"]["phum02"]["offers"]["mappings"] == ["pci:gpu"]


async def test_a_capture_has_the_votes_the_device_and_the_waits() -> None:
    capture = await captured(
        votes=[{"node": "phum01", "quorum_votes": "2"}, {"node": "phum02", "quorum_votes": "1"}],
        qdevice={"Algorithm": "Fifty-Fifty split", "State": "Connected"},
        totem={"token": "10000"},
    )
    assert [capture["nodes"][f"phum0{n}"]["votes"] for n in (1, 2, 3)] == [2, 1, 1]
    assert capture["qdevice"] == {"votes": 1, "connected": True}
    assert capture["totem"] == {"token_ms": 10000}
    assert capture["about"]["remarks"] == [{"remark": "qdevice", "votes": 1}]


async def test_a_capture_tells_master_locks_watchdogs_and_work_under_way() -> None:
    seen = (await captured())["seen"]
    assert seen["ages_s"] == {"crm": 0, "lrm": {"phum01": 1, "phum02": 1, "phum03": 1}}
    assert seen["locks"] == {
        "ha_manager_lock": {"node": "phum01", "age_s": 0},
        "ha_agent_phum01_lock": {"node": "phum01", "age_s": 1},
        "ha_agent_phum03_lock": {"node": "phum03", "age_s": 1},
    }
    assert seen["watchdogs"] == {
        "crm": True,
        "lrm": {"phum01": True, "phum02": False, "phum03": True},
    }
    assert seen["under_way"] == [
        {"sid": "vm:121", "what": "migrate", "node": "phum01", "target": "phum02"}
    ]
    assert seen["queued"] == []


async def test_a_capture_names_what_no_answer_tells() -> None:
    untold = (await captured())["about"]["untold"]
    assert {"phases", "tries", "lock_ages", "node_unseen_since"} <= set(untold)


async def test_what_changes_rarely_is_asked_once_in_a_while_and_after_a_move() -> None:
    cluster, clock = Playback(healthy() | {"/cluster/options": {}}), [0.0]
    remembered = Remembered(lambda: clock[0], 60)
    client = ProxmoxClient.in_process(cluster)

    async def asked_of(vmid: int) -> list[str]:
        cluster.asked.clear()
        await see(ClusterApi(client, ApiToken(TOKEN)), remembered)
        return [path for path in cluster.paths() if path.endswith(f"{vmid}/config")]

    assert await asked_of(100) == ["/nodes/phum03/qemu/100/config"]
    assert await asked_of(100) == []
    for row in cluster.answers["/cluster/resources"]:
        if row.get("vmid") == 100:
            row["node"] = "phum01"
    cluster.answers["/nodes/phum01/qemu/100/config"] = {}
    assert await asked_of(100) == ["/nodes/phum01/qemu/100/config"]
    clock[0] = 61.0
    assert await asked_of(100) == ["/nodes/phum01/qemu/100/config"]
    await client.aclose()
