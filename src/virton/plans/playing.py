"""One edit after the other, played with the model: what moves, how and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from virton.forecast.answer import Span
from virton.forecast.ask import ask
from virton.forecast.changes import Change, ChangeError, changed
from virton.forecast.fates import How, fates
from virton.forecast.question import Question
from virton.forecast.rest import settled
from virton.forecast.situation import Situation
from virton.forecast.trial import Trial
from virton.ha.config.properties import split_list
from virton.ha.states import ShutdownPolicy
from virton.plans.edits import Edit
from virton.plans.entries import HA, Kind

STOPPING = ("stopped", "stops")
"""The ways of moving that users notice."""


@dataclass(frozen=True, slots=True)
class Move:
    """A resource that moves, starts or stops because of an edit; `how` it does, and when."""

    sid: str
    how: str
    from_node: str | None
    to_node: str | None
    after_s: Span | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the move."""
        return {
            "sid": self.sid,
            "how": self.how,
            "from": self.from_node,
            "to": self.to_node,
            "after_s": None if self.after_s is None else list(self.after_s),
        }


@dataclass(frozen=True, slots=True)
class Played:
    """What comes of an edit: the cluster with it, and once it is at rest again."""

    supposed: Situation
    after: Situation
    moves: tuple[Move, ...]
    endless: bool

    def timed(self) -> tuple[Move, ...]:
        """Return the moves, each with the seconds after which it is done."""
        if not self.moves:
            return ()
        told = ask(self.supposed, Question()).resources
        spans = {sid: row.after_s for sid, row in told.items()}
        return tuple(replace(move, after_s=spans.get(move.sid)) for move in self.moves)


def with_edits(situation: Situation, edits: Sequence[Edit]) -> Situation:
    """Return the cluster as edits configure it; raises ChangeError."""
    for edit in edits:
        situation = with_edit(situation, edit)
    return situation


def with_edit(situation: Situation, edit: Edit) -> Situation:
    """Return the cluster as an edit configures it; raises ChangeError."""
    values = {key: value for key, value in (edit.after or {}).items() if key not in _UNPLAYED}
    match edit.kind:
        case Kind.DOMAIN:
            return situation
        case Kind.SETTING if edit.name == HA:
            policy = ShutdownPolicy(values["shutdown_policy"])
            return replace(situation, settings=replace(situation.settings, shutdown_policy=policy))
        case Kind.RESOURCE if edit.after is None:
            left = {s: c for s, c in situation.resources.items() if s != edit.name}
            return replace(situation, resources=left)
    if edit.kind is Kind.RULE and edit.after and "resources" in edit.properties:
        _require_under_ha(situation, edit.name, split_list(edit.after["resources"]))
    if edit.kind is Kind.RULE and edit.before is None:
        values["type"] = (edit.after or {})["type"]
    return changed(situation, Change(edit.verb, edit.name, values))


def _require_under_ha(situation: Situation, rule: str, sids: Sequence[str]) -> None:
    missing = sorted(set(sids) - situation.resources.keys())
    if missing:
        raise ChangeError(f"rule {rule}: {missing[0]} is not under HA")


_UNPLAYED = ("comment", "type")


def play(base: Situation, edit: Edit) -> Played:
    """Play an edit on a cluster at rest."""
    return play_all(base, (edit,))


def play_all(base: Situation, edits: Sequence[Edit]) -> Played:
    """Play edits that are made at once on a cluster at rest."""
    supposed = with_edits(base, edits)
    trial = settled(supposed)
    after = trial.after()
    return Played(supposed, after, _moves(base, supposed, trial), not trial.settled)


def _moves(base: Situation, supposed: Situation, trial: Trial) -> tuple[Move, ...]:
    before, now = base.running, trial.running
    hows = {sid: fate.how for sid, fate in fates(supposed, trial, ()).items()}
    found = []
    for sid in sorted({*base.resources, *supposed.resources}):
        was, goes = before.get(sid), now.get(sid)
        if was is None and goes is None:
            was, goes = _place(base, sid), _place_of(trial.statuses, sid) or _place(base, sid)
        if was != goes or hows.get(sid) is How.STOPPED:
            found.append(Move(sid, _how(sid, before, now, hows), was, goes))
    return tuple(found)


def _place(situation: Situation, sid: str) -> str | None:
    guest = situation.guests.get(sid)
    return guest.node if guest is not None else None


def _place_of(statuses: Mapping[str, Any], sid: str) -> str | None:
    return statuses[sid].node if sid in statuses else None


def _how(
    sid: str, before: Mapping[str, str], now: Mapping[str, str], hows: Mapping[str, How]
) -> str:
    if sid in before and sid not in now:
        return "stops"
    if sid not in before and sid in now:
        return "starts"
    if sid not in before:
        return "at_rest"
    return "live" if hows.get(sid) is How.LIVE else "stopped"
