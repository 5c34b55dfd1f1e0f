"""Rules in the form in which placement reads them, with the rules that each relation came from."""

from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from virton.frozen import frozen
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, RuleSet
from virton.ha.rules.feasibility import Objection
from virton.ha.rules.inference import effective
from virton.ha.rules.nodes import priorities


@frozen
class CompiledRules:
    """Node priorities, and the resources to keep together with and apart from, by resource.

    A node that `node_priorities` does not name is forbidden to the resource; priority -1 marks the
    other nodes of a rule that is not strict. A resource without an entry may be anywhere.
    `avoiding` are the node rules that were configured as nodes to avoid.
    """

    node_priorities: Mapping[str, Mapping[str, int]] = field(default_factory=dict)
    together: Mapping[str, frozenset[str]] = field(default_factory=dict)
    apart: Mapping[str, frozenset[str]] = field(default_factory=dict)
    node_rules: Mapping[str, NodeAffinityRule] = field(default_factory=dict)
    resource_rules: Mapping[str, tuple[ResourceAffinityRule, ...]] = field(default_factory=dict)
    avoiding: frozenset[str] = frozenset()

    def why_node(self, sid: str) -> tuple[str, ...]:
        """Return the configured rules that give a resource its node priorities.

        The node rule comes first, then the keep-together rules through which it reaches a resource
        that it does not name.
        """
        rule = self.node_rules.get(sid)
        return () if rule is None else (rule.rule, *rule.inferred.get(sid, ()))

    def avoids_nodes(self, sid: str) -> bool:
        """Tell whether the nodes that a resource's node rule names are those to avoid."""
        rule = self.node_rules.get(sid)
        return rule is not None and rule.rule in self.avoiding

    def why_together(self, sid: str, *others: str) -> tuple[str, ...]:
        """Return the configured rules that keep a resource together with any of these."""
        return self._why(sid, others, "positive")

    def why_apart(self, sid: str, *others: str) -> tuple[str, ...]:
        """Return the configured rules that keep a resource apart from any of these."""
        return self._why(sid, others, "negative")

    def _why(self, sid: str, others: Sequence[str], affinity: str) -> tuple[str, ...]:
        found = (
            rule.origins or (rule.rule,)
            for rule in self.resource_rules.get(sid, ())
            if rule.affinity == affinity and not rule.resources.isdisjoint(others)
        )
        return tuple(sorted({rule_id for origins in found for rule_id in origins}))


def compile_rules(rules: RuleSet, nodes: Sequence[str]) -> CompiledRules:
    """Compile rules that `inference.effective` has made ready."""
    enabled = [rule for rule in rules.rules.values() if rule.enabled]
    of_nodes = [rule for rule in enabled if isinstance(rule, NodeAffinityRule)]
    node_priorities: dict[str, Mapping[str, int]] = {}
    node_rules: dict[str, NodeAffinityRule] = {}
    for rule in sorted(of_nodes, key=lambda rule: rule.rule):
        node_priorities.update(dict.fromkeys(rule.resources, priorities(rule, nodes)))
        node_rules.update(dict.fromkeys(rule.resources, rule))
    related = [rule for rule in enabled if isinstance(rule, ResourceAffinityRule)]
    return CompiledRules(
        node_priorities,
        _partners([rule for rule in related if rule.affinity == "positive"]),
        _partners([rule for rule in related if rule.affinity == "negative"]),
        node_rules,
        _by_resource(related),
    )


def prepare(rules: RuleSet, nodes: Sequence[str]) -> tuple[CompiledRules, list[Objection]]:
    """Make configured rules ready for placement; also return why some of them were dropped."""
    ready, objections = effective(rules, nodes)
    of_nodes = (rule for rule in rules.rules.values() if isinstance(rule, NodeAffinityRule))
    avoiding = frozenset(rule.rule for rule in of_nodes if rule.affinity == "negative")
    return replace(compile_rules(ready, nodes), avoiding=avoiding), objections


def _partners(rules: Sequence[ResourceAffinityRule]) -> dict[str, frozenset[str]]:
    members: dict[str, set[str]] = {}
    for rule in rules:
        for sid in rule.resources:
            if (known := members.get(sid)) is None:
                members[sid] = set(rule.resources)
            else:
                known |= rule.resources
    return {sid: frozenset(found - {sid}) for sid, found in members.items() if len(found) > 1}


def _by_resource(
    rules: Sequence[ResourceAffinityRule],
) -> dict[str, tuple[ResourceAffinityRule, ...]]:
    found: dict[str, list[ResourceAffinityRule]] = {}
    for rule in rules:
        for sid in rule.resources:
            found.setdefault(sid, []).append(rule)
    return {sid: tuple(listed) for sid, listed in found.items()}
