"""The story as the HA stack tells it: a pure fold of its events into happenings."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import singledispatchmethod

from virton.ha.causes import Cause, NodeFenced
from virton.ha.events import Event, Record
from virton.ha.events import cluster as of_cluster
from virton.ha.events import lrm as of_lrm
from virton.ha.events import resource as of_resource
from virton.ha.events.daemon import DaemonState
from virton.ha.states import MOVING, CrmState, NodeState, ServiceState
from virton.story.commands import subject_of
from virton.story.happenings import Fact, Happening, Kind
from virton.story.reasons import Reasons

LOST = (NodeState.UNKNOWN, NodeState.FENCE, NodeState.GONE)
"""The states of a node on whose resources the manager does not rely."""


def told(records: Iterable[Record]) -> Iterator[Happening]:
    """Yield what records of the HA stack tell, in their order."""
    teller = Teller()
    for record in records:
        yield from teller.hear(record)


@dataclass(slots=True)
class Teller:
    """Remembers what a later event refers to: the master, who is on the way, who waits."""

    master: str | None = None
    origin: dict[str, str] = field(default_factory=dict)
    waiting: set[str] = field(default_factory=set)
    stayed: set[str] = field(default_factory=set)
    why: dict[str, Cause] = field(default_factory=dict)
    _reasons: Reasons = field(default_factory=Reasons)
    _found: list[Happening] = field(default_factory=list)
    _record: Record | None = None

    def hear(self, record: Record) -> list[Happening]:
        """Return what one record tells."""
        self._found, self._record = [], record
        self._reasons.hear(record)
        self._hear(record.event)
        return self._found

    def _tell(self, kind: Kind, whom: str, *, because: Cause | None = None, **facts: Fact) -> None:
        record = self._record
        if record is None:
            raise RuntimeError("nothing is being heard")
        at_s, cause = record.time_s, because or record.cause
        self._found.append(Happening(kind, whom, at_s, at_s, told=True, facts=facts, because=cause))

    @property
    def _source(self) -> str:
        return "" if self._record is None else self._record.source.partition("/")[0]

    @property
    def _cause(self) -> Cause | None:
        return None if self._record is None else self._record.cause

    @singledispatchmethod
    def _hear(self, event: Event) -> None:
        """Of most events an operator would not tell."""

    # nodes and the cluster

    @_hear.register
    def _(self, event: of_cluster.NodeStateChanged) -> None:
        for kind in node_changes(NodeState(event.from_), NodeState(event.to)):
            self._tell(kind, event.node)

    @_hear.register
    def _(self, event: of_cluster.FenceAcknowledged) -> None:
        self._tell(Kind.NODE_FENCED, event.node)

    @_hear.register
    def _(self, event: of_cluster.NodeGone) -> None:
        self._tell(Kind.NODE_GONE, event.node)

    @_hear.register
    def _(self, event: DaemonState) -> None:
        if event.to != CrmState.MASTER or self.master == self._source:
            return
        self._tell(Kind.MASTER_CHANGED, "", before=self.master, node=self._source)
        self.master = self._source

    @_hear.register
    def _(self, event: of_cluster.DisarmComplete) -> None:
        self._tell(Kind.DISARMED, "")

    @_hear.register
    def _(self, event: of_cluster.ArmDone) -> None:
        self._tell(Kind.ARMED, "")

    @_hear.register
    def _(self, event: of_cluster.CommandTaken) -> None:
        self._tell(Kind.ASKED, subject_of(event.command), command=event.command)

    @_hear.register
    def _(self, event: of_cluster.RuleDropped) -> None:
        self._tell(Kind.RULE_CONFLICT, event.rule, reason=str(event.reason))

    # resources

    @_hear.register
    def _(self, event: of_resource.ResourceAdded) -> None:
        self._tell(Kind.RESOURCE_ADDED, event.sid, node=event.node)

    @_hear.register
    def _(self, event: of_resource.ResourceRemoved) -> None:
        self._tell(Kind.RESOURCE_REMOVED, event.sid)
        self._forget(event.sid)

    @_hear.register
    def _(self, event: of_resource.Recovered) -> None:
        because = NodeFenced(event.from_)
        facts: dict[str, Fact] = {"before": event.from_, "node": event.to}
        self._tell(Kind.RESOURCE_RECOVERED, event.sid, because=because, **facts)
        self.waiting.discard(event.sid)

    @_hear.register
    def _(self, event: of_resource.RecoveredInPlace) -> None:
        because = NodeFenced(event.node)
        facts: dict[str, Fact] = {"before": event.node, "node": event.node}
        self._tell(Kind.RESOURCE_RECOVERED, event.sid, because=because, **facts)
        self.waiting.discard(event.sid)

    @_hear.register
    def _(self, event: of_resource.RecoveryImpossible) -> None:
        if event.sid not in self.waiting:
            self.waiting.add(event.sid)
            self._tell(Kind.RESOURCE_WAITS, event.sid, node=event.node)

    @_hear.register
    def _(self, event: of_resource.StartFailedOnNode) -> None:
        self._tell(Kind.RESOURCE_FAILED, event.sid, node=event.node)

    @_hear.register
    def _(self, event: of_resource.MoveFailed) -> None:
        self.stayed.add(event.sid)

    @_hear.register
    def _(self, event: of_resource.MovedWhileDisarmed) -> None:
        self._tell(Kind.RESOURCE_MOVED, event.sid, before=event.from_, node=event.to)

    @_hear.register
    def _(self, event: of_resource.LocationFixed) -> None:
        self._tell(Kind.RESOURCE_MOVED, event.sid, before=event.from_, node=event.to)

    @_hear.register
    def _(self, event: of_resource.FrozenByDisarm) -> None:
        self._tell(Kind.RESOURCE_FROZEN, event.sid)

    @_hear.register
    def _(self, event: of_lrm.Started) -> None:
        self._tell(Kind.RESOURCE_STARTED, event.sid, node=self._source)

    @_hear.register
    def _(self, event: of_resource.ResourceStateChanged) -> None:
        sid, before, after = event.sid, ServiceState(event.from_), ServiceState(event.to)
        if after in MOVING and event.node is not None:
            self.origin[sid] = event.node
            why = self._reasons.of_move(event)
            if (why := self._cause or why) is not None:
                self.why[sid] = why
        if before in MOVING:
            self._arrive(sid, before, event.node)
        if (kind := state_change(before, after)) is not None:
            self._tell(kind, sid)

    def _arrive(self, sid: str, how: ServiceState, node: str | None) -> None:
        """Tell of a move where the resource is on another node now."""
        origin = self.origin.pop(sid, None)
        why = self.why.pop(sid, None)
        stayed = sid in self.stayed or node is None or node == origin
        self.stayed.discard(sid)
        if not stayed:
            facts: dict[str, Fact] = {"before": origin, "node": node, "how": str(how)}
            self._tell(Kind.RESOURCE_MOVED, sid, because=why, **facts)

    def _forget(self, sid: str) -> None:
        for memory in (self.origin, self.why):
            memory.pop(sid, None)
        self.waiting.discard(sid)


def node_changes(before: NodeState, after: NodeState) -> list[Kind]:
    """Return what it means that the manager sees a node in another state."""
    found: list[Kind] = []
    if before not in LOST and after in LOST:
        found.append(Kind.NODE_LOST)
    if after is NodeState.FENCE and before is not after:
        found.append(Kind.NODE_FENCING)
    if before in LOST and after not in LOST:
        found.append(Kind.NODE_BACK)
    if after is NodeState.MAINTENANCE and before is not after:
        found.append(Kind.MAINTENANCE_BEGUN)
    if before is NodeState.MAINTENANCE and before is not after:
        found.append(Kind.MAINTENANCE_ENDED)
    return found


def state_change(before: ServiceState, after: ServiceState) -> Kind | None:
    """Return what it means by itself that a resource is in another state."""
    if after is ServiceState.ERROR:
        return Kind.RESOURCE_ERROR
    if before is ServiceState.ERROR:
        return Kind.RESOURCE_CLEARED
    if after is ServiceState.FREEZE:
        return Kind.RESOURCE_FROZEN
    if before is ServiceState.FREEZE:
        return Kind.RESOURCE_THAWED
    if after is ServiceState.STOPPED:
        return Kind.RESOURCE_STOPPED
    return None
