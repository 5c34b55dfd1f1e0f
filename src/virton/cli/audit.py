"""`virton audit verify`: hold the audit against its chain."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from virton.cli.complaint import complain_of, words_of
from virton.cli.data_folder import default_data
from virton.cli.faults import in_words
from virton.cli.language import LanguageOption
from virton.keeping.audit import FILE, verify


def audit(
    deed: Annotated[Literal["verify"], typer.Argument(help="What to do.")],
    data: Annotated[
        Path | None, typer.Option(envvar="VIRTON_DATA", help="Folder in which state is kept.")
    ] = None,
    lang: LanguageOption = None,
) -> None:
    """Verify that nobody has altered the audit; name the first byte that was."""
    folder = data or default_data()
    found = verify(folder)
    if found.alteration is None:
        typer.echo(words_of("cli.audit.good", file=str(folder / FILE), count=found.records))
        return
    altered = found.alteration
    facts = {"at": altered.at, "record": altered.record, "how": in_words(altered.how)}
    complain_of("cli.audit.altered", 1, file=str(folder / FILE), **facts)
