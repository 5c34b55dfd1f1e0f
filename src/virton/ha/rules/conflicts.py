"""What stands against one rule: who takes part, and the fewest rules that contradict each other."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from virton.frozen import frozen
from virton.ha.rules.bundles import bundles
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, Rule, RuleSet
from virton.ha.rules.feasibility import Objection, Reason, check
from virton.ha.rules.fewest import fewest

MOST_CONTRADICTING = 3
"""Sets of so many other rules are searched for the smallest; a larger one has none to spare."""

MOST_TRIED = 200


@frozen
class Conflict:
    """Something that stands against a rule, and the `field` of the rule at which it can be mended.

    `against` are the rules to name beside it; `together` those that bind the resources to one
    another. `smallest` are the fewest rules that contradict, with the rule itself.
    """

    rule: str
    reason: Reason
    field: str
    resources: tuple[str, ...]
    against: tuple[str, ...] = ()
    together: tuple[str, ...] = ()
    smallest: tuple[str, ...] = ()


def conflicts(rules: RuleSet, nodes: Sequence[str], rule_id: str) -> list[Conflict]:
    """Return what stands against a rule, in the order of the checks; nothing where it is disabled."""
    own = rules.rules[rule_id]
    found = [_conflict(rules, nodes, own, objection) for objection in _merged(rules, nodes, own)]
    return list(dict.fromkeys(found))


def _merged(rules: RuleSet, nodes: Sequence[str], own: Rule) -> list[Objection]:
    """Return the objections to a rule; those that differ in the resource alone are one."""
    made: dict[object, Objection] = {}
    for one in check(rules, nodes):
        if one.rule != own.rule:
            continue
        several = one.reason is Reason.RESOURCE_IN_SEVERAL_NODE_RULES
        key = one.reason if several else (one.reason, one.against)
        known = made.get(key, one)
        against = tuple(sorted({*known.against, *one.against})) if several else one.against
        made[key] = replace(known, resource=None, against=against)
    return list(made.values())


def _conflict(rules: RuleSet, nodes: Sequence[str], own: Rule, told: Objection) -> Conflict:
    part = _taking_part(rules, own, told)
    kinds = {key: _kind(rules.rules[key]) for key in sorted(part)}
    against = tuple(key for key in kinds if key != own.rule)
    together: tuple[str, ...] = ()
    if told.reason is Reason.TOGETHER_ACROSS_NODE_RULES:
        against = tuple(key for key, kind in kinds.items() if kind == "node")
        together = tuple(key for key, kind in kinds.items() if kind == "positive")
    elif told.reason is Reason.CONTRADICTS_RESOURCE_RULE:
        against = told.against
    at_nodes = told.reason in _AT_NODES and isinstance(own, NodeAffinityRule)
    return Conflict(
        own.rule,
        told.reason,
        "nodes" if at_nodes else told.field,
        _concerned([rules.rules[key] for key in kinds], own),
        against,
        together,
        _smallest(rules, nodes, own, told.reason, part),
    )


_AT_NODES = (Reason.PRIORITIES_WITH_RESOURCE_RULE, Reason.APART_ON_TOO_FEW_NODES)


def _taking_part(rules: RuleSet, own: Rule, told: Objection) -> frozenset[str]:
    """Return the rules that take part in a contradiction, this one among them."""
    part = {own.rule, *told.against}
    if told.reason in (Reason.CONTRADICTS_RESOURCE_RULE, Reason.TOGETHER_ACROSS_NODE_RULES):
        part |= _bundled_with(rules, own)
    if told.reason in _AT_NODES:
        ranked = told.reason is Reason.PRIORITIES_WITH_RESOURCE_RULE
        relating = {key for key in part if _kind(rules.rules[key]) != "node"}
        related = {sid for key in relating for sid in rules.rules[key].resources}
        near = {key for key, rule in _enabled(rules) if rule.resources & related}
        part = relating | {
            key
            for key in near
            if _kind(rules.rules[key]) == "node" and (_ranks(rules.rules[key]) or not ranked)
        }
    return frozenset(part | {own.rule})


def _enabled(rules: RuleSet) -> list[tuple[str, Rule]]:
    return [(key, rule) for key, rule in sorted(rules.rules.items()) if rule.enabled]


def _kind(rule: Rule) -> str:
    return "node" if isinstance(rule, NodeAffinityRule) else rule.affinity


def _ranks(rule: Rule) -> bool:
    return isinstance(rule, NodeAffinityRule) and len(set(rule.nodes.values())) > 1


def _bundled_with(rules: RuleSet, own: Rule) -> set[str]:
    if _kind(own) != "positive":
        return set()
    enabled = {k: r for k, r in _enabled(rules) if isinstance(r, ResourceAffinityRule)}
    found = bundles({key: rule for key, rule in enabled.items() if rule.affinity == "positive"})
    return {key for bundle in found if own.rule in bundle.rules for key in bundle.rules}


def _concerned(part: Sequence[Rule], own: Rule) -> tuple[str, ...]:
    """Return the resources over which rules contradict: those under two kinds, else under two rules."""
    kinds: dict[str, set[str]] = {}
    counts: dict[str, int] = {}
    for rule in part:
        for sid in rule.resources:
            kinds.setdefault(sid, set()).add(_kind(rule))
            counts[sid] = counts.get(sid, 0) + 1
    crossed = [sid for sid, found in kinds.items() if len(found) > 1]
    shared = [sid for sid, count in counts.items() if count > 1]
    return tuple(sorted(crossed or shared or own.resources))


def _smallest(
    rules: RuleSet, nodes: Sequence[str], own: Rule, reason: Reason, part: Iterable[str]
) -> tuple[str, ...]:
    """Return the fewest rules that stand against this one for the same reason, and itself."""

    def hold(others: Collection[str]) -> bool:
        kept = {key: rules.rules[key] for key in sorted({own.rule, *others})}
        found = check(replace(rules, rules=kept), nodes)
        return any(one.rule == own.rule and one.reason is reason for one in found)

    others = sorted(set(part) - {own.rule})
    return tuple(sorted({own.rule, *fewest(others, hold, MOST_CONTRADICTING, MOST_TRIED)}))
