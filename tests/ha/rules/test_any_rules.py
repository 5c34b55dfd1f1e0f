"""What holds of any rules: drawn once, and checked, made ready and compiled as a manager does."""

from dataclasses import replace

from hypothesis import given

from virton.ha.rules.compiled import CompiledRules, prepare
from virton.ha.rules.config import NodeAffinityRule, RuleSet
from virton.ha.rules.feasibility import Objection, check
from virton.ha.rules.inference import effective

from .make import NODES, some_rules


@given(some_rules)
def test_any_rules_are_checked_merged_and_compiled_with_a_reason_for_everything(
    rules: RuleSet,
) -> None:
    objections = check(rules, NODES)
    objections_come_in_order_and_name_other_rules_only(rules, objections)
    ready, told = effective(rules, NODES)
    assert told == objections
    the_order_of_rules_does_not_show(rules, ready, objections)
    what_is_objected_to_is_gone_and_no_other_loses_a_resource(rules, ready, objections)
    compiled, told = prepare(rules, NODES)
    assert told == objections
    usable = rules.rules.keys() - {found.rule for found in objections}
    every_node_has_a_configured_reason_and_a_strict_rule_opens_no_other(rules, compiled, usable)
    every_relation_has_a_configured_reason(compiled, usable)


def objections_come_in_order_and_name_other_rules_only(
    rules: RuleSet, found: list[Objection]
) -> None:
    assert [o.rule for o in found] == sorted(o.rule for o in found)
    assert all(o.rule not in o.against for o in found)
    assert all(rules.rules[rule].enabled for o in found for rule in (o.rule, *o.against))


def the_order_of_rules_does_not_show(
    rules: RuleSet, ready: RuleSet, objections: list[Objection]
) -> None:
    backwards = replace(rules, rules=dict(reversed(rules.rules.items())))
    ready_backwards, objections_backwards = effective(backwards, NODES)
    assert ready.rules == ready_backwards.rules
    assert objections == objections_backwards


def what_is_objected_to_is_gone_and_no_other_loses_a_resource(
    rules: RuleSet, ready: RuleSet, objections: list[Objection]
) -> None:
    dropped = {found.rule for found in objections}
    assert dropped.isdisjoint(ready.rules)
    merged = {r for rule in ready.rules.values() for r in getattr(rule, "origins", ())}
    for key in rules.rules.keys() - dropped - merged:
        assert rules.rules[key].resources <= ready.rules[key].resources


def every_node_has_a_configured_reason_and_a_strict_rule_opens_no_other(
    configured: RuleSet, rules: CompiledRules, usable: set[str]
) -> None:
    for sid, priorities in rules.node_priorities.items():
        why = rules.why_node(sid)
        assert why
        assert {*why} <= usable
        rule = configured.rules[why[0]]
        assert isinstance(rule, NodeAffinityRule)
        if rule.strict:
            avoided = rule.affinity == "negative"
            assert all((node in rule.nodes) is not avoided for node in priorities)


def every_relation_has_a_configured_reason(rules: CompiledRules, usable: set[str]) -> None:
    for sid, others in rules.together.items():
        assert all(len({*rules.why_together(sid, o)} & usable) > 0 for o in others)
    for sid, others in rules.apart.items():
        assert all(len({*rules.why_apart(sid, o)} & usable) > 0 for o in others)
