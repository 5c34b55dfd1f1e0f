"""A world is a value: frozen at any moment, it goes on to the byte as it would have gone on."""

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import fields
from functools import cache
from itertools import cycle
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.conformance.scenarios import as_recorded
from tests.simulation.captured import captured
from tests.simulation.courses import through_json
from tests.simulation.generator import generate
from virton.ha.events import Record
from virton.simulation.captures import CaptureError, read_capture, write_capture
from virton.simulation.commands import CommandError
from virton.simulation.freezing import commanded, freeze, thaw
from virton.simulation.hosts import Host
from virton.simulation.scenario import Scenario, read_scenario, run_scenario, scenario_from
from virton.simulation.timed_guests import TimedOperation
from virton.simulation.value import HostValue, OperationValue, VirtualClockValue, WorldValue
from virton.simulation.virtual import EndlessError

SHARED = Path(__file__).resolve().parents[3] / "shared" / "scenarios"
OWN = Path(__file__).parent / "scenarios"
FILES = [*sorted(SHARED.glob("*.json")), *sorted(OWN.glob("*.json"))]
SECONDS_A_FILE = 2

Events = list[Any]


@cache
def scenario_of(file: Path) -> Scenario:
    return read_scenario(file)


def through_bytes(value: WorldValue) -> WorldValue:
    """Write a world, read it, and make sure that it is written the same again."""
    text = write_capture(value, "test")
    read = read_capture(json.loads(text))[1]
    assert write_capture(read, "test") == text
    return read


def in_memory(value: WorldValue) -> WorldValue:
    return value


CARRIED = (in_memory, through_json)


def played_with_breaks(scenario: Scenario, moments: Sequence[int]) -> Events:
    """Play, and at each of these seconds freeze and let another simulation play on.

    Before the last batch, what is still to be commanded is commanded anew.
    """
    told: list[Record] = []
    world, expect = scenario.world, scenario.expect or []
    at_s = last_batch_at(expect)
    batch = [c for e in expect if e[:2] == [at_s, "cmdlist"] for c in [e[3]["command"]]]
    for second, carry in zip(moments, cycle(CARRIED), strict=False):
        simulation = thaw(world, told.append)
        simulation.virtual.run(second)
        assert all(record.time_s <= second for record in told)
        world = carry(freeze(simulation))
        if second == at_s - 1:
            world = through_bytes(world)
            assert isinstance(world.clock, VirtualClockValue)
            assert world.clock.batches[0] == tuple(batch)
            world = commanded(world, batch)
    thaw(world, told.append).virtual.run()
    return as_recorded(told)


def last_batch_at(expect: Sequence[Any]) -> int:
    """Return the second of the first command of the last batch that was carried out."""
    at_s: int = max(event[0] for event in expect if event[1] == "cmdlist")
    return at_s


def seconds(name: str, expect: Sequence[Any]) -> list[int]:
    """Return the second before the last batch, the first two, and some at which things happen."""
    times = sorted({event[0] for event in expect})
    some = Random(name).sample(times, min(SECONDS_A_FILE, len(times)))  # noqa: S311 (repeatable)
    return sorted({last_batch_at(expect) - 1, 0, 1, *some, times[-1]})


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_captured_scenario_goes_on_as_its_file_would(file: Path) -> None:
    scenario = scenario_of(file)
    assert scenario.expect
    moments = seconds(file.stem, scenario.expect)
    assert played_with_breaks(scenario, moments) == scenario.expect, moments


def test_other_commands_take_the_place_of_all_that_were_to_come() -> None:
    commands = [[f"power node{n} on" for n in (1, 2, 3)], ["power node1 off"], ["power node2 off"]]
    nodes = {f"node{n}": {"power": "off", "network": "off"} for n in (1, 2, 3)}
    resources = {"vm:100": {"node": "node2", "state": "started"}}
    file = {"nodes": nodes, "resources": resources, "commands": commands}
    simulation = run_scenario(scenario_from(file, "test"), lambda record: None, 50)
    told: list[Record] = []
    thaw(commanded(freeze(simulation), ["network node2 off"]), told.append).run()
    given = as_recorded(record for record in told if record.event.kind == "command")
    assert given[0] == [120, "cmdlist", "command", {"command": "network node2 off"}]
    assert {command[1] for command in given[1:]} == {"watchdog"}


def test_a_world_at_its_end_goes_on_when_it_is_commanded() -> None:
    scenario = scenario_of(FILES[0])
    told: list[Record] = []
    ended = freeze(run_scenario(scenario, lambda record: None))
    thaw(ended, told.append).run()
    assert told == []
    thaw(commanded(ended, ["power node1 off"]), told.append).run()
    assert told[0].event.kind == "command"
    assert told[-1].event.kind == "simulation.ended"


def test_a_scenario_is_played_twice_with_the_same_events() -> None:
    scenario = scenario_from(generate(3), "test")
    first: list[Record] = []
    second: list[Record] = []
    run_scenario(scenario, first.append)
    run_scenario(scenario, second.append)
    assert first == second


@pytest.mark.parametrize("seed", range(100, 130))
def test_a_random_world_may_be_frozen_at_every_tenth_step(seed: int) -> None:
    world = scenario_from(generate(seed), "test").world
    whole: list[Record] = []
    try:
        thaw(world, whole.append).virtual.run()
    except (CommandError, EndlessError):
        pytest.skip("this scenario commands what cannot be done")
    told: list[Record] = []
    end_s = max(record.time_s for record in whole)
    for second in range(0, end_s + 1, 10 + seed % 7):
        simulation = thaw(world, told.append)
        simulation.virtual.run(second)
        value = freeze(simulation)
        world = through_json(value) if second % 3 == 0 else value
    thaw(world, told.append).virtual.run()
    assert told == whole


def test_an_altered_capture_is_refused() -> None:
    data = json.loads(write_capture(scenario_from(generate(1), "test").world, "test"))
    data["world"]["now_s"] = 7
    with pytest.raises(CaptureError, match="was changed"):
        read_capture(data)


def test_what_is_remembered_of_a_host_or_an_operation_is_all_there_is() -> None:
    clocks = {"crm_clock_s", "lrm_clock_s"}
    assert {f.name for f in fields(HostValue)} - clocks == {f.name for f in fields(Host)}
    assert {f.name for f in fields(OperationValue)} == {f.name for f in fields(TimedOperation)}


def test_the_same_world_gives_the_same_bytes_whatever_the_hash_seed() -> None:
    texts = {
        subprocess.run(
            [sys.executable, "-m", "tests.simulation.captured"],
            check=True,
            capture_output=True,
            text=True,
            env={**os.environ, "PYTHONHASHSEED": seed},
        ).stdout
        for seed in ("1", "2")
    }
    assert texts == {"".join(captured())}
