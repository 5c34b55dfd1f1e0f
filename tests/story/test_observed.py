"""What is observed between two looks at a cluster."""

from dataclasses import replace

from virton.ha.causes import NodeFenced
from virton.ha.model import ManagerStatus, ServiceStatus, ServiceTable
from virton.ha.states import NodeState, ServiceState
from virton.story.happenings import Happening, Kind
from virton.story.observed import Seen, observe
from virton.story.sight import Members, SeenGuest, Sight

ONLINE = {"a": NodeState.ONLINE, "b": NodeState.ONLINE, "c": NodeState.ONLINE}
RUNS = ServiceStatus(ServiceState.STARTED, "c", "uid", running=True)


def manager(
    at_s: int, service: ServiceStatus = RUNS, master: str = "a", **nodes: NodeState
) -> ManagerStatus:
    return ManagerStatus(master, at_s, ONLINE | nodes, ServiceTable({"vm:1": service}))


def sight(at_s: float, status: ManagerStatus | None, **parts: object) -> Sight:
    members = Members(dict.fromkeys(ONLINE, True), quorate=True)
    return replace(Sight(at_s, at_s + 0.5, status, members=members), **parts)  # type: ignore[arg-type]


def story(*sights: Sight) -> list[Happening]:
    seen: Seen | None = None
    found: list[Happening] = []
    for one in sights:
        seen, happened = observe(seen, one)
        found += happened
    return found


def test_nothing_happens_where_nothing_changes() -> None:
    assert story(sight(0, manager(0)), sight(2, manager(0)), sight(4, manager(10))) == []


def test_a_lost_node_is_fenced_and_its_resource_recovered() -> None:
    fence = replace(RUNS, state=ServiceState.FENCE)
    moved = replace(RUNS, node="b", running=False)
    found = story(
        sight(0, manager(0)),
        sight(10, manager(10, c=NodeState.UNKNOWN)),
        sight(70, manager(70, fence, c=NodeState.FENCE)),
        sight(130, manager(130, moved, c=NodeState.UNKNOWN)),
    )
    assert [(h.kind, h.whom) for h in found] == [
        (Kind.NODE_LOST, "c"),
        (Kind.NODE_FENCING, "c"),
        (Kind.NODE_FENCED, "c"),
        (Kind.RESOURCE_RECOVERED, "vm:1"),
    ]
    assert (found[-1].from_s, found[-1].to_s) == (70, 130.5)
    assert found[-1].facts == {"before": "c", "node": "b"}
    assert found[-1].because == NodeFenced("c")


def test_a_recovery_is_called_one_though_no_look_saw_its_states() -> None:
    moved = replace(RUNS, node="b", running=False)
    found = story(
        sight(0, manager(0, c=NodeState.UNKNOWN, master="c")),
        sight(2, manager(60, moved, c=NodeState.UNKNOWN, master="a")),
    )
    assert {Kind.MASTER_CHANGED, Kind.NODE_FENCING, Kind.NODE_FENCED} <= {h.kind for h in found}
    assert Kind.RESOURCE_RECOVERED in {h.kind for h in found}
    assert Kind.RESOURCE_MOVED not in {h.kind for h in found}


def test_a_resource_without_a_node_to_go_to_waits() -> None:
    found = story(
        sight(0, manager(0, replace(RUNS, state=ServiceState.FENCE), c=NodeState.FENCE)),
        sight(2, manager(9, replace(RUNS, state=ServiceState.RECOVERY), c=NodeState.UNKNOWN)),
    )
    assert [h.kind for h in found] == [Kind.NODE_FENCED, Kind.RESOURCE_WAITS]


def test_a_node_without_quorum_tells_of_former_times_and_is_not_believed() -> None:
    alone = Members({"a": True, "b": False, "c": False}, quorate=False)
    old = manager(0, replace(RUNS, node="a"))
    found = story(
        sight(20, manager(20)),
        sight(22, old, members=alone),
        sight(24, manager(20)),
    )
    assert [h.kind for h in found] == [Kind.QUORUM_LOST, Kind.QUORUM_BACK]


def test_a_guest_that_is_down_though_ha_takes_it_for_started_is_told() -> None:
    up, down = {"vm:1": SeenGuest("c", True)}, {"vm:1": SeenGuest("c", False)}
    found = story(sight(0, manager(0), guests=up), sight(2, manager(0), guests=down))
    assert [(h.kind, h.whom) for h in found] == [(Kind.GUEST_DOWN, "vm:1")]
    waking = manager(0, replace(RUNS, running=False))
    assert story(sight(0, waking, guests=up), sight(2, waking, guests=down)) == []


def test_what_could_not_be_seen_is_said_and_compared_with_what_was_seen_last() -> None:
    nothing = Sight(10, 10)
    found = story(
        sight(0, manager(0)), nothing, nothing, sight(90, manager(80, c=NodeState.UNKNOWN))
    )
    assert [(h.kind, h.from_s) for h in found] == [
        (Kind.CONSOLE_BLIND, 0),
        (Kind.CONSOLE_SEEING, 10),
        (Kind.NODE_LOST, 0),
    ]
