"""Which rules cannot be kept in every situation, and why.

A rule that contradicts another, or could not be kept even with all nodes online, is named with
everything that takes part in the contradiction. Disabled rules neither contradict nor are checked.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from virton.frozen import frozen
from virton.ha.rules.bundles import Bundle, bundles
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, RuleSet
from virton.ha.rules.nodes import preferred_nodes


class Reason(StrEnum):
    """Why a rule is left out."""

    RESOURCE_IN_SEVERAL_NODE_RULES = "resource-in-several-node-rules"
    FEWER_THAN_TWO_RESOURCES = "fewer-than-two-resources"
    MORE_RESOURCES_THAN_NODES = "more-resources-than-nodes"
    CONTRADICTS_RESOURCE_RULE = "contradicts-resource-rule"
    PRIORITIES_WITH_RESOURCE_RULE = "priorities-with-resource-rule"
    TOGETHER_ACROSS_NODE_RULES = "together-across-node-rules"
    APART_ON_TOO_FEW_NODES = "apart-on-too-few-nodes"
    PRIORITIES_OF_AVOIDED_NODES = "priorities-of-avoided-nodes"
    AVOIDS_EVERY_NODE = "avoids-every-node"
    AVOIDS_A_MISSING_NODE = "avoids-a-missing-node"


@frozen
class Objection:
    """Why a rule is left out: the property to blame, and the resource and rules concerned."""

    rule: str
    reason: Reason
    field: str = "resources"
    resource: str | None = None
    against: tuple[str, ...] = ()


@frozen
class Checked:
    """The enabled rules by kind, indexed by resource, as all checks read them."""

    nodes: Sequence[str]
    node_rules: Mapping[str, NodeAffinityRule]
    positive: Mapping[str, ResourceAffinityRule]
    negative: Mapping[str, ResourceAffinityRule]
    node_rules_of: Mapping[str, tuple[str, ...]]
    bundles: Sequence[Bundle]

    def node_rules_over(self, resources: Iterable[str]) -> list[str]:
        """Return the node rules that hold at least one of the resources, sorted."""
        return sorted({rule for sid in resources for rule in self.node_rules_of.get(sid, ())})


def check(rules: RuleSet, nodes: Sequence[str]) -> list[Objection]:
    """Return all objections, ordered by rule and property, then in the order of the checks."""
    checked = _enabled(rules, nodes)
    found = [objection for one_check in _CHECKS for objection in one_check(checked)]
    return sorted(found, key=lambda objection: (objection.rule, objection.field))


def _enabled(rules: RuleSet, nodes: Sequence[str]) -> Checked:
    enabled = {key: rules.rules[key] for key in sorted(rules.rules) if rules.rules[key].enabled}
    node_rules = {k: r for k, r in enabled.items() if isinstance(r, NodeAffinityRule)}
    related = {k: r for k, r in enabled.items() if isinstance(r, ResourceAffinityRule)}
    positive = {key: rule for key, rule in related.items() if rule.affinity == "positive"}
    negative = {key: rule for key, rule in related.items() if rule.affinity == "negative"}
    index: dict[str, list[str]] = {}
    for key, rule in node_rules.items():
        for sid in rule.resources:
            index.setdefault(sid, []).append(key)
    node_rules_of = {sid: tuple(keys) for sid, keys in index.items()}
    return Checked(nodes, node_rules, positive, negative, node_rules_of, bundles(positive))


def _one_node_rule_per_resource(checked: Checked) -> Iterator[Objection]:
    reason = Reason.RESOURCE_IN_SEVERAL_NODE_RULES
    for sid, keys in sorted(checked.node_rules_of.items()):
        if len(keys) > 1:
            for objection in _mutual(reason, keys):
                yield replace(objection, resource=sid)


def _sensible_avoidance(checked: Checked) -> Iterator[Objection]:
    for key, rule in checked.node_rules.items():
        if rule.affinity == "positive":
            continue
        if any(rule.nodes.values()):
            yield Objection(key, Reason.PRIORITIES_OF_AVOIDED_NODES, "nodes")
        if not preferred_nodes(rule, checked.nodes):
            yield Objection(key, Reason.AVOIDS_EVERY_NODE, "nodes")
        if not rule.nodes.keys() <= set(checked.nodes):
            yield Objection(key, Reason.AVOIDS_A_MISSING_NODE, "nodes")


def _at_least_two_resources(checked: Checked) -> Iterator[Objection]:
    for rules in (checked.positive, checked.negative):
        for key, rule in rules.items():
            if len(rule.resources) < 2:
                yield Objection(key, Reason.FEWER_THAN_TWO_RESOURCES)


def _enough_nodes_to_keep_apart(checked: Checked) -> Iterator[Objection]:
    for key, rule in checked.negative.items():
        if len(rule.resources) > len(checked.nodes):
            yield Objection(key, Reason.MORE_RESOURCES_THAN_NODES)


def _together_or_apart(checked: Checked) -> Iterator[Objection]:
    reason = Reason.CONTRADICTS_RESOURCE_RULE
    bundles_of = _index_bundles(checked.bundles)
    for key, rule in checked.negative.items():
        shared: dict[int, int] = {}
        for sid in rule.resources:
            for at in bundles_of.get(sid, ()):
                shared[at] = shared.get(at, 0) + 1
        for at in sorted(at for at, count in shared.items() if count > 1):
            members = checked.bundles[at].rules
            yield Objection(key, reason, against=members)
            yield from (Objection(member, reason, against=(key,)) for member in members)


def _one_priority_among_related(checked: Checked) -> Iterator[Objection]:
    reason = Reason.PRIORITIES_WITH_RESOURCE_RULE
    many = {k for k, r in checked.node_rules.items() if len(set(r.nodes.values())) > 1}
    for rules in (checked.positive, checked.negative):
        for key, rule in rules.items():
            paired = checked.node_rules_over(rule.resources)
            if many.isdisjoint(paired):
                continue
            yield Objection(key, reason, against=tuple(paired))
            yield from (Objection(node_rule, reason, against=(key,)) for node_rule in paired)


def _one_node_rule_per_bundle(checked: Checked) -> Iterator[Objection]:
    reason = Reason.TOGETHER_ACROSS_NODE_RULES
    for bundle in checked.bundles:
        paired = checked.node_rules_over(bundle.resources)
        if len(paired) > 1:
            for key in bundle.rules:
                yield Objection(key, reason, against=tuple(paired))
            for objection in _mutual(reason, paired):
                yield replace(objection, against=bundle.rules + objection.against)


def _enough_allowed_nodes_to_keep_apart(checked: Checked) -> Iterator[Objection]:
    # The nodes of all rules together count, strict or not: as Proxmox VE counts them.
    reason = Reason.APART_ON_TOO_FEW_NODES
    for key, rule in checked.negative.items():
        located = [sid for sid in rule.resources if sid in checked.node_rules_of]
        paired = checked.node_rules_over(located)
        allowed: set[str] = set()
        for node_rule in paired:
            allowed.update(preferred_nodes(checked.node_rules[node_rule], checked.nodes))
        if len(allowed) < len(located):
            yield Objection(key, reason, against=tuple(paired))
            yield from (Objection(node_rule, reason, against=(key,)) for node_rule in paired)


_CHECKS: tuple[Callable[[Checked], Iterator[Objection]], ...] = (
    _one_node_rule_per_resource,
    _sensible_avoidance,
    _at_least_two_resources,
    _enough_nodes_to_keep_apart,
    _together_or_apart,
    _one_priority_among_related,
    _one_node_rule_per_bundle,
    _enough_allowed_nodes_to_keep_apart,
)


def _mutual(reason: Reason, keys: Sequence[str]) -> Iterator[Objection]:
    for key in keys:
        yield Objection(key, reason, against=tuple(other for other in keys if other != key))


def _index_bundles(found: Sequence[Bundle]) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for at, bundle in enumerate(found):
        for sid in bundle.resources:
            index.setdefault(sid, []).append(at)
    return index
