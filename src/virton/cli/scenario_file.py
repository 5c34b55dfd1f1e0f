"""The scenario file that a verb is given."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.faults import in_words
from virton.simulation.commands import CommandError
from virton.simulation.scenario import Scenario, ScenarioError, read_scenario
from virton.simulation.virtual import EndlessError, TooManyNodesError

ScenarioArgument = Annotated[
    Path, typer.Argument(metavar="FILE", help="Scenario file (JSON): a cluster, and commands.")
]


def opened(path: Path) -> Scenario:
    """Read a scenario, or say which of its fields is wrong."""
    try:
        return read_scenario(path)
    except ScenarioError as error:
        problem = str(error)
        named = problem if problem.startswith(str(path)) else f"{path}: {problem}"
        complain(in_words(named), code=WRONG_INPUT)


@contextmanager
def playable(path: Path) -> Iterator[None]:
    """Say what is wrong with a scenario that cannot be played to its end."""
    try:
        yield
    except (CommandError, EndlessError) as error:
        complain(f"{path}: commands: {in_words(error)}", code=WRONG_INPUT)
    except TooManyNodesError as error:
        complain(f"{path}: nodes: {in_words(error)}", code=WRONG_INPUT)
