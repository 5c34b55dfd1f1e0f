"""Who reaches whom, who has noticed it, and which group has the quorum."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from virton.simulation.hosts import Host
from virton.simulation.timing import Timing

View = frozenset[str]
Part = TypeVar("Part", bound=Collection[str])
_NOBODY: View = frozenset()


@dataclass(slots=True)
class QDevice:
    """A device outside that gives its votes to one group: the largest, of equals the first.

    It has to reach a node of the group: one whose network is on.
    """

    votes: int = 1
    on: bool = True


def chosen_by_device(parts: Iterable[Part]) -> Part | None:
    """Return the part to which a QDevice that reaches all of these gives its votes."""
    return min(parts, key=lambda part: (-len(part), min(part)), default=None)


@dataclass(slots=True)
class Forming:
    """A group that is about to become a membership; its nodes wait for it if one was `lost`."""

    begun_s: int
    due_s: int
    lost: bool


@dataclass(slots=True)
class Membership:
    """What each powered node knows of the others (corosync's rings).

    `groups` are the parts into which the network is split; none is one part. `views` are the
    memberships as they are agreed on, `forming` those that the nodes are coming to.
    """

    hosts: Mapping[str, Host]
    timing: Timing
    qdevice: QDevice | None = None
    groups: tuple[View, ...] = ()
    views: dict[str, View] = field(default_factory=dict)
    forming: dict[View, Forming] = field(default_factory=dict)
    _online: dict[View, Mapping[str, bool]] = field(default_factory=dict)
    _quorate: dict[View, bool] = field(default_factory=dict)
    _judges: dict[str, str] = field(default_factory=dict)
    _votes: dict[View, int] = field(default_factory=dict)

    # what the wires allow

    def reach(self, node: str, other: str) -> bool:
        """Tell whether two nodes can reach each other now."""
        return other in self.reached_by(node)

    def reached_by(self, node: str) -> View:
        """Return the nodes that a node can reach now, with itself; none while it is off."""
        host = self.hosts[node]
        if not host.reachable:
            return frozenset({node}) if host.power else frozenset()
        group = next((group for group in self.groups if node in group), None)
        named = frozenset[str]().union(*self.groups)
        return frozenset(
            name
            for name, other in self.hosts.items()
            if other.reachable and (name in group if group is not None else name not in named)
        )

    # what the nodes know

    def members(self, node: str) -> View:
        """Return the nodes that a node takes for members, with itself; none while it is off."""
        return self.views.get(node, _NOBODY)

    def quorate(self, node: str) -> bool:
        """Tell whether a node is part of a quorate membership."""
        if self.timing.cut_off_is_blind and not self.hosts[node].reachable:
            return False
        view = self.members(node)
        known = self._quorate.get(view)
        if known is None:
            known = self._quorate[view] = self._has_quorum(view)
        return known

    def judge(self, node: str) -> str:
        """Return which node judges for a node what locks ran out: the first of its members."""
        known = self._judges.get(node)
        if known is None:
            known = self._judges[node] = min(self.members(node), default=node)
        return known

    def online(self, node: str) -> Mapping[str, bool]:
        """Tell of every node whether it is online as a node sees it; none is without quorum."""
        view = self.members(node) if self.quorate(node) else _NOBODY
        known = self._online.get(view)
        if known is None:
            known = self._online[view] = {name: name in view for name in self.hosts}
        return known

    def waits(self, node: str) -> bool:
        """Tell whether a node's cluster files stand still, as a member is silent."""
        if not self.forming:
            return False
        return any(forming.lost and node in view for view, forming in self.forming.items())

    def _has_quorum(self, view: View) -> bool:
        device = self.qdevice
        total = self._votes_of(frozenset(self.hosts)) + (device.votes if device else 0)
        votes = self._votes_of(view)
        if device is not None and view and view == self._chosen_by_device():
            votes += device.votes
        return 2 * votes > total

    def _votes_of(self, view: View) -> int:
        """Return the votes of nodes; they are asked for in every round, and never change."""
        if view not in self._votes:
            self._votes[view] = sum(self.hosts[name].votes for name in view)
        return self._votes[view]

    def _chosen_by_device(self) -> View | None:
        """Return the membership to which the device gives its votes."""
        if self.qdevice is None or not self.qdevice.on:
            return None
        reached = [v for v in set(self.views.values()) if any(self.hosts[n].network for n in v)]
        return chosen_by_device(reached)

    # how they come to know

    def start(self) -> None:
        """Take it that every node knows what is so now."""
        self._forget()
        self.forming = {}
        self.views = {
            name: self.reached_by(name) for name, host in self.hosts.items() if host.power
        }

    def leave(self, node: str) -> None:
        """Let a node take its leave, as one does that is shut down: nobody has to miss it."""
        gone = frozenset({node})
        self.views = {name: view - gone for name, view in self.views.items() if name != node}
        self._forget()

    def restore(
        self, groups: tuple[View, ...], views: Mapping[str, View], forming: dict[View, Forming]
    ) -> None:
        """Go on from what was so, and known, before."""
        self.groups, self.views, self.forming = groups, dict(views), forming
        self._forget()

    def changed(self, now_s: int) -> None:
        """Follow a change of power, network or device; without delays it is known at once."""
        self._forget()
        self._drop_views()
        before, self.forming = self.forming, {}
        for node in self.views:
            goal = self.reached_by(node)
            if goal not in self.forming and any(self.views[name] != goal for name in goal):
                self.forming[goal] = before.get(goal) or self._begin(goal, before, now_s)
        self.pass_to(now_s)

    def _forget(self) -> None:
        self._quorate.clear()
        self._judges.clear()

    def _drop_views(self) -> None:
        """Forget what nodes knew that are off; one that was switched on knows itself only."""
        for name, host in self.hosts.items():
            if not host.power:
                self.views.pop(name, None)
            elif name not in self.views:
                self.views[name] = frozenset({name})

    def _begin(self, goal: View, before: Mapping[View, Forming], now_s: int) -> Forming:
        lost = any(not self.views[name] <= goal for name in goal)
        if lost:
            for view, forming in before.items():
                # one more that falls silent before the others are given up goes with them
                if forming.lost and goal <= view and now_s - forming.begun_s <= self.timing.token_s:
                    return Forming(forming.begun_s, forming.due_s, lost=True)
            return Forming(now_s, now_s + self.timing.loss_s, lost=True)
        boots = any(self.hosts[name].booted_s == now_s for name in goal)
        takes_s = self.timing.boot_join_s if boots else self.timing.join_s
        return Forming(now_s, now_s + takes_s, lost=False)

    def pass_to(self, now_s: int) -> None:
        """Let the memberships be agreed on whose time has come."""
        if not self.forming:
            return
        self._forget()
        for view in [view for view, forming in self.forming.items() if forming.due_s <= now_s]:
            del self.forming[view]
            self.views.update(dict.fromkeys(view, view))

    def next_s(self) -> int | None:
        """Return when the next membership is agreed on."""
        if not self.forming:
            return None
        return min(forming.due_s for forming in self.forming.values())
