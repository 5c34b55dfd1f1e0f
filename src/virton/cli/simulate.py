"""`virton simulate`: play a scenario and tell what happens."""

import json
from collections.abc import Callable
from typing import Annotated

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from virton.cli.language import LanguageOption, printable, sentences
from virton.cli.scenario_file import ScenarioArgument, opened, playable
from virton.cli.terminal import terminal
from virton.console.sentences import Sentences
from virton.ha.events import Record, Severity
from virton.simulation.scenario import run_scenario

TIME_CELLS, SOURCE_CELLS = 8, 10
COLOURS = {
    Severity.INFO: "",
    Severity.NOTICE: "cyan",
    Severity.WARNING: "yellow",
    Severity.ERROR: "bold red",
    Severity.NOTIFICATION: "bold magenta",
}


def simulate(
    file: ScenarioArgument,
    lang: LanguageOption = None,
    events: Annotated[
        bool, typer.Option("--events", help="Print the events as JSON, one a line.")
    ] = False,
) -> None:
    """Play a scenario file and tell what happens, second by second."""
    scenario = opened(file)
    listen = print_event if events else story(terminal(), sentences(lang))
    with playable(file):
        run_scenario(scenario, listen)


def print_event(record: Record) -> None:
    """Print an event as in a scenario's `expect`."""
    typer.echo(json.dumps(record.to_json(), ensure_ascii=False))


def story(screen: Console, said: Sentences) -> Callable[[Record], None]:
    """Return a listener that tells events to a person."""

    def tell(record: Record) -> None:
        screen.print(line(record, said), soft_wrap=True)

    return tell


def line(record: Record, said: Sentences) -> Text:
    """Return an event with time, source and cause in one line."""
    time = said.say("explain.time", {"time_s": record.time_s})
    source = printable(said.texts.get(f"word.source.{record.source}", record.source))
    text = Text.assemble(
        (f"{' ' * (TIME_CELLS - cell_len(time))}{time}  ", "dim"),
        (f"{source}{' ' * (SOURCE_CELLS - cell_len(source))}  ", "blue"),
        (printable(said.event(record.event)), COLOURS[record.event.severity]),
    )
    if record.cause is not None:
        text.append(f"  — {printable(said.cause(record.cause))}", "dim")
    return text
