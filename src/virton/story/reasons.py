"""Why resources move, as far as the lines before tell: a journal has no word for a cause."""

from dataclasses import dataclass, field
from functools import singledispatchmethod

from virton.ha.causes import (
    Cause,
    Commanded,
    EvensLoad,
    FailsBack,
    Follows,
    LeavesForMaintenance,
    Placed,
    ReturnsFromMaintenance,
    StartFailure,
    StartsWhereBest,
)
from virton.ha.events import Event, Record
from virton.ha.events import cluster as of_cluster
from virton.ha.events import resource as of_resource
from virton.ha.states import NodeState, ServiceState

BACK_S = 60
"""For so long after a node is online again a move to it is taken for one back to a better node."""

_ERROR = 1
"""The exit code with which an LRM says that a start failed and is to be tried elsewhere."""


@dataclass(slots=True)
class Reasons:
    """Remembers what was said of resources and nodes, and answers why a move begins."""

    _said: dict[str, Cause] = field(default_factory=dict)
    _maintained: set[str] = field(default_factory=set)
    _away: set[str] = field(default_factory=set)
    _back_s: dict[str, float] = field(default_factory=dict)
    _now_s: float = 0.0

    def hear(self, record: Record) -> None:
        """Take in what a record says."""
        self._now_s = record.time_s
        self._hear(record.event)

    def of_move(self, event: of_resource.ResourceStateChanged) -> Cause | None:
        """Return why a resource begins to move; None where its target is not told."""
        said = self._said.pop(event.sid, None)
        if said is not None:
            return said
        if event.node in self._maintained:
            return LeavesForMaintenance(str(event.node))
        if event.target is None:
            return None
        if event.to == ServiceState.REQUEST_START_BALANCE:
            return StartsWhereBest(event.target)
        if self._now_s - self._back_s.get(event.target, float("-inf")) <= BACK_S:
            return FailsBack(str(event.node), event.target, ())
        return Placed(event.target)

    @singledispatchmethod
    def _hear(self, event: Event) -> None:
        """Most events say nothing of it."""

    @_hear.register
    def _(self, event: of_cluster.NodeStateChanged) -> None:
        self._maintained.discard(event.node)
        if event.to == NodeState.MAINTENANCE:
            self._maintained.add(event.node)
        if event.to != NodeState.ONLINE:
            self._away.add(event.node)
        elif event.node in self._away:
            self._away.discard(event.node)
            self._back_s[event.node] = self._now_s

    @_hear.register
    def _(self, event: of_cluster.CommandTaken) -> None:
        words = event.command.split()
        if len(words) < 2 or words[0] not in ("migrate", "relocate"):
            return
        # automatic re-balancing carries its move out by such a command
        if not isinstance(self._said.get(words[1]), EvensLoad):
            self._said[words[1]] = Commanded(event.command)

    @_hear.register
    def _(self, event: of_cluster.CommandFollows) -> None:
        words = event.command.split()
        if len(words) > 2:
            self._said[event.sid] = Follows(words[1], words[2], ())

    @_hear.register
    def _(self, event: of_resource.ReturningFromMaintenance) -> None:
        self._said[event.sid] = ReturnsFromMaintenance(event.node)

    @_hear.register
    def _(self, event: of_resource.Rebalanced) -> None:
        self._said[event.sid] = EvensLoad(event.imbalance_from, event.imbalance_to)

    @_hear.register
    def _(self, event: of_resource.StartFailedOnNode) -> None:
        self._said[event.sid] = StartFailure(event.node, _ERROR)
