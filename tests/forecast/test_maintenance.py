"""Maintenance: the plan, the order, and what the whole stack then does; 200 clusters in `make proof`."""

from dataclasses import replace

import pytest

from tests.forecast.clusters import GIB, cluster, rule
from tests.forecast.maintained import broken_promises, wrong_orders
from virton.forecast.maintenance_asked import maintenance
from virton.forecast.maintenance_plan import Plan, plan
from virton.forecast.needs import Needs, Offers
from virton.forecast.question import QuestionError
from virton.forecast.situation import Situation

BOUND = rule("bound", ["vm:1"], nodes={"node1": 0}, strict=1)


def moves(planned: Plan, at: int = 0) -> dict[str, tuple[str | None, str]]:
    return {fate.sid: (fate.node, str(fate.how)) for fate in planned.steps[at].moves}


def test_a_plan_tells_who_goes_where_live_or_with_a_stop_and_when_and_who_returns() -> None:
    planned = plan(cluster({"vm:1": "node1", "ct:2": "node1"}), ["node1"], timed=True)
    step = planned.steps[0]
    assert moves(planned) == {"ct:2": ("node2", "stopped"), "vm:1": ("node3", "live")}
    assert {fate.sid: fate.node for fate in step.returns} == {"ct:2": "node1", "vm:1": "node1"}
    assert set(step.times) == {"ct:2", "vm:1"}
    assert step.empties


def test_with_three_nodes_the_work_is_borne_but_no_failure_beside_it() -> None:
    assert plan(cluster({"vm:1": "node1"}), ["node1", "node2"]).bears == 0


def test_with_five_nodes_one_more_may_fail_during_the_work() -> None:
    assert plan(cluster({"vm:1": "node1"}, nodes=5), ["node1"]).bears == 1


def test_without_the_votes_of_the_node_there_may_be_no_quorum() -> None:
    planned = plan(cluster({"vm:1": "node1"}, nodes=2), ["node1"])
    assert (planned.bears, planned.steps[0].off.quorate) == (None, False)


def test_a_resource_that_a_rule_binds_to_the_node_is_named_with_the_objections() -> None:
    step = plan(cluster({"vm:1": "node1"}, rules=[BOUND]), ["node1"]).steps[0]
    assert [stuck.sid for stuck in step.stuck] == ["vm:1"]
    assert step.stuck[0].to_json()["objections"]["node2"] == ["outside_rule", {"rules": ["bound"]}]
    assert step.bears is None


def with_outside(node: str, needs: Needs | None = None, memory_bytes: int = GIB) -> Situation:
    situation = cluster({"vm:1": "node1"}, guests={"vm:900": {"node": node, "status": "running"}})
    made = replace(situation.guests["vm:900"], memory_bytes=memory_bytes)
    guest = made if needs is None else replace(made, needs=needs)
    nodes = {name: replace(one, memory_bytes=8 * GIB) for name, one in situation.nodes.items()}
    return replace(situation, nodes=nodes, guests={**situation.guests, "vm:900": guest})


def test_a_guest_outside_ha_is_found_a_place_with_room_for_it() -> None:
    step = plan(with_outside("node1"), ["node1"]).steps[0]
    assert [(one.sid, one.node) for one in step.outside] == [("vm:900", "node3")]
    assert step.empties


def test_a_guest_outside_ha_that_fits_nowhere_keeps_the_node_from_being_empty() -> None:
    step = plan(with_outside("node1", memory_bytes=9 * GIB), ["node1"]).steps[0]
    assert step.outside[0].to_json()["lacks"] == {"node2": ["memory"], "node3": ["memory"]}
    assert not step.empties


def test_a_guest_outside_ha_goes_to_no_node_that_lacks_what_it_needs() -> None:
    situation = with_outside("node1", Needs(storages=("fast",), home="node1"))
    offers = {
        n: Offers(storages=frozenset({"fast"} - {"x"} if n == "node3" else ()))
        for n in situation.nodes
    }
    step = plan(replace(situation, offers=offers), ["node1"]).steps[0]
    assert step.outside[0].node == "node3"


@pytest.mark.parametrize(
    ("nodes", "says"),
    [([], "at least one"), (["node1", "node1"], "twice"), (["node9"], "no node node9")],
)
def test_nodes_that_cannot_be_asked_for_are_named(nodes: list[str], says: str) -> None:
    with pytest.raises(QuestionError, match=says):
        plan(cluster({"vm:1": "node1"}), nodes)


def ways_of(situation: Situation) -> dict[str, tuple[list[str], dict[str, list[str]]]]:
    found = maintenance(situation, ["node1"])["steps"][0]["ways"]
    return {
        way: (one["left"], {trap["kind"]: trap["sids"] for trap in one["traps"]})
        for way, one in found.items()
    }


def test_the_other_ways_have_their_traps_told() -> None:
    prefers = rule("prefers", ["vm:1"], nodes={"node1": 2, "node2": 1, "node3": 1})
    situation = cluster({"vm:1": "node1", "ct:2": "node1"}, rules=[prefers])
    found = ways_of(situation.speaking("9.2.1"))
    assert found["guests"] == (
        ["vm:1"],
        {"comes_back": ["vm:1"], "stops": ["ct:2"], "nothing_holds": []},
    )
    assert found["rule"] == (
        ["vm:1"],
        {"in_other_rules": ["vm:1"], "stays_away": ["ct:2"], "rule_stays": []},
    )
    assert found["reboot"] == ([], {"policy_for_all": []})


def test_a_rule_that_avoids_a_node_is_offered_from_the_version_on_that_knows_it() -> None:
    assert "rule" not in ways_of(cluster({"vm:1": "node1"}).speaking("9.1.4"))


def test_a_reboot_shuts_down_guests_outside_ha() -> None:
    assert ways_of(with_outside("node1"))["reboot"][1]["shut_down"] == ["vm:900"]


@pytest.mark.parametrize("seed", range(3))
def test_what_was_announced_is_what_the_stack_then_does(seed: int) -> None:
    assert broken_promises(seed) == []


@pytest.mark.parametrize("seed", [1, 2, 8])
def test_an_order_is_found_if_and_only_if_there_is_one(seed: int) -> None:
    assert wrong_orders(seed, most_nodes=5) == []
