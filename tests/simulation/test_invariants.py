"""What must hold in every simulation, tried on random clusters; the long run is `soak`."""

from typing import Any

import pytest

from tests.simulation.generator import generate
from tests.simulation.soak import soak, soak_paced
from tests.simulation.watch import Watch, watch
from virton.ha.events import KINDS, Record
from virton.ha.events.daemon import DaemonState
from virton.ha.events.lrm import Started
from virton.ha.events.resource import MoveLive, Recovered
from virton.simulation.scenario import scenario_from

SEEDS = range(48)
QUIET_AFTER_S = 200

PAIR: dict[str, Any] = {
    "nodes": {name: {"power": "off", "network": "off"} for name in ("node1", "node2", "node3")},
    "resources": {"vm:101": {"node": "node1", "state": "started"}, "vm:102": {"node": "node2"}},
    "rules": [
        {
            "id": "home",
            "type": "node-affinity",
            "resources": ["vm:101"],
            "nodes": {"node1": 0, "node2": 0},
            "strict": True,
        }
    ],
    "commands": [["power node1 on", "power node2 on", "power node3 on"]],
}


@pytest.mark.parametrize("seed", SEEDS)
def test_a_random_simulation_breaks_no_promise_and_repeats_to_the_byte(seed: int) -> None:
    assert not soak(seed)


@pytest.mark.parametrize("seed", range(300, 316))
def test_nor_does_a_random_course_on_the_paced_clock(seed: int) -> None:
    assert not soak_paced(seed)


@pytest.mark.parametrize("seed", range(12))
def test_a_cluster_to_which_nothing_happens_has_nothing_to_tell(seed: int) -> None:
    scenario = generate(seed)
    scenario["resources"] = {
        sid: resource
        for sid, resource in scenario["resources"].items()
        if not sid.startswith("fa:") and "lock" not in resource
    }
    kept = {key: scenario[key] for key in ("name", "nodes", "resources")}
    nodes = sorted(scenario["nodes"])
    kept["commands"] = [[f"power {node} on" for node in nodes], ["delay 1000"]]
    told = [record for record in watch(kept).records if record.time_s > QUIET_AFTER_S]
    assert [record.event.kind for record in told] == ["simulation.ended"]


def test_every_event_told_has_the_fields_of_its_kind_and_plain_values() -> None:
    for seed in range(6):
        for record in watch(generate(seed)).records:
            time_s, source, kind, fields = record.to_json()
            assert KINDS[kind] is type(record.event)
            assert isinstance(time_s, int)
            assert source
            assert all(_is_plain(value) for value in fields.values()), fields


def _is_plain(value: Any) -> bool:
    parts = value if isinstance(value, list) else [value]
    return all(type(part) in (str, int, float, bool) for part in parts)


def _watch() -> Watch:
    return Watch(scenario_from(PAIR, "pair").world, PAIR)


def test_the_watch_notices_a_second_master() -> None:
    watch = _watch()
    watch(Record(20, "node1/crm", DaemonState("slave", "master")))
    watch(Record(40, "node2/crm", DaemonState("slave", "master")))
    assert "more than one master" in watch.broken[0]


def test_the_watch_notices_a_guest_on_two_nodes() -> None:
    watch = _watch()
    watch.hosts["node1"].running.add("vm:101")
    watch.hosts["node2"].running.add("vm:101")
    watch(Record(40, "node2/lrm", Started("vm:101")))
    assert watch.broken == ["0: vm:101 runs on ['node1', 'node2']"]


def test_the_watch_notices_a_recovery_without_a_fence() -> None:
    watch = _watch()
    watch(Record(40, "node2/crm", Recovered("vm:101", "node1", "node2")))
    assert watch.broken == ["0: vm:101 is recovered from node1, which was not fenced"]


def test_the_watch_notices_a_broken_strict_rule() -> None:
    watch = _watch()
    watch(Record(40, "node1/crm", MoveLive("migrate", "vm:101", "node3")))
    assert "a strict rule does not allow it" in watch.broken[0]
