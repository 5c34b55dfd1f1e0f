"""Why a resource is placed where it is, and why on no other node."""

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from tests.ha.placement.ground import Cluster, cluster, clusters, started
from tests.ha.rules.make import apart, avoid, on, together
from virton.ha.model import ServiceStatus
from virton.ha.placement.choice import Because, Preference
from virton.ha.placement.positions import used_nodes
from virton.ha.placement.reasons import (
    OBJECTIONS,
    AlreadyTried,
    Avoided,
    Decision,
    EqualScore,
    Explanation,
    InMaintenance,
    KeptApart,
    KeptOff,
    KeptTogether,
    LowerPriority,
    NodeObjection,
    NotNeeded,
    NotPreferred,
    Offline,
    OutsideRule,
    PassedOver,
    ReturnsElsewhere,
    WorseScore,
)
from virton.ha.rules.nodes import OTHER_NODE
from virton.ha.states import NodeState, ServiceState

THREE = "node1 node2 node3"


def test_a_resource_that_may_stay_needs_no_other_node() -> None:
    why = cluster(THREE, vm1="node2").place("vm:1")
    assert (why.node, why.because) == ("node2", Because.STAYS)
    assert why.objections == {"node1": NotNeeded("node2"), "node3": NotNeeded("node2")}


def test_nodes_that_are_away_or_in_maintenance_are_out_first() -> None:
    nodes = "node1 node2=unknown node3=maintenance node4=fence node5=gone"
    why = cluster(nodes, on("pin", "1", {"node1": 0}), vm1="node1").place("vm:1")
    assert why.objections == {
        "node2": Offline(NodeState.UNKNOWN),
        "node3": InMaintenance(),
        "node4": Offline(NodeState.FENCE),
        "node5": Offline(NodeState.GONE),
    }


def test_a_strict_rule_is_named_to_the_nodes_outside() -> None:
    why = cluster(THREE, on("pin", "1", {"node3": 0}), vm1="node1").place("vm:1")
    assert why.node == "node3"
    assert why.objections == {"node1": OutsideRule(("pin",)), "node2": OutsideRule(("pin",))}


def test_a_rule_that_reaches_a_resource_through_its_companions_is_named_with_theirs() -> None:
    rules = on("pin", "1", {"node3": 0}), together("pair", "1 2")
    why = cluster(THREE, *rules, vm1="node3", vm2="node1").place("vm:2")
    assert why.objections["node2"] == OutsideRule(("pin", "pair"))


def test_a_lower_priority_is_told_with_the_higher_one() -> None:
    rule = on("tiers", "1", {"node1": 1, "node2": 3, "node3": 2})
    why = cluster(THREE, rule, vm1="node1").place("vm:1")
    assert why.objections == {
        "node1": LowerPriority(1, "node2", 3, ("tiers",)),
        "node3": LowerPriority(2, "node2", 3, ("tiers",)),
    }


def test_the_nodes_that_a_loose_rule_does_not_name_are_less_preferred() -> None:
    why = cluster(THREE, on("likes", "1", {"node2": 0}, strict=False), vm1="node1").place("vm:1")
    assert why.objections == dict.fromkeys(("node1", "node3"), NotPreferred("node2", ("likes",)))


@pytest.mark.parametrize(("strict", "kind"), [(True, KeptOff), (False, Avoided)])
def test_a_node_that_a_rule_avoids_is_told_as_such(
    strict: bool, kind: type[KeptOff] | type[Avoided]
) -> None:
    rule = avoid("away", "1", {"node1": 0, "node3": 0}, strict)
    why = cluster(THREE, rule, vm1="node1").place("vm:1")
    assert why.node == "node2"
    assert why.objections == dict.fromkeys(("node1", "node3"), kind(("away",)))


def test_a_resource_without_failback_needs_no_better_node() -> None:
    rule = on("tiers", "1", {"node1": 1, "node2": 3})
    why = cluster(THREE, rule, vm1="node1").place("vm:1", failback=False)
    assert (why.node, why.because) == ("node1", Because.STAYS)
    assert why.objections == {"node2": NotNeeded("node1"), "node3": OutsideRule(("tiers",))}


def test_a_node_with_a_resource_to_keep_apart_from_is_out_and_the_rule_is_named() -> None:
    why = cluster(
        THREE, apart("split", "1 2"), apart("more", "1 3"), vm1="node1", vm2="node1", vm3="node2"
    ).place("vm:1")
    assert why.node == "node3"
    assert why.objections == {
        "node1": KeptApart(("vm:2",), "node1", ("split",)),
        "node2": KeptApart(("vm:3",), "node2", ("more",)),
    }


def test_a_resource_on_its_way_keeps_others_off_both_of_its_nodes() -> None:
    moving = ServiceStatus(ServiceState.MIGRATE, "node1", "", target="node2")
    why = cluster(THREE, apart("split", "1 2"), vm1="node1", vm2=moving).place("vm:1")
    assert set(why.objections) == {"node1", "node2"}
    assert all(isinstance(objection, KeptApart) for objection in why.objections.values())


def test_nodes_without_the_companions_are_out_and_the_companions_named() -> None:
    why = cluster(THREE, together("pack", "1 2 3"), vm1="node1", vm2="node2", vm3="node2").place(
        "vm:1"
    )
    objection = KeptTogether(("vm:2", "vm:3"), "node2", ("pack",))
    assert why.objections == {"node1": objection, "node3": objection}


def test_a_resource_returns_to_the_node_that_it_left_for_maintenance() -> None:
    why = cluster(THREE, vm1=started("node1", maintenance_node="node3")).place("vm:1")
    assert (why.node, why.because) == ("node3", Because.RETURNS)
    assert why.objections == dict.fromkeys(("node1", "node2"), ReturnsElsewhere("node3"))


def test_a_node_on_which_the_start_failed_was_tried() -> None:
    failing = started("node1", failed_nodes=("node1",))
    why = cluster(THREE, vm1=failing, vm2="node2").place("vm:1", Preference.NEXT)
    assert (why.node, why.because, why.score) == ("node3", Because.SCORE, 0.0)
    assert why.objections == {"node1": AlreadyTried(), "node2": WorseScore(1.0, 0.0, "node3")}


def test_of_equal_scores_the_first_by_name_wins() -> None:
    why = cluster(THREE, vm1="node1").place("vm:1", Preference.BEST)
    assert (why.node, why.score) == ("node2", 0.0)
    assert why.objections == {
        "node1": WorseScore(1.0, 0.0, "node2"),
        "node3": EqualScore(0.0, "node2"),
    }


def test_the_next_node_is_looked_for_from_the_current_one_on() -> None:
    why = cluster(THREE, vm1="node2", vm2="node3", vm3="node3").place("vm:1", Preference.NEXT)
    assert (why.node, why.because) == ("node3", Because.NEXT)
    assert why.objections == {"node1": PassedOver("node2"), "node2": PassedOver("node2")}


def test_no_node_is_left_when_every_node_is_objected_to() -> None:
    why = cluster(
        "node1=unknown node2 node3",
        on("pin", "1", {"node1": 0, "node2": 0}),
        apart("split", "1 2"),
        vm1="node1",
        vm2="node2",
    ).place("vm:1", Preference.BEST)
    assert (why.node, why.because) == (None, Because.NO_NODE)
    assert why.objections == {
        "node1": Offline(NodeState.UNKNOWN),
        "node2": KeptApart(("vm:2",), "node2", ("split",)),
        "node3": OutsideRule(("pin",)),
    }


def test_a_cluster_without_an_online_node_objects_to_every_node() -> None:
    why = cluster("node1=unknown node2=fence", vm1="node1").place("vm:1")
    assert why.node is None
    assert set(why.objections) == {"node1", "node2"}


def test_a_decision_is_explained_as_of_when_it_was_made() -> None:
    then = cluster(THREE, apart("split", "1 2"), vm1="node1", vm2="node1")
    ground, choice = then.ground(), then.choose("vm:1", Preference.STAY)
    decision = Decision("vm:1", choice, ground)
    before = decision.explain()
    then.statuses["vm:2"] = started("node3")
    assert decision.explain() == before
    assert before.objections["node1"] == KeptApart(("vm:2",), "node1", ("split",))


def test_objections_are_written_as_json() -> None:
    objection = KeptApart(("vm:2",), "node1", ("split",))
    fields = {"sids": ["vm:2"], "node": "node1", "rules": ["split"]}
    assert objection.to_json() == ["kept_apart", fields]
    assert Offline(NodeState.FENCE).to_json() == ["offline", {"state": "fence"}]


def test_every_kind_of_objection_has_its_own_name() -> None:
    assert {kind.name for kind in OBJECTIONS.values()} == set(OBJECTIONS)
    assert all(issubclass(kind, NodeObjection) for kind in OBJECTIONS.values())


# whatever the cluster


@settings(max_examples=500)
@given(clusters, st.sampled_from(Preference), st.booleans())
def test_the_chosen_node_is_open_and_every_other_has_one_true_objection(
    case: Cluster, preference: Preference, failback: bool
) -> None:
    sid = "vm:100"
    why = case.place(sid, preference, failback=failback)
    assert case.place(sid, preference, failback=failback) == why, "explaining changes nothing"
    check_chosen(case, why, failback=failback)
    assert list(why.objections) == [node for node in sorted(case.nodes) if node != why.node]
    for node, objection in why.objections.items():
        event(objection.name)
        assert is_true(objection, node, case, preference, why), (node, objection)
        assert not missed_earlier(objection, node, case, failback), (node, objection)


def check_chosen(case: Cluster, why: Explanation, *, failback: bool) -> None:
    """Make sure that the chosen node is open to the resource."""
    if why.node is None:
        return
    assert why.node in case.online
    priorities = case.ground().rules.node_priorities.get("vm:100")
    assert priorities is None or why.node in priorities
    if failback and why.because is not Because.STAYS:
        assert not there(case, "apart", why.node)


def there(case: Cluster, relation: str, node: str) -> tuple[str, ...]:
    """Return the resources on a node that rules relate to vm:100."""
    ground = case.ground()
    found = []
    for other in getattr(ground.rules, relation).get("vm:100", ()):
        current, target = used_nodes(case.statuses[other], case.online)
        counted = {target or current} if relation == "together" else {current, target}
        if node in counted:
            found.append(other)
    return tuple(sorted(found))


def is_true(
    objection: NodeObjection, node: str, case: Cluster, preference: Preference, why: Explanation
) -> bool:
    """Check an objection against the cluster itself."""
    status, ground = case.statuses["vm:100"], case.ground()
    priorities = ground.rules.node_priorities.get("vm:100", {})
    match objection:
        case Offline(state):
            return case.nodes[node] is state is not NodeState.ONLINE
        case InMaintenance():
            return case.nodes[node] is NodeState.MAINTENANCE
        case OutsideRule(rules):
            return bool(priorities) and node not in priorities and are_configured(case, rules)
        case LowerPriority(priority, than, its_priority, rules):
            return (
                OTHER_NODE < priority == priorities[node] < its_priority == priorities[than]
                and than in case.online
                and are_configured(case, rules)
            )
        case NotPreferred(than, rules):
            return (
                priorities[node] == OTHER_NODE < priorities[than]
                and than in case.online
                and are_configured(case, rules)
            )
        case AlreadyTried():
            return preference is Preference.NEXT and node in status.failed_nodes
        case KeptApart(sids, on_node, rules):
            at_fault = there(case, "apart", node)
            return on_node == node and sids == at_fault != () and are_configured(case, rules)
        case KeptTogether(sids, on_node, rules):
            companions = there(case, "together", on_node)
            return (
                sids == companions
                and len(there(case, "together", node)) <= len(companions) > 0
                and on_node != node
                and are_configured(case, rules)
            )
        case NotNeeded(stays_on):
            return stays_on == why.node == status.node
        case ReturnsElsewhere(to):
            return to == why.node == status.maintenance_node
        case _:
            return is_true_of_scores(objection, node, case, preference, why)


def is_true_of_scores(
    objection: NodeObjection, node: str, case: Cluster, preference: Preference, why: Explanation
) -> bool:
    scores = case.load().start_scores("vm:100")
    best = why.node
    assert best is not None
    match objection:
        case WorseScore(score, best_score, better):
            return better == best and score == scores[node] > best_score == scores[best]
        case EqualScore(score, better):
            return better == best < node and score == scores[node] == scores[best]
        case PassedOver(after):
            place = scores[node], node
            return (
                preference is Preference.NEXT
                and after == case.statuses["vm:100"].node
                and place <= (scores[after], after) < (scores[best], best)
            )
    pytest.fail(f"nobody knows what {objection} means")


def are_configured(case: Cluster, rules: tuple[str, ...]) -> bool:
    """Tell whether rules are there at all, and all of them the administrator's own."""
    return bool(rules) and set(rules) <= case.rules.rules.keys()


def missed_earlier(objection: NodeObjection, node: str, case: Cluster, failback: bool) -> bool:
    """Tell whether something stands against a node that should have been said before."""
    order = list(OBJECTIONS)
    rank = order.index(objection.name)
    priorities = case.ground().rules.node_priorities.get("vm:100")
    earlier = {
        "offline": case.nodes[node] not in (NodeState.ONLINE, NodeState.MAINTENANCE),
        "in_maintenance": case.nodes[node] is NodeState.MAINTENANCE,
        "outside_rule": priorities is not None and node not in priorities,
        # without failback it may stay before anybody looks at the others
        "kept_apart": failback and bool(there(case, "apart", node)),
    }
    return any(holds and order.index(name) < rank for name, holds in earlier.items())
