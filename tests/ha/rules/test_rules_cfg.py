"""rules.cfg: the rules as configured."""

from hypothesis import given

from virton.ha.config.sections import Section
from virton.ha.rules.config import (
    NodeAffinityRule,
    RuleSet,
    parse_rules,
    rule_from_section,
    section_of,
    write_rules,
)

from .make import any_rules, apart, on, rule_set, together

FILE = (
    "resource-affinity: keep\n\taffinity positive\n\tresources vm:100,vm:103\n\n"
    "node-affinity: pin\n\tcomment c%3A d\n\tdisable\n\tnodes node1:2,node2\n"
    "\tresources vm:100,vm:101\n\tstrict 1\n\n"
    "node-affinity: avoid\n\tnodes node3\n\tresources vm:102\n\taffinity negative\n\tstrict 0\n\n"
)


def test_a_file_of_proxmox_is_written_back_to_the_byte() -> None:
    assert write_rules(parse_rules(FILE)) == FILE


def test_rules_are_read_with_their_defaults() -> None:
    rules = parse_rules(FILE)
    assert rules.rules["keep"] == together("keep", "100 103")
    assert rules.rules["pin"] == NodeAffinityRule(
        "pin",
        frozenset({"vm:100", "vm:101"}),
        {"node1": 2, "node2": 0},
        strict=True,
        disable=True,
        comment="c: d",
    )
    assert rules.order == {"keep": 1, "pin": 2, "avoid": 3}


def test_resources_and_nodes_are_written_sorted() -> None:
    rule = on("pin", "20 100 3", {"b": 1, "a": 0})
    assert section_of(rule).properties["resources"] == "vm:100,vm:20,vm:3"
    assert section_of(rule).properties["nodes"] == "a,b:1"


def test_a_rule_with_disable_0_is_shown_as_enabled_yet_not_applied() -> None:
    rule = parse_rules("node-affinity: r1\n\tnodes a\n\tresources vm:1\n\tdisable 0\n\n").rules[
        "r1"
    ]
    assert not rule.disable
    assert not rule.enabled


def test_a_rule_with_an_invalid_resource_is_left_out_but_keeps_its_ordinal() -> None:
    text = "node-affinity: r1\n\tnodes a\n\tresources 100\n\n"
    rules = parse_rules(text)
    assert not rules.rules
    assert rules.order == {"r1": 1}


def test_a_new_rule_gets_the_ordinal_above_the_lowest_and_stands_before_its_equal() -> None:
    rules = rule_set(together("keep", "1 2"), apart("sep", "1 3"))
    added = rules.with_rule(on("zz", "1", {"node1": 0}))
    assert added.order["zz"] == 2
    assert [rule.rule for rule in added.in_order()] == ["keep", "zz", "sep"]


def test_the_first_rule_of_all_gets_ordinal_1() -> None:
    assert RuleSet().with_rule(together("keep", "1 2")).order == {"keep": 1}


def test_a_replaced_rule_keeps_its_place() -> None:
    rules = rule_set(together("keep", "1 2"), apart("sep", "1 3"))
    changed = rules.with_rule(together("keep", "1 2 4"))
    assert [rule.rule for rule in changed.in_order()] == ["keep", "sep"]


def test_purging_a_resource_also_deletes_the_rules_then_empty() -> None:
    rules = rule_set(together("keep", "1 2"), on("pin", "1", {"node1": 0}))
    purged = rules.without_resource("vm:1")
    assert purged.rules == {"keep": together("keep", "2")}
    assert purged.order == {"keep": 1}


def test_a_rule_can_be_made_of_texts() -> None:
    section = Section("node-affinity", "r1", {"resources": "vm:1; vm:2", "nodes": "a:1,b"})
    assert rule_from_section(section) == on("r1", "1 2", {"a": 1, "b": 0}, strict=False)


@given(any_rules)
def test_rules_read_the_same_after_they_were_written(rules: RuleSet) -> None:
    again = parse_rules(write_rules(rules))
    assert again.rules == rules.rules
    assert again.order == rules.order
    assert write_rules(again) == write_rules(rules)
