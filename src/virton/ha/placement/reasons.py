"""Why a resource is placed where it is, and for each other node the first objection to it.

The objections are read off what the steps of the choice left; nothing is decided here once more.
"""

from collections.abc import Callable, Mapping
from typing import dataclass_transform

from virton.frozen import frozen
from virton.ha.named import N, Named, named
from virton.ha.placement.choice import Because, Choice, Ground, ranked
from virton.ha.rules.nodes import OTHER_NODE
from virton.ha.states import NodeState


class NodeObjection(Named):
    """Why a node was not chosen; the subclasses stand in the order in which they are looked for."""

    __slots__ = ()


OBJECTIONS: dict[str, type[NodeObjection]] = {}
"""Every kind of objection by its name."""


@dataclass_transform(frozen_default=True)
def objection(name: str) -> Callable[[type[N]], type[N]]:
    """Make a class an objection of the given name."""
    return named(name, OBJECTIONS)


@objection("offline")
class Offline(NodeObjection):
    """The node does not work, as far as the manager knows."""

    state: NodeState


@objection("in_maintenance")
class InMaintenance(NodeObjection):
    """The node is in maintenance and takes no resources."""


@objection("kept_off")
class KeptOff(NodeObjection):
    """A strict rule names the node as one to avoid."""

    rules: tuple[str, ...]


@objection("outside_rule")
class OutsideRule(NodeObjection):
    """A strict rule does not name the node; through more than one rule where they add up."""

    rules: tuple[str, ...]


@objection("lower_priority")
class LowerPriority(NodeObjection):
    """The rule gives another node that is online a higher priority."""

    priority: int
    than: str
    its_priority: int
    rules: tuple[str, ...]


@objection("not_preferred")
class NotPreferred(NodeObjection):
    """The rule, not a strict one, prefers other nodes, of which one is online."""

    than: str
    rules: tuple[str, ...]


@objection("avoided")
class Avoided(NodeObjection):
    """The rule, not a strict one, names the node as one to avoid while another is online."""

    rules: tuple[str, ...]


@objection("already_tried")
class AlreadyTried(NodeObjection):
    """The resource failed to start there."""


@objection("kept_apart")
class KeptApart(NodeObjection):
    """Resources are there, or on their way to there, that rules keep apart from this one."""

    sids: tuple[str, ...]
    node: str
    rules: tuple[str, ...]


@objection("kept_together")
class KeptTogether(NodeObjection):
    """The resources with which rules keep this one together are on another node."""

    sids: tuple[str, ...]
    on: str
    rules: tuple[str, ...]


@objection("not_needed")
class NotNeeded(NodeObjection):
    """The resource may stay where it is."""

    stays_on: str


@objection("returns_elsewhere")
class ReturnsElsewhere(NodeObjection):
    """The resource goes back to the node that it left for maintenance."""

    to: str


@objection("passed_over")
class PassedOver(NodeObjection):
    """The next node in the ranking after the current one was wanted, and this one is not after."""

    after: str


@objection("equal_score")
class EqualScore(NodeObjection):
    """Another node has the same score, and comes first by name."""

    score: float
    best: str


@objection("worse_score")
class WorseScore(NodeObjection):
    """Another node has a better score, which is a lower one."""

    score: float
    best_score: float
    best: str


_BY_SCORE = (PassedOver, EqualScore, WorseScore)


@frozen
class Explanation:
    """Where a resource is to be (None: nowhere), why there, and why on no other node.

    `objections` has every other node of the cluster, by name. `score` is there where scores decided.
    """

    sid: str
    node: str | None
    because: Because
    current: str
    objections: Mapping[str, NodeObjection]
    score: float | None = None

    @property
    def by_score(self) -> bool:
        """Tell whether there was another node left, so that the score decided."""
        return any(isinstance(o, _BY_SCORE) for o in self.objections.values())


@frozen
class Decision:
    """A choice for a resource with what it stood on, to be explained when somebody asks."""

    sid: str
    choice: Choice
    ground: Ground

    @property
    def node(self) -> str | None:
        """The chosen node; None: there is none."""
        return self.choice.node

    def explain(self) -> Explanation:
        """Tell why the choice fell as it did."""
        return explain(self.sid, self.choice, self.ground)


def explain(sid: str, choice: Choice, ground: Ground) -> Explanation:
    """Tell why a choice fell as it did; of what it stood on, only the nodes and rules are read."""
    others = (node for node in sorted(ground.nodes) if node != choice.node)
    objections = {node: object_to(node, sid, choice, ground) for node in others}
    scored = choice.because in (Because.SCORE, Because.NEXT) and choice.node is not None
    score = choice.steps.scores.get(choice.node, 0.0) if scored and choice.node else None
    return Explanation(sid, choice.node, choice.because, choice.current, objections, score)


def object_to(node: str, sid: str, choice: Choice, ground: Ground) -> NodeObjection:
    """Return the first objection to a node that was not chosen."""
    steps = choice.steps
    if node not in ground.online:
        return _away(ground.nodes.get(node, NodeState.UNKNOWN))
    if node not in steps.allowed:
        return _outside(sid, ground)
    if steps.untried is None:
        # without further steps an allowed node is passed by only for the current one
        return NotNeeded(choice.current)
    if node not in steps.preferred:
        return _less_wanted(node, sid, choice, ground)
    if node not in steps.untried:
        return AlreadyTried()
    return _object_for_others(node, sid, choice, ground)


def _away(state: NodeState) -> NodeObjection:
    return InMaintenance() if state is NodeState.MAINTENANCE else Offline(state)


def _outside(sid: str, ground: Ground) -> NodeObjection:
    rules = ground.rules.why_node(sid)
    return KeptOff(rules) if ground.rules.avoids_nodes(sid) else OutsideRule(rules)


def _less_wanted(node: str, sid: str, choice: Choice, ground: Ground) -> NodeObjection:
    preferred = choice.steps.preferred
    than = choice.node if choice.node in preferred else min(preferred)
    priorities, rules = ground.rules.node_priorities[sid], ground.rules.why_node(sid)
    if priorities[node] == OTHER_NODE:
        return Avoided(rules) if ground.rules.avoids_nodes(sid) else NotPreferred(than, rules)
    return LowerPriority(priorities[node], than, priorities[than], rules)


def _object_for_others(node: str, sid: str, choice: Choice, ground: Ground) -> NodeObjection:
    """Object for the sake of other resources, else because of how the choice was decided."""
    steps, rules = choice.steps, ground.rules
    if steps.apart is not None and node not in steps.apart:
        sids = tuple(sorted(steps.adversaries[node]))
        return KeptApart(sids, node, rules.why_apart(sid, *sids))
    if steps.together is not None and node not in steps.together:
        on = min(steps.together)
        sids = tuple(sorted(steps.companions[on]))
        return KeptTogether(sids, on, rules.why_together(sid, *sids))
    return _object_by_decision(node, choice)


def _object_by_decision(node: str, choice: Choice) -> NodeObjection:
    """Object to a node that passed all steps, as the chosen one did."""
    chosen = choice.node
    if chosen is None:
        raise ValueError(f"{node} was left and yet no node was chosen")
    match choice.because:
        case Because.RETURNS:
            return ReturnsElsewhere(chosen)
        case Because.SCORE | Because.NEXT:
            return _object_by_score(node, chosen, choice)
        case _:
            return NotNeeded(chosen)


def _object_by_score(node: str, chosen: str, choice: Choice) -> NodeObjection:
    scores = choice.steps.scores
    if ranked((node, chosen), scores)[0] == node:
        return PassedOver(choice.current)
    score, best = scores.get(node, 0.0), scores.get(chosen, 0.0)
    return EqualScore(score, chosen) if score == best else WorseScore(score, best, chosen)
