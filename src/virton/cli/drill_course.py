"""A drill on the command line: what is to be tried, who agrees, and each fault, kept as it goes."""

import json
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from virton.cli.complaint import complain
from virton.cli.drill_hands import LabHand, OperatorHand, consents_of
from virton.cli.faults import in_words
from virton.cli.language import Language, environment_language, printable, sentences
from virton.cli.live_plan import Session
from virton.cli.plan_source import PlanSource
from virton.cli.terminal import terminal
from virton.damage import DamagedError
from virton.plans.alone import NotAloneError, alone_in
from virton.plans.drill import Fault

# The model of the HA stack, and what speaks HTTP, are loaded when a drill is held: help needs neither.
if TYPE_CHECKING:
    from virton.plans.drill_keeper import DrillKeeper, UnderWay
    from virton.plans.drilling import Hand
    from virton.plans.looking import Look


@dataclass(frozen=True)
class Order:
    """What was asked for on the command line; of one that is gone on with nothing but `out`."""

    out: Path
    form: dict[str, Any]
    faults: tuple[Fault, ...]
    consent: Sequence[str]
    lab: bool
    last: dict[str, Any] | None
    lang: Language | None


@contextmanager
def kept(out: Path, lang: Language | None, *, resume: bool) -> Iterator["DrillKeeper"]:
    """Hold the only drill of a folder; end where one was begun that is not gone on with, or none."""
    from virton.plans.drill_keeper import DrillKeeper

    keeper = DrillKeeper(out)
    try:
        with alone_in(out):
            begun = keeper.read()
            if resume and begun is None:
                complain(text(lang, "drill.none_begun", folder=str(out)))
            if begun is not None and not resume:
                complain(stands(lang, begun, out), gone_on(lang, out))
            yield keeper
    except NotAloneError:
        complain(text(lang, "drill.not_alone", folder=str(out)))
    except DamagedError as damaged:
        complain(in_words(damaged), in_words(damaged.advice))


def stands(lang: Language | None, begun: "UnderWay", out: Path) -> str:
    """Say how far a drill has come."""
    fields = {"done": len(begun.tried), "of": len(begun.proposal.faults), "folder": str(out)}
    return text(lang, "drill.stands", **fields)


def gone_on(lang: Language | None, out: Path) -> str:
    """Say how one goes on with it."""
    return text(lang, "drill.go_on", folder=str(out))


def text(lang: Language | None, key: str, **fields: Any) -> str:
    """Return a sentence."""
    return printable(sentences(lang).say(f"plans.{key}", fields))


async def held(
    session: Session, source: PlanSource, keeper: "DrillKeeper", order: Order
) -> "UnderWay":
    """Hold a drill, or go on with the one that was begun; each change is on disk before it is told."""
    lang = order.lang
    begun = keeper.read()
    hand: Hand = OperatorHand(lang)
    if order.lab if begun is None else begun.proposal.lab:
        hand = await LabHand.at(source.source, lang)
    if begun is None:
        begun = _agreed(session, order)
        keeper.keep(begun)
    else:
        terminal(soft_wrap=True).print(stands(lang, begun, order.out))
    return await _tried(session, keeper, hand, begun, order)


def _agreed(session: Session, order: Order) -> "UnderWay":
    """Say what is foreseen, and return what both have agreed to."""
    from virton.forecast.situation import situation_of
    from virton.plans.drill_forecast import foreseen
    from virton.plans.drill_keeper import Proposal, Started, UnderWay

    lang, document = order.lang, json.loads(session.capture)
    situation = situation_of(document)
    for fault in order.faults:
        if fault.node not in situation.online:
            fields = {"field": f"--{fault.how}", "name": fault.node}
            complain(text(lang, "wrong.no_node", known=sorted(situation.online), **fields))
    for fault in order.faults:
        back, longest_s = foreseen(document, fault)
        title = text(lang, f"drill.fault.{fault.how}", node=fault.node)
        line = text(lang, "drill.foreseen", title=title, count=len(back), longest_s=longest_s)
        terminal(soft_wrap=True).print(line)
    # the cluster's clock is the report's: nobody has agreed after the fault because another one is ahead
    ahead_s = 0.0 if situation.asked_s is None else situation.asked_s - session.taken_s
    agreed = consents_of(order.form, list(order.consent), lang, lambda: time.time() + ahead_s)
    proposal = Proposal(order.form, order.faults, session.who, order.lab, agreed)
    language = str(lang or environment_language())
    started = Started(session.who, language, int(time.time() + ahead_s))
    return UnderWay(proposal, started, last=order.last)


async def _tried(
    session: Session, keeper: "DrillKeeper", hand: "Hand", begun: "UnderWay", order: Order
) -> "UnderWay":
    import asyncio

    from virton.plans.drill_forecast import foresee
    from virton.plans.drilling import LostMomentError, NotReturnedError, Watch, try_all

    def watch_of(fault: Fault) -> Watch:
        return Watch(session.desk.api, asyncio.sleep, _telling(order.lang, fault))

    advice = gone_on(order.lang, order.out)
    try:
        return await try_all(begun, keeper.keep, watch_of, hand, foresee)
    except NotReturnedError as error:
        complain(text(order.lang, "drill.not_returned", node=str(error)), advice)
    except LostMomentError as error:
        complain(text(order.lang, "drill.lost_moment", node=str(error)), advice)


def _telling(lang: Language | None, fault: Fault) -> Any:
    shown: dict[str, str] = {}

    def tell(seen: "Look", after_s: int) -> None:
        state = seen.nodes.get(fault.node, "")
        if shown.get("state") != state:
            shown["state"] = state
            line = sentences(lang).say("plans.drill.step", {"node": fault.node, "state": state})
            terminal().print(f"{after_s:>5} s  {printable(line)}")

    return tell
