"""The runner of recorded rule cases."""

from typing import Any

from tests.conformance.rules import run_case

CASE: dict[str, Any] = {
    "nodes": ["node1", "node2"],
    "rules_cfg": (
        "node-affinity: pin\n\tresources vm:1\n\tnodes node1:1\n\n"
        "resource-affinity: lonely\n\tresources vm:1\n\taffinity positive\n\n"
    ),
    "expect": {
        "dropped": [{"rule": "lonely", "reason": "fewer-than-two-resources"}],
        "effective_rules": {
            "pin": {
                "type": "node-affinity",
                "resources": ["vm:1"],
                "nodes": {"node1": 1},
                "strict": False,
            }
        },
        "compiled": {
            "node_priorities": {"vm:1": {"node1": 1, "node2": -1}},
            "together": {},
            "apart": {},
        },
    },
}


def test_a_case_that_comes_out_as_recorded_passes() -> None:
    assert run_case(CASE) is None


def test_the_first_difference_is_told_with_its_place() -> None:
    expect = CASE["expect"] | {"compiled": CASE["expect"]["compiled"] | {"apart": {"vm:1": []}}}
    assert run_case(CASE | {"expect": expect}) == ("compiled.apart.vm:1: expected [], got None")
