"""Every change of state carries its cause."""

import json
from pathlib import Path

import pytest

from tests.ha.play import changes, node_changes, play, scene
from tests.ha.why import amiss
from virton.ha.causes import (
    Cause,
    Commanded,
    Disarmed,
    EvensLoad,
    FailsBack,
    Follows,
    GuestElsewhere,
    LeavesForMaintenance,
    LrmActive,
    LrmRestarts,
    MaintenanceBegun,
    MaintenanceOver,
    MoveDone,
    MoveFailure,
    MustJoin,
    MustPart,
    NodeFenced,
    NodeLost,
    NodeSeen,
    NodeUnseen,
    Requested,
    ReturnsFromMaintenance,
    RuleForbids,
    RunsAlready,
    StartFailure,
    StartsExhausted,
    StartsWhereBest,
    StopDone,
    StopFailure,
    TakenOver,
    TakenUpInPlace,
)
from virton.ha.events import Record
from virton.ha.events.resource import (
    FrozenByDisarm,
    RecoveryImpossible,
)
from virton.ha.placement.reasons import AlreadyTried, KeptApart, Offline
from virton.ha.states import DisarmMode, NodeState, RequestState
from virton.simulation.scenario import read_scenario

SCENARIOS = Path(__file__).parents[3] / "shared" / "scenarios"
VARIED = (
    "crs-dynamic-constrained-auto-rebalance3",
    "crs-static-rebalance2",
    "disarm-maintenance1",
    "locked-service2",
    "node-affinity-strict1",
    "recovery3",
    "resource-affinity-strict-mixed3",
    "resource-affinity-with-node-affinity-strict-positive1",
    "resource-failure4",
    "service-command7",
    "shutdown-policy2",
    "shutdown-policy4",
)
STARTED = Requested(RequestState.STARTED)


def apart(rule: str, *sids: str) -> dict[str, object]:
    return {
        "id": rule,
        "type": "resource-affinity",
        "affinity": "negative",
        "resources": list(sids),
    }


def together(rule: str, *sids: str) -> dict[str, object]:
    return {**apart(rule, *sids), "affinity": "positive"}


def on(rule: str, nodes: dict[str, int], *sids: str, strict: bool = True) -> dict[str, object]:
    return {
        "id": rule,
        "type": "node-affinity",
        "nodes": nodes,
        "strict": strict,
        "resources": list(sids),
    }


def causes(records: list[Record], sid: str) -> list[Cause | None]:
    return [cause for _, _, cause in changes(records, sid)]


# what people want


def test_a_resource_starts_and_stops_because_its_requested_state_says_so() -> None:
    records = play(scene({"vm:1": "node1"}, "service vm:1 stopped", "service vm:1 started"))
    assert changes(records, "vm:1") == [
        ("request_start", "started", STARTED),
        ("started", "request_stop", Requested(RequestState.STOPPED)),
        ("request_stop", "stopped", StopDone("node1")),
        ("stopped", "request_start", STARTED),
        ("request_start", "started", STARTED),
    ]


def test_an_operator_s_command_is_quoted() -> None:
    records = play(scene({"vm:1": "node1"}, "service vm:1 migrate node2", "service vm:1 stop 30"))
    assert changes(records, "vm:1")[1:4] == [
        ("started", "migrate", Commanded("migrate vm:1 node2")),
        ("migrate", "started", MoveDone("node2")),
        ("started", "request_stop", Commanded("stop vm:1 30")),
    ]


def test_a_stopped_resource_too_moves_on_command() -> None:
    stopped = {"node": "node1", "state": "stopped"}
    records = play(scene({"vm:1": stopped}, "service vm:1 relocate node2"))
    assert Commanded("relocate vm:1 node2") in causes(records, "vm:1")


def test_a_companion_names_the_resource_that_it_follows_and_the_rule() -> None:
    rules = [together("pair", "vm:1", "vm:2")]
    records = play(
        scene({"vm:1": "node1", "vm:2": "node1"}, "service vm:1 migrate node2", rules=rules)
    )
    assert causes(records, "vm:1")[1] == Commanded("migrate vm:1 node2")
    assert causes(records, "vm:2")[1] == Follows("vm:1", "node2", ("pair",))


def test_an_error_is_left_only_on_request() -> None:
    records = play(
        scene(
            {"fa:0100": {"node": "node1", "state": "started", "max_restart": 0, "max_relocate": 0}},
            "service fa:0100 disabled",
        )
    )
    assert changes(records, "fa:0100")[-2:] == [
        ("started", "error", StartsExhausted(("node1",), 0)),
        ("error", "stopped", Requested(RequestState.DISABLED)),
    ]


def test_disarming_freezes_and_arming_brings_the_lrm_back() -> None:
    records = play(
        scene({"vm:1": "node1"}, "crm node1 disarm-ha freeze", ["delay 60"], "crm node1 arm-ha")
    )
    frozen = [r.cause for r in records if isinstance(r.event, FrozenByDisarm)]
    assert frozen == [Disarmed(DisarmMode.FREEZE)]
    assert changes(records, "vm:1")[-1] == ("freeze", "started", LrmActive("node1"))


# how the LRM's work ended


def test_a_failed_stop_is_told_with_its_exit_code() -> None:
    records = play(scene({"fa:0001": "node1"}, "service fa:0001 stopped"))
    assert changes(records, "fa:0001")[-1] == ("request_stop", "error", StopFailure("node1", 1))


def test_a_failed_move_leaves_the_resource_where_it_is() -> None:
    records = play(scene({"fa:0010": "node1"}, "service fa:0010 relocate node2"))
    failure = ("relocate", "started", MoveFailure("node1", "node2", 1))
    assert failure in changes(records, "fa:0010")


def test_a_guest_that_was_moved_behind_the_back_is_elsewhere() -> None:
    records = play(
        scene(
            {"vm:1": "node1"},
            ["service vm:1 manual-migrate node2", "service vm:1 migrate node3"],
        )
    )
    assert changes(records, "vm:1")[-1] == ("migrate", "error", GuestElsewhere("node1"))


def test_a_start_that_failed_moves_the_resource_on_and_the_tried_node_is_known() -> None:
    records = play(scene({"fa:0200": {"node": "node1", "state": "started"}}))
    moved = next(r for r in records if isinstance(r.cause, StartFailure))
    assert moved.cause == StartFailure("node1", 1)
    assert moved.decision is not None
    assert moved.decision.explain().objections["node1"] == AlreadyTried()


# what becomes of nodes


def test_a_lost_node_is_fenced_and_its_resource_taken_over() -> None:
    records = play(scene({"vm:1": "node2"}, "network node2 off"))
    assert changes(records, "vm:1")[1:] == [
        ("started", "fence", NodeLost("node2", 60)),
        ("fence", "recovery", NodeFenced("node2")),
        ("recovery", "started", TakenOver("node2", "node1")),
    ]
    assert node_changes(records, "node2") == [
        ("unknown", "online", NodeSeen("node2")),
        ("online", "unknown", NodeUnseen("node2")),
        ("unknown", "fence", NodeLost("node2", 60)),
        ("fence", "unknown", NodeFenced("node2")),
    ]


def test_a_recovery_answers_why_there() -> None:
    records = play(scene({"vm:1": "node2"}, "network node2 off"))
    decision = next(r for r in records if isinstance(r.cause, TakenOver)).decision
    assert decision is not None
    why = decision.explain()
    assert (why.node, why.current) == ("node1", "node2")
    assert why.objections["node2"] == Offline(NodeState.FENCE)


def test_an_impossible_recovery_answers_why_nowhere() -> None:
    rules = [on("pin", {"node3": 0, "node1": 0}, "vm:1"), apart("split", "vm:1", "vm:2")]
    records = play(scene({"vm:1": "node3", "vm:2": "node1"}, "network node3 off", rules=rules))
    decision = next(r for r in records if isinstance(r.event, RecoveryImpossible)).decision
    assert decision is not None
    why = decision.explain()
    assert why.node is None
    assert why.objections["node1"] == KeptApart(("vm:2",), "node1", ("split",))


def test_a_node_that_returns_takes_its_resource_up_again() -> None:
    rules = [on("pin", {"node3": 0}, "vm:1")]
    records = play(scene({"vm:1": "node3"}, "network node3 off", "power node3 on", rules=rules))
    assert causes(records, "vm:1")[-1] == TakenUpInPlace("node3")


def test_a_restarting_lrm_freezes_and_an_active_one_thaws() -> None:
    records = play(scene({"vm:1": "node3"}, "restart-lrm node3"))
    assert changes(records, "vm:1")[1:] == [
        ("started", "freeze", LrmRestarts("node3")),
        ("freeze", "started", LrmActive("node3")),
    ]


def test_maintenance_sends_resources_away_and_back() -> None:
    records = play(
        scene(
            {"vm:1": "node3"},
            "crm node3 enable-node-maintenance",
            ["delay 100"],
            "crm node3 disable-node-maintenance",
        )
    )
    assert causes(records, "vm:1")[1:] == [
        LeavesForMaintenance("node3"),
        MoveDone("node1"),
        ReturnsFromMaintenance("node3"),
        MoveDone("node3"),
    ]
    assert [cause for _, _, cause in node_changes(records, "node3")][1:] == [
        MaintenanceBegun("node3"),
        MaintenanceOver("node3"),
    ]


# where placement wants a resource


def test_a_strict_rule_moves_a_resource() -> None:
    records = play(scene({"vm:1": "node1"}, rules=[on("pin", {"node2": 0}, "vm:1")]))
    assert causes(records, "vm:1")[1] == RuleForbids("node1", ("pin",))


def test_a_preferred_node_takes_its_resource_back() -> None:
    rules = [on("tiers", {"node1": 1, "node2": 2}, "vm:1")]
    records = play(scene({"vm:1": "node1"}, rules=rules))
    assert causes(records, "vm:1")[1] == FailsBack("node1", "node2", ("tiers",))


def test_resources_part_and_join_as_rules_say() -> None:
    rules = [apart("split", "vm:1", "vm:2"), together("pair", "vm:3", "vm:4")]
    where = {"vm:1": "node1", "vm:2": "node1", "vm:3": "node2", "vm:4": "node3"}
    records = play(scene(where, rules=rules))
    assert causes(records, "vm:1")[1] == MustPart(("vm:2",), "node1", ("split",))
    assert causes(records, "vm:3")[1] == MustJoin(("vm:4",), "node3", ("pair",))


def test_a_start_is_balanced_by_load() -> None:
    crs = {"crs": {"ha": "static", "ha-rebalance-on-start": 1}}
    where = {f"vm:{number}": "node1" for number in (1, 2, 3)}
    records = play(scene(where, datacenter=crs))
    assert StartsWhereBest("node2") in {causes(records, sid)[0] for sid in where}


def test_a_guest_that_runs_is_not_balanced_at_its_start() -> None:
    crs = {"crs": {"ha": "static", "ha-rebalance-on-start": 1}}
    where = {f"vm:{number}": "node1" for number in (1, 2, 3)}
    running = {"node1": {"vm:1": 1, "vm:2": 1, "vm:3": 1}}
    records = play(scene(where, datacenter=crs, running=running))
    assert any(RunsAlready("node1") in causes(records, sid) for sid in where)


# whatever happens

recorded = pytest.mark.skipif(
    not SCENARIOS.is_dir(), reason="the conformance scenarios (../shared/scenarios) are not here"
)


@pytest.fixture(scope="module")
def told() -> list[Record]:
    """Return what is told in scenarios that have every cause among them.

    What holds of each record is asked of all scenarios where they are played, in
    tests/story/test_both_stories.py.
    """
    return [r for name in VARIED for r in play(read_scenario(SCENARIOS / f"{name}.json"))]


@recorded
def test_every_change_of_state_has_a_particular_cause_of_which_there_are_many(
    told: list[Record],
) -> None:
    assert amiss(told) == []
    assert len({r.cause.name for r in told if r.cause}) >= 30
    assert any(isinstance(r.cause, EvensLoad) for r in told)
    assert any(isinstance(r.cause, NodeLost) for r in told)


@recorded
def test_what_is_told_with_the_event_is_no_part_of_its_json(told: list[Record]) -> None:
    record = next(r for r in told if r.decision)
    assert json.loads(json.dumps(record.to_json())) == record.to_json()
    assert len(record.to_json()) == 4


def test_causes_are_written_as_json() -> None:
    assert TakenOver("node1", "node2").to_json() == [
        "taken_over",
        {"from": "node1", "to": "node2"},
    ]
    assert STARTED.to_json() == ["requested", {"state": "started"}]
