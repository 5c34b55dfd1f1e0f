"""`virton export`: write what is configured as the file that `plan` and `apply` read."""

from pathlib import Path
from typing import Annotated

import typer

from virton.cli.desired_file import text_in, told_wrong, write_out
from virton.cli.exit_codes import OneForErrors, errors_exit_with_one
from virton.cli.language import LanguageOption
from virton.cli.option_groups import with_groups
from virton.cli.plan_source import AnyCluster
from virton.plans.desired import SCHEMA
from virton.plans.export import export as exported

COMMAND = OneForErrors


@with_groups
def export(
    *,
    cluster: AnyCluster,
    out: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="File to write. Of one that exists only what differs is changed: comments, order, "
            "groups and objectives stay.",
        ),
    ] = None,
    schema: Annotated[
        bool,
        typer.Option(
            "--schema", help="Print the file's JSON schema instead, by which editors complete it."
        ),
    ] = False,
    lang: LanguageOption = None,
) -> None:
    """Write resources, rules, fault domains and HA settings as YAML."""
    if schema:
        typer.echo(SCHEMA.read_text("utf-8"), nl=False)
        return
    with errors_exit_with_one():
        source = cluster.source()
        before = text_in(out, "--out") if out is not None and out.is_file() else None
        with told_wrong(out or Path(), lang):
            text = exported(source.configured, before)
        if out is None:
            typer.echo(text, nl=False)
        else:
            write_out(out, text, "--out")
