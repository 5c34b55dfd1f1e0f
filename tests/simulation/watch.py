"""What must hold in every simulation, whatever happens: checked event by event, without an oracle.

The watch keeps its own shadow of the cluster, made of nothing but events, and looks at the hosts to
see which guests run where. Two dangers are known and the reference's own: a node that is cut off while
the HA stack is disarmed has given its lock and watchdog back, so that arming again takes its guests
for recoverable while they run; and a node whose LRM never came to work counts as one that does, so
that guests are moved there without lock and watchdog. Those guests are left alone here.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from virton.ha.events import Event, Record
from virton.ha.events.cluster import CommandFollows, CommandTaken, FenceAcknowledged, RuleDropped
from virton.ha.events.daemon import DaemonExited, DaemonKilled, DaemonState
from virton.ha.events.lrm import LrmDisarmed, LrmDisarmedInMaintenance
from virton.ha.events.resource import (
    MovedWhileDisarmed,
    MoveLive,
    MoveRequested,
    Rebalanced,
    RebalancedOnStart,
    Recovered,
    ResourceAdded,
    ResourceRemoved,
    ResourceStateChanged,
)
from virton.ha.rules.compiled import CompiledRules, prepare
from virton.simulation.freezing import Simulation, thaw
from virton.simulation.hosts import Host
from virton.simulation.scenario import scenario_from
from virton.simulation.value import WorldValue

ON_THE_WAY = ("migrate", "relocate", "request_start_balance")
NOWHERE = ("stopped", "request_start")


@dataclass(slots=True)
class Shadow:
    """Where the events say that a resource is and goes."""

    state: str
    node: str
    target: str | None = None

    def holds(self, node: str) -> bool:
        """Tell whether a resource that is kept apart from this one must not be on a node."""
        if self.state in NOWHERE:
            return False
        here = self.node == node and self.state != "request_start_balance"
        return here or (self.state in ON_THE_WAY and self.target == node)


@dataclass(slots=True)
class Watch:
    """Listens to a simulation and notes every broken promise."""

    world: WorldValue
    data: Mapping[str, Any]
    records: list[Record] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)
    masters: set[str] = field(default_factory=set)
    shadows: dict[str, Shadow] = field(default_factory=dict)
    fenced: set[str] = field(default_factory=set)
    commanded: set[str] = field(default_factory=set)
    unguarded: set[str] = field(default_factory=set)
    never_active: set[str] = field(default_factory=set)
    left_alone: set[str] = field(default_factory=set)
    rules: CompiledRules = field(default_factory=CompiledRules)
    dropped: set[str] = field(default_factory=set)
    dropped_at_s: int = 0
    simulation: Simulation = field(init=False)

    def __post_init__(self) -> None:
        self.simulation = thaw(self.world, self)
        self.never_active = {host.name for host in self.world.hosts if host.lrm is None}
        self._compile()

    @property
    def hosts(self) -> Mapping[str, Host]:
        """The hosts as they are now."""
        return self.simulation.world.hosts

    def _compile(self) -> None:
        """Compile the rules but for those that the manager told to leave out."""
        if not self.data.get("groups"):
            rules = self.simulation.world.files.rules().without(self.dropped)
            self.rules, _ = prepare(rules, sorted(self.hosts))

    def __call__(self, record: Record) -> None:
        """Take an event, and look whether all is as it should be."""
        self.records.append(record)
        self._follow_masters(record)
        self._follow_guard(record)
        self._follow_rules(record)
        self._look_at_placement(record.event)
        self._follow(record.event)
        self._look_at_guests(record)

    def _break(self, promise: str) -> None:
        self.broken.append(f"{len(self.records) - 1}: {promise}")

    # at most one master

    def _follow_masters(self, record: Record) -> None:
        match record.event:
            case DaemonState(to="master"):
                self.masters.add(record.source)
                if len(self.masters) > 1:
                    self._break(f"more than one master: {sorted(self.masters)}")
            case DaemonState(from_="master") | DaemonKilled() | DaemonExited():
                self.masters.discard(record.source)

    # no guest on two nodes, and no recovery of one that may still run

    def _follow_guard(self, record: Record) -> None:
        node = record.source.partition("/")[0]
        match record.event:
            case LrmDisarmed() | LrmDisarmedInMaintenance():
                self.unguarded.add(node)
            case DaemonState(to="active") | DaemonKilled():
                self.unguarded.discard(node)
                self.never_active.discard(node)
            case Recovered(sid, source, _) if source in self.unguarded | self.never_active:
                self.left_alone.add(sid)

    def _look_at_guests(self, record: Record) -> None:
        hosts = self.hosts.values()
        match record.event:
            case Recovered(sid, source, _):
                if sid in self.hosts[source].running and self._untouched(sid):
                    self._break(f"{sid} is recovered although it runs on {source}")
                if source not in self.fenced and not self.data.get("manager_status"):
                    self._break(f"{sid} is recovered from {source}, which was not fenced")
            case event if event.kind == "lrm.started":
                sid = event.fields()["sid"]
                nodes = [host.name for host in hosts if sid in host.running]
                if len(nodes) > 1 and self._untouched(sid):
                    self._break(f"{sid} runs on {nodes}")

    def _untouched(self, sid: str) -> bool:
        """Tell whether nobody moved the guest, or took it out of HA, behind the manager's back."""
        if sid in self.left_alone:
            return False
        words = " ".join(command for batch in self.data["commands"] for command in batch)
        behind = (f"service {sid} {what}" for what in ("manual-migrate", "delete", "add"))
        given = any(sid in running for running in self.data.get("running", {}).values())
        return not given and not any(command in words for command in behind)

    # no strict rule broken by a placement of the manager's own

    def _look_at_placement(self, event: Event) -> None:
        match event:
            case CommandTaken(command):
                self.commanded.add(command.split()[1] if len(command.split()) > 1 else "")
            case CommandFollows(sid=sid):
                self.commanded.add(sid)
            case Rebalanced(sid=sid, target=node) | Recovered(sid=sid, to=node):
                self._look_at(sid, node)
            case RebalancedOnStart(sid, "new", node) | MoveLive(sid=sid, target=node) if node:
                self._look_at(sid, node)
            case MoveRequested(sid=sid, target=node) if sid not in self.commanded:
                self._look_at(sid, node)

    def _look_at(self, sid: str, node: str) -> None:
        priorities = self.rules.node_priorities.get(sid)
        if priorities is not None and node not in priorities:
            self._break(f"{sid} goes to {node}, where a strict rule does not allow it")
        for other in sorted(self.rules.apart.get(sid, ())):
            if (shadow := self.shadows.get(other)) is not None and shadow.holds(node):
                self._break(f"{sid} goes to {node}, where {other} is that it is kept apart from")

    def _follow_rules(self, record: Record) -> None:
        match record.event:
            case RuleDropped(rule, _):
                if record.time_s != self.dropped_at_s:
                    self.dropped, self.dropped_at_s = set(), record.time_s
                self.dropped.add(rule)
                self._compile()

    # the shadow

    def _follow(self, event: Event) -> None:
        match event:
            case ResourceAdded(sid, node):
                self.shadows[sid] = Shadow("request_start", node)
            case ResourceRemoved(sid, _):
                self.shadows.pop(sid, None)
            case MovedWhileDisarmed(sid, _, to) | Recovered(sid, _, to):
                self._at(sid).node = to
            case ResourceStateChanged(sid, _, to, node, target, _):
                shadow = self._at(sid)
                shadow.state, shadow.target = to, target
                shadow.node = node or shadow.node
                self.commanded.discard(sid)
            case FenceAcknowledged(node):
                self.fenced.add(node)

    def _at(self, sid: str) -> Shadow:
        return self.shadows.setdefault(sid, Shadow("unknown", ""))


def watch(data: Mapping[str, Any]) -> Watch:
    """Run a scenario under watch."""
    scenario = scenario_from(dict(data), str(data.get("name", "")))
    watch = Watch(scenario.world, data)
    watch.simulation.virtual.run()
    return watch


def as_bytes(records: Sequence[Record]) -> bytes:
    """Return events as they stand in a scenario file."""
    return json.dumps([record.to_json() for record in records]).encode()
