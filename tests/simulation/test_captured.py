"""A captured cluster is simulated as the version of Proxmox VE that it had, with all its guests."""

from typing import Any

import pytest

from virton.ha.events import Record
from virton.ha.events.resource import Rebalanced, Recovered
from virton.simulation.scenario import run_scenario, scenario_from

OFF = {"power": "off", "network": "off", "maxcpu": 24, "maxmem": 128 * 1024**3}
NODES = ("node1", "node2", "node3")


def crowded_cluster(**more: Any) -> dict[str, Any]:
    """Three nodes, one of which runs everything, that balance themselves."""
    crs = {"ha": "static", "ha-auto-rebalance": 1, "ha-auto-rebalance-hold-duration": 1}
    sids = [f"vm:{number}" for number in range(101, 107)]
    return {
        "nodes": dict.fromkeys(NODES, OFF),
        "resources": {sid: {"node": "node1", "state": "started"} for sid in sids},
        "datacenter": {"crs": crs},
        "commands": [[f"power {node} on" for node in NODES]],
        **more,
    }


def first_move(case: dict[str, Any]) -> Rebalanced:
    records: list[Record] = []
    run_scenario(scenario_from(case, "crowded"), records.append)
    return next(r.event for r in records if isinstance(r.event, Rebalanced))


@pytest.mark.parametrize("version", ["8.4.1", "9.1.6", "an unknown one"])
def test_up_to_9_1_the_imbalance_is_the_coefficient_of_variation(version: str) -> None:
    move = first_move(crowded_cluster(snapshot={"version": version}))
    assert move.imbalance_from == pytest.approx(1.41)


@pytest.mark.parametrize("version", ["9.2.1", "9.10.0", "10.0.0~2"])
def test_from_9_2_on_the_worst_imbalance_there_can_be_is_1(version: str) -> None:
    move = first_move(crowded_cluster(snapshot={"version": version}))
    assert move.imbalance_from == pytest.approx(1.0)


def test_a_scenario_that_was_made_up_speaks_the_older_dialect() -> None:
    assert first_move(crowded_cluster()).imbalance_from == pytest.approx(1.41)


@pytest.mark.parametrize("mode", ["basic", "static", "dynamic"])
@pytest.mark.parametrize(("more", "node"), [({}, "node2"), ({"snapshot": {}}, "node3")])
def test_guests_that_are_not_under_ha_weigh_on_their_nodes(
    mode: str, more: dict[str, Any], node: str
) -> None:
    beside = ["vm:201", "vm:202"]
    figures = {sid: {"maxcpu": 4.0, "maxmem": 2**32} for sid in ["vm:101", *beside]}
    use = {sid: {"cpu": 2.0, "mem": 2**31} for sid in figures}
    case = {
        "nodes": dict.fromkeys(NODES, OFF),
        "resources": {"vm:101": {"node": "node1", "state": "started"}},
        "datacenter": {"crs": {"ha": mode}},
        "running": {"node2": dict.fromkeys(beside, 1)},
        "static_stats": figures,
        "dynamic_stats": use,
        "commands": [[f"power {node} on" for node in NODES], ["network node1 off"]],
        **more,
    }
    records: list[Record] = []
    run_scenario(scenario_from(case, "beside"), records.append)
    moved = [r.event for r in records if isinstance(r.event, Recovered)]
    assert moved[0].to == node


@pytest.mark.parametrize("mode", ["basic", "static", "dynamic"])
def test_a_resource_on_a_node_that_is_not_there_does_not_end_a_simulation(mode: str) -> None:
    case = {
        "nodes": dict.fromkeys(NODES, OFF),
        "resources": {
            "vm:101": {"node": "node9", "state": "started"},
            "vm:102": {"node": "node1", "state": "started"},
        },
        "datacenter": {"crs": {"ha": mode}},
        "commands": [[f"power {node} on" for node in NODES]],
    }
    records: list[Record] = []
    run_scenario(scenario_from(case, "nowhere"), records.append)
    assert records[-1].event.kind == "simulation.ended"
    assert next(r.event for r in records if isinstance(r.event, Recovered)).sid == "vm:101"


@pytest.mark.parametrize("lacks", ["maxcpu", "maxmem"])
def test_in_static_mode_a_node_without_figures_has_resources_counted_with_a_warning_each_round(
    lacks: str,
) -> None:
    case = crowded_cluster()
    silent = {key: value for key, value in OFF.items() if key != lacks}
    case["nodes"] = {**case["nodes"], "node2": silent}
    records: list[Record] = []
    run_scenario(scenario_from(case, "silent"), records.append)
    told = [record.time_s for record in records if record.event.kind == "scheduler.fallback"]
    assert told == list(range(20, records[-1].time_s + 1, 20))[: len(told)]
    assert len(told) > 20
    assert not any(isinstance(record.event, Rebalanced) for record in records)
