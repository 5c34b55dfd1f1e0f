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


def text_in(path: Path, option: str = "DESIRED") -> str:
    """Return a file's text with its own line ends, or say why it cannot be read."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return file.read()
    except OSError as failure:
        why = words_of_failure(failure)
        complain_of("cli.unreadable", option=option, file=str(path), why=why)
    except UnicodeDecodeError:
        complain_of("cli.no_text", option=option, file=str(path))


def write_out(path: Path, text: str, option: str) -> None:
    """Put a text in a file's place, whole or not at all, or say why that cannot be."""
    try:
        _put(path, text)
    except OSError as failure:
        complain_of("cli.unwritable", option=option, why=words_of_failure(failure))


def _put(path: Path, text: str) -> None:
    if path.exists() and not path.is_file():  # a pipe, or /dev/stdout
        path.write_text(text, "utf-8", newline="")
        return
    there = path.resolve()
    draft = there.with_name(f".{there.name}.new")
    if there.exists():
        there.open("r+b").close()  # one that may not be written is not replaced, either
    try:
        draft.write_text(text, "utf-8", newline="")
        if there.exists():
            draft.chmod(there.stat().st_mode)
        draft.replace(there)
    finally:
        draft.unlink(missing_ok=True)


def told(lang: Language | None, problem: str, **fields: Any) -> str:
    """Return a sentence about what is wrong."""
    return printable(sentences(lang).say(f"plans.wrong.{problem}", fields))


@contextmanager
def told_wrong(path: Path, lang: Language | None) -> Iterator[None]:
    """Say what is wrong with the file: its line, the field, and what would be right."""
    try:
        yield
    except DesiredError as error:
        place = f"{path}:{error.line}" if error.line else str(path)
        complain(f"{place}: {told(lang, error.problem, field=error.field, **error.fields)}")
