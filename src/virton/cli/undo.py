"""`virton undo`: take an apply back, exactly what it did."""

import json
import time
from dataclasses import dataclass
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
    stands,
    text,
)
from virton.cli.option_groups import with_groups
from virton.cli.plan_source import LiveCluster
from virton.cli.terminal import terminal
from virton.forecast.situation import situation_of
from virton.language import plans
from virton.plans.applying import begin
from virton.plans.foreseeing import foreseen
from virton.plans.records import Record
from virton.plans.undoing import ForeignChangeError, misplaced, undoing
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
    exact: Annotated[
        bool,
        typer.Option(
            "--exact",
            help="Put entries back in their old places in the files, too: those behind them are "
            "taken out and in again.",
        ),
    ] = False,
    lang: LanguageOption = None,
) -> None:
    """Undo an apply: what it did, backwards. Never over what somebody else has changed since."""
    with errors_exit_with_one():
        source = cluster.source()

        order = _Order(number, why, yes, exact, lang)
        try:
            in_session(source, lang, lambda session: _work(session, order))
        except ForeignChangeError as foreign:
            told = [
                text(lang, "foreign.row", part=str(kind), name=name, now=now, left=left)
                for kind, name, now, left in foreign.changes
            ]
            complain(text(lang, "foreign"), "\n".join(told))
    terminal().print(text(lang, "undone"))


@dataclass(frozen=True)
class _Order:
    """What was asked for on the command line."""

    number: int | None
    why: str
    yes: bool
    exact: bool
    lang: Language | None


async def _work(session: Session, order: _Order) -> Record:
    """Undo, alone; an undoing that was stopped is gone on with."""
    desk, records = session.desk, session.desk.records
    with records.alone(note(session.who, order.why or "undo")):
        begun = records.unfinished()
        if begun is not None and begun.undoes is not None:
            target = next(one for one in records.all() if one.number == begun.undoes)
            return await undone(desk, begun, target, exact=order.exact)
        found = records.undoable(order.number)
        if found is None:
            complain(text(order.lang, "nothing_to_undo"))
        return await _undone(session, order, found)


async def _undone(session: Session, order: _Order, target: Record) -> Record:
    desk, lang, out = session.desk, order.lang, terminal(soft_wrap=True)
    out.print(stands(lang, target))
    rows = await desk.rows()
    steps = foreseen(situation_of(json.loads(session.capture)), undoing(target, rows))
    for step in steps:
        out.print(f"  {printable(plans.edit(step.edit.to_json(), sentences(lang)))}")
    confirmed(lang, "sure", yes=order.yes)
    at_s = int(time.time())
    record = begin(
        desk, steps, rows, who=session.who, why=order.why, at_s=at_s, undoes=target.number
    )
    ended = await undone(desk, record, target, exact=order.exact)
    places = misplaced(await desk.rows(), target.rows)
    if places:
        out.print(text(lang, "places", names=list(places)))
    return ended
