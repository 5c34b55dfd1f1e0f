"""The file that says what should be, as verbs are given it, and what is wrong with it in words."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from virton.cli.complaint import complain, complain_of, words_of_failure
from virton.cli.language import Language, printable, sentences
from virton.plans.desired import Desired, DesiredError, read_desired

DesiredArgument = Annotated[
    Path,
    typer.Argument(metavar="DESIRED", help="What should be (YAML), as `virton export` writes."),
]


def desired_in(path: Path, lang: Language | None) -> Desired:
    """Read the file, or say which field is wrong and what would be right."""
    with told_wrong(path, lang):
        return read_desired(text_in(path))


def text_in(path: Path) -> str:
    """Return a file's text, or say why it cannot be read."""
    try:
        return path.read_text("utf-8")
    except OSError as failure:
        why = words_of_failure(failure)
        complain_of("cli.unreadable", option="DESIRED", file=str(path), why=why)
    except UnicodeDecodeError:
        complain_of("cli.no_text", option="DESIRED", file=str(path))


@contextmanager
def told_wrong(path: Path, lang: Language | None) -> Iterator[None]:
    """Say what is wrong with the file: its line, the field, and what would be right."""
    try:
        yield
    except DesiredError as error:
        complain(f"{path}{f':{error.line}' if error.line else ''}: {_words(error, lang)}")


def _words(error: DesiredError, lang: Language | None) -> str:
    fields: dict[str, Any] = {"field": error.field, **error.fields}
    return printable(sentences(lang).say(f"plans.wrong.{error.problem}", fields))
