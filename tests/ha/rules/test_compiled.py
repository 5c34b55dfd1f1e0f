"""What placement reads."""

from virton.ha.rules.compiled import CompiledRules, prepare
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, Rule, RuleSet
from virton.ha.rules.nodes import OTHER_NODE

from .make import NODES, apart, avoid, on, rule_set, sids, together


def compiled(*rules: Rule) -> CompiledRules:
    return prepare(rule_set(*rules), NODES)[0]


def test_a_strict_rule_allows_its_nodes_only() -> None:
    rules = compiled(on("pin", "1", {"node2": 3}))
    assert rules.node_priorities == {"vm:1": {"node2": 3}}


def test_a_rule_that_is_not_strict_allows_the_other_nodes_last() -> None:
    rules = compiled(on("pin", "1", {"node2": 0}, strict=False))
    assert rules.node_priorities["vm:1"] == {"node1": OTHER_NODE, "node2": 0, "node3": OTHER_NODE}


def test_avoided_nodes_are_forbidden_or_come_last() -> None:
    assert compiled(avoid("off", "1", {"node2": 0})).node_priorities["vm:1"] == {
        "node1": 0,
        "node3": 0,
    }
    loose = compiled(avoid("off", "1", {"node2": 0}, strict=False)).node_priorities["vm:1"]
    assert loose == {"node1": 0, "node2": OTHER_NODE, "node3": 0}


def test_resources_of_one_rule_share_its_nodes() -> None:
    priorities = compiled(on("pin", "1 2", {"node2": 0})).node_priorities
    assert priorities["vm:1"] is priorities["vm:2"]


def test_relations_are_mutual_and_add_up() -> None:
    rules = compiled(apart("s1", "1 2"), apart("s2", "1 3"))
    assert rules.apart == {"vm:1": sids("2 3"), "vm:2": sids("1"), "vm:3": sids("1")}


def test_the_reason_for_a_node_names_the_rules_through_which_it_was_inferred() -> None:
    rules = compiled(on("pin", "2", {"node1": 0}), together("k1", "1 2"), together("k2", "1 3"))
    assert rules.why_node("vm:2") == ("pin",)
    assert rules.why_node("vm:3") == ("pin", "k1", "k2")
    assert rules.why_node("vm:9") == ()


def test_the_reason_for_a_relation_names_configured_rules_only() -> None:
    rules = compiled(together("k1", "1 2"), together("k2", "2 3"), apart("s", "3 9"))
    assert rules.why_together("vm:1", "vm:3") == ("k1", "k2")
    assert rules.why_apart("vm:3", "vm:9") == ("s",)
    assert rules.why_apart("vm:9", "vm:1") == ("k1", "k2", "s")
    assert rules.why_apart("vm:1", "vm:2") == ()


def large_cluster() -> tuple[RuleSet, list[str]]:
    """Return 29 nodes, and 360 rules over 5000 resources of which none is dropped."""
    nodes = [f"pve{number:02}" for number in range(29)]
    rules: list[Rule] = []
    for block in range(120):
        members = [f"vm:{100 + block * 41 + at}" for at in range(41)]
        homes = {nodes[(block + step) % 29]: 0 for step in range(12)}
        rules.append(NodeAffinityRule(f"pin{block}", frozenset(members), homes, block % 2 == 0))
        rules.append(ResourceAffinityRule(f"keep{block}", frozenset(members[:8]), "positive"))
        rules.append(ResourceAffinityRule(f"sep{block}", frozenset(members[7:15]), "negative"))
    return rule_set(*rules), nodes


def test_the_rules_of_a_large_cluster_are_ready_and_none_is_objected_to() -> None:
    rules, nodes = large_cluster()
    ready, objections = prepare(rules, nodes)
    assert not objections
    assert len(ready.node_priorities) == 120 * 41
