"""Who asked through this console for what happens: no journal and no status tells that."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from virton.console import deeds
from virton.console.clock import Clock
from virton.story.commands import subject_of
from virton.story.happenings import Happening, Kind

WAIT_S = 90.0
"""For so long what was asked for may come; the manager takes commands up every 10 s."""

UNHEARD_S = 45.0
"""A command that no journal has told by then is told as this console knows it."""

BEFORE_S = 30.0
"""By so much the time of a deed may be told too late, where the cluster's clock goes faster."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a deed will be seen as: these kinds, to this one (None: anybody), or a command.

    Whether the manager gets a command is `sure` where the deed is nothing else.
    """

    kinds: frozenset[Kind]
    whom: str | None = None
    command: str | None = None
    sure: bool = True


@dataclass(slots=True)
class _Asked:
    """Who asked for something, when by the cluster's clock, and when by this console's.

    It comes once as it is told, and once as it is observed: `came` has which of these it did.
    """

    who: str
    at_s: float
    noted_s: float
    wanted: _Wanted
    plan: str | None = None
    came: set[bool] = field(default_factory=set)

    def fits(self, one: Happening) -> bool:
        """Tell whether a happening is what was asked for."""
        if one.kind not in self.wanted.kinds or one.told in self.came:
            return False
        if one.to_s < self.at_s - BEFORE_S:
            return False
        if self.wanted.command is not None:
            return _same_command(str(one.facts.get("command")), self.wanted.command)
        return self.wanted.whom in (None, one.whom)


class Askers:
    """Names those who asked in what happens then."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._waiting: list[_Asked] = []

    def note(self, who: str, what: str, params: Mapping[str, Any], at_s: float) -> None:
        """Take note of a deed that was done (`POST /api/rules`), at a time of the cluster."""
        deed = deeds.read(what)
        if deed is None:
            return
        key, named = deed
        known = {name: str(value) for name, value in params.items()} | named
        self._waiting += [
            _Asked(who, at_s, self._clock.monotonic(), wanted, known.get("plan"))
            for wanted in _wanted(key, known)
        ]

    def named(self, found: Iterable[Happening]) -> list[Happening]:
        """Return happenings, each with who asked for it where that is known."""
        self._forget()
        return [self._named(one) for one in found]

    def _named(self, one: Happening) -> Happening:
        asked = next((asked for asked in self._waiting if asked.fits(one)), None)
        if asked is None:
            return one
        asked.came.add(one.told)
        plan = {} if asked.plan is None else {"plan": asked.plan}
        return replace(one, facts={**one.facts, "who": asked.who, **plan})

    def _forget(self) -> None:
        now = self._clock.monotonic()
        self._waiting = [asked for asked in self._waiting if now - asked.noted_s <= WAIT_S]

    def unheard(self) -> list[Happening]:
        """Return commands that no journal tells of, as happenings."""
        due = self._clock.monotonic() - UNHEARD_S
        late = [
            one
            for one in self._waiting
            if one.wanted.command is not None
            and one.wanted.sure
            and one.noted_s <= due
            and not one.came
        ]
        for one in late:
            one.came.add(False)
        return [_happened(one) for one in late]


def _happened(asked: _Asked) -> Happening:
    command = str(asked.wanted.command)
    facts = {"command": command, "who": asked.who}
    return Happening(Kind.ASKED, subject_of(command), asked.at_s, asked.at_s, False, facts)


def _same_command(told: str, asked: str) -> bool:
    """Tell whether a command is the one that was asked for; its last words may be unknown to us."""
    return told == asked or re.match(rf"{re.escape(asked)}\s", told) is not None


def _wanted(key: str, known: Mapping[str, str]) -> list[_Wanted]:
    """Return what a deed will be seen as; a step of a maintenance is told by its own name."""
    if key == "maintenance.step":
        key = f"{key}.{known['step']}"
    if key == "lab" and known.get("action") == "maintenance":
        key = "maintenance.step." + ("enter" if known.get("on") == "True" else "leave")
    effect = _EFFECTS.get(key)
    try:
        return [] if effect is None else effect(known)
    except KeyError:
        return []


def _to(*kinds: Kind, by: str | None = None) -> Callable[[Mapping[str, str]], list[_Wanted]]:
    def effect(known: Mapping[str, str]) -> list[_Wanted]:
        return [_Wanted(frozenset(kinds), None if by is None else known[by])]

    return effect


def _command(text: str) -> Callable[[Mapping[str, str]], list[_Wanted]]:
    def effect(known: Mapping[str, str]) -> list[_Wanted]:
        return [_Wanted(frozenset({Kind.ASKED}), command=text.format_map(known))]

    return effect


def _stop(known: Mapping[str, str]) -> list[_Wanted]:
    """A resource's stop sets what is wanted of it, and is a command where it has a time limit."""
    command = _Wanted(frozenset({Kind.ASKED}), command=f"stop {known['sid']}", sure=False)
    return [_Wanted(frozenset({Kind.RESOURCE_CHANGED}), known["sid"]), command]


_EFFECTS: Mapping[str, Callable[[Mapping[str, str]], list[_Wanted]]] = {
    "resource.add": _to(Kind.RESOURCE_ADDED, by="sid"),
    "resource.edit": _to(Kind.RESOURCE_CHANGED, by="sid"),
    "resource.remove": _to(Kind.RESOURCE_REMOVED, by="sid"),
    "resource.move": _command("{how} {sid} {node}"),
    "resource.stop": _stop,
    "repair.begin": _to(Kind.RESOURCE_CHANGED, by="sid"),
    "repair.start": _to(Kind.RESOURCE_CHANGED, by="sid"),
    "disarm": _command("disarm-ha {mode}"),
    "arm": _command("arm-ha"),
    "settings.edit": _to(Kind.SETTINGS_CHANGED),
    "rule.add": _to(Kind.RULE_ADDED, by="rule"),
    "rule.edit": _to(Kind.RULE_CHANGED, by="rule"),
    "rule.remove": _to(Kind.RULE_REMOVED, by="rule"),
    "maintenance.step.enter": _to(Kind.MAINTENANCE_BEGUN, by="node"),
    "maintenance.step.leave": _to(Kind.MAINTENANCE_ENDED, by="node"),
    "maintenance.step.move": _command("migrate {sid} {target}"),
    "maintenance.step.bring_back": _command("migrate {sid} {target}"),
    "maintenance.step.add_rule": _to(Kind.RULE_ADDED),
    "maintenance.step.drop_rule": _to(Kind.RULE_REMOVED),
}
