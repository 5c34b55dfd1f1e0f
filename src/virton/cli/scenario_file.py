"""The scenario file that a verb is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.faults import in_words

# The model of the HA stack is loaded when a file is opened: help needs none.
if TYPE_CHECKING:
    from virton.simulation.scenario import Scenario

ScenarioArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="Scenario file (JSON): a cluster, and commands.")
]


def opened(path: Path) -> "Scenario":
    """Read a scenario, or say which of its fields is wrong."""
    from virton.simulation.scenario import ScenarioError, read_scenario

    try:
        return read_scenario(path)
    except ScenarioError as error:
        problem = str(error)
        named = problem if problem.startswith(str(path)) else f"{path}: {problem}"
        complain(in_words(named), code=WRONG_INPUT)


@contextmanager
def playable(path: Path) -> Iterator[None]:
    """Say what is wrong with a scenario that cannot be played to its end."""
    from virton.simulation.commands import CommandError
    from virton.simulation.virtual import EndlessError, TooManyNodesError

    try:
        yield
    except (CommandError, EndlessError) as error:
        complain(f"{path}: commands: {in_words(error)}", code=WRONG_INPUT)
    except TooManyNodesError as error:
        complain(f"{path}: nodes: {in_words(error)}", code=WRONG_INPUT)
