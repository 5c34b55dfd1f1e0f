"""What becomes of each resource: one of five verdicts where its node is lost, and three beside them."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Protocol

from virton.forecast.situation import Situation
from virton.ha.causes import Cause
from virton.ha.events import Event
from virton.ha.events.lrm import Started
from virton.ha.events.resource import ResourceStateChanged
from virton.ha.model import ServiceStatus, resource_type
from virton.ha.placement.reasons import Decision
from virton.ha.states import RequestState, ServiceState


class Verdict(StrEnum):
    """What becomes of a resource."""

    BACK = "back"
    SQUEEZED = "squeezed"
    CANNOT_START = "cannot_start"
    NOT_PLACED = "not_placed"
    NO_QUORUM = "no_quorum"
    STAYS = "stays"
    MOVES = "moves"
    STOPS = "stops"


RUNS_AGAIN = (Verdict.BACK, Verdict.SQUEEZED)
"""A resource whose node was lost runs again."""


class How(StrEnum):
    """By which way a resource comes to where it is in the end."""

    UNTOUCHED = "untouched"
    RECOVERED = "recovered"
    LIVE = "live"
    STOPPED = "stopped"
    STARTED = "started"
    NOT = "not"


@dataclass(frozen=True, slots=True)
class Why:
    """What was the reason: the change of state, the choice behind it, or what a node lacks.

    `rules` is there where nothing else is kept: the rules for which no node was left.
    """

    cause: Cause | None = None
    decision: Decision | None = None
    missing: tuple[str, ...] = ()
    rules: tuple[str, ...] = ()

    def brief(self) -> "Why":
        """Return the reason without all that the choice stood on, which a table must not keep."""
        if self.decision is None or self.decision.node is not None:
            return Why(missing=self.missing)
        objections = self.decision.explain().objections.values()
        named = {rule for one in objections for rule in getattr(one, "rules", ())}
        return Why(missing=self.missing, rules=tuple(sorted(named)))

    def to_json(self) -> dict[str, Any]:
        """Return the reasons, each with its name, under which the catalogues have its sentence."""
        told: dict[str, Any] = {}
        if self.cause is not None:
            told["cause"] = self.cause.to_json()
        if self.decision is not None:
            explained = self.decision.explain()
            told["choice"] = explained.because.name.lower()
            told["objections"] = {
                node: objection.to_json() for node, objection in explained.objections.items()
            }
        if self.missing:
            told["missing"] = list(self.missing)
        return told


class Told(Protocol):
    """Something that the stack told, with why and by which choice."""

    @property
    def event(self) -> Event:
        """What happened."""

    @property
    def cause(self) -> Cause | None:
        """Why a state was changed."""

    @property
    def decision(self) -> Decision | None:
        """The choice behind it."""


class Outcome(Protocol):
    """How a trial or a course ended."""

    @property
    def told(self) -> Sequence[Told]:
        """What was told, in its order."""

    @property
    def running(self) -> Mapping[str, str]:
        """The node on which each guest runs."""

    @property
    def statuses(self) -> Mapping[str, ServiceStatus]:
        """Every resource's status."""

    @property
    def missing(self) -> Mapping[str, tuple[str, ...]]:
        """What guests that do not run miss where they are."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What becomes of one resource; `node` is where it is in the end, None: nowhere."""

    sid: str
    verdict: Verdict
    node: str | None
    how: How
    why: Why = field(default=Why(), compare=False)


def fates(before: Situation, trial: Outcome, gone: Collection[str]) -> dict[str, Fate]:
    """Return what became of every resource in a trial in which nodes were lost."""
    reader = _Reader(before, trial, frozenset(gone))
    return {sid: reader.fate(sid) for sid in sorted(before.resources) if _counts(before, sid)}


def gathered(played: Iterable[Mapping[str, Fate]]) -> dict[str, list[Fate]]:
    """Return each resource's fates over several ways to play, the first one's first, each once."""
    found: dict[str, list[Fate]] = {}
    for way in played:
        for sid, fate in way.items():
            told = found.setdefault(sid, [])
            if fate not in told:
                told.append(fate)
    return found


def touched_fates(before: Situation, trial: Outcome, gone: Collection[str]) -> dict[str, Fate]:
    """Return what became of the resources that did not simply stay, with the reasons in brief."""
    lost = frozenset(gone)
    reader = _Reader(before, trial, lost, tell_why=False)
    near = reader.told_of | {sid for sid, c in before.resources.items() if c.node in lost}
    found = {
        sid: reader.fate(sid)
        for sid in sorted(near)
        if sid in before.resources and _counts(before, sid)
    }
    return {sid: fate for sid, fate in found.items() if fate.verdict is not Verdict.STAYS}


def _counts(situation: Situation, sid: str) -> bool:
    return situation.resources[sid].state is not RequestState.IGNORED


def fates_without_quorum(before: Situation, gone: Collection[str]) -> dict[str, Fate]:
    """Return what becomes of every resource where no part of the cluster has quorum."""
    found = {}
    for sid, config in sorted(before.resources.items()):
        if config.state is RequestState.IGNORED:
            continue
        runs = config.state is RequestState.STARTED
        if runs and (config.node in gone or not _runs(before, sid)):
            found[sid] = Fate(sid, Verdict.NO_QUORUM, None, How.NOT)
        else:
            found[sid] = Fate(sid, Verdict.STAYS, config.node, How.UNTOUCHED)
    return found


def _runs(situation: Situation, sid: str) -> bool:
    guest = situation.guests.get(sid)
    return guest is not None and guest.running


def assigned(situation: Situation, running: Mapping[str, str]) -> dict[str, int]:
    """Return the memory that is assigned to the guests which run on each node, in bytes."""
    sums = dict.fromkeys(situation.nodes, 0)
    guests = situation.guests
    for sid, node in running.items():
        if sid in guests and node in sums:
            sums[node] += guests[sid].memory_bytes
    return sums


_UNTOLD = Why()


class _Reader:
    def __init__(
        self, before: Situation, trial: Outcome, gone: frozenset[str], *, tell_why: bool = True
    ) -> None:
        self._tells_why = tell_why
        self._before = before
        self._trial = trial
        self._gone = gone
        sums = assigned(before, trial.running)
        self._full = {n for n, used in sums.items() if used > before.nodes[n].memory_bytes}
        self._told: dict[str, list[Told]] = {}
        for told in trial.told:
            sid = getattr(told.event, "sid", None)
            if sid is not None:
                self._told.setdefault(sid, []).append(told)

    @property
    def told_of(self) -> set[str]:
        """The resources of which anything was told."""
        return set(self._told)

    def fate(self, sid: str) -> Fate:
        status = self._trial.statuses.get(sid)
        guest = self._before.guests.get(sid)
        ran = guest.node if guest is not None and guest.running else None
        runs = self._trial.running.get(sid)
        wanted = self._before.resources[sid].state is RequestState.STARTED
        if not wanted or status is None:
            return self._at_rest(sid, status)
        if runs is None:
            return self._down(sid, status, ran)
        if ran == runs and runs not in self._gone:
            if self._was_started_again(sid):
                return Fate(sid, Verdict.BACK, runs, How.STARTED, self._why(sid))
            stopped = self._was_stopped(sid)
            verdict = Verdict.MOVES if stopped else Verdict.STAYS
            return Fate(sid, verdict, runs, How.STOPPED if stopped else How.UNTOUCHED)
        if ran is None or ran in self._gone:
            verdict = Verdict.SQUEEZED if runs in self._full else Verdict.BACK
            how = How.STARTED if ran is None and status.node not in self._gone else How.RECOVERED
            return Fate(sid, verdict, runs, how, self._why(sid))
        how = How.STOPPED if self._was_stopped(sid) else How.LIVE
        return Fate(sid, Verdict.MOVES, runs, how, self._why(sid))

    def _at_rest(self, sid: str, status: ServiceStatus | None) -> Fate:
        """Return the fate of a resource that is not to run."""
        place = self._before.resources[sid].node
        node = status.node if status is not None else place
        if node == place:
            return Fate(sid, Verdict.STAYS, node, How.UNTOUCHED)
        return Fate(sid, Verdict.MOVES, node, How.STOPPED, self._why(sid))

    def _down(self, sid: str, status: ServiceStatus, ran: str | None) -> Fate:
        """Return the fate of a resource that should run and does not."""
        if status.state in (ServiceState.RECOVERY, ServiceState.FENCE):
            return Fate(sid, Verdict.NOT_PLACED, None, How.NOT, self._why_down(sid))
        if status.state is ServiceState.ERROR and ran is None and not self._told.get(sid):
            return Fate(sid, Verdict.STAYS, status.node, How.UNTOUCHED)
        why = self._why_down(sid, self._trial.missing.get(sid, ()))
        if status.state is ServiceState.STOPPED:
            # what is wanted started comes to rest only where a supposed change has it stopped
            return Fate(sid, Verdict.STOPS, status.node, How.NOT, why)
        return Fate(sid, Verdict.CANNOT_START, status.node, How.NOT, why)

    def _was_started_again(self, sid: str) -> bool:
        """Tell whether a resource was frozen, stopped with its node, and started there again."""
        return ServiceState.FREEZE in self._went_to(sid) and any(
            isinstance(told.event, Started) for told in self._told.get(sid, ())
        )

    def _was_stopped(self, sid: str) -> bool:
        """Tell whether a resource was stopped on its way, so that its users noticed."""
        went = self._went_to(sid)
        if ServiceState.RELOCATE in went or ServiceState.REQUEST_STOP in went:
            return True
        return ServiceState.MIGRATE in went and resource_type(sid) == "ct"

    def _went_to(self, sid: str) -> set[str]:
        events = (told.event for told in self._told.get(sid, ()))
        return {event.to for event in events if isinstance(event, ResourceStateChanged)}

    def _why(self, sid: str, missing: tuple[str, ...] = ()) -> Why:
        """Return the reason of the last choice that was made for a resource, where it is told."""
        return self._whole_why(sid, missing) if self._tells_why else _UNTOLD

    def _why_down(self, sid: str, missing: tuple[str, ...] = ()) -> Why:
        """Return why a resource does not run: at least in brief."""
        why = self._whole_why(sid, missing)
        return why if self._tells_why else why.brief()

    def _whole_why(self, sid: str, missing: tuple[str, ...]) -> Why:
        for told in reversed(self._told.get(sid, ())):
            if told.decision is not None:
                return Why(told.cause, told.decision, missing)
        causes = [told.cause for told in self._told.get(sid, ()) if told.cause is not None]
        return Why(causes[-1] if causes else None, missing=missing)
