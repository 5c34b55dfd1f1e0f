"""What an API tells of votes, storages, devices and bridges decides the verdict after a loss."""

from typing import Any

import pytest

from tests.proxmox.test_captures_at_rest import answers
from virton.forecast.ask import ask
from virton.forecast.question import Loss, Question
from virton.forecast.situation import situation_of
from virton.proxmox.capture import capture_of_answers

CONFIG = "/nodes/n01/qemu/100/config"
SHARED = {"scsi0": "nfs1:100/a.raw,size=8G"}


def verdict(told: dict[str, Any], *lost: str) -> str:
    """Return what becomes of vm:100, which runs on n01, when nodes are lost."""
    question = Question(losses=tuple(Loss(node) for node in lost or ("n01",)))
    answer = ask(situation_of(capture_of_answers(told)), question)
    told_of_it = answer.to_json()["resources"]["vm:100"]["verdict"]
    assert isinstance(told_of_it, str)
    return told_of_it


def cluster(nodes: int = 3, **more: Any) -> dict[str, Any]:
    names = {"config": CONFIG, "storage": "/storage", "qdevice": "/cluster/config/qdevice"}
    names |= {"pci": "/cluster/mapping/pci", "votes": "/cluster/config/nodes"}
    names |= {"replication": "/cluster/replication"}
    # the last node is master: that a lost one makes no difference is shown by the sixty situations
    told = answers(nodes, master=nodes - 1) | {"/storage": [{"storage": "nfs1", "type": "nfs"}]}
    told |= {f"/nodes/n0{n}/network": [{"iface": "vmbr0", "type": "bridge"}] for n in (1, 2, 3)}
    return told | {names[name]: answer for name, answer in more.items()}


LOCAL = [{"storage": "local", "type": "dir"}]
ON_N01 = [{"storage": "nfs1", "type": "nfs", "nodes": "n01"}]
OFF = [{"storage": "nfs1", "type": "nfs", "disable": 1}]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"config": SHARED}, "back"),
        ({"config": SHARED, "storage": ON_N01}, "cannot_start"),
        ({"config": SHARED, "storage": OFF}, "cannot_start"),
        ({"config": {"scsi0": "local:100/a.raw"}, "storage": LOCAL}, "cannot_start"),
        ({"config": {"sata0": "/dev/sdb"}}, "cannot_start"),
        ({"config": {"ide2": "none,media=cdrom"}}, "back"),
        ({"config": {"ide0": "local:cloudinit", "boot": "x"}, "storage": LOCAL}, "back"),
        ({"config": {"hostpci0": "0000:01:00.0"}}, "cannot_start"),
        ({"config": {"usb0": "host=1-2"}}, "cannot_start"),
        ({"config": {"usb0": "spice"}}, "back"),
        ({"config": {"serial0": "socket"}}, "back"),
        (
            {"config": {"hostpci0": "mapping=gpu"}, "pci": [{"id": "gpu", "map": ["node=n01"]}]},
            "cannot_start",
        ),
        (
            {
                "config": {"hostpci0": "mapping=gpu"},
                "pci": [{"id": "gpu", "map": ["node=n02,path=1", "node=n03,path=1"]}],
            },
            "back",
        ),
        ({"config": {"net0": "virtio=x,bridge=vmbr0"}}, "back"),
        ({"config": {"net0": "virtio=x,bridge=vmbr7"}}, "cannot_start"),
        (
            {
                "config": {"scsi0": "local:100/a.raw"},
                "storage": LOCAL,
                "replication": [
                    {"id": "100-0", "guest": 100, "target": "n02"},
                    {"id": "100-1", "guest": 100, "target": "n03"},
                ],
            },
            "back",
        ),
        (
            {
                "config": {"scsi0": "local:100/a.raw", "scsi1": "local:100/b.raw,replicate=0"},
                "storage": LOCAL,
                "replication": [
                    {"id": "100-0", "guest": 100, "target": "n02"},
                    {"id": "100-1", "guest": 100, "target": "n03"},
                ],
            },
            "cannot_start",
        ),
    ],
)
def test_what_a_guest_needs_decides(more: dict[str, Any], expected: str) -> None:
    assert verdict(cluster(**more)) == expected


def votes(*each: int) -> list[dict[str, Any]]:
    return [{"node": f"n0{n}", "quorum_votes": str(v)} for n, v in enumerate(each, start=1)]


UP = {"State": "Connected", "Algorithm": "Fifty-Fifty split"}
DOWN = {"State": "Disconnected", "Algorithm": "Fifty-Fifty split"}


@pytest.mark.parametrize(
    ("nodes", "more", "lost", "expected"),
    [
        (3, {}, ("n01",), "back"),
        (3, {}, ("n01", "n02"), "no_quorum"),
        (2, {}, ("n01",), "no_quorum"),
        (2, {"qdevice": UP}, ("n01",), "back"),
        (2, {"qdevice": DOWN}, ("n01",), "no_quorum"),
        (3, {"votes": votes(3, 1, 1)}, ("n01",), "no_quorum"),
        (3, {"votes": votes(1, 3, 1)}, ("n01", "n03"), "back"),
        (4, {}, ("n01", "n02"), "no_quorum"),
        (4, {"qdevice": UP}, ("n01", "n02"), "back"),
        (4, {"qdevice": DOWN}, ("n01", "n02"), "no_quorum"),
        (4, {"votes": votes(1, 1, 2, 1)}, ("n01", "n02"), "back"),
        (5, {}, ("n01", "n02"), "back"),
        (5, {"qdevice": UP | {"Algorithm": "LMS"}}, ("n01", "n02", "n03", "n04"), "back"),
    ],
)
def test_votes_decide(
    nodes: int, more: dict[str, Any], lost: tuple[str, ...], expected: str
) -> None:
    assert verdict(cluster(nodes, config=SHARED, **more), *lost) == expected
