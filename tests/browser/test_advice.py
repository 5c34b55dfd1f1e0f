"""The page's advice about rules says what the cluster's own check says, rule by rule."""

import random
from typing import Any

import pytest
from playwright.sync_api import Page

from tests.browser.contents import node_rule, resource_rule
from tests.browser.modules import module
from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule, RuleSet
from virton.ha.rules.feasibility import check

pytestmark = pytest.mark.browser

NODES = ["phum01", "phum02", "phum03"]
SIDS = [f"vm:{vmid}" for vmid in (100, 121, 122, 124, 999)]
TRIES = 400
JUDGE = """
  return cases.map(({ rules, nodes }) => rules.map((rule) =>
    asked.conflictsOf(rule, rules, nodes).map((conflict) => conflict.code)));
"""
NAMES = {
    "several_node_rules": "resource-in-several-node-rules",
    "priorities": "priorities-with-resource-rule",
    "together_across": "together-across-node-rules",
    "contradicts": "contradicts-resource-rule",
    "fewer_than_two": "fewer-than-two-resources",
    "more_than_nodes": "more-resources-than-nodes",
    "apart_on_too_few": "apart-on-too-few-nodes",
    "priorities_of_avoided_nodes": "priorities-of-avoided-nodes",
    "avoids_every_node": "avoids-every-node",
}


def _some_rule(dice: random.Random, number: int) -> dict[str, Any]:
    sids = sorted(dice.sample(SIDS, dice.choice([1, 1, 2, 2, 3, 4])))
    disabled = dice.random() < 0.1
    if dice.random() < 0.5:
        affinity = dice.choice(["positive", "negative"])
        return resource_rule(f"rule-{number}", sids, affinity, disabled=disabled)
    nodes = {name: dice.choice([0, 0, 0, 5]) for name in dice.sample(NODES, dice.randint(1, 3))}
    affinity = dice.choice([None, None, "positive", "negative"])
    return node_rule(f"rule-{number}", sids, nodes, disabled=disabled, affinity=affinity)


def _typed(rule: dict[str, Any]) -> NodeAffinityRule | ResourceAffinityRule:
    name, sids, disabled = rule["rule"], frozenset(rule["resources"]), rule["disabled"]
    if rule["type"] == "resource-affinity":
        return ResourceAffinityRule(name, sids, rule["affinity"], disabled)
    nodes = {entry["node"]: entry["priority"] for entry in rule["nodes"]}
    return NodeAffinityRule(
        name, sids, nodes, disable=disabled, affinity=rule["affinity"] or "positive"
    )


def _objections(rules: list[dict[str, Any]]) -> dict[str, set[str]]:
    typed = {rule["rule"]: _typed(rule) for rule in rules}
    order = {name: number for number, name in enumerate(typed)}
    found: dict[str, set[str]] = {name: set() for name in typed}
    for objection in check(RuleSet(typed, order, ""), NODES):
        found[objection.rule].add(str(objection.reason))
    return found


def test_the_advice_agrees_with_the_cluster_on_rules_of_every_kind(page: Page) -> None:
    dice = random.Random(7)  # noqa: S311 - a seed for cases, not a secret
    cases = [
        {"nodes": NODES, "rules": [_some_rule(dice, n) for n in range(dice.randint(1, 5))]}
        for _ in range(TRIES)
    ]
    advice = page.evaluate(f"(cases) => {{ {module('rules/conflicts.ts')} {JUDGE} }}", cases)
    seen: set[str] = set()
    for case, codes in zip(cases, advice, strict=True):
        names = [rule["rule"] for rule in case["rules"]]
        said = {
            name: {NAMES[code] for code in found} for name, found in zip(names, codes, strict=True)
        }
        assert said == _objections(case["rules"]), case["rules"]
        seen |= set().union(*said.values())
    assert seen == set(NAMES.values())
