"""`virton apply`: make the changes of a plan in a live cluster, step by step."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from virton.cli.complaint import complain
from virton.cli.desired_file import DesiredArgument, desired_in, told_wrong
from virton.cli.exit_codes import BROKEN, OneForErrors, errors_exit_with_one
from virton.cli.language import Language, LanguageOption, sentences
from virton.cli.live_plan import (
    Session,
    WhyOption,
    YesOption,
    confirmed,
    in_session,
    note,
    stands,
    text,
)
from virton.cli.option_groups import with_groups
from virton.cli.plan import RequireOption, required
from virton.cli.plan_page import print_plan
from virton.cli.plan_source import LiveCluster
from virton.cli.terminal import terminal
from virton.forecast.situation import situation_of
from virton.plans.applying import begin, carry_out, strides_of
from virton.plans.configured import configured
from virton.plans.plan import Plan, make_plan
from virton.plans.records import Record
from virton.plans.requirements import Requirement

COMMAND = OneForErrors


@with_groups
def apply(
    *,
    desired: DesiredArgument,
    cluster: LiveCluster,
    require: RequireOption = None,
    why: WhyOption = "",
    yes: YesOption = False,
    resume: bool = typer.Option(False, "--resume", help="Go on with the apply that was stopped."),
    lang: LanguageOption = None,
) -> None:
    """Make a live cluster what it should be: in the plan's order, and no step after a surprise.

    One apply at a time is made from a data folder. `virton undo` takes one back.
    Exit codes: 0 all is as it should be, 1 an error or a surprise, 3 a requirement is broken.
    """
    with errors_exit_with_one():
        order = _Order(
            desired, required(require or [], lang), why or str(desired), yes, resume, lang
        )
        source = cluster.source()
        desired_in(desired, lang)
        ended = in_session(source, lang, lambda session: _work(session, order))
    if isinstance(ended, Plan):
        raise typer.Exit(BROKEN)
    _say_done(lang, ended)


@dataclass(frozen=True)
class _Order:
    """What was asked for on the command line."""

    desired: Path
    required: Sequence[Requirement]
    why: str
    yes: bool
    resume: bool
    lang: Language | None


async def _work(session: Session, order: _Order) -> Plan | Record | None:
    """Apply, alone; return the plan where it breaks a requirement, None where it is empty."""
    records, lang = session.desk.records, order.lang
    with records.alone(note(session.who, order.why)):
        unfinished = records.unfinished()
        if unfinished is None:
            return await _applied(session, order)
        if not order.resume or unfinished.undoes is not None:
            advice = "resume_or_undo" if unfinished.undoes is None else "undo_first"
            complain(stands(lang, unfinished), text(lang, advice))
        return await carry_out(session.desk, unfinished)


async def _applied(session: Session, order: _Order) -> Plan | Record | None:
    desk, lang = session.desk, order.lang
    rows = await desk.rows()
    document = json.loads(session.capture)
    situation = situation_of(document)
    domains = {name: row["nodes"].split(",") for name, row in desk.domains.read().items()}
    with told_wrong(order.desired, lang):
        pairs = any(one.needs_pairs for one in order.required)
        now = configured(situation, document, domains)
        plan = make_plan(situation, now, desired_in(order.desired, lang), pairs=pairs)
    checked = [one.check(plan) for one in order.required]
    print_plan(terminal(soft_wrap=True), sentences(lang), plan, checked)
    if not all(one.kept for one in checked):
        return plan
    if not plan.steps:
        return None
    if plan.conflicts:
        complain(text(lang, "conflicts_first"))
    confirmed(lang, "sure", yes=order.yes)
    at_s, strides = int(time.time()), strides_of(plan.to_json(), rows)
    record = begin(desk, strides, rows, who=session.who, why=order.why, at_s=at_s)
    return await carry_out(desk, record)


def _say_done(lang: Language | None, ended: Record | None) -> None:
    if ended is not None:
        terminal().print(text(lang, "applied", number=ended.number, count=len(ended.strides)))
