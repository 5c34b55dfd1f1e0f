"""What stands against a rule says what the check says, names the fewest rules, and what ends it."""

import random
from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, combinations

import pytest

from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, Rule, RuleSet
from virton.ha.rules.conflicts import MOST_CONTRADICTING, Conflict, conflicts
from virton.ha.rules.feasibility import Reason, check
from virton.ha.rules.mending import Mend, mendings

NODES = ["phum01", "phum02", "phum03"]
SIDS = [f"vm:{vmid}" for vmid in (100, 121, 122, 124, 999)]
TRIES = 300


def rules_of(*rules: Rule) -> RuleSet:
    return RuleSet({rule.rule: rule for rule in rules}, {r.rule: n for n, r in enumerate(rules)})


def node_rule(name: str, sids: str, **nodes: int) -> NodeAffinityRule:
    return NodeAffinityRule(name, frozenset(sids.split()), nodes)


def related(name: str, sids: str, affinity: str = "positive") -> ResourceAffinityRule:
    assert affinity in ("positive", "negative")
    return ResourceAffinityRule(
        name, frozenset(sids.split()), "positive" if affinity == "positive" else "negative"
    )


def some_rules(dice: random.Random) -> RuleSet:
    """Some rules over few resources, so that they often contradict."""
    return rules_of(*(some_rule(dice, f"rule-{n}") for n in range(dice.randint(1, 5))))


def some_rule(dice: random.Random, name: str) -> Rule:
    sids = frozenset(dice.sample(SIDS, dice.choice([1, 1, 2, 2, 3, 4])))
    disable = dice.random() < 0.1
    affinity = dice.choice(["positive", "negative"])
    if dice.random() < 0.5:
        return replace(related(name, " ".join(sids), affinity), disable=disable)
    names = [*NODES, "gone"] if dice.random() < 0.1 else NODES
    nodes = {node: dice.choice([0, 0, 0, 5]) for node in dice.sample(names, dice.randint(1, 3))}
    avoids = affinity == "negative" and dice.random() < 0.5
    return NodeAffinityRule(
        name, sids, nodes, disable=disable, affinity="negative" if avoids else "positive"
    )


def told_in(rules: RuleSet, rule: str, reason: Reason) -> bool:
    return any(one.rule == rule and one.reason is reason for one in check(rules, NODES))


def only(rules: RuleSet, kept: tuple[str, ...]) -> RuleSet:
    return replace(rules, rules={key: rules.rules[key] for key in kept})


Found = list[tuple[RuleSet, list[Conflict]]]


@pytest.fixture(scope="module")
def found() -> Found:
    """Rules at random, each with the conflicts that are found in them."""
    dice = random.Random(7)  # noqa: S311 - a seed for cases, not a secret
    worlds = [some_rules(dice) for _ in range(TRIES)]
    return [(w, [one for key in w.rules for one in conflicts(w, NODES, key)]) for w in worlds]


def test_conflicts_are_those_of_the_check_in_every_kind(found: Found) -> None:
    for rules, told in found:
        checked = {(one.rule, one.reason) for one in check(rules, NODES)}
        assert {(conflict.rule, conflict.reason) for conflict in told} == checked
    assert {conflict.reason for _, told in found for conflict in told} == set(Reason)


def test_the_smallest_contradiction_is_one_and_no_smaller_one_is(found: Found) -> None:
    for rules, conflict in ((rules, one) for rules, told in found for one in told):
        assert told_in(only(rules, conflict.smallest), conflict.rule, conflict.reason)
        size = len(conflict.smallest) - 1
        assert size <= MOST_CONTRADICTING
        others = sorted(set(rules.rules) - {conflict.rule})
        smaller = chain.from_iterable(combinations(others, few) for few in range(size))
        assert not any(
            told_in(only(rules, (conflict.rule, *some)), conflict.rule, conflict.reason)
            for some in smaller
        )


def test_every_conflict_can_be_ended_in_ways_that_make_no_other(found: Found) -> None:
    kinds = set()
    for rules, conflict in ((rules, one) for rules, told in found for one in told):
        before = {(one.rule, one.reason) for one in check(rules, NODES)}
        ways = mendings(rules, NODES, conflict)
        assert ways
        for way in ways:
            kinds.add(way.kind)
            assert way.made.rule in conflict.smallest
            after = {(o.rule, o.reason) for o in check(rules.with_rule(way.made), NODES)}
            assert (conflict.rule, conflict.reason) not in after
            assert after <= before
    assert kinds == set(Mend)


def ways(rules: RuleSet, name: str) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    for conflict in conflicts(rules, NODES, name):
        for way in mendings(rules, NODES, conflict):
            yield str(way.kind), way.made.rule, way.names(rules.rules[way.made.rule])


def test_two_resources_together_and_apart_name_both_rules_and_the_way_out() -> None:
    rules = rules_of(related("pair", "vm:1 vm:2 vm:3"), related("apart", "vm:1 vm:2", "negative"))
    (conflict,) = conflicts(rules, NODES, "apart")
    assert conflict.resources == ("vm:1", "vm:2")
    assert conflict.against == ("pair",)
    assert list(ways(rules, "apart")) == [
        ("take_out", "pair", ("vm:1",)),
        ("take_out", "pair", ("vm:2",)),
        ("disable", "apart", ()),
        ("disable", "pair", ()),
    ]


def test_of_three_node_rules_two_are_the_smallest_contradiction() -> None:
    rules = rules_of(*(node_rule(name, "vm:1 vm:2", phum01=0) for name in ("a", "b", "c")))
    (conflict,) = conflicts(rules, NODES, "c")
    assert conflict.against == ("a", "b")
    assert conflict.smallest == ("a", "c")


def test_priorities_are_to_be_mended_at_the_nodes_of_the_rule_that_ranks_them() -> None:
    rules = rules_of(related("pair", "vm:1 vm:2"), node_rule("first", "vm:1", phum01=5, phum02=0))
    (conflict,) = conflicts(rules, NODES, "first")
    assert (conflict.field, conflict.against) == ("nodes", ("pair",))
    assert ("level", "first", ()) in list(ways(rules, "first"))
