"""Legacy groups as rules."""

from virton.ha.model import GroupConfig, ResourceConfig
from virton.ha.rules.config import NodeAffinityRule, RuleSet
from virton.ha.rules.groups import failback_from_groups, rules_from_groups

from .make import on, rule_set, sids, together

GROUPS = {
    "web": GroupConfig({"node2": 1, "node1": 2}, restricted=True, comment="front"),
    "db": GroupConfig({"node3": 0}, nofailback=True),
    "empty": GroupConfig({"node1": 0}),
}
RESOURCES = {
    "vm:1": ResourceConfig("node1", group="web"),
    "vm:2": ResourceConfig("node1", group="db", failback=True),
    "vm:3": ResourceConfig("node1", group="nowhere", failback=False),
    "vm:4": ResourceConfig("node1", failback=False),
}


def test_a_group_becomes_the_node_rule_of_its_resources() -> None:
    rules = rules_from_groups(RuleSet(), GROUPS, RESOURCES)
    assert rules.rules == {
        "ha-group-db": NodeAffinityRule(
            "ha-group-db",
            sids("2"),
            {"node3": 0},
            comment="Generated from HA group 'db'.",
        ),
        "ha-group-web": NodeAffinityRule(
            "ha-group-web", sids("1"), {"node1": 2, "node2": 1}, strict=True, comment="front"
        ),
    }


def test_each_new_rule_gets_the_ordinal_above_the_lowest() -> None:
    rules = rules_from_groups(rule_set(together("k", "8 9")), GROUPS, RESOURCES)
    assert rules.order == {"k": 1, "ha-group-db": 2, "ha-group-web": 2}


def test_a_rule_made_of_the_group_before_is_replaced() -> None:
    old = rule_set(on("ha-group-web", "7", {"node3": 0}))
    rules = rules_from_groups(old, GROUPS, RESOURCES)
    assert rules.rules["ha-group-web"].resources == sids("1")


def test_the_group_decides_whether_its_resources_fail_back() -> None:
    changed = failback_from_groups(GROUPS, RESOURCES)
    assert {sid: config.failback for sid, config in changed.items()} == {
        "vm:1": True,
        "vm:2": False,
        "vm:3": True,
        "vm:4": False,
    }
