"""Where a resource should be, and why not elsewhere.

Nodes fall out in steps: offline, outside the rule, of lower priority, tried before, kept apart,
kept together elsewhere; the load decides among those that remain. A choice keeps what each step
left, so that its reasons are those by which it was made.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from virton.ha.model import ResourceConfig, ServiceStatus
from virton.ha.placement.load import Load
from virton.ha.placement.positions import used_nodes
from virton.ha.rules.compiled import CompiledRules
from virton.ha.states import NodeState


class Preference(StrEnum):
    """What is wanted of a choice."""

    STAY = "stay where it is as long as that is allowed"
    BEST = "the node with the best score"
    NEXT = "the best node on which it has not failed"


@dataclass(frozen=True, slots=True)
class Ground:
    """What all choices of a round stand on."""

    nodes: Mapping[str, NodeState]
    online: frozenset[str]
    rules: CompiledRules
    statuses: Mapping[str, ServiceStatus]
    load: Callable[[], Load]


@dataclass(frozen=True, slots=True)
class Steps:
    """The nodes that remained after each step; None where the step was not reached."""

    allowed: frozenset[str] = frozenset()
    preferred: frozenset[str] = frozenset()
    untried: frozenset[str] | None = None
    apart: frozenset[str] | None = None
    together: frozenset[str] | None = None
    scores: Mapping[str, float] = field(default_factory=dict)


class Because(StrEnum):
    """Which step decided."""

    NO_NODE = "no node is left"
    STAYS = "it may stay where it is"
    RETURNS = "it returns to the node that it left for maintenance"
    SCORE = "best score"
    NEXT = "next best score after the current node"


@dataclass(frozen=True, slots=True)
class Choice:
    """The chosen node (None: there is none), which step decided, and what each step left."""

    node: str | None
    because: Because
    steps: Steps


def choose(
    sid: str,
    status: ServiceStatus,
    config: ResourceConfig,
    ground: Ground,
    preference: Preference,
) -> Choice:
    """Choose the node for a resource by rules, other resources and load."""
    allowed, preferred = _by_node_rule(ground.rules.node_priorities.get(sid), ground.online)
    if not preferred:
        return Choice(None, Because.NO_NODE, Steps(allowed, preferred))
    together = _nodes_of_companions(sid, ground)
    apart = _nodes_of_adversaries(sid, ground)
    current = status.node
    if (
        preference is Preference.STAY
        and not config.failback
        and current in allowed
        and (current in together or current not in apart)
    ):
        return Choice(current, Because.STAYS, Steps(allowed, preferred))
    untried = preferred
    if preference is Preference.NEXT:
        untried = preferred.difference(status.failed_nodes)
    separate = untried - apart if apart else untried
    joined = _majority(together, separate) if together else separate
    steps = Steps(allowed, preferred, untried, separate, joined)
    if status.maintenance_node in joined:
        return Choice(status.maintenance_node, Because.RETURNS, steps)
    if preference is Preference.STAY and current in joined:
        return Choice(current, Because.STAYS, steps)
    return _by_score(sid, current, ground, preference, steps, joined)


def open_nodes(sid: str, ground: Ground) -> frozenset[str]:
    """Return the preferred nodes of a resource on which nothing is that it is kept apart from."""
    _, preferred = _by_node_rule(ground.rules.node_priorities.get(sid), ground.online)
    return preferred - _nodes_of_adversaries(sid, ground)


def _by_node_rule(
    priorities: Mapping[str, int] | None, online: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    if priorities is None:
        return online, online
    allowed = frozenset(node for node in priorities if node in online)
    if not allowed:
        return allowed, allowed
    highest = max(priorities[node] for node in allowed)
    return allowed, frozenset(node for node in allowed if priorities[node] == highest)


def _nodes_of_companions(sid: str, ground: Ground) -> dict[str, int]:
    """Count, node by node, the resources to keep together with; a moving one counts at its goal."""
    counts: dict[str, int] = {}
    for other in ground.rules.together.get(sid, ()):
        if (status := ground.statuses.get(other)) is not None:
            current, target = used_nodes(status, ground.online)
            if (node := target or current) is not None:
                counts[node] = counts.get(node, 0) + 1
    return counts


def _nodes_of_adversaries(sid: str, ground: Ground) -> set[str]:
    """Return the nodes of the resources to keep apart from; a moving one counts on both."""
    nodes: set[str] = set()
    for other in ground.rules.apart.get(sid, ()):
        if (status := ground.statuses.get(other)) is not None:
            nodes.update(node for node in used_nodes(status, ground.online) if node is not None)
    return nodes


def _majority(together: Mapping[str, int], nodes: frozenset[str]) -> frozenset[str]:
    """Return the node that most companions are on, the first by name of several."""
    possible = [(-count, node) for node, count in together.items() if node in nodes]
    return frozenset({min(possible)[1]}) if possible else nodes


def _by_score(
    sid: str,
    current: str,
    ground: Ground,
    preference: Preference,
    steps: Steps,
    nodes: frozenset[str],
) -> Choice:
    if not nodes:
        return Choice(None, Because.NO_NODE, steps)
    scores = ground.load().start_scores(sid)
    ranked = sorted(nodes, key=lambda node: (scores.get(node, 0.0), node))
    steps = Steps(
        steps.allowed, steps.preferred, steps.untried, steps.apart, steps.together, scores
    )
    if preference is Preference.NEXT and current in nodes:
        following = ranked.index(current) + 1
        if following < len(ranked):
            return Choice(ranked[following], Because.NEXT, steps)
    return Choice(ranked[0], Because.SCORE, steps)
