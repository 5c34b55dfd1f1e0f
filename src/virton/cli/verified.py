"""The file's objectives tried against every fault, and the outcome told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rich.text import Text

from virton.cli.complaint import complain, complain_of
from virton.cli.desired_file import desired_in, told, told_wrong, write_out
from virton.cli.language import Language, printable, sentences
from virton.cli.plan_source import PlanAsked
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


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was verified of a cluster; `helps` is what mends the broken ones, None: nobody asked."""

    situation: Situation
    found: tuple[Verified, ...]
    helps: Mapping[str, Advice] | None

    def print(self, console: str, lang: Language | None) -> None:
        """Tell the outcome line by line."""
        _print(self.found, console, self.helps, lang)

    def to_json(self) -> dict[str, Any]:
        """Return the outcome in names and numbers."""
        head = {"version": 1, "capture": self.situation.fingerprint, "clock": "paced"}
        return head | {"objectives": [_row(one, self.helps) for one in self.found]}

    def write_junit(self, path: Path, console: str, lang: Language | None) -> None:
        """Write the outcome as JUnit XML."""
        told_xml = as_junit(self.found, self.situation.name, sentences(lang), console)
        write_out(path, told_xml, "--junit")


def outcome(
    desired: Path,
    cluster: PlanAsked,
    after: list[str] | None,
    *,
    planned: bool,
    advise: bool,
    lang: Language | None,
) -> Outcome:
    """Try the faults that are asked for against the file's objectives, or say what cannot be."""
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
    helps = _advised(situation, found, domains) if advise else None
    return Outcome(situation, found, helps)


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


def _row(one: Verified, helps: Mapping[str, Advice] | None) -> dict[str, Any]:
    row = one.to_json()
    if helps is not None and one.broken is not None:
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
