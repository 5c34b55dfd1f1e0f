"""`virton verify`: what must always be true, tried against every fault: a test suite for HA."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from virton.cli.asked import JsonOption
from virton.cli.complaint import complain, complain_of
from virton.cli.desired_file import DesiredArgument, desired_in, told, told_wrong, write_out
from virton.cli.exit_codes import BROKEN, OneForErrors, errors_exit_with_one
from virton.cli.language import Language, LanguageOption, printable, sentences
from virton.cli.option_groups import with_groups
from virton.cli.plan_source import AnyCluster
from virton.cli.terminal import terminal
from virton.forecast.situation import Situation
from virton.language import plans
from virton.plans import advising
from virton.plans.advising import Advice
from virton.plans.edits import check_names
from virton.plans.junit import junit as as_junit
from virton.plans.objectives import FAULTS, TRIED_AT_REST, Objective, faults, objectives
from virton.plans.plan import make_plan
from virton.plans.verifying import Verified
from virton.plans.verifying import verify as verified

COMMAND = OneForErrors


@with_groups
def verify(
    *,
    desired: DesiredArgument,
    cluster: AnyCluster,
    after: Annotated[
        list[str] | None,
        typer.Option(metavar="FAULT", help=f"Try only these: {', '.join(FAULTS)}."),
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
        only = _only(after)
        should = desired_in(desired, lang)
        source = cluster.source()
        situation, domains = source.situation, should.domains_among(source.domains or {})
        with told_wrong(desired, lang):
            check_names(source.configured, should)
            if planned:
                situation = make_plan(situation, source.configured, should).after
            narrowed = [_narrowed(one, only) for one in objectives(should, situation, domains)]
        if not narrowed:
            complain(told(lang, "no_objectives", file=desired))
        there = {case.kind for case in faults(situation, domains)}
        for fault in only if after else ():
            if fault not in there:
                complain(told(lang, f"none_to_lose.{fault}", field="--after", name=fault))
        wanted = [one for one in narrowed if one.after or one.kind in TRIED_AT_REST]
        if not wanted:
            complain_of("cli.no_objective_about", faults=only)
        found = verified(situation, wanted, domains)
        helps = _advised(situation, found, domains) if advise else {}
        if junit is not None:
            told_xml = as_junit(found, situation.name, sentences(lang), console)
            write_out(junit, told_xml, "--junit")
    if as_json:
        head = {"version": 1, "capture": situation.fingerprint, "clock": "paced"}
        rows = {"objectives": [_row(one, advise, helps) for one in found]}
        typer.echo(json.dumps(head | rows, ensure_ascii=False, indent=1, sort_keys=True))
    else:
        _print(found, console, helps if advise else None, lang)
    if any(one.broken is not None for one in found):
        raise typer.Exit(BROKEN)


def _only(after: list[str] | None) -> list[str]:
    """Return the faults that are asked for; one word may hold several."""
    only = [fault.strip() for words in after or FAULTS for fault in words.split(",")]
    for fault in only:
        if fault not in FAULTS:
            complain_of("cli.no_such_fault", fault=fault, known=list(FAULTS))
    return only


def _narrowed(objective: Objective, only: list[str]) -> Objective:
    return replace(objective, after=tuple(one for one in objective.after if one in only))


def _advised(
    situation: Situation, found: Sequence[Verified], domains: Mapping[str, Sequence[str]]
) -> dict[str, Advice]:
    """Return what mends each broken objective without breaking those that hold."""
    kept = [one.objective for one in found if one.broken is None]
    told = {
        one.objective.name: advising.advise(situation, one.objective, one.broken, kept, domains)
        for one in found
        if one.broken is not None
    }
    return {name: advice for name, advice in told.items() if advice is not None}


def _row(one: Verified, advise: bool, helps: Mapping[str, Advice]) -> dict[str, Any]:
    row = one.to_json()
    if advise and one.broken is not None:
        advice = helps.get(one.objective.name)
        row["advice"] = None if advice is None else advice.to_json()
    return row


def _print(
    found: tuple[Verified, ...],
    console: str,
    helps: Mapping[str, Advice] | None,
    lang: Language | None,
) -> None:
    out, said = terminal(soft_wrap=True), sentences(lang)
    for one in found:
        mark = Text("✓ ", "green") if one.broken is None else Text("✗ ", "bold red")
        out.print(mark + Text(printable(plans.told_objective(one.to_json(), said))))
        if one.broken is not None:
            out.print(Text(f"  {console.rstrip('/')}{one.broken.address}", "dim"))
            if helps is not None:
                advice = helps.get(one.objective.name)
                line = plans.told_advice(None if advice is None else advice.to_json(), said)
                out.print(f"  {printable(line)}")
