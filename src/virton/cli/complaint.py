"""Say what stands in the way, and stop."""

from typing import NoReturn

import typer
from rich.console import Console
from rich.markup import escape


def complain(problem: str, advice: str = "", code: int = 1) -> NoReturn:
    """Print a problem, and what to do about it, to the standard error; exit with `code`."""
    terminal = Console(stderr=True)
    terminal.print(f"[bold red]virton:[/] {escape(problem)}", soft_wrap=True)
    if advice:
        terminal.print(escape(advice))
    raise typer.Exit(code)
