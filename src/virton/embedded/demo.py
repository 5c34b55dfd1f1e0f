"""A cluster of any size to try things on: made up from how large it is to be, always alike."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from virton.embedded import seed
from virton.embedded.endpoints.ha.files import RESOURCES, RULES
from virton.embedded.inventory import config_path
from virton.embedded.world import GuestType
from virton.simulation.value import HostValue, QDeviceValue

FIRST_VMID = 100
MOST_NODES, MOST_RESOURCES, MOST_RULES = 64, 20_000, 5_000
MOST_VOTES = 99
_CORES, _MEMORY_BYTES = 64.0, 1024 * seed.GIB
_BESIDE_EVERY = 20
_APART = 3


class DemoError(ValueError):
    """A size that no cluster can be made of; the message says which is possible."""


@dataclass(frozen=True, slots=True)
class Demo:
    """How large a cluster is: with every twentieth resource there is a guest that is not under HA.

    The first node has `votes`, every other one; a QDevice has one too, if there is one.
    """

    nodes: int
    resources: int
    rules: int = 0
    votes: int = 1
    qdevice: int = 0

    @classmethod
    def parse(cls, text: str) -> "Demo":
        """Read `nodes=2,resources=100,rules=10,votes=2,qdevice=1`; raises DemoError."""
        names = "nodes|resources|rules|votes|qdevice"
        parts = [re.fullmatch(rf"({names})=(\d{{1,6}})", p) for p in text.split(",")]
        given = {part[1]: int(part[2]) for part in parts if part is not None}
        if None in parts or not {"nodes", "resources"} <= given.keys():
            raise DemoError(f"{text!r} is not of the form nodes=3,resources=100,rules=10")
        most = {"nodes": MOST_NODES, "resources": MOST_RESOURCES, "rules": MOST_RULES}
        most |= {"votes": MOST_VOTES, "qdevice": 1}
        for name, count in given.items():
            if count > most[name]:
                raise DemoError(f"{count} {name} are too many: at most {most[name]}")
        if given["nodes"] < 1:
            raise DemoError("a cluster has one node at least")
        if given.get("votes") == 0:
            raise DemoError("a node has one vote at least")
        return cls(**given)

    def __str__(self) -> str:
        votes = f",votes={self.votes}" if self.votes != 1 else ""
        device = ",qdevice=1" if self.qdevice else ""
        return f"nodes={self.nodes},resources={self.resources},rules={self.rules}{votes}{device}"

    def device(self) -> QDeviceValue | None:
        """Return the QDevice, if there is one."""
        return QDeviceValue() if self.qdevice else None

    def node_names(self) -> list[str]:
        """Return the names of the nodes."""
        return [f"node{number:02}" for number in range(1, self.nodes + 1)]

    def _guests(self) -> Iterator[tuple[int, GuestType, str, bool]]:
        """Yield id, type and node of every guest, and whether it is under HA."""
        names = self.node_names()
        for at in range(self.resources + self.resources // _BESIDE_EVERY):
            kind: GuestType = "lxc" if at % 10 == 9 else "qemu"
            yield FIRST_VMID + at, kind, names[at % len(names)], at < self.resources

    def files(self) -> Mapping[str, str]:
        """Return the cluster's files as they are before anybody changed anything."""
        managed = [(vmid, kind) for vmid, kind, _, under_ha in self._guests() if under_ha]
        texts = dict(seed.common_files())
        texts[RESOURCES] = "".join(
            f"{_type(kind)}: {vmid}\n\tstate started\n\n" for vmid, kind in managed
        )
        texts[RULES] = "".join(self._rules([f"{_type(kind)}:{vmid}" for vmid, kind in managed]))
        for vmid, kind, node, _ in self._guests():
            text = seed.guest_config(
                vmid, kind, f"guest{vmid}", 1 + vmid % 4, 1024 + vmid % 3 * 512
            )
            texts[config_path(node, kind, vmid)] = text
        return texts

    def _rules(self, sids: list[str]) -> Iterator[str]:
        """Yield rules in turn: resources kept apart from the front, preferred nodes from the back."""
        names = self.node_names()
        for number in range(self.rules):
            front = sids[_APART * (number // 2) : _APART * (number // 2 + 1)]
            if number % 2 == 0 and len(front) == _APART and self.nodes >= _APART:
                yield f"resource-affinity: apart{number}\n\taffinity negative\n"
                yield f"\tresources {','.join(sorted(front))}\n\n"
            elif number < len(sids):
                yield f"node-affinity: prefer{number}\n\tnodes {names[number % len(names)]}:1\n"
                yield f"\tresources {sids[-1 - number]}\n\n"

    def hosts(self, version: str, *, fresh: bool) -> tuple[HostValue, ...]:
        """Return the hosts, powered and connected; on those of a fresh cluster all guests run."""
        running: dict[str, set[str]] = {}
        for vmid, kind, node, _ in self._guests() if fresh else ():
            running.setdefault(node, set()).add(f"{_type(kind)}:{vmid}")
        return tuple(
            HostValue(
                node,
                power=True,
                network=True,
                cores=_CORES,
                memory_bytes=_MEMORY_BYTES,
                version=version,
                votes=1 if number else self.votes,
                running=frozenset(running.get(node, ())),
            )
            for number, node in enumerate(self.node_names())
        )


def _type(kind: GuestType) -> str:
    return "vm" if kind == "qemu" else "ct"
