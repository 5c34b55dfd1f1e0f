"""`virton audit verify`: hold the audit against its chain."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from virton.cli.data_folder import default_data
from virton.keeping.audit import FILE, verify


def audit(
    deed: Annotated[Literal["verify"], typer.Argument(help="What to do.")],
    data: Annotated[
        Path | None, typer.Option(envvar="VIRTON_DATA", help="Folder in which state is kept.")
    ] = None,
) -> None:
    """Verify that nobody has altered the audit; name the first byte that was."""
    folder = data or default_data()
    found = verify(folder)
    if found.alteration is None:
        typer.echo(f"{folder / FILE}: {found.records} records, none altered")
        return
    altered = found.alteration
    typer.echo(
        f"{folder / FILE}: altered from byte {altered.at} on, in record {altered.record}: {altered.how}",
        err=True,
    )
    raise typer.Exit(1)
