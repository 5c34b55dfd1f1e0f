"""Worlds of random courses on both clocks as captures; `python -m tests.simulation.captured` writes them."""

import sys
from collections.abc import Iterator

from tests.simulation.courses import on_the_paced_clock
from tests.simulation.generator import generate
from virton.simulation.captures import write_capture
from virton.simulation.freezing import freeze, thaw
from virton.simulation.scenario import scenario_from


def captured() -> Iterator[str]:
    """Yield what is written of each."""
    for seed in (0, 5, 11, 17):
        simulation = thaw(scenario_from(generate(seed), "test").world, lambda record: None)
        simulation.virtual.run(333)
        yield write_capture(freeze(simulation), "test")
        yield write_capture(freeze(on_the_paced_clock(seed, breaks=False).simulation), "test")


if __name__ == "__main__":
    sys.stdout.writelines(captured())
