"""Changes of one rule that end a contradiction, each tried: the gentlest first."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from enum import StrEnum

from virton.frozen import frozen
from virton.ha.rules.config import NodeAffinityRule, Rule, RuleSet
from virton.ha.rules.conflicts import Conflict
from virton.ha.rules.feasibility import Reason, check
from virton.ha.rules.nodes import preferred_nodes

MOST_SINGLE = 6
"""Resources are tried to be taken out one by one where there are so many."""

MOST_TOLD = 8


class Mend(StrEnum):
    """What is done to a rule."""

    TAKE_OUT = "take_out"
    LEVEL = "level"
    ADD_NODES = "add_nodes"
    DROP_NODES = "drop_nodes"
    DISABLE = "disable"


@frozen
class Mending:
    """One rule changed, after which the conflict is gone and no other has come."""

    kind: Mend
    made: Rule

    def names(self, before: Rule) -> tuple[str, ...]:
        """Return what was taken out of the rule, or added to it."""
        if self.kind is Mend.TAKE_OUT:
            return tuple(sorted(before.resources - self.made.resources))
        if isinstance(before, NodeAffinityRule) and isinstance(self.made, NodeAffinityRule):
            return tuple(sorted(before.nodes.keys() ^ self.made.nodes.keys()))
        return ()


def mendings(rules: RuleSet, nodes: Sequence[str], conflict: Conflict) -> list[Mending]:
    """Return the changes that end a conflict; each was tried against all rules."""
    before = _found(rules, nodes)
    gone = (conflict.rule, conflict.reason)
    told: list[Mending] = []
    for one in _candidates(rules, nodes, conflict):
        found = _found(rules.with_rule(one.made), nodes)
        adds = one.kind is Mend.ADD_NODES and any(_is_like(one, other) for other in told)
        if gone not in found and found <= before and not adds:
            told.append(one)
    return told[:MOST_TOLD]


def _found(rules: RuleSet, nodes: Sequence[str]) -> set[tuple[str, Reason]]:
    return {(one.rule, one.reason) for one in check(rules, nodes)}


def _is_like(one: Mending, other: Mending) -> bool:
    return (one.kind, one.made.rule) == (other.kind, other.made.rule)


def _candidates(rules: RuleSet, nodes: Sequence[str], conflict: Conflict) -> Iterator[Mending]:
    others = (key for key in conflict.smallest if key != conflict.rule)
    part = [rules.rules[key] for key in (conflict.rule, *others)]
    yield from ways(part, nodes, conflict.resources)


def ways(part: Sequence[Rule], nodes: Sequence[str], over: Iterable[str]) -> Iterator[Mending]:
    """Yield what may be done to the rules of a contradiction over some resources, the gentlest first."""
    for rule in part:
        if isinstance(rule, NodeAffinityRule):
            yield from _of_nodes(rule, nodes)
    for rule in part:
        yield from _taken_out(rule, over)
    for rule in part:
        yield Mending(Mend.DISABLE, replace(rule, disable=True))


def _of_nodes(rule: NodeAffinityRule, nodes: Sequence[str]) -> Iterator[Mending]:
    if len(set(rule.nodes.values())) > 1 or any(rule.nodes.values()):
        yield Mending(Mend.LEVEL, replace(rule, nodes=dict.fromkeys(rule.nodes, 0)))
    if rule.affinity == "negative":
        there = {node: at for node, at in rule.nodes.items() if node in nodes}
        for fewer in (there, {node: at for node, at in there.items() if node != max(there)}):
            if fewer and fewer != rule.nodes:
                yield Mending(Mend.DROP_NODES, replace(rule, nodes=fewer))
        return
    more = dict(rule.nodes)
    for node in sorted(set(nodes) - preferred_nodes(rule, nodes).keys()):
        more = {**more, node: 0}
        yield Mending(Mend.ADD_NODES, replace(rule, nodes=more))


def _taken_out(rule: Rule, resources: Iterable[str]) -> Iterator[Mending]:
    least = 1 if isinstance(rule, NodeAffinityRule) else 2
    concerned = sorted(rule.resources & set(resources))
    single = [{sid} for sid in concerned] if len(concerned) <= MOST_SINGLE else []
    several = [set(concerned)] if len(concerned) > 1 else []
    for out in (*single, *several):
        if len(rule.resources - out) >= least:
            yield Mending(Mend.TAKE_OUT, replace(rule, resources=rule.resources - out))
