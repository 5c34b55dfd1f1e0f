"""What speaks against a rule, in the API's words."""

from collections.abc import Mapping, Sequence

from virton.ha.rules.config import NodeAffinityRule, Rule, RuleSet
from virton.ha.rules.feasibility import Objection, Reason, check

_ANY: Mapping[Reason, str] = {
    Reason.RESOURCE_IN_SEVERAL_NODE_RULES: (
        "resource '{resource}' is already used in another node affinity rule"
    ),
    Reason.FEWER_THAN_TWO_RESOURCES: ("rule is ineffective as there are less than two resources"),
    Reason.MORE_RESOURCES_THAN_NODES: "rule defines more resources than available nodes",
    Reason.CONTRADICTS_RESOURCE_RULE: (
        "rule shares two or more resources with a {other} resource affinity rule"
    ),
    Reason.PRIORITIES_OF_AVOIDED_NODES: "nodes to avoid cannot have priorities",
    Reason.AVOIDS_EVERY_NODE: "rule leaves no node to run on",
    Reason.AVOIDS_A_MISSING_NODE: "rule avoids nodes that are not in the cluster",
}
_NODE_RULE: Mapping[Reason, str] = {
    Reason.PRIORITIES_WITH_RESOURCE_RULE: (
        "resources are in a resource affinity rule and cannot be in a node affinity rule with"
        " multiple priorities"
    ),
    Reason.TOGETHER_ACROSS_NODE_RULES: (
        "at least one resource is in a positive resource affinity rule and there are other"
        " resources in at least one other node affinity rule already"
    ),
    Reason.APART_ON_TOO_FEW_NODES: (
        "at least one resource is in a negative resource affinity rule and this rule would"
        " restrict these to less nodes than available to the resources"
    ),
}
_RESOURCE_RULE: Mapping[Reason, str] = {
    Reason.PRIORITIES_WITH_RESOURCE_RULE: (
        "resources are in node affinity rules with multiple priorities"
    ),
    Reason.TOGETHER_ACROSS_NODE_RULES: "resources are in multiple node affinity rules",
    Reason.APART_ON_TOO_FEW_NODES: (
        "two or more resources are restricted to less nodes than available to the resources"
    ),
}


def errors_by_rule(rules: RuleSet, nodes: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """Return rule -> property -> what speaks against it, for the rules that cannot be kept."""
    errors: dict[str, dict[str, list[str]]] = {}
    for objection in check(rules, nodes):
        text = _text(objection, rules.rules[objection.rule])
        errors.setdefault(objection.rule, {}).setdefault(objection.field, []).append(text)
    return errors


def _text(objection: Objection, rule: Rule) -> str:
    by_kind = _NODE_RULE if isinstance(rule, NodeAffinityRule) else _RESOURCE_RULE
    template = by_kind.get(objection.reason) or _ANY[objection.reason]
    other = "negative" if rule.affinity == "positive" else "positive"
    return template.format(resource=objection.resource, other=other)
