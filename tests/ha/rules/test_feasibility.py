"""Which rules are dropped, and why."""

from dataclasses import replace

from virton.ha.rules.config import Rule
from virton.ha.rules.feasibility import Objection, Reason, check

from .make import NODES, apart, avoid, on, rule_set, together


def reasons(*rules: Rule) -> list[tuple[str, Reason]]:
    return [(found.rule, found.reason) for found in check(rule_set(*rules), NODES)]


def test_rules_that_do_not_meet_are_not_objected_to() -> None:
    found = reasons(
        together("keep", "1 2"), apart("sep", "3 4"), on("pin", "5", {"node1": 1, "node2": 0})
    )
    assert found == []


def test_a_resource_in_two_node_rules_is_named_in_both() -> None:
    rules = rule_set(on("r1", "1 2 3", {"node1": 0}), on("r2", "1 2", {"node2": 0}))
    assert check(rules, NODES) == [
        Objection("r1", Reason.RESOURCE_IN_SEVERAL_NODE_RULES, "resources", "vm:1", ("r2",)),
        Objection("r1", Reason.RESOURCE_IN_SEVERAL_NODE_RULES, "resources", "vm:2", ("r2",)),
        Objection("r2", Reason.RESOURCE_IN_SEVERAL_NODE_RULES, "resources", "vm:1", ("r1",)),
        Objection("r2", Reason.RESOURCE_IN_SEVERAL_NODE_RULES, "resources", "vm:2", ("r1",)),
    ]


def test_a_resource_rule_needs_two_resources() -> None:
    assert reasons(together("keep", "1"), apart("sep", "1")) == [
        ("keep", Reason.FEWER_THAN_TWO_RESOURCES),
        ("sep", Reason.FEWER_THAN_TWO_RESOURCES),
    ]


def test_no_more_resources_can_be_kept_apart_than_there_are_nodes() -> None:
    assert reasons(apart("sep", "1 2 3")) == []
    assert reasons(apart("sep", "1 2 3 4")) == [("sep", Reason.MORE_RESOURCES_THAN_NODES)]


def test_what_is_kept_together_over_several_rules_cannot_be_kept_apart() -> None:
    found = reasons(together("k1", "1 2"), together("k2", "2 3"), apart("sep", "1 3"))
    assert found == [(rule, Reason.CONTRADICTS_RESOURCE_RULE) for rule in ("k1", "k2", "sep")]


def test_one_shared_resource_is_no_contradiction() -> None:
    assert reasons(together("keep", "1 2"), apart("sep", "1 3")) == []


def test_a_rule_is_named_once_for_each_rule_that_it_contradicts() -> None:
    found = reasons(together("keep", "1 2 3"), apart("a1", "1 2"), apart("a2", "2 3"))
    assert [rule for rule, _ in found] == ["a1", "a2", "keep", "keep"]


def test_several_priorities_do_not_go_with_resource_rules() -> None:
    found = reasons(
        on("prio", "1", {"node1": 2, "node2": 1}), on("flat", "2", {"node2": 1}), apart("s", "1 2")
    )
    # The flat rule is named too: it takes part in the same relation.
    reason = Reason.PRIORITIES_WITH_RESOURCE_RULE
    assert found == [("flat", reason), ("prio", reason), ("s", reason)]


def test_what_is_kept_together_can_stand_in_one_node_rule_only() -> None:
    found = reasons(on("p1", "1", {"node1": 0}), on("p2", "2", {"node1": 0}), together("k", "1 2"))
    assert found == [(rule, Reason.TOGETHER_ACROSS_NODE_RULES) for rule in ("k", "p1", "p2")]


def test_what_is_kept_apart_needs_as_many_allowed_nodes_even_if_none_is_forbidden() -> None:
    strict = on("pin", "1 2", {"node1": 0})
    for pin in (strict, replace(strict, strict=False)):
        found = reasons(pin, apart("sep", "1 2"))
        assert found == [(rule, Reason.APART_ON_TOO_FEW_NODES) for rule in ("pin", "sep")]


def test_disabled_rules_are_neither_checked_nor_in_the_way() -> None:
    disabled = replace(apart("sep", "1 2"), disable=True)
    assert reasons(together("keep", "1 2"), disabled) == []


def test_avoided_nodes_have_no_priorities() -> None:
    found = check(rule_set(avoid("off", "1", {"node1": 1})), NODES)
    assert found == [Objection("off", Reason.PRIORITIES_OF_AVOIDED_NODES, "nodes")]


def test_a_rule_cannot_avoid_every_node() -> None:
    assert reasons(avoid("off", "1", dict.fromkeys(NODES, 0))) == [
        ("off", Reason.AVOIDS_EVERY_NODE)
    ]


def test_a_rule_that_avoids_a_node_that_is_gone_is_dropped_as_a_whole() -> None:
    assert reasons(avoid("off", "1", {"node1": 0, "gone": 0}, strict=False)) == [
        ("off", Reason.AVOIDS_A_MISSING_NODE)
    ]
    assert reasons(on("to", "1", {"node1": 0, "gone": 0})) == []


def test_avoiding_nodes_leaves_the_others_to_be_kept_apart_on() -> None:
    assert reasons(avoid("off", "1 2", {"node1": 0}), apart("sep", "1 2")) == []
    found = reasons(avoid("off", "1 2", {"node1": 0, "node2": 0}), apart("sep", "1 2"))
    assert found == [(rule, Reason.APART_ON_TOO_FEW_NODES) for rule in ("off", "sep")]
