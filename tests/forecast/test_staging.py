"""A situation as a world: each daemon with its lock and watchdog, somewhere in its round."""

from dataclasses import replace

import pytest

from tests.forecast.clusters import cluster
from virton.forecast.ask import ask
from virton.forecast.falling import is_armed
from virton.forecast.phases import assignments
from virton.forecast.question import Question
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.staging import NOW_S, Phases, stage
from virton.ha.environment import agent_lock
from virton.ha.model import LrmStatus
from virton.ha.states import LrmMode, LrmState

AT = "node3"


def seen(lrm: LrmState, resources: dict[str, str], silent_s: int = 0) -> Situation:
    base, _ = at_rest(cluster({"vm:1": "node1", **resources}))
    mode = LrmMode.MAINTENANCE if lrm is LrmState.MAINTENANCE else LrmMode.ACTIVE
    told = {**base.lrm, AT: LrmStatus(lrm, mode, 0)}
    return replace(base, lrm=told, ages_s={(AT, "lrm"): silent_s})


def staged(situation: Situation) -> tuple[int | None, bool]:
    """Return how long ago the node's watchdog was fed, if it is open, and whether its lock is held."""
    due_s = {(node, kind): 1 for node in situation.nodes for kind in ("crm", "lrm")}
    world = stage(situation, Phases(due_s))
    host = next(host for host in world.hosts if host.name == AT)
    fed_s = [NOW_S - at_s for dog, at_s in host.watchdogs.items() if dog.endswith(".lrm")]
    return (fed_s[0] if fed_s else None), agent_lock(AT) in world.locks


@pytest.mark.parametrize(
    ("lrm", "resources", "expected"),
    [
        (LrmState.ACTIVE, {"vm:3": AT}, (9, True)),
        (LrmState.ACTIVE, {}, (9, True)),
        (LrmState.MAINTENANCE, {"vm:3": AT}, (4, True)),
        (LrmState.MAINTENANCE, {}, (None, False)),
        (LrmState.WAIT_FOR_AGENT_LOCK, {}, (None, False)),
    ],
)
def test_who_looks_after_guests_has_lock_and_watchdog_and_feeds_it_each_round(
    lrm: LrmState, resources: dict[str, str], expected: tuple[int | None, bool]
) -> None:
    situation = seen(lrm, resources)
    assert staged(situation) == expected
    assert is_armed(situation, AT) is expected[1]


def test_a_silent_lrm_has_no_watchdog_that_could_reset_its_node() -> None:
    assert is_armed(seen(LrmState.ACTIVE, {"vm:3": AT}, silent_s=500), AT) is False


def test_rounds_in_maintenance_are_short() -> None:
    played = assignments(seen(LrmState.MAINTENANCE, {"vm:3": AT}), {AT})
    assert {phases.due_s[AT, "lrm"] for phases in played} <= {1, 2, 3, 4, 5}


def down(situation: Situation, *sids: str) -> Situation:
    guests = {
        s: replace(g, running=g.running and s not in sids) for s, g in situation.guests.items()
    }
    return replace(situation, guests=guests)


def test_a_node_that_is_back_waits_for_its_lock_nobody_knows_how_long() -> None:
    situation = down(seen(LrmState.WAIT_FOR_AGENT_LOCK, {"vm:3": AT}), "vm:3")
    told = ask(situation, Question()).resources["vm:3"]
    assert told.after_s is not None
    assert told.after_s[0] < 15
    assert 120 < told.after_s[1] < 150


def test_a_cluster_started_anew_waits_for_all_its_locks() -> None:
    base = down(seen(LrmState.WAIT_FOR_AGENT_LOCK, {"vm:3": AT}), "vm:1", "vm:3")
    waits = LrmStatus(LrmState.WAIT_FOR_AGENT_LOCK, LrmMode.ACTIVE, 0)
    ages_s = dict.fromkeys([(node, "lrm") for node in base.nodes], 2)
    ages_s[base.master or "", "crm"] = 240
    anew = replace(base, lrm=dict.fromkeys(base.nodes, waits), ages_s=ages_s)
    for told in ask(anew, Question()).resources.values():
        assert told.after_s is not None
        assert told.after_s[0] < 60
        assert told.after_s[1] > 120
