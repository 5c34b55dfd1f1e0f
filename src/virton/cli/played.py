"""A scenario played to its end, and what happens told while it does."""

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import typer
from rich.cells import cell_len
from rich.console import Console
from rich.text import Text

from virton.cli.complaint import WRONG_INPUT, complain_of, words_of_failure
from virton.cli.language import Language, printable, sentences
from virton.cli.scenario_file import opened, playable
from virton.cli.terminal import terminal
from virton.ha.events import Record, Severity
from virton.language.sentences import Sentences
from virton.simulation.captures import write_capture
from virton.simulation.freezing import commanded, freeze, thaw
from virton.simulation.scenario import run_scenario
from virton.simulation.value import PacedClockValue

Listener = Callable[[Record], None]

TIME_CELLS, SOURCE_CELLS = 8, 10
COLOURS = {
    Severity.INFO: "",
    Severity.NOTICE: "cyan",
    Severity.WARNING: "yellow",
    Severity.ERROR: "bold red",
    Severity.NOTIFICATION: "bold magenta",
}


def play(file: Path, listen: Listener, until: int | None, capture: Path | None) -> None:
    """Play a file up to a second, and keep the world as it is then if a place is named."""
    scenario = opened(file)
    with playable(file):
        simulation = run_scenario(scenario, listen, until)
    if capture is not None:
        keep(capture, write_capture(freeze(simulation), scenario.name))


def play_on(capture: Path | None, commands: Sequence[str], listen: Listener) -> None:
    """Play a captured world on with these commands in place of those that were to come."""
    if capture is None:
        complain_of("cli.needs_capture", WRONG_INPUT)
    scenario = opened(capture)
    with playable(capture):
        if isinstance(scenario.world.clock, PacedClockValue):
            run_scenario(replace(scenario, batches=(tuple(commands),)), listen)
        else:
            thaw(commanded(scenario.world, commands), listen).run()


def listener(lang: Language | None, *, events: bool) -> Listener:
    """Return what prints events as JSON, or tells them to a person."""
    return print_event if events else story(terminal(), sentences(lang))


def keep(path: Path, text: str) -> None:
    """Write a file, or say why that cannot be done."""
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        why = words_of_failure(error)
        complain_of("cli.unwritable", WRONG_INPUT, option=str(path), why=why)


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
