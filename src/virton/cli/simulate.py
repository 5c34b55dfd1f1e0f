"""`virton simulate`: play a scenario and tell what happens."""

from pathlib import Path
from typing import Annotated

import typer

from virton.cli.language import LanguageOption
from virton.cli.scenario_file import ScenarioArgument

EventsOption = Annotated[
    bool, typer.Option("--events", help="Print the events as JSON, one a line.")
]


def simulate(
    file: ScenarioArgument,
    lang: LanguageOption = None,
    events: EventsOption = False,
    until: Annotated[
        int | None,
        typer.Option(min=0, metavar="SECOND", help="Stop when this second is over."),
    ] = None,
    capture: Annotated[
        Path | None,
        typer.Option(metavar="OUT", help="Keep the world as it is then, to be played on."),
    ] = None,
) -> None:
    """Play a scenario file, or a captured world, and tell what happens, second by second."""
    from virton.cli.played import listener, play

    play(file, listener(lang, events=events), until, capture)
