"""`virton plan`: what would have to change, and what each change does, by the model."""

import json
from typing import Annotated

import typer

from virton.cli.asked import JsonOption
from virton.cli.complaint import complain
from virton.cli.desired_file import DesiredArgument, desired_in, told_wrong
from virton.cli.exit_codes import BROKEN, CHANGES, OneForErrors, errors_exit_with_one
from virton.cli.language import Language, LanguageOption, printable, sentences
from virton.cli.option_groups import with_groups
from virton.cli.plan_page import print_plan
from virton.cli.plan_source import AnyCluster
from virton.cli.terminal import terminal
from virton.plans.requirements import FORMS, Requirement, RequirementError

COMMAND = OneForErrors
RequireOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="WHAT",
        help=f"What the plan must keep to, else exit with {BROKEN}: {', '.join(FORMS)}.",
    ),
]


@with_groups
def plan(
    *,
    desired: DesiredArgument,
    cluster: AnyCluster,
    require: RequireOption = None,
    as_json: JsonOption = False,
    lang: LanguageOption = None,
) -> None:
    """Compare a cluster with what should be: each change, its effect, and what is borne then.

    Exit codes: 0 nothing to change, 2 changes, 1 an error, 3 a requirement is broken.
    """
    from virton.plans.plan import make_plan

    with errors_exit_with_one():
        wanted = required(require or [], lang)
        should = desired_in(desired, lang)
        source = cluster.source()
        with told_wrong(desired, lang):
            pairs = any(one.needs_pairs for one in wanted)
            made = make_plan(source.situation, source.configured, should, pairs=pairs)
        checked = [one.check(made) for one in wanted]
    if as_json:
        told = made.to_json() | {"requirements": [one.to_json() for one in checked]}
        typer.echo(json.dumps(told, ensure_ascii=False, indent=1, sort_keys=True))
    else:
        print_plan(terminal(soft_wrap=True), sentences(lang), made, checked)
    if not all(one.kept for one in checked):
        raise typer.Exit(BROKEN)
    if made.steps:
        raise typer.Exit(CHANGES)


def required(words: list[str], lang: Language | None) -> list[Requirement]:
    """Read the requirements, or say which one is none."""
    try:
        return [Requirement.parse(one) for one in words]
    except RequirementError as error:
        fields = {"told": str(error), "forms": list(FORMS)}
        complain(printable(sentences(lang).say("plans.wrong.require", fields)))
