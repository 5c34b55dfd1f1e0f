"""What became of a resource in a scenario."""

import pytest

from tests.ha.play import scene
from virton.forecast.account import NoSuchResourceError, account
from virton.ha.causes import Commanded, LeavesForMaintenance, TakenOver
from virton.ha.placement.choice import Because
from virton.ha.placement.reasons import KeptApart, NotNeeded, Offline, WorseScore
from virton.ha.states import NodeState, ServiceState

SPLIT = {
    "id": "split",
    "type": "resource-affinity",
    "affinity": "negative",
    "resources": ["vm:1", "vm:2"],
}
LOSS = "network node2 off"  # at 120 s; fenced from 160 s on, recovered at 240 s


def test_a_resource_that_never_moved_was_there_from_the_beginning() -> None:
    found = account(scene({"vm:1": "node1"}), "vm:1")
    assert (found.node, found.runs_on, found.master) == ("node1", ("node1",), "node1")
    assert found.status is not None
    assert found.status.state is ServiceState.STARTED
    assert found.arrival is None
    assert found.now is not None
    assert found.now.objections == {"node2": NotNeeded("node1"), "node3": NotNeeded("node1")}


def test_before_anything_runs_there_is_no_master_and_no_judgement() -> None:
    found = account(scene({"vm:1": "node1"}), "vm:1", 10)
    assert (found.at_s, found.node, found.runs_on) == (10, "node1", ())
    assert (found.status, found.master, found.now, found.history) == (None, None, None, ())


def test_a_recovered_resource_is_there_because_it_was_taken_over() -> None:
    found = account(scene({"vm:1": "node2", "vm:2": "node1"}, LOSS), "vm:1")
    assert found.node == "node3"
    assert found.arrival is not None
    assert found.arrival.cause == TakenOver("node2", "node3")
    assert found.arrival.decision is not None
    then = found.arrival.decision.explain()
    assert then.objections["node1"] == WorseScore(1.0, 0.0, "node3")


def test_while_its_node_is_being_fenced_it_is_still_there() -> None:
    found = account(scene({"vm:1": "node2"}, LOSS), "vm:1", 190)
    assert found.node == "node2"
    assert found.status is not None
    assert found.status.state is ServiceState.FENCE
    assert found.now is not None
    assert found.now.objections["node2"] == Offline(NodeState.FENCE)
    assert [record.time_s for record in found.history] == sorted(
        record.time_s for record in found.history if record.time_s <= 190
    )


def test_a_second_is_judged_by_what_was_known_then() -> None:
    scenario = {"vm:1": "node1", "vm:2": "node2"}
    before = account(scene(scenario, "service vm:2 stopped", rules=[SPLIT]), "vm:1", 100)
    after = account(scene(scenario, "service vm:2 stopped", rules=[SPLIT]), "vm:1", 300)
    assert before.now is not None
    assert before.now.objections["node2"] == KeptApart(("vm:2",), "node2", ("split",))
    assert after.now is not None
    assert after.now.objections["node2"] == NotNeeded("node1")


def test_a_resource_that_waits_for_recovery_is_placed_anew() -> None:
    pin = {
        "id": "pin",
        "type": "node-affinity",
        "strict": True,
        "nodes": {"node2": 0},
        "resources": ["vm:1"],
    }
    found = account(scene({"vm:1": "node2"}, LOSS, rules=[pin]), "vm:1")
    assert found.status is not None
    assert found.status.state is ServiceState.RECOVERY
    assert found.now is not None
    assert (found.now.node, found.now.because) == (None, Because.NO_NODE)
    assert set(found.now.objections) == {"node1", "node2", "node3"}


def test_a_commanded_move_is_told_as_such() -> None:
    found = account(scene({"vm:1": "node1"}, "service vm:1 migrate node3"), "vm:1")
    assert found.arrival is not None
    assert found.arrival.cause == Commanded("migrate vm:1 node3")
    assert found.arrival.decision is None


def test_a_move_that_failed_is_no_arrival() -> None:
    found = account(scene({"fa:0010": "node1"}, "service fa:0010 relocate node2"), "fa:0010", 125)
    assert found.node == "node1"
    assert found.arrival is None


def test_a_removed_resource_still_has_its_history() -> None:
    found = account(scene({"vm:1": "node1"}, "service vm:1 delete"), "vm:1")
    assert (found.config, found.node, found.now) == (None, None, None)
    assert [record.event.kind for record in found.changes][-1] == "resource.removed"


def test_the_changes_are_those_of_state_and_place() -> None:
    commands = "crm node1 enable-node-maintenance"
    found = account(scene({"vm:1": "node1"}, commands), "vm:1")
    assert [record.event.kind for record in found.changes] == [
        "resource.added",
        "resource.state",
        "resource.state",
        "resource.state",
    ]
    assert found.changes[2].cause == LeavesForMaintenance("node1")


def test_without_a_second_the_end_is_told_and_a_later_one_is_the_end_too() -> None:
    end = account(scene({"vm:1": "node1"}), "vm:1")
    assert account(scene({"vm:1": "node1"}), "vm:1", 9999).at_s == end.at_s


def test_an_unknown_resource_is_answered_with_those_that_are_there() -> None:
    with pytest.raises(NoSuchResourceError, match="ct:2, vm:1"):
        account(scene({"vm:1": "node1", "ct:2": "node1"}), "vm:7")
    many = {f"vm:{number}": "node1" for number in range(100, 120)}
    with pytest.raises(NoSuchResourceError, match="vm:107, …"):
        account(scene(many), "vm:7")
