"""Which nodes a node rule comes to; a rule to avoid nodes is one to prefer all others."""

from collections.abc import Mapping, Sequence

from virton.ha.rules.config import NodeAffinityRule

OTHER_NODE = -1


def preferred_nodes(rule: NodeAffinityRule, nodes: Sequence[str]) -> Mapping[str, int]:
    """Return node -> priority of the nodes that a rule prefers."""
    if rule.affinity == "positive":
        return rule.nodes
    return {node: 0 for node in nodes if node not in rule.nodes}


def priorities(rule: NodeAffinityRule, nodes: Sequence[str]) -> Mapping[str, int]:
    """Return node -> priority of all nodes that a rule allows."""
    preferred = preferred_nodes(rule, nodes)
    if rule.strict:
        return dict(preferred)
    return {**dict.fromkeys(nodes, OTHER_NODE), **preferred}
