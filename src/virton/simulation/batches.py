"""Play batches of commands on the paced clock, each when the one before has had its effect."""

from collections.abc import Sequence

from virton.simulation.commands import Hardware, whole
from virton.simulation.freezing import Simulation

FIRST_BATCH_S = 20
BETWEEN_BATCHES_S = 300
AFTER_LAST_BATCH_S = 900
"""Longer than it takes until a node is fenced, its guests are recovered, and it is back at work."""


def play_batches(
    simulation: Simulation, batches: Sequence[Sequence[str]], until_s: int | None = None
) -> None:
    """Play batches and what comes of them, or until a second is over; raises CommandError."""
    at_s = simulation.world.now_s + FIRST_BATCH_S
    for batch in batches:
        if until_s is not None and at_s > until_s:
            break
        simulation.run(at_s)
        at_s += BETWEEN_BATCHES_S
        for command in batch:
            at_s += _carry_out(simulation.hardware, command)
    simulation.run(at_s - BETWEEN_BATCHES_S + AFTER_LAST_BATCH_S if until_s is None else until_s)


def _carry_out(hardware: Hardware, command: str) -> int:
    """Carry out a command; return for how many seconds it puts off the next batch."""
    match command.split():
        case ["delay", seconds]:
            return whole(seconds)
        case _:
            hardware.execute(command, "cmdlist")
            return 0
