"""A change of the cluster's HA, as every verb makes one: the effect is told, agreed to, then it is sent."""

import json
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import typer

from virton.cli.complaint import WRONG_INPUT, complain
from virton.cli.consent import Consent
from virton.cli.faults import in_words
from virton.cli.language import printable
from virton.cli.terminal import terminal
from virton.console.page.matters import label_of
from virton.forecast.advice import Advice, advice
from virton.forecast.ask import ask
from virton.forecast.changes import Change, ChangeError
from virton.forecast.fates import How, Verdict
from virton.forecast.question import QuestionError, question_of
from virton.forecast.situation import Situation, situation_of
from virton.forecast.tolerance import UNSAFE, Row
from virton.language.sentences import Sentences
from virton.proxmox import ApiFailure, ClusterApi
from virton.proxmox.capture import take_capture
from virton.proxmox.plain_words import plain_words
from virton.simulation.scenario import ScenarioError

NOT_AGREED = 3


@dataclass(frozen=True, slots=True)
class Effect:
    """What a change sets in motion: who moves where and how, and what is borne less well."""

    moves: tuple[tuple[str, str | None, str], ...]
    worse: tuple[tuple[str, tuple[str, ...]], ...] = ()
    endless: bool = False
    plays_all: bool = True


async def carry_out(
    api: ClusterApi,
    said: Sentences,
    consent: Consent,
    foresee: Callable[[Situation], Effect],
    send: Callable[[], Awaitable[Any]],
) -> None:
    """Tell the effect of a change, have it agreed to, and send it; raises ApiFailure."""
    effect = await _foreseen(api, said, foresee)
    if consent.dry_run:
        return
    _require_consent(said, consent, worse=bool(effect and effect.worse))
    await send()
    typer.echo(said.say("cli.saved", {}))


async def carry_out_changes(
    api: ClusterApi,
    said: Sentences,
    consent: Consent,
    changes: list[Change],
    send: Callable[[], Awaitable[Any]],
) -> None:
    """The same for changes of the configuration."""

    def foresee(situation: Situation) -> Effect:
        return _foreseen_changes(situation, changes)

    await carry_out(api, said, consent, foresee, send)


async def _foreseen(
    api: ClusterApi, said: Sentences, foresee: Callable[[Situation], Effect]
) -> Effect | None:
    try:
        effect = foresee(situation_of(json.loads(await take_capture(api))))
    except ApiFailure as failure:
        why = in_words(plain_words(failure.error))
    except (ChangeError, QuestionError, ScenarioError) as error:
        why = in_words(error)
    else:
        _tell(effect, said)
        return effect
    terminal().print(printable(said.say("effect.unknown", {"why": why})), soft_wrap=True)
    return None


def _tell(effect: Effect, said: Sentences) -> None:
    out = terminal(soft_wrap=True)
    moves = [_move(move, said) for move in effect.moves]
    head = said.say("effect.now", {})
    out.print(f"{head} {', '.join(moves) or said.say('effect.none', {})}")
    if effect.endless:
        out.print(said.say("whatif.endless", {}), style="bold red")
    for node, sids in effect.worse:
        values = {"node": node, "names": [label_of(sid) for sid in sids]}
        out.print(printable(said.say("effect.worse", values)), style="bold red")
    if effect.plays_all and not effect.worse:
        out.print(said.say("effect.bears", {}), style="dim")


def _move(move: tuple[str, str | None, str], said: Sentences) -> str:
    sid, node, how = move
    key = "effect.move.live" if how == How.LIVE else "effect.move.stop"
    key = "effect.stops" if node is None or how == How.NOT else key
    return printable(said.say(key, {"name": label_of(sid), "node": node or "–"}))


def _require_consent(said: Sentences, consent: Consent, *, worse: bool) -> None:
    if consent.accept_worse or (consent.yes and not worse):
        return
    if consent.yes:
        complain(said.say("cli.worse", {}), code=NOT_AGREED)
    if not sys.stdin.isatty():
        complain(said.say("cli.nobody_agrees", {}), code=WRONG_INPUT)
    question = said.say("cli.save_worse" if worse else "cli.save", {})
    if input(f"{question} [y/N] ").strip().lower() not in ("y", "yes", "ㅛ"):
        complain(said.say("cli.not_saved", {}), code=NOT_AGREED)


def _foreseen_changes(situation: Situation, changes: list[Change]) -> Effect:
    """Return what changes of the configuration set in motion."""
    told = advice(situation, changes)
    moves = tuple((fate.sid, fate.node, str(fate.how)) for fate in told.moves)
    worse = tuple((node, tuple(_newly_lost(told, node))) for node in told.worse)
    return Effect(moves, worse, told.endless)


def _newly_lost(told: Advice, name: str) -> list[str]:
    before, after = (_lost(rows, name) for rows in (told.before, told.after))
    return sorted(after - before)


def _lost(rows: tuple[Row, ...], name: str) -> set[str]:
    """Return what does not come back, in some order of events, when a node is lost."""
    touched = next((row.touched for row in rows if row.case.name == name), {})
    return {sid for sid, told in touched.items() if any(f.verdict in UNSAFE for f in told)}


def foreseen_move(situation: Situation, sid: str, node: str) -> Effect:
    """Return what the move of a resource sets in motion: others go along."""
    told = ask(situation, question_of({"move": [f"{sid} {node}"]}, situation))
    moves = tuple(
        (one, row.fate.node, str(row.fate.how))
        for one, row in sorted(told.resources.items())
        if row.fate.verdict is Verdict.MOVES
    )
    return Effect(moves, endless=bool(told.endless), plays_all=False)
