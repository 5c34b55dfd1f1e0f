"""What the feasible rules come to: overlapping ones joined, and what follows from rules together.

Where the order of inference would matter it is that of the rule ids.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from virton.ha.rules.bundles import bundles
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, Rule, RuleSet
from virton.ha.rules.feasibility import Objection, check
from virton.ha.rules.nodes import preferred_nodes


def effective(rules: RuleSet, nodes: Sequence[str]) -> tuple[RuleSet, list[Objection]]:
    """Return the rules that hold at run time, and why the others were dropped."""
    objections = check(rules, nodes)
    feasible = rules.without({objection.rule for objection in objections})
    positive_only = _prefer_instead_of_avoid(feasible, nodes)
    merged = _merge_overlapping(positive_only)
    apart = _keep_bundles_apart(merged)
    return _bind_bundles_to_nodes(apart), objections


def _prefer_instead_of_avoid(rules: RuleSet, nodes: Sequence[str]) -> RuleSet:
    return replace(
        rules, rules={key: _preferring(rule, nodes) for key, rule in rules.rules.items()}
    )


def _preferring(rule: Rule, nodes: Sequence[str]) -> Rule:
    if not isinstance(rule, NodeAffinityRule) or rule.affinity == "positive" or not rule.enabled:
        return rule
    return replace(rule, nodes=preferred_nodes(rule, nodes), affinity="positive")


def _merge_overlapping(rules: RuleSet) -> RuleSet:
    changed = dict(rules.rules)
    order = dict(rules.order)
    for bundle in bundles(_related(rules, "positive")):
        if len(bundle.rules) < 2:
            continue
        key = "_merged-" + "-".join(bundle.rules)
        ordinal = order.get(bundle.rules[0], rules.next_ordinal())
        for member in bundle.rules:
            del changed[member]
            order.pop(member, None)
        changed[key] = ResourceAffinityRule(
            key, bundle.resources, "positive", origins=tuple(sorted(bundle.rules))
        )
        order[key] = ordinal
    return replace(rules, rules=changed, order=order)


def _keep_bundles_apart(rules: RuleSet) -> RuleSet:
    """Keep all of a bundle apart from what one of its resources must be kept apart from."""
    changed = dict(rules.rules)
    order = dict(rules.order)
    ordinal = rules.next_ordinal()
    negative_of = _by_resource(_related(rules, "negative"))
    for key, bundle in _related(rules, "positive").items():
        for other, (separated, causes) in sorted(_separated(bundle, negative_of).items()):
            origins = tuple(sorted(causes.union(bundle.origins or (key,))))
            for sid in sorted(bundle.resources - separated):
                implicit = f"_implicit-negative-{key}-{sid}-{other}"
                pair = frozenset((sid, other))
                order[implicit] = ordinal
                changed[implicit] = ResourceAffinityRule(
                    implicit, pair, "negative", origins=origins
                )
    return replace(rules, rules=changed, order=order)


def _separated(
    bundle: ResourceAffinityRule, negative_of: Mapping[str, list[ResourceAffinityRule]]
) -> dict[str, tuple[set[str], set[str]]]:
    """Return, by other resource, the bundle's resources kept apart from it, and by which rules."""
    found: dict[str, tuple[set[str], set[str]]] = {}
    for sid in bundle.resources:
        for rule in negative_of.get(sid, ()):
            for other in rule.resources - {sid}:
                separated, causes = found.setdefault(other, (set(), set()))
                separated.add(sid)
                causes.add(rule.rule)
    return found


def _bind_bundles_to_nodes(rules: RuleSet) -> RuleSet:
    """Extend the node rule of one of a bundle's resources to all of them."""
    bound = {
        key: rule
        for key, rule in sorted(rules.rules.items(), reverse=True)
        if isinstance(rule, NodeAffinityRule) and rule.enabled
    }
    rule_of: dict[str, str] = {}
    for key, rule in bound.items():
        rule_of.update(dict.fromkeys(rule.resources, key))
    for bundle in _related(rules, "positive").values():
        found = [rule_of[sid] for sid in bundle.resources if sid in rule_of]
        if not found:
            continue
        key = min(found)
        bound[key] = _extended(bound[key], bundle)
        for sid in bundle.resources:
            rule_of[sid] = min(key, rule_of.get(sid, key))
    return replace(rules, rules={**rules.rules, **bound})


def _extended(rule: NodeAffinityRule, bundle: ResourceAffinityRule) -> NodeAffinityRule:
    new = bundle.resources - rule.resources
    through = dict.fromkeys(new, bundle.origins or (bundle.rule,))
    return replace(rule, resources=rule.resources | new, inferred={**rule.inferred, **through})


def _related(rules: RuleSet, affinity: str) -> dict[str, ResourceAffinityRule]:
    found = {
        key: rule
        for key, rule in rules.rules.items()
        if isinstance(rule, ResourceAffinityRule) and rule.affinity == affinity and rule.enabled
    }
    return dict(sorted(found.items()))


def _by_resource(
    rules: Mapping[str, ResourceAffinityRule],
) -> dict[str, list[ResourceAffinityRule]]:
    found: dict[str, list[ResourceAffinityRule]] = {}
    for rule in rules.values():
        for sid in rule.resources:
            found.setdefault(sid, []).append(rule)
    return found
