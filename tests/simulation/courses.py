"""Random courses of events on both clocks, under watch; with breaks they go through bytes in between."""

import json
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from random import Random
from typing import Any

from tests.simulation.generator import generate
from tests.simulation.watch import Watch
from virton.simulation.captures import world_from_json, world_to_json
from virton.simulation.commands import CommandError
from virton.simulation.freezing import freeze, thaw
from virton.simulation.paced import spread
from virton.simulation.scenario import scenario_from
from virton.simulation.timing import real_timing
from virton.simulation.value import PacedClockValue, TimedGuestsValue, WorldValue

VIRTUAL_BREAK_S = 90
PACED_BREAK_CHANCE = 0.03
_CLOCKS_OWN = ("delay", "skip-round")


def through_json(value: WorldValue) -> WorldValue:
    """Write a world, read it, and make sure that it would be written the same again.

    That is done without the file around it, which costs as much as all the rest.
    """
    told = world_to_json(value)
    read = world_from_json(json.loads(json.dumps(told)))
    assert world_to_json(read) == told
    return read


def take_a_break(watch: Watch) -> None:
    """Freeze the watched simulation, write and read it, and let another one go on."""
    watch.simulation = thaw(through_json(freeze(watch.simulation)), watch)


def on_the_virtual_clock(seed: int, *, breaks: bool) -> Watch:
    """Play a random scenario; raises CommandError and EndlessError."""
    data = generate(seed)
    watch, draw = Watch(scenario_from(data, "soak").world, data), Random(seed)  # noqa: S311
    if breaks:
        for second in range(0, 10_000, 10):
            before = len(watch.records)
            watch.simulation.run(second)
            if len(watch.records) > before and draw.random() < 10 / VIRTUAL_BREAK_S:
                take_a_break(watch)
    watch.simulation.run()
    return watch


def paced(world: WorldValue) -> WorldValue:
    """Return the world of a scenario as one on the paced clock."""
    return replace(
        world,
        clock=PacedClockValue(),
        guests=TimedGuestsValue(),
        max_workers=4,
        timing=real_timing(len(world.hosts)),
    )


def on_the_paced_clock(seed: int, *, breaks: bool) -> Watch:
    """Do what a random scenario commands, and split the network now and then."""
    data = generate(seed)
    draw, other = Random(seed), Random(seed + 1)  # noqa: S311 (repeatable, not secret)
    watch = Watch(paced(scenario_from(data, "soak").world), data)
    watch.simulation.paced.delay(spread(watch.hosts))
    for batch in [*data["commands"], []]:
        wires = _wires(draw, data) if draw.random() < 0.15 else []
        for command in [*batch, *wires]:
            if command.split()[0] not in _CLOCKS_OWN:
                with suppress(CommandError):
                    watch.simulation.hardware.execute(command, "soak")
        _wait(watch, draw.randint(20, 240) if batch else 400, other if breaks else None)
    return watch


def _wires(draw: Random, data: Mapping[str, Any]) -> list[str]:
    nodes = sorted(data["nodes"])
    cut = draw.randint(1, len(nodes) - 1)
    return ["heal", f"split {','.join(nodes[:cut])}|{','.join(nodes[cut:])}"][: draw.randint(1, 2)]


def _wait(watch: Watch, seconds: int, breaks: Random | None) -> None:
    for _ in range(seconds):
        if breaks is not None and breaks.random() < PACED_BREAK_CHANCE:
            take_a_break(watch)
        watch.simulation.paced.step(1)
