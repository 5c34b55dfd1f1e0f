"""The manager's picture of the nodes: their states, and since when they are away."""

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Protocol

from virton.frozen import frozen
from virton.ha.causes import (
    Cause,
    MaintenanceBegun,
    MaintenanceOver,
    NodeFenced,
    NodeLost,
    NodeRemoved,
    NodeSeen,
    NodeUnseen,
)
from virton.ha.events import Event
from virton.ha.events.cluster import (
    FenceAcknowledged,
    NodeGone,
    NodeStateChanged,
    NotifyFenceAttempt,
    NotifyFenceSucceeded,
)
from virton.ha.model import Instant
from virton.ha.states import LrmMode, NodeState

FENCE_DELAY_S = 60
FORGET_DELAY_S = 3600


class Tell(Protocol):
    """Takes an event, with its cause where it is a change of state."""

    def __call__(self, event: Event, /, cause: Cause | None = None) -> None:
        """Make an event known."""


@frozen
class NodesMemory:
    """What a node watch remembers."""

    states: Mapping[str, NodeState]
    last_online_s: Mapping[str, Instant] = field(default_factory=dict)
    now_s: Instant = 0


class NodeWatch:
    """Node states, updated once a round."""

    def __init__(self, memory: NodesMemory) -> None:
        self.states = dict(memory.states)
        self.online: frozenset[str] = self._online()
        self._last_online_s = dict(memory.last_online_s)
        self._now_s = memory.now_s

    def memory(self) -> NodesMemory:
        """Return what another watch needs to go on as this one would."""
        return NodesMemory(dict(self.states), dict(self._last_online_s), self._now_s)

    def names(self) -> list[str]:
        """Return the known nodes by name."""
        return sorted(self.states)

    def state(self, node: str) -> NodeState:
        """Return a node's state; one never heard of is unknown."""
        return self.states.get(node, NodeState.UNKNOWN)

    def is_online(self, node: str) -> bool:
        """Tell whether resources may run on a node."""
        return node in self.online

    def is_operational(self, node: str) -> bool:
        """Tell whether a node is in the quorate partition, be it in maintenance."""
        return self.state(node) in (NodeState.ONLINE, NodeState.MAINTENANCE)

    def differ_from(self, members: Mapping[str, bool]) -> bool:
        """Tell whether nodes joined or left the cluster."""
        return self.states.keys() != members.keys()

    def is_lost(self, node: str, now_s: int, delay_s: int = FENCE_DELAY_S) -> bool:
        """Tell whether a node has been away for `delay_s` seconds."""
        if self.state(node) is NodeState.ONLINE:
            return False
        last_online_s = self._last_online_s.setdefault(node, now_s)
        return now_s - last_online_s >= delay_s

    def away_s(self, node: str) -> int:
        """Return for how long a node had been away when the nodes were last looked at."""
        return self._now_s - self._last_online_s.get(node, self._now_s)

    def update(
        self, members: Mapping[str, bool], modes: Mapping[str, LrmMode], now_s: int, tell: Tell
    ) -> None:
        """Take over which nodes are online and in maintenance now."""
        self._now_s = now_s
        for node in sorted(node for node, online in members.items() if online):
            self._last_online_s[node] = now_s
            before = self.state(node)
            after = _state_of_present(before, modes.get(node))
            if after is not before:
                self._set(node, after, _cause_of_present(node, before, after), tell)
        for node in sorted(node for node in self.states if not members.get(node)):
            self._update_absent(node, node in members, modes.get(node), now_s, tell)

    def _update_absent(
        self, node: str, member: bool, mode: LrmMode | None, now_s: int, tell: Tell
    ) -> None:
        match self.state(node):
            case NodeState.ONLINE:
                self._set(node, NodeState.UNKNOWN, NodeUnseen(node), tell)
            case NodeState.MAINTENANCE if mode is not LrmMode.MAINTENANCE:
                self._set(node, NodeState.UNKNOWN, NodeUnseen(node), tell)
            case NodeState.UNKNOWN if not member:
                self._set(node, NodeState.GONE, NodeRemoved(node), tell)
            case NodeState.GONE if self.is_lost(node, now_s, FORGET_DELAY_S):
                del self.states[node]
                self._last_online_s.pop(node, None)
                tell(NodeGone(node))

    def fence(self, node: str, claim: Callable[[str], bool], tell: Tell) -> bool:
        """Fence a node; True once its lock is had, for then it cannot be working any more."""
        if self.state(node) is not NodeState.FENCE:
            self._set(node, NodeState.FENCE, NodeLost(node, self.away_s(node)), tell)
            tell(NotifyFenceAttempt(node))
        if not claim(node):
            return False
        tell(FenceAcknowledged(node))
        self._set(node, NodeState.UNKNOWN, NodeFenced(node), tell)
        tell(NotifyFenceSucceeded(node))
        return True

    def _set(self, node: str, state: NodeState, cause: Cause, tell: Tell) -> None:
        before = self.state(node)
        if state is before:
            return
        self.states[node] = state
        self.online = self._online()
        tell(NodeStateChanged(node, before, state), cause)

    def _online(self) -> frozenset[str]:
        return frozenset(n for n, state in self.states.items() if state is NodeState.ONLINE)


def _state_of_present(state: NodeState, mode: LrmMode | None) -> NodeState:
    """Return the state of a node that is online in the quorate partition."""
    match state:
        case NodeState.ONLINE if mode is LrmMode.MAINTENANCE:
            return NodeState.MAINTENANCE
        case NodeState.UNKNOWN | NodeState.GONE:
            return NodeState.ONLINE
        case NodeState.MAINTENANCE if mode is not LrmMode.MAINTENANCE:
            return NodeState.ONLINE
        case _:
            return state


def _cause_of_present(node: str, before: NodeState, after: NodeState) -> Cause:
    if after is NodeState.MAINTENANCE:
        return MaintenanceBegun(node)
    return MaintenanceOver(node) if before is NodeState.MAINTENANCE else NodeSeen(node)
