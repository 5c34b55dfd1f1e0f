"""Where a resource should be, and why not elsewhere.

Nodes fall out in steps: offline, outside the rule, of lower priority, tried before, kept apart,
kept together elsewhere; the load decides among those that remain. A choice keeps what each step
left, so that its reasons are those by which it was made.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import field
from enum import StrEnum

from virton.frozen import frozen
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


@frozen
class Ground:
    """What all choices of a round stand on."""

    nodes: Mapping[str, NodeState]
    online: frozenset[str]
    rules: CompiledRules
    statuses: Mapping[str, ServiceStatus]
    load: Callable[[], Load]


@frozen
class Steps:
    """The nodes that remained after each step; None where the step was not reached.

    `companions` and `adversaries` are the resources to keep together with and apart from, by the
    nodes on which they counted.
    """

    allowed: frozenset[str] = frozenset()
    preferred: frozenset[str] = frozenset()
    untried: frozenset[str] | None = None
    apart: frozenset[str] | None = None
    together: frozenset[str] | None = None
    scores: Mapping[str, float] = field(default_factory=dict)
    companions: Mapping[str, Sequence[str]] = field(default_factory=dict)
    adversaries: Mapping[str, Sequence[str]] = field(default_factory=dict)


class Because(StrEnum):
    """Which step decided."""

    NO_NODE = "no node is left"
    STAYS = "it may stay where it is"
    RETURNS = "it returns to the node that it left for maintenance"
    SCORE = "best score"
    NEXT = "next best score after the current node"


@frozen
class Choice:
    """The chosen node (None: there is none), which step decided, and what each step left.

    `current` is the node on which the resource was when the choice was made.
    """

    node: str | None
    because: Because
    steps: Steps
    current: str


def stays_freely(sid: str, status: ServiceStatus, ground: Ground) -> bool:
    """Tell whether a resource may stay where it is, without choosing: nothing is against its node.

    No maintenance and no companion draws it away, its node is preferred, no adversary is there.
    """
    rules, node, online = ground.rules, status.node, ground.online
    if node not in online or status.maintenance_node is not None or sid in rules.together:
        return False
    priorities = rules.node_priorities.get(sid)
    if priorities is not None and not _prefers(node, priorities, online):
        return False
    for other in rules.apart.get(sid, ()):
        there = ground.statuses.get(other)
        if there is not None and node in used_nodes(there, online):
            return False
    return True


def _prefers(node: str, priorities: Mapping[str, int], online: frozenset[str]) -> bool:
    """Tell whether a rule knows no online node that is better than this online one."""
    here = priorities.get(node)
    if here is None or here >= max(priorities.values()):
        return here is not None
    return not any(there > here and other in online for other, there in priorities.items())


def choose(
    sid: str,
    status: ServiceStatus,
    config: ResourceConfig,
    ground: Ground,
    preference: Preference,
) -> Choice:
    """Choose the node for a resource by rules, other resources and load."""
    current = status.node
    allowed, preferred = _by_node_rule(ground.rules.node_priorities.get(sid), ground.online)
    if not preferred:
        return Choice(None, Because.NO_NODE, Steps(allowed, preferred), current)
    together = _nodes_of_companions(sid, ground)
    apart = _nodes_of_adversaries(sid, ground)
    if (
        preference is Preference.STAY
        and not config.failback
        and current in allowed
        and (current in together or current not in apart)
    ):
        steps = Steps(allowed, preferred, companions=together, adversaries=apart)
        return Choice(current, Because.STAYS, steps, current)
    untried = preferred
    if preference is Preference.NEXT:
        untried = preferred.difference(status.failed_nodes)
    separate = untried.difference(apart) if apart else untried
    joined = _majority(together, separate) if together else separate
    steps = Steps(
        allowed, preferred, untried, separate, joined, companions=together, adversaries=apart
    )
    if status.maintenance_node in joined:
        return Choice(status.maintenance_node, Because.RETURNS, steps, current)
    if preference is Preference.STAY and current in joined:
        return Choice(current, Because.STAYS, steps, current)
    return _by_score(sid, current, ground, preference, steps, joined)


def open_nodes(sid: str, ground: Ground) -> frozenset[str]:
    """Return the preferred nodes of a resource on which nothing is that it is kept apart from."""
    _, preferred = _by_node_rule(ground.rules.node_priorities.get(sid), ground.online)
    return preferred.difference(_nodes_of_adversaries(sid, ground))


def _by_node_rule(
    priorities: Mapping[str, int] | None, online: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    if priorities is None:
        return online, online
    allowed = online.intersection(priorities)
    if not allowed:
        return allowed, allowed
    highest = max(map(priorities.__getitem__, allowed))
    return allowed, frozenset(node for node in allowed if priorities[node] == highest)


def _nodes_of_companions(sid: str, ground: Ground) -> dict[str, list[str]]:
    """Return the resources to keep together with by node; a moving one counts at its goal."""
    found: dict[str, list[str]] = {}
    for other in ground.rules.together.get(sid, ()):
        if (status := ground.statuses.get(other)) is not None:
            current, target = used_nodes(status, ground.online)
            if (node := target or current) is not None:
                found.setdefault(node, []).append(other)
    return found


def _nodes_of_adversaries(sid: str, ground: Ground) -> dict[str, list[str]]:
    """Return the resources to keep apart from by node; a moving one counts on both."""
    found: dict[str, list[str]] = {}
    for other in ground.rules.apart.get(sid, ()):
        if (status := ground.statuses.get(other)) is not None:
            current, target = used_nodes(status, ground.online)
            if current is not None:
                found.setdefault(current, []).append(other)
            if target is not None and target != current:
                found.setdefault(target, []).append(other)
    return found


def _majority(together: Mapping[str, Sequence[str]], nodes: frozenset[str]) -> frozenset[str]:
    """Return the node that most companions are on, the first by name of several."""
    possible = [(-len(sids), node) for node, sids in together.items() if node in nodes]
    return frozenset({min(possible)[1]}) if possible else nodes


def _with_scores(steps: Steps, scores: Mapping[str, float]) -> Steps:
    """Return the steps with the scores that decide; as `replace` does, in a third of its time."""
    return Steps(
        steps.allowed,
        steps.preferred,
        steps.untried,
        steps.apart,
        steps.together,
        scores,
        steps.companions,
        steps.adversaries,
    )


def ranked(nodes: Iterable[str], scores: Mapping[str, float]) -> list[str]:
    """Return nodes from the best score, which is the lowest, to the worst; then by name."""
    return sorted(nodes, key=lambda node: (scores.get(node, 0.0), node))


def _by_score(
    sid: str,
    current: str,
    ground: Ground,
    preference: Preference,
    steps: Steps,
    nodes: frozenset[str],
) -> Choice:
    scores = ground.load().start_scores(sid)
    if not nodes:
        return Choice(None, Because.NO_NODE, steps, current)
    order = ranked(nodes, scores)
    steps = _with_scores(steps, scores)
    if preference is Preference.NEXT and current in nodes:
        following = order.index(current) + 1
        if following < len(order):
            return Choice(order[following], Because.NEXT, steps, current)
    return Choice(order[0], Because.SCORE, steps, current)
