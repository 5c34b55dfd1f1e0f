"""Edits of one rule after which it says less: a member gone, one priority for all nodes, no rule."""

from virton.ha.config.properties import format_nodes
from virton.ha.rules.config import NodeAffinityRule, Rule
from virton.plans.edits import Edit
from virton.plans.entries import Kind, rule_values


def altered(rule: Rule, **values: str) -> Edit:
    """Return the edit that gives a rule other values."""
    before = rule_values(rule)
    return Edit(Kind.RULE, rule.rule, before, {**before, **values})


def replaced(rule: Rule, made: Rule) -> Edit:
    """Return the edit that makes a rule another one."""
    return Edit(Kind.RULE, rule.rule, rule_values(rule), rule_values(made))


def without_member(rule: Rule, sid: str) -> Edit | None:
    """Return the edit that takes a resource out of a rule; None where too few would be left."""
    fewest = 1 if isinstance(rule, NodeAffinityRule) else 2
    if sid not in rule.resources or len(rule.resources) <= fewest:
        return None
    return altered(rule, resources=",".join(sorted(rule.resources - {sid})))


def without_priorities(rule: NodeAffinityRule) -> Edit:
    """Return the edit after which all nodes of a rule are as good."""
    return altered(rule, nodes=format_nodes((node, 0) for node in sorted(rule.nodes)))


def removed(rule: Rule) -> Edit:
    """Return the edit that removes a rule."""
    return Edit(Kind.RULE, rule.rule, rule_values(rule), None)
