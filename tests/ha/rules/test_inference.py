"""What the feasible rules come to."""

from dataclasses import replace

from virton.ha.rules.config import NodeAffinityRule, ResourceAffinityRule
from virton.ha.rules.feasibility import check
from virton.ha.rules.inference import effective

from .make import NODES, apart, avoid, on, rule_set, sids, together


def test_dropped_rules_are_gone_and_the_rest_stays() -> None:
    rules = rule_set(together("k", "1 2"), apart("s", "1 2"), apart("t", "3 4"))
    ready, objections = effective(rules, NODES)
    assert ready.rules == {"t": apart("t", "3 4")}
    assert ready.order == {"t": 3}
    assert [found.rule for found in objections] == ["k", "s"]


def test_overlapping_rules_are_merged_under_a_name_of_theirs() -> None:
    ready, _ = effective(rule_set(together("kb", "2 3"), together("ka", "1 2")), NODES)
    merged = ResourceAffinityRule("_merged-ka-kb", sids("1 2 3"), "positive", origins=("ka", "kb"))
    assert ready.rules == {"_merged-ka-kb": merged}
    assert ready.order == {"_merged-ka-kb": 2}


def test_bundles_that_a_later_rule_connects_stay_two() -> None:
    rules = rule_set(
        together("k1", "101 105"), together("k2", "102 103"), together("k3", "103 105")
    )
    ready, _ = effective(rules, NODES)
    assert {key: rule.resources for key, rule in ready.rules.items()} == {
        "_merged-k1-k3": sids("101 103 105"),
        "k2": sids("102 103"),
    }


def test_a_bundle_is_kept_apart_from_what_one_of_it_is_kept_apart_from() -> None:
    ready, _ = effective(rule_set(together("k", "1 2 3"), apart("s", "2 9")), NODES)
    implicit = {key: rule for key, rule in ready.rules.items() if key.startswith("_implicit")}
    assert list(implicit) == [
        "_implicit-negative-k-vm:1-vm:9",
        "_implicit-negative-k-vm:3-vm:9",
    ]
    assert all(rule.origins == ("k", "s") for rule in implicit.values())
    assert {ready.order[key] for key in implicit} == {2}


def test_a_bundle_follows_the_node_rule_of_one_of_it() -> None:
    ready, _ = effective(rule_set(on("pin", "2 7", {"node1": 0}), together("k", "1 2")), NODES)
    pin = ready.rules["pin"]
    assert isinstance(pin, NodeAffinityRule)
    assert pin.resources == sids("1 2 7")
    assert pin.inferred == {"vm:1": ("k",)}


def test_avoided_nodes_become_the_preference_for_all_others() -> None:
    ready, _ = effective(rule_set(avoid("off", "1", {"node2": 0})), NODES)
    assert ready.rules["off"] == on("off", "1", {"node1": 0, "node3": 0})


def test_disabled_rules_are_kept_as_they_are() -> None:
    disabled = replace(together("k2", "2 3"), disable=True)
    ready, _ = effective(rule_set(together("k1", "1 2"), disabled), NODES)
    assert ready.rules == {"k1": together("k1", "1 2"), "k2": disabled}


def test_rules_are_checked_once_so_dropping_one_may_leave_others_short_of_nodes() -> None:
    # As in Proxmox VE: p2 lends its nodes to the check of `sep`, though it is dropped itself.
    rules = rule_set(
        apart("sep", "1 2 3"),
        on("p1", "1 2", {"node1": 0}),
        on("p2", "3 9", {"node2": 0, "node3": 0}),
        on("p3", "9", {"node3": 0}),
    )
    ready, _ = effective(rules, NODES)
    assert sorted(ready.rules) == ["p1", "sep"]
    assert {found.rule for found in check(ready, NODES)} == {"p1", "sep"}
