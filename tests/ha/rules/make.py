"""Short ways to write rules in tests, and rules at random."""

from collections.abc import Mapping
from dataclasses import replace

from hypothesis import strategies as st

from tests.characters import any_character
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, Rule, RuleSet

NODES = ("node1", "node2", "node3")


def sids(names: str) -> frozenset[str]:
    """Return `vm:<name>` of each of the names."""
    return frozenset(f"vm:{name}" for name in names.split())


def together(rule: str, names: str) -> ResourceAffinityRule:
    """Return a rule that keeps resources together."""
    return ResourceAffinityRule(rule, sids(names), "positive")


def apart(rule: str, names: str) -> ResourceAffinityRule:
    """Return a rule that keeps resources apart."""
    return ResourceAffinityRule(rule, sids(names), "negative")


def on(rule: str, names: str, nodes: Mapping[str, int], strict: bool = True) -> NodeAffinityRule:
    """Return a rule that binds resources to nodes."""
    return NodeAffinityRule(rule, sids(names), nodes, strict)


def avoid(rule: str, names: str, nodes: Mapping[str, int], strict: bool = True) -> NodeAffinityRule:
    """Return a rule that keeps resources off nodes."""
    return replace(on(rule, names, nodes, strict), affinity="negative")


def rule_set(*rules: Rule) -> RuleSet:
    """Return rules in file order."""
    order = {rule.rule: at for at, rule in enumerate(rules, start=1)}
    return RuleSet({rule.rule: rule for rule in rules}, order)


names = st.sampled_from([f"vm:{number}" for number in range(100, 112)])
members = st.frozensets(names, min_size=1, max_size=4)
affinities = st.sampled_from(["positive", "negative"])
some_nodes = st.dictionaries(st.sampled_from([*NODES, "gone"]), st.integers(0, 2), min_size=1)


def rule_sets(
    ids: st.SearchStrategy[str], comments: st.SearchStrategy[str | None]
) -> st.SearchStrategy[RuleSet]:
    """Draw rules of both types, which often contradict each other."""
    node_rules = st.builds(
        NodeAffinityRule,
        rule=ids,
        resources=members,
        nodes=some_nodes.map(lambda nodes: dict(sorted(nodes.items()))),
        strict=st.booleans(),
        disable=st.booleans(),
        comment=comments,
        affinity=affinities,
    )
    resource_rules = st.builds(
        ResourceAffinityRule,
        rule=ids,
        resources=members,
        affinity=affinities,
        disable=st.booleans(),
        comment=comments,
    )
    rules = st.one_of(node_rules, resource_rules, resource_rules)
    return st.lists(rules, max_size=9, unique_by=lambda rule: rule.rule).map(
        lambda rules: rule_set(*rules)
    )


some_rules = rule_sets(
    st.sampled_from(["a1", "a-b", "a_", "aa", "ab", "b", "b-1", "b_a", "ba", "c0", "c9z", "ca"]),
    st.sampled_from([None, "why", "왜"]),
)
"""Rules for what asks neither how they are called nor what is noted of them."""

_ids = st.builds(
    "{}{}".format,
    st.sampled_from("abc"),
    st.text("abcdefghijklmnopqrstuvwxyz0123456789_-", min_size=1, max_size=3),
)
any_rules = rule_sets(
    _ids,
    st.none()
    | st.text(any_character, min_size=1, max_size=9).filter(
        lambda text: text.strip() == text != "0"
    ),
)
"""Rules for what reads and writes them."""
