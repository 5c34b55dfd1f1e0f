"""Say what stands in the way, and stop."""

import errno
from typing import Any, NoReturn

import typer

from virton.cli.terminal import terminal

WRONG_INPUT = 2
"""The exit code when what was given cannot be used."""


def complain(problem: str, advice: str = "", code: int = 1) -> NoReturn:
    """Print a problem, and what to do about it, to the standard error; exit with `code`."""
    from rich.text import Text  # which help, that complains of nothing, starts without

    told = terminal(error=True, soft_wrap=True)
    told.print(Text.assemble(("virton:", "bold red"), " ", problem))
    if advice:
        told.print(advice)
    raise typer.Exit(code)


def complain_of(key: str, code: int = 1, /, **facts: Any) -> NoReturn:
    """Say a problem of the catalogue in the language of the answer, with the advice that it has; exit."""
    advice = f"{key}.do"
    complain(words_of(key, **facts), words_of(advice, **facts) if _has(advice) else "", code)


def words_of(key: str, /, **facts: Any) -> str:
    """Return a sentence of the catalogue, in the language of the answer, safe for a terminal."""
    # What knows the words is loaded only where something is wrong.
    from virton.cli.language import printable, sentences

    return printable(sentences().say(key, facts))


def _has(key: str) -> bool:
    from virton.cli.language import sentences

    return key in sentences().texts


def words_of_failure(failure: OSError) -> str:
    """Return why the system has refused something, in the language of the answer."""
    name = errno.errorcode.get(failure.errno or 0, "")
    key = f"cli.system.{name}"
    return words_of(key) if _has(key) else words_of("cli.system.other", name=name or "?")
