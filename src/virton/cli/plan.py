"""`virton plan`: what would have to change, and what each change does, by the model."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from virton.cli.asked import JsonOption
from virton.cli.complaint import complain
from virton.cli.desired_file import DesiredArgument, desired_in, told, told_wrong
from virton.cli.exit_codes import BROKEN, CHANGES, OneForErrors, errors_exit_with_one
from virton.cli.language import Language, LanguageOption, sentences
from virton.cli.option_groups import with_groups
from virton.cli.plan_source import AnyCluster
from virton.cli.terminal import terminal
from virton.plans.entries import Kind
from virton.plans.requirements import FORMS, Checked, Requirement, RequirementError

if TYPE_CHECKING:  # the model is loaded where a plan is made
    from virton.plans.plan import Plan

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
        checked = held_against(wanted, made, lang)
    if as_json:
        answer = made.to_json() | {"requirements": [one.to_json() for one in checked]}
        typer.echo(json.dumps(answer, ensure_ascii=False, indent=1, sort_keys=True))
    else:
        from virton.cli.plan_page import print_plan

        print_plan(terminal(soft_wrap=True), sentences(lang), made, checked)
    if source.domains is None and (should.of(Kind.DOMAIN) or Kind.DOMAIN in should.prune):
        terminal(error=True, soft_wrap=True).print(sentences(lang).say("plans.domains_unknown", {}))
    if not all(one.kept for one in checked):
        raise typer.Exit(BROKEN)
    if made.steps:
        raise typer.Exit(CHANGES)


def required(words: list[str], lang: Language | None) -> list[Requirement]:
    """Read the requirements, or say which one is none."""
    with _telling(lang):
        return [Requirement.parse(one) for one in words]


def held_against(
    wanted: Sequence[Requirement], made: "Plan", lang: Language | None
) -> list[Checked]:
    """Hold a plan against requirements, or say which one is not about this cluster."""
    with _telling(lang):
        return [one.check(made) for one in wanted]


@contextmanager
def _telling(lang: Language | None) -> Iterator[None]:
    try:
        yield
    except RequirementError as error:
        complain(told(lang, error.problem, **error.fields))
