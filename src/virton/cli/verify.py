"""`virton verify`: what must always be true, tried against every fault: a test suite for HA."""

import json
from pathlib import Path
from typing import Annotated

import typer

from virton.cli.asked import JsonOption
from virton.cli.desired_file import DesiredArgument
from virton.cli.exit_codes import BROKEN, OneForErrors, errors_exit_with_one
from virton.cli.language import LanguageOption
from virton.cli.option_groups import with_groups
from virton.cli.plan_source import AnyCluster

COMMAND = OneForErrors


@with_groups
def verify(
    *,
    desired: DesiredArgument,
    cluster: AnyCluster,
    after: Annotated[
        list[str] | None,
        typer.Option(metavar="FAULT", help="Try only these: node, pair, split, domain."),
    ] = None,
    planned: Annotated[
        bool, typer.Option("--planned", help="Verify the cluster as the file would make it.")
    ] = False,
    junit: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write the outcome as JUnit XML, too.")
    ] = None,
    console: Annotated[
        str, typer.Option(metavar="URL", help="The console in which counterexamples are opened.")
    ] = "",
    advise: Annotated[
        bool,
        typer.Option("--advise", help="Say of each broken one what mends it, the cheapest way."),
    ] = False,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Try all single and pair losses, splits and fault domains against the file's objectives.

    Exit codes: 0 all hold, 3 one is broken (its smallest counterexample is named), 1 an error.
    """
    with errors_exit_with_one():
        from virton.cli.verified import outcome

        made = outcome(desired, cluster, after, planned=planned, advise=advise, lang=lang)
        if junit is not None:
            made.write_junit(junit, console, lang)
    if as_json:
        typer.echo(json.dumps(made.to_json(), ensure_ascii=False, indent=1, sort_keys=True))
    else:
        made.print(console, lang)
    if any(one.broken is not None for one in made.found):
        raise typer.Exit(BROKEN)
