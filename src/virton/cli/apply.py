"""`virton apply`: make the changes of a plan in a live cluster, step by step."""

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from virton.cli.complaint import complain
from virton.cli.desired_file import desired_in, told_wrong
from virton.cli.exit_codes import BROKEN, OneForErrors, errors_exit_with_one
from virton.cli.language import Language, LanguageOption, sentences
from virton.cli.live_plan import (
    Session,
    WhyOption,
    YesOption,
    confirmed,
    in_session,
    note,
    print_left,
    stands,
    text,
)
from virton.cli.option_groups import with_groups
from virton.cli.plan import RequireOption, held_against, required
from virton.cli.plan_source import LiveCluster, PlanSource
from virton.cli.second_person import SecondOption, agreed, agrees_first
from virton.cli.terminal import terminal
from virton.plans.applying import begin, carry_out, require_unchanged, strides_of
from virton.plans.records import Record
from virton.plans.requirements import Requirement

# The model of the HA stack is loaded when a plan is made: help needs none.
if TYPE_CHECKING:
    from virton.plans.plan import Plan

COMMAND = OneForErrors


@with_groups
def apply(
    *,
    desired: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DESIRED]", help="What should be (YAML), as `virton export` writes."
        ),
    ] = None,
    cluster: LiveCluster,
    require: RequireOption = None,
    why: WhyOption = "",
    yes: YesOption = False,
    second: SecondOption = None,
    resume: Annotated[
        bool,
        typer.Option("--resume", help="Go on with the apply that was stopped: no file is given."),
    ] = False,
    close: Annotated[
        bool,
        typer.Option(
            "--close",
            help="Leave the apply that was stopped as it is: its other steps are not made any more.",
        ),
    ] = False,
    lang: LanguageOption = None,
) -> None:
    """Make a live cluster what it should be: in the plan's order, and no step after a surprise.

    One apply at a time is made from a data folder. `virton undo` takes one back.
    Exit codes: 0 all is as it should be, 1 an error or a surprise, 3 a requirement is broken.
    """
    with errors_exit_with_one():
        wanted = required(require or [], lang)
        reason, source = why or str(desired or ""), cluster.source()
        order = _Order(source, desired, wanted, reason, yes, second, resume, close, lang)
        _check(order, why)
        if not (resume or close):
            agrees_first(source, second, lang)
        if desired is not None:
            desired_in(desired, lang)
        ended = in_session(source, lang, lambda session: _work(session, order))
    if ended is not None and not isinstance(ended, Record):
        raise typer.Exit(BROKEN)
    _say_done(lang, ended)


@dataclass(frozen=True)
class _Order:
    """What was asked for on the command line."""

    source: PlanSource
    desired: Path | None
    required: Sequence[Requirement]
    why: str
    yes: bool
    second: str | None
    resume: bool
    close: bool
    lang: Language | None


def _check(order: _Order, why: str) -> None:
    """End where what was asked for does not go together."""
    if order.resume and order.close:
        complain(text(order.lang, "wrong.either", one="--resume", other="--close"))
    if not (order.resume or order.close):
        if order.desired is None:
            complain(text(order.lang, "wrong.no_file"))
        return
    option = "--resume" if order.resume else "--close"
    beside = {"DESIRED": order.desired, "--require": order.required, "--why": why}
    if given := [name for name, value in beside.items() if value]:
        complain(text(order.lang, "wrong.beside", option=option, given=given))


async def _work(session: Session, order: _Order) -> "Plan | Record | None":
    """Apply, alone; return the plan where it breaks a requirement, None where it is empty."""
    records, lang = session.desk.records, order.lang
    with records.alone(note(session.who, order.why)):
        unfinished = records.unfinished()
        if order.resume or order.close:
            if unfinished is None:
                complain(text(lang, "none_stopped"))
            terminal(soft_wrap=True).print(stands(lang, unfinished))
            return await (_closed if order.close else _resumed)(session, order, unfinished)
        if unfinished is not None:
            advice = "resume_or_undo" if unfinished.undoes is None else "undo_first"
            complain(stands(lang, unfinished), text(lang, advice))
        return await _applied(session, order)


async def _resumed(session: Session, order: _Order, unfinished: Record) -> Record:
    """Make the steps that are left, after a question."""
    if unfinished.undoes is not None:
        complain(text(order.lang, "undo_first"))
    print_left(unfinished, order.lang)
    confirmed(order.lang, "sure", yes=order.yes)
    return await carry_out(session.desk, unfinished)


async def _closed(session: Session, order: _Order, unfinished: Record) -> None:
    """Leave what was begun as it is; say what that means before."""
    print_left(unfinished, order.lang)
    out, key = (
        terminal(soft_wrap=True),
        "close.means" if unfinished.undoes is None else "close.undo",
    )
    out.print(text(order.lang, key, number=unfinished.number))
    confirmed(order.lang, "close.sure", yes=order.yes)
    session.desk.records.close(unfinished)
    out.print(text(order.lang, "closed"))


async def _applied(session: Session, order: _Order) -> "Plan | Record | None":
    from virton.forecast.situation import situation_of
    from virton.plans.configured import configured
    from virton.plans.plan import make_plan

    desk, lang, path = session.desk, order.lang, order.desired or Path()
    rows, seen_s = await desk.rows(), time.time()
    document = json.loads(session.capture)
    situation = situation_of(document)
    domains = {name: row["nodes"].split(",") for name, row in desk.domains.read().items()}
    with told_wrong(path, lang):
        pairs = any(one.needs_pairs for one in order.required)
        now = configured(situation, document, domains)
        plan = make_plan(situation, now, desired_in(path, lang), pairs=pairs)
    checked = held_against(order.required, plan, lang)
    from virton.cli.plan_page import print_plan

    print_plan(terminal(soft_wrap=True), sentences(lang), plan, checked)
    if not all(one.kept for one in checked):
        return plan
    if not plan.steps:
        return None
    if plan.conflicts:
        complain(text(lang, "conflicts_first"))
    strides = strides_of(plan.to_json(), rows)
    await agreed(session, order.source, order.second, lang, yes=order.yes)
    await require_unchanged(desk, rows, seen_s)
    at_s = situation.asked_s or int(seen_s)
    record = begin(desk, strides, rows, who=session.who, why=order.why, at_s=at_s)
    return await carry_out(desk, record, fresh=True)


def _say_done(lang: Language | None, ended: Record | None) -> None:
    if ended is not None:
        terminal().print(text(lang, "applied", number=ended.number, count=len(ended.strides)))
