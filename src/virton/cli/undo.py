"""`virton undo`: take an apply back, exactly what it did."""

import json
import time
from dataclasses import dataclass, replace
from typing import Annotated

import typer

from virton.cli.complaint import complain
from virton.cli.exit_codes import OneForErrors, errors_exit_with_one
from virton.cli.language import Language, LanguageOption, printable, sentences
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
from virton.cli.plan_source import LiveCluster, PlanSource
from virton.cli.second_person import SecondOption, agreed, agrees_first
from virton.cli.terminal import terminal
from virton.language import plans
from virton.plans.applying import begin, require_unchanged
from virton.plans.records import Record
from virton.plans.undoing import misplaced, order_after, undoing
from virton.plans.undoing import undo as undone

COMMAND = OneForErrors


@with_groups
def undo(
    *,
    number: Annotated[
        int | None, typer.Argument(metavar="[NUMBER]", help="Which apply; else the last one.")
    ] = None,
    cluster: LiveCluster,
    why: WhyOption = "",
    yes: YesOption = False,
    second: SecondOption = None,
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="Byte by byte: put entries that were removed back in their old places in the files, "
            "too. Those behind them are taken out of HA and in again for that.",
        ),
    ] = False,
    lang: LanguageOption = None,
) -> None:
    """Undo an apply: what it did, backwards. Never over what somebody else has changed since."""
    with errors_exit_with_one():
        source = cluster.source()
        order = _Order(source, number, why, yes, second, exact, lang)
        agrees_first(source, second, lang)
        in_session(source, lang, lambda session: _work(session, order))
    terminal().print(text(lang, "undone"))


@dataclass(frozen=True)
class _Order:
    """What was asked for on the command line."""

    source: PlanSource
    number: int | None
    why: str
    yes: bool
    second: str | None
    exact: bool
    lang: Language | None


async def _work(session: Session, order: _Order) -> Record:
    """Undo, alone; an undoing that was stopped is gone on with."""
    records, lang = session.desk.records, order.lang
    with records.alone(note(session.who, order.why or "undo")):
        begun = records.unfinished()
        if begun is not None and begun.undoes is not None:
            if order.number not in (None, begun.undoes):
                complain(stands(lang, begun), text(lang, "undo_first"))
            return await _resumed(session, order, begun)
        found = records.undoable(order.number, exact=order.exact)
        if found is None:
            complain(text(lang, "nothing_to_undo"))
        return await _undone(session, order, found)


async def _resumed(session: Session, order: _Order, begun: Record) -> Record:
    """Go on with an undoing, after a question."""
    desk, records = session.desk, session.desk.records
    target = next(one for one in records.all() if one.number == begun.undoes)
    terminal(soft_wrap=True).print(stands(order.lang, begun))
    print_left(begun, order.lang)
    confirmed(order.lang, "sure", yes=order.yes)
    return await undone(desk, begun, target, exact=order.exact or begun.exact)


async def _undone(session: Session, order: _Order, target: Record) -> Record:
    # The model of the HA stack is loaded when it is asked: help needs none.
    from virton.forecast.situation import situation_of
    from virton.plans.foreseeing import foreseen

    desk, lang, out = session.desk, order.lang, terminal(soft_wrap=True)
    out.print(stands(lang, target))
    rows, seen_s = await desk.rows(), time.time()
    situation = situation_of(json.loads(session.capture))
    steps = foreseen(situation, undoing(desk, target, rows))
    for step in steps:
        out.print(f"  {printable(plans.edit(step.edit.to_json(), sentences(lang)))}")
    if places := misplaced(order_after(steps, rows), target.rows):
        key = "places.exact" if order.exact else "places"
        out.print(text(lang, key, names=list(places), number=target.number))
    await agreed(session, order.source, order.second, lang, yes=order.yes)
    await require_unchanged(desk, rows, seen_s)
    at_s = situation.asked_s or int(seen_s)
    record = begin(
        desk, steps, rows, who=session.who, why=order.why, at_s=at_s, undoes=target.number
    )
    record = desk.records.keep(replace(record, exact=order.exact))
    return await undone(desk, record, target, exact=order.exact)
