"""A round looks at what can have changed only, and tells as much as one that looks at everything."""

from dataclasses import replace

import pytest

from tests.bench.scale import cluster
from tests.simulation.generator import generate
from virton.ha.crm import Crm
from virton.ha.events import Record
from virton.ha.manager import agenda
from virton.simulation.commands import CommandError
from virton.simulation.freezing import Simulation, thaw
from virton.simulation.scenario import scenario_from
from virton.simulation.value import WorldValue
from virton.simulation.virtual import EndlessError

# 521 fences a node that the last master took for online
SEEDS = (521, *range(200, 240))


def forget(simulation: Simulation) -> None:
    """Let every manager look at everything in its next round."""
    for host in simulation.world.hosts.values():
        memory = host.crm and host.crm.memory()
        if memory and memory.manager:
            forgetful = replace(memory, manager=replace(memory.manager, agenda=None))
            host.crm = Crm(simulation.world.environments[host.name, "crm"], forgetful)


def looked_at_everything(world: WorldValue, seconds: int) -> list[Record]:
    """Play a world whose manager forgets after every second what it has looked at."""
    told: list[Record] = []
    simulation = thaw(world, told.append)
    for second in range(seconds):
        if simulation.world.now_s <= second:
            simulation.virtual.run(second)
            forget(simulation)
    return told


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_not_looked_at_would_have_come_to_nothing(
    seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = scenario_from(generate(seed), "seed").world
    told: list[Record] = []
    try:
        thaw(world, told.append).virtual.run(700)
        monkeypatch.setattr(agenda, "at_rest", lambda round_: lambda sid, status: False)
        everything = looked_at_everything(world, 701)
    except (CommandError, EndlessError):
        return
    assert [(r.time_s, r.source, r.event, r.cause) for r in told] == [
        (r.time_s, r.source, r.event, r.cause) for r in everything
    ]


def test_the_loss_of_a_node_is_no_reason_to_look_at_all_others() -> None:
    """Of 600 resources on 12 nodes, 50 are on the one that is lost; one is kept apart from 3 others."""
    case = cluster(600, 12, 0)
    apart = ["vm:111", "vm:112", "vm:113", "vm:114"]
    case["rules"] = [
        {"type": "resource-affinity", "id": "apart", "resources": apart, "affinity": "negative"}
    ]
    simulation = thaw(scenario_from(case, "loss").world, lambda record: None)
    simulation.virtual.run(115)
    assert looked_at(simulation) == 0
    simulation.virtual.run(160)
    assert simulation.world.files.manager_status.node_status["node12"] == "unknown"
    assert looked_at(simulation) == 50


def looked_at(simulation: Simulation) -> int:
    """Return how many resources the next round looks at, as of the round before."""
    masters = [host.crm for host in simulation.world.hosts.values() if isinstance(host.crm, Crm)]
    (manager,) = [crm.manager for crm in masters if crm.manager is not None]
    board = manager.board
    due = board.on_nodes(board.nodes_in_use() - manager.nodes.online)
    memory = manager.memory().agenda
    assert memory is not None
    return len(due | memory.due)
