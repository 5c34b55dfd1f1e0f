"""Maintenance of several nodes: the steps in their order, and the order that bears the most."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from virton.forecast.ask import ask
from virton.forecast.maintenance import Step, serviced
from virton.forecast.phases import MANY
from virton.forecast.question import Question, QuestionError
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation


@dataclass(frozen=True, slots=True)
class Search:
    """An order in which as much is borne at each step as is to be; None: there is none.

    `whole` is False where there were too many ways to look at all of them.
    """

    keep: int
    order: tuple[str, ...] | None
    whole: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return what was sought and found."""
        return {
            "keep": self.keep,
            "order": None if self.order is None else list(self.order),
            "whole": self.whole,
        }


@dataclass(frozen=True, slots=True)
class Plan:
    """The steps in the order that was asked for, and the best order that there is."""

    steps: tuple[Step, ...]
    search: Search

    @property
    def bears(self) -> int | None:
        """How many more nodes may fail at the worst step; None: not every step is borne."""
        told = [step.bears for step in self.steps]
        return None if None in told else min((n for n in told if n is not None), default=None)

    def to_json(self) -> dict[str, Any]:
        """Return the plan."""
        return {
            "version": 1,
            "nodes": [step.node for step in self.steps],
            "steps": [step.to_json() for step in self.steps],
            "bears": self.bears,
            "best": self.search.to_json(),
        }


def plan(
    situation: Situation,
    nodes: Sequence[str],
    *,
    timed: bool = False,
) -> Plan:
    """Return what the maintenance of these nodes in this order does; raises QuestionError."""
    _check(situation, nodes)
    base = at_rest(situation)[0]
    steps, at, orders = [], base, Orders(base)
    for node in nodes:
        step, after = serviced(at, node)
        orders.note(at, step, after)
        steps.append(_timed(step, at) if timed else step)
        at = after
    given = Plan(tuple(steps), Search(0, None))
    return replace(given, search=_best(orders, base, nodes, given.bears))


def _check(situation: Situation, nodes: Sequence[str]) -> None:
    if not nodes:
        raise QuestionError("name at least one node")
    if len(nodes) != len(set(nodes)):
        raise QuestionError("a node is named twice")
    for node in nodes:
        if node not in situation.nodes:
            raise QuestionError(f"there is no node {node}")
        if node not in situation.online:
            raise QuestionError(f"node {node} is not there")


def _best(orders: "Orders", base: Situation, nodes: Sequence[str], bears: int | None) -> Search:
    """Return the order that bears the most; the one that was asked for where none is better."""
    if bears == 1:
        return Search(1, tuple(nodes))
    found = orders.search(base, nodes, 1)
    if found.order is not None:
        return found
    if bears == 0:
        return Search(0, tuple(nodes), found.whole)
    lesser = orders.search(base, nodes, 0)
    return replace(lesser, whole=found.whole and lesser.whole)


def _timed(step: Step, before: Situation) -> Step:
    """Return the step with the times at which each resource runs elsewhere."""
    if len(before.resources) >= MANY:
        return step
    told = ask(before, Question(maintenance=(step.node,))).resources
    return replace(
        step, times={sid: row.after_s for sid, row in told.items() if row.after_s is not None}
    )


# the order

MOST_WORK = 400_000
"""So much is played in search of an order, counted in resources times nodes; that takes seconds."""

_FEW = 30
"""A step costs as much as this many resources more."""


class Orders:
    """Seeks orders for one cluster; what was played once is not played again."""

    def __init__(self, base: Situation) -> None:
        costs = len(base.nodes) * (len(base.resources) + _FEW)
        self._left = MOST_WORK // costs + len(base.nodes)
        self._played: dict[tuple[object, str], tuple[int | None, Situation]] = {}
        self._vain: set[tuple[int, frozenset[str], object]] = set()
        self._whole = True

    def search(self, base: Situation, nodes: Sequence[str], keep: int) -> Search:
        """Find an order in which each step bears `keep` more failures."""
        self._whole = True
        order = self._complete(base, tuple(nodes), keep)
        return Search(keep, order, whole=order is not None or self._whole)

    def note(self, before: Situation, step: Step, after: Situation) -> None:
        """Take over what was played elsewhere."""
        self._played[_stand(before), step.node] = step.bears, after

    def _complete(self, at: Situation, rest: tuple[str, ...], keep: int) -> tuple[str, ...] | None:
        """Return how to go on from here; None where that cannot be.

        A node after whose turn the cluster stands as before can always come first: its turn is
        borne, and changes nothing for the others. So only turns that leave something otherwise are
        tried in every order, and none of these twice from where the cluster stands alike.
        """
        stand = _stand(at)
        first: list[str] = []
        others: list[tuple[str, Situation | None]] = []
        for node in rest:
            bears, after = self._serviced(at, stand, node)
            if bears is None or bears < keep:
                others.append((node, None))
            elif _stand(after) == stand:
                first.append(node)
            else:
                others.append((node, after))
        here = keep, frozenset(node for node, _ in others), stand
        if not others:
            return tuple(first)
        if here in self._vain:
            return None
        for node, then in others:
            left = tuple(other for other, _ in others if other != node)
            found = self._complete(then, left, keep) if then is not None else None
            if found is not None:
                return (*first, node, *found)
        self._vain.add(here)
        return None

    def _serviced(self, at: Situation, stand: object, node: str) -> tuple[int | None, Situation]:
        known = self._played.get((stand, node))
        if known is not None:
            return known
        if self._left <= 0:
            self._whole = False
            return None, at
        self._left -= 1
        step, after = serviced(at, node)
        self._played[stand, node] = step.bears, after
        return step.bears, after


def _stand(situation: Situation) -> object:
    """Return everything of a cluster that a maintenance can leave otherwise."""
    services = situation.manager.service_status.items()
    return (
        tuple((g.sid, g.node, g.running) for g in situation.guests.values()),
        tuple(
            (sid, s.state, s.node, s.target, s.maintenance_node, s.failed_nodes)
            for sid, s in sorted(services)
        ),
    )
