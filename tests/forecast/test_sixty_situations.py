"""Sixty situations made so that their verdict is known beforehand: each part gives what it must."""

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.proxmox.test_captures_at_rest import answers
from virton.forecast.ask import ask
from virton.forecast.question import Loss, Question
from virton.forecast.situation import situation_of
from virton.proxmox.capture import capture_of_answers

GIB = 1024**3
CONFIG = "/nodes/n01/qemu/100/config"


class Made(NamedTuple):
    """A situation: what the API answers, who is lost, and what then becomes of vm:100 of n01."""

    name: str
    told: dict[str, Any]
    lost: tuple[str, ...]
    verdict: str
    node: str | None


def made(
    name: str, parts: dict[str, Any], verdict: str, node: str | None = None, nodes: int = 3
) -> Made:
    lost = parts.pop("lost", ("n01",))
    told = answers(nodes)
    for number in range(1, nodes + 1):
        told[f"/nodes/n0{number}/network"] = [{"iface": "vmbr0", "type": "bridge", "active": 1}]
    told["/storage"] = [{"storage": "nfs", "type": "nfs"}, {"storage": "local", "type": "dir"}]
    told[CONFIG] = {"scsi0": "nfs:100/a.raw", "net0": "virtio=x,bridge=vmbr0"}
    return Made(name, told | parts, lost, verdict, node)


def by_votes() -> Iterator[Made]:
    """Yield losses that leave exactly enough votes, or one too few, with and without a QDevice."""
    for nodes, gone in ((2, 1), (3, 1), (4, 2), (5, 2), (6, 3)):
        left = nodes - gone + 1
        for device, of_lost, verdict in (
            (None, left - 1, "back"),
            (None, left, "no_quorum"),
            ("Connected", left, "back"),
            ("Disconnected", left - 1, "no_quorum"),
        ):
            votes = _spread(of_lost, gone) + _spread(left, nodes - gone)
            rows = [{"node": f"n0{n}", "quorum_votes": str(v)} for n, v in enumerate(votes, 1)]
            parts = {"/cluster/config/nodes": rows}
            parts["lost"] = tuple(f"n0{n}" for n in range(1, gone + 1))
            if device is not None:
                parts["/cluster/config/qdevice"] = {
                    "State": device,
                    "Algorithm": "Fifty-Fifty split",
                }
            name = (
                f"{of_lost} of {of_lost + left} votes on {gone} of {nodes} lost, QDevice {device}"
            )
            yield made(name, parts, verdict, nodes=nodes)


def _spread(votes: int, nodes: int) -> list[int]:
    return [votes - nodes + 1] + [1] * (nodes - 1)


def storage(there: tuple[int, ...]) -> dict[str, Any]:
    names = ",".join(f"n0{n}" for n in (1, *there))
    return {"/storage": [{"storage": "nfs", "type": "nfs", "nodes": names}]}


def mapping(there: tuple[int, ...]) -> dict[str, Any]:
    maps = [f"node=n0{n},path=0000:01:00.0" for n in (1, *there)]
    needs = {"scsi0": "nfs:100/a.raw", "hostpci0": "mapping=gpu"}
    return {CONFIG: needs, "/cluster/mapping/pci": [{"id": "gpu", "map": maps}]}


def bridge(there: tuple[int, ...]) -> dict[str, Any]:
    parts: dict[str, Any] = {CONFIG: {"net0": "virtio=x,bridge=vmbr9"}}
    for number in (1, 2, 3):
        names = ["vmbr0", "vmbr9"] if number in (1, *there) else ["vmbr0"]
        rows = [{"iface": name, "type": "bridge", "active": 1} for name in names]
        parts[f"/nodes/n0{number}/network"] = rows
    return parts


def replicated(there: tuple[int, ...]) -> dict[str, Any]:
    jobs = [{"id": f"100-{n}", "guest": 100, "target": f"n0{n}"} for n in there]
    return {CONFIG: {"scsi0": "local:100/a.raw"}, "/cluster/replication": jobs}


NEEDS = (storage, mapping, bridge, replicated)


def bound(*nodes: str) -> dict[str, Any]:
    rule = {"rule": "bound", "type": "node-affinity", "resources": "vm:100", "strict": 1}
    return {"/cluster/ha/rules": [rule | {"nodes": ",".join(nodes)}]}


def by_needs() -> Iterator[Made]:
    """Yield guests whose need is met on some nodes: HA tries n02, then n03, and no third time."""
    for need in NEEDS:
        name = need.__name__
        yield made(f"{name} on all", need((2, 3)), "back", "n02")
        yield made(f"{name} on the first choice", need((2,)), "back", "n02")
        yield made(f"{name} on the second choice", need((3,)), "back", "n03")
        yield made(f"{name} nowhere else", need(()), "cannot_start")
        yield made(f"{name} and bound to it", need((3,)) | bound("n01", "n03"), "back", "n03")
        yield made(f"{name}, bound elsewhere", need((2,)) | bound("n01", "n03"), "cannot_start")
        yield made(f"{name}, bound to what is lost", need((2, 3)) | bound("n01"), "not_placed")
        without = need((2, 3)) | {"lost": ("n01", "n02")}
        yield made(f"{name}, no quorum", without, "no_quorum")


def by_devices() -> Iterator[Made]:
    """Yield guests with a device of their node alone."""
    for key, value in (
        ("hostpci1", "0000:02:00"),
        ("usb1", "host=046d:c31c"),
        ("serial1", "/dev/ttyS0"),
        ("parallel0", "/dev/parport0"),
    ):
        yield made(f"{key} of the node", {CONFIG: {key: value}}, "cannot_start")


def by_memory() -> Iterator[Made]:
    """Yield guests that come to a node which has exactly enough memory left, or a little less."""
    for has_gib, verdict in ((5, "back"), (4, "back"), (3, "squeezed"), (2, "squeezed")):
        rows = [dict(row) for row in answers(3)["/cluster/resources"]]
        for row in rows:
            if row.get("node") == "n02" and row["type"] == "node":
                row["maxmem"] = has_gib * GIB
            if row.get("vmid") == 100:
                row["maxmem"] = 4 * GIB
        yield made(f"4 GiB to {has_gib} GiB", {"/cluster/resources": rows}, verdict, "n02")


def master_of(one: Made) -> str:
    status = one.told["/cluster/ha/status/manager_status"]["manager_status"]
    return str(status["master_node"])


def under_any_master(situations: Iterable[Made]) -> Iterator[Made]:
    """Let one node after the other be master: now a lost one, now one that is left."""
    for at, one in enumerate(situations, start=1):
        status = one.told["/cluster/ha/status/manager_status"]["manager_status"]
        names = sorted(status["node_status"])
        status["master_node"] = names[at % len(names)]
        yield one


SITUATIONS = list(under_any_master([*by_votes(), *by_needs(), *by_devices(), *by_memory()]))


def test_there_are_sixty() -> None:
    assert len({one.name for one in SITUATIONS}) == 60


def test_the_master_is_among_the_lost_in_some_of_every_verdict_and_left_in_others() -> None:
    found = {(one.verdict, master_of(one) in one.lost) for one in SITUATIONS}
    verdicts = ("back", "cannot_start", "no_quorum", "not_placed", "squeezed")
    assert found == {(verdict, lost) for verdict in verdicts for lost in (True, False)}


@pytest.mark.parametrize("one", SITUATIONS, ids=lambda one: one.name)
def test_each_has_the_verdict_that_it_was_made_for(one: Made) -> None:
    question = Question(losses=tuple(Loss(node) for node in one.lost))
    answer = ask(situation_of(capture_of_answers(one.told)), question)
    told = answer.to_json()["resources"]["vm:100"]
    assert told["verdict"] == one.verdict
    if one.node is not None:
        assert told["node"] == one.node
