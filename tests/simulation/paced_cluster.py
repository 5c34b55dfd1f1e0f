"""A cluster of three nodes on the paced clock, as the tapes' one: its guests run, all is at rest."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from tests.simulation.courses import through_json
from virton.ha.events import Record
from virton.simulation.commands import Hardware
from virton.simulation.freezing import freeze, thaw
from virton.simulation.paced import Daemon
from virton.simulation.scenario import scenario_from
from virton.simulation.timing import Totem, real_timing
from virton.simulation.value import PacedClockValue, QDeviceValue, TimedGuestsValue, WorldValue

NODES = ("pve1", "pve2", "pve3")
HOME = {
    "vm:100": "pve1",
    "vm:102": "pve1",
    "vm:103": "pve2",
    "ct:110": "pve2",
    "vm:101": "pve3",
    "vm:104": "pve3",
    "vm:108": "pve3",
}
MASTER = "pve1"
_SETTLING_S = 60


class PacedCluster:
    """Plays on; `records` are the events since the cluster was at rest, by seconds since then."""

    def __init__(
        self,
        delays: Mapping[Daemon, int],
        nodes: Iterable[str] = NODES,
        home: Mapping[str, str] | None = None,
        votes: Mapping[str, int] | None = None,
        qdevice: QDeviceValue | None = None,
        totem: Totem | None = None,
    ) -> None:
        """Let the cluster settle, with each daemon's next round due after `delays`."""
        self.records: list[Record] = []
        places = tuple((HOME if home is None else home).items())
        asked = tuple((votes or {}).items())
        self.play(_settled(tuple(nodes), places, asked, qdevice, totem or Totem()))
        self.clock.delay(delays)
        self.clock.step(20)
        self.begun_s = self.world.now_s
        self.records.clear()

    def play(self, value: WorldValue) -> None:
        """Go on from a value."""
        self.simulation = thaw(value, self.records.append)
        self.world, self.clock = self.simulation.world, self.simulation.paced
        self.hardware = Hardware(self.world, self.world.files, self.simulation.figures)

    def through_bytes(self) -> None:
        """Freeze the world, write and read it, and go on from there."""
        self.play(through_json(freeze(self.simulation)))

    def do(self, *commands: str) -> None:
        """Carry out commands at once."""
        for command in commands:
            self.hardware.execute(command, "test")

    def step(self, seconds: int) -> None:
        """Let time pass."""
        self.clock.step(seconds)

    def passed_s(self) -> int:
        """Return the seconds since the cluster was at rest."""
        return self.world.now_s - self.begun_s

    def told(self) -> list[tuple[int, str, str, dict[str, Any]]]:
        """Return the events: seconds, source, kind and fields."""
        return [
            (r.time_s - self.begun_s, r.source, r.event.kind, r.event.fields())
            for r in self.records
        ]

    def when(self, kind: str, **fields: Any) -> list[int]:
        """Return when events of a kind happened."""
        return [
            at_s
            for at_s, _, found, told in self.told()
            if found == kind and fields.items() <= told.items()
        ]

    def until(self, holds: Callable[[], bool], longest_s: int = 600) -> int:
        """Let time pass until something holds; return the seconds since the cluster was at rest."""
        for _ in range(longest_s):
            if holds():
                return self.passed_s()
            self.step(1)
        raise AssertionError("it never came to hold")


Items = tuple[tuple[str, Any], ...]


@cache
def _settled(
    nodes: tuple[str, ...], home: Items, votes: Items, qdevice: QDeviceValue | None, totem: Totem
) -> WorldValue:
    """Return a cluster that is at rest; it is let settle once."""
    world, voting = scenario_from(_case(nodes, dict(home)), "paced").world, dict(votes)
    hosts = tuple(
        replace(host, power=True, network=True, votes=voting.get(host.name, 1))
        for host in world.hosts
    )
    begun = thaw(
        replace(
            world,
            hosts=hosts,
            guests=TimedGuestsValue(),
            clock=PacedClockValue(),
            max_workers=4,
            timing=real_timing(len(hosts), totem),
            qdevice=qdevice,
        ),
        lambda record: None,
    )
    for host in begun.world.hosts.values():
        begun.world.start_daemons(host)
    begun.paced.step(_SETTLING_S)
    return freeze(begun)


def _case(nodes: tuple[str, ...], home: Mapping[str, str]) -> dict[str, Any]:
    return {
        "nodes": {node: {"power": "off", "network": "off"} for node in nodes},
        "resources": {sid: {"node": node, "state": "started"} for sid, node in home.items()},
        "running": {node: {s: 1 for s, on in home.items() if on == node} for node in nodes},
        "commands": [],
    }
