"""Runs the cases of the rule checker: what it drops, what it infers, and what placement reads."""

from collections.abc import Mapping
from typing import Any

from virton.ha.rules.compiled import CompiledRules, compile_rules
from virton.ha.rules.config import NodeAffinityRule, Rule, RuleSet, parse_rules
from virton.ha.rules.inference import effective


def run_case(case: dict[str, Any]) -> str | None:
    """Return None where the case passes, else the first difference in one line."""
    ready, objections = effective(parse_rules(case["rules_cfg"]), case["nodes"])
    compiled = compile_rules(ready, case["nodes"])
    expect = case["expect"]
    dropped = [{"rule": o.rule, "reason": str(o.reason)} for o in objections]
    return (
        _difference("dropped", expect["dropped"], dropped)
        or _difference("effective_rules", *_comparable(expect["effective_rules"], ready))
        or _difference("compiled", expect["compiled"], _compiled_as_json(compiled))
    )


def _difference(where: str, expected: Any, actual: Any) -> str | None:
    if expected == actual:
        return None
    if isinstance(expected, dict) and isinstance(actual, dict):
        for key in sorted(expected.keys() | actual.keys()):
            inner = _difference(f"{where}.{key}", expected.get(key), actual.get(key))
            if inner:
                return inner
    return f"{where}: expected {expected!r}, got {actual!r}"


def _comparable(expected: Mapping[str, dict[str, Any]], rules: RuleSet) -> tuple[Any, Any]:
    """Return both sides, without the properties that a case may leave out."""
    actual = {rule_id: _rule_as_json(rule) for rule_id, rule in rules.rules.items()}
    for rule_id, rule in actual.items():
        for key in {"comment", "disable"} - expected.get(rule_id, {}).keys():
            if key == "comment" or rule[key] is False:
                del rule[key]
    return dict(expected), actual


def _rule_as_json(rule: Rule) -> dict[str, Any]:
    data: dict[str, Any] = {"resources": sorted(rule.resources)}
    if isinstance(rule, NodeAffinityRule):
        data |= {"type": "node-affinity", "nodes": dict(rule.nodes), "strict": rule.strict}
    else:
        data |= {"type": "resource-affinity", "affinity": rule.affinity}
    return data | {"disable": rule.disable, "comment": rule.comment}


def _compiled_as_json(compiled: CompiledRules) -> dict[str, Any]:
    return {
        "node_priorities": {sid: dict(nodes) for sid, nodes in compiled.node_priorities.items()},
        "together": {sid: sorted(others) for sid, others in compiled.together.items()},
        "apart": {sid: sorted(others) for sid, others in compiled.apart.items()},
    }
