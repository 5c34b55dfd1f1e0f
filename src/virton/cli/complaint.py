"""Say what stands in the way, and stop."""

from typing import NoReturn

import typer
from rich.text import Text

from virton.cli.terminal import terminal

WRONG_INPUT = 2
"""The exit code when what was given cannot be used."""


def complain(problem: str, advice: str = "", code: int = 1) -> NoReturn:
    """Print a problem, and what to do about it, to the standard error; exit with `code`."""
    told = terminal(error=True, soft_wrap=True)
    told.print(Text.assemble(("virton:", "bold red"), " ", problem))
    if advice:
        told.print(advice)
    raise typer.Exit(code)
