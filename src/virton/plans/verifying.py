"""Try every fault that is to be borne, and find the smallest one that breaks an objective."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache
from math import ceil
from typing import Any
from urllib.parse import urlencode

from virton.forecast.answer import Answer
from virton.forecast.ask import ask
from virton.forecast.fates import RUNS_AGAIN, Fate, How, assigned
from virton.forecast.question import Loss, Question
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.tolerance import UNSAFE, Case, Row, rows
from virton.ha.model import ServiceStatus
from virton.ha.states import ServiceState
from virton.plans.objectives import DOMAIN, NODE, Objective, faults, unprotected, wanted

GIB = 1024**3
AT_REST = Case("rest", (), "")
Places = Mapping[str, str]
"""Where each resource runs that does."""


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The smallest fault that breaks an objective, and how."""

    case: Case
    how: str
    fields: Mapping[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        """The page on which its course is played."""
        return f"/whatif?{urlencode(_query(self.case), safe=',|')}" if _query(self.case) else "/"

    def to_json(self) -> dict[str, Any]:
        """Return the counterexample."""
        case = self.case
        return {
            "fault": case.kind,
            "name": case.name,
            "nodes": list(case.nodes),
            "split": [sorted(part) for part in case.split],
            "how": self.how,
            "fields": dict(self.fields),
            "address": self.address,
        }


def _query(case: Case) -> list[tuple[str, str]]:
    if case.split:
        return [("split", "|".join(",".join(sorted(part)) for part in case.split))]
    return [("lose", node) for node in case.nodes]


@dataclass(frozen=True, slots=True)
class Verified:
    """An objective, how many faults were tried, and what breaks it."""

    objective: Objective
    tried: int
    broken: Counterexample | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the outcome."""
        return {
            "name": self.objective.name,
            "kind": self.objective.kind,
            "after": list(self.objective.after),
            "tried": self.tried,
            "holds": self.broken is None,
            "counterexample": None if self.broken is None else self.broken.to_json(),
        }


def verify(
    situation: Situation,
    wanted: Sequence[Objective],
    domains: Mapping[str, Sequence[str]] = {},
    told: Callable[[int, int], None] = lambda done, of: None,
    first: Case | None = None,
) -> tuple[Verified, ...]:
    """Try the smallest faults first, or one that is named; an objective that is broken is not tried on."""
    return _Trying(situation, wanted, domains).all(told, first)


class _Trying:
    def __init__(
        self,
        situation: Situation,
        wanted: Sequence[Objective],
        domains: Mapping[str, Sequence[str]],
    ) -> None:
        self._base, _ = at_rest(situation)
        self._wanted = wanted
        self._domains = domains
        self._broken: dict[str, Counterexample] = {}
        self._tried: dict[str, int] = {}
        self._asked = lru_cache(maxsize=1)(self._ask)

    def all(self, told: Callable[[int, int], None], first: Case | None) -> tuple[Verified, ...]:
        after = {fault for objective in self._wanted for fault in objective.after}
        found = [case for case in faults(self._base, self._domains) if case.kind in after]
        found.sort(key=lambda case: (case != first, len(case.nodes) or 2, case.kind == "split"))
        self._try(AT_REST, None)
        for at, row in enumerate(rows(self._base, found), 1):
            self._try(row.case, row)
            told(at, len(found))
            if len(self._broken) == len(self._wanted):
                break
        return tuple(
            Verified(o, self._tried.get(o.name, 0), self._broken.get(o.name)) for o in self._wanted
        )

    def _try(self, case: Case, row: Row | None) -> None:
        for objective in self._wanted:
            if objective.name in self._broken:
                continue
            if row is not None and case.kind not in objective.after:
                continue
            self._tried[objective.name] = self._tried.get(objective.name, 0) + 1
            broken = next(self._against(objective, case, row), None)
            if broken is not None:
                self._broken[objective.name] = broken

    def _against(
        self, objective: Objective, case: Case, row: Row | None
    ) -> Iterator[Counterexample]:
        if row is None:
            yield from self._unprotected(objective)
        match objective.kind:
            case "apart":
                for places in places_after(self._base, row):
                    yield from _together(objective, case, places)
            case "share":
                for places in places_after(self._base, row):
                    yield from self._too_many(objective, case, places)
            case "memory":
                for places in places_after(self._base, row):
                    yield from _too_full(objective, case, self._base, places)
            case "back" if row is not None:
                yield from self._not_back(objective, case, row)
            case "tolerates" if row is not None:
                yield from _not_safe(case, row)

    def _unprotected(self, objective: Objective) -> Iterator[Counterexample]:
        """Yield the guests of an objective that HA does not look after as it is."""
        for sid in objective.sids or sorted(self._base.resources):
            why = unprotected(self._base, sid)
            if why and (objective.sids or sid in self._base.running or wanted(self._base, sid)):
                yield Counterexample(AT_REST, "unprotected", {"sid": sid, "state": why})

    def _too_many(
        self, objective: Objective, case: Case, places: Places
    ) -> Iterator[Counterexample]:
        whole = len(objective.sids)
        for name, nodes in self._parts(objective.of):
            there = [sid for sid in objective.sids if places.get(sid) in nodes]
            if len(there) > objective.most * whole:
                fields = {"where": name, "count": len(there), "of": whole, "sids": there}
                yield Counterexample(case, "share", fields)

    def _parts(self, of: str) -> Iterator[tuple[str, frozenset[str]]]:
        if of == NODE:
            yield from ((node, frozenset({node})) for node in sorted(self._base.nodes))
            return
        for name, nodes in sorted(self._domains.items()):
            if of == DOMAIN or name.startswith(of):
                yield name, frozenset(nodes)

    def _not_back(self, objective: Objective, case: Case, row: Row) -> Iterator[Counterexample]:
        for sid in objective.sids:
            fates = row.touched.get(sid, ())
            if any(fate.verdict in UNSAFE for fate in fates):
                yield _never(case, sid, fates)
            elif any(_was_down(fate) for fate in fates):
                told = self._asked(case).resources[sid]
                latest_s = None if told.after_s is None else told.after_s[1]
                if any(fate.verdict in UNSAFE for fate in (told.fate, *told.others)):
                    yield _never(case, sid, (told.fate, *told.others))
                elif latest_s is None or latest_s > objective.within_s:
                    fields = {"sid": sid, "found": latest_s, "limit": objective.within_s}
                    yield Counterexample(case, "late", fields)

    def _ask(self, case: Case) -> Answer:
        losses = tuple(Loss(node) for node in case.nodes)
        return ask(self._base, Question(losses, split=case.split))


def _was_down(fate: Fate) -> bool:
    return fate.verdict in RUNS_AGAIN or fate.how is How.STOPPED


def places_after(base: Situation, row: Row | None) -> Iterator[Places]:
    """Yield where everything runs in the end, for each order in which nodes are fenced."""
    if row is None:
        yield base.running
        return
    stays = {sid: node for sid, node in base.running.items() if node in row.left}
    lost = {
        sid for sid, told in row.touched.items() if all(fate.verdict in UNSAFE for fate in told)
    }
    for statuses in row.statuses:
        moved = {sid: status.node for sid, status in statuses.items() if _runs(status)}
        yield {sid: node for sid, node in (stays | moved).items() if sid not in lost}


def _runs(status: ServiceStatus) -> bool:
    return status.state in (ServiceState.STARTED, ServiceState.MIGRATE, ServiceState.RELOCATE)


def _together(objective: Objective, case: Case, places: Places) -> Iterator[Counterexample]:
    there: dict[str, list[str]] = {}
    for sid in objective.sids:
        if sid in places:
            there.setdefault(places[sid], []).append(sid)
    for node, sids in sorted(there.items()):
        if len(sids) > 1:
            yield Counterexample(case, "together", {"sids": sids, "node": node})


def _too_full(
    objective: Objective, case: Case, base: Situation, places: Places
) -> Iterator[Counterexample]:
    for node, over_bytes in overfull(base, places, objective.most).items():
        whole = base.nodes[node].memory_bytes
        used = over_bytes + int(whole * objective.most)
        fields = {
            "where": node,
            "used_gib": ceil(used / GIB * 10) / 10,
            "of_gib": round(whole / GIB, 1),
            "percent": round(float(objective.most * 100), 1),
            "over_gib": ceil(over_bytes / GIB * 10) / 10,
            "sids": sorted(sid for sid, place in places.items() if place == node),
        }
        yield Counterexample(case, "full", fields)


def overfull(base: Situation, places: Places, most: Fraction) -> dict[str, int]:
    """Return by how many bytes nodes are over their part of the memory, by name."""
    used = assigned(base, places)
    limits = {name: int(base.nodes[name].memory_bytes * most) for name in sorted(used)}
    return {name: used[name] - limit for name, limit in limits.items() if used[name] > limit}


def _not_safe(case: Case, row: Row) -> Iterator[Counterexample]:
    for sid, told in sorted(row.touched.items()):
        if any(fate.verdict in UNSAFE for fate in told):
            yield _never(case, sid, told)


def _never(case: Case, sid: str, fates: Sequence[Fate]) -> Counterexample:
    verdict = next(fate.verdict for fate in fates if fate.verdict in UNSAFE)
    return Counterexample(case, "never", {"sid": sid, "verdict": str(verdict)})
