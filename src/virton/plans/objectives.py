"""What must always be true of a cluster, as the file says it."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from virton.forecast.ask import ask
from virton.forecast.fates import RUNS_AGAIN
from virton.forecast.question import Loss, Question
from virton.forecast.situation import Situation
from virton.forecast.tolerance import Case, cases
from virton.ha.states import RequestState, ServiceState
from virton.plans.desired import Desired, DesiredError, near, telling_lines

NODE, DOMAIN = "node", "domain"
FAULTS = (NODE, "pair", "split", DOMAIN)
TRIED_AT_REST = ("apart", "share", "memory")
"""These say something of the cluster as it is; the others nothing without a fault."""

Domains = Mapping[str, Sequence[str]]
_FRACTION = re.compile(r"(?P<value>\d{1,9}(/\d{1,9}|\.\d{1,18})?) ?(?P<percent>%?)", re.ASCII)

KINDS = {
    "apart": ("apart", "after"),
    "back": ("back", "within_s", "after"),
    "share": ("share", "of", "most", "after"),
    "tolerates": ("tolerates", "after"),
    "memory": ("memory", "after"),
}


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective: of which guests, within which bounds, after which kinds of faults.

    `apart`: never two on one node. `back`: run again within `within_s`. `share`: no `of` takes more
    than `most` of them. `tolerates`: everything under HA comes back. `memory`: no node's guests are
    given more than `most` of its memory. Whatever it is, HA must look after these guests.
    """

    name: str
    kind: str
    sids: tuple[str, ...] = ()
    after: tuple[str, ...] = FAULTS
    within_s: int = 0
    of: str = "node"
    most: Fraction = Fraction(1, 2)


def objectives(
    desired: Desired, situation: Situation, domains: Domains | None = None
) -> tuple[Objective, ...]:
    """Return the file's objectives for a cluster with its fault domains; raises DesiredError."""
    reader = _Reader(desired, situation, desired.domains if domains is None else domains)
    with telling_lines(desired.lines):
        return tuple(reader.read(name, told) for name, told in desired.objectives.items())


class _Reader:
    def __init__(self, desired: Desired, situation: Situation, domains: Domains) -> None:
        self._groups = desired.groups
        self._domains = domains
        self._situation = situation
        self._by_name: dict[str, list[str]] = {}
        for sid, guest in sorted(situation.guests.items()):
            if guest.name:
                self._by_name.setdefault(guest.name, []).append(sid)
        self._there = {case.kind for case in faults(situation, domains)}

    def read(self, name: str, told: Mapping[str, Any]) -> Objective:
        path = f"objectives.{name}"
        kinds = [kind for kind in KINDS if kind in told]
        if len(kinds) != 1:
            raise DesiredError(path, "one_objective", kinds=list(KINDS))
        [kind] = kinds
        for key in told:
            if key not in KINDS[kind]:
                raise DesiredError(f"{path}.{key}", "unknown", **near(key, KINDS[kind]))
        after = self._after(told, f"{path}.after", kind)
        if kind == "tolerates":
            if told[kind] is not True:
                raise DesiredError(f"{path}.tolerates", "value", want=["true"])
            return Objective(name, kind, (), after)
        if kind == "memory":
            return Objective(name, kind, (), after, most=_fraction(told[kind], f"{path}.memory"))
        sids = self._guests(told[kind], f"{path}.{kind}")
        match kind:
            case "apart":
                if len(sids) < 2:
                    raise DesiredError(f"{path}.apart", "two_guests")
                return Objective(name, kind, sids, after)
            case "back":
                within_s = _seconds(told.get("within_s"), f"{path}.within_s")
                return Objective(name, kind, sids, after, within_s=within_s)
            case _:
                of = self._of(told.get("of", NODE), f"{path}.of")
                most = _fraction(told.get("most"), f"{path}.most")
                return Objective(name, kind, sids, after, of=of, most=most)

    def _guests(self, told: Any, path: str) -> tuple[str, ...]:
        names = [told] if isinstance(told, str) else told
        if not isinstance(names, Sequence) or not names:
            raise DesiredError(path, "list")
        found: list[str] = []
        for name in names:
            if not isinstance(name, str):
                raise DesiredError(path, "list")
            if name in self._groups:
                found += (self._guest(one, f"groups.{name}") for one in self._groups[name])
            else:
                found.append(self._guest(name, path))
        return tuple(dict.fromkeys(found))

    def _guest(self, name: str, path: str) -> str:
        """Return a guest's ID; raises DesiredError where HA does not know it."""
        known = [name] if name in self._situation.guests else self._by_name.get(name, [])
        if len(known) > 1:
            raise DesiredError(path, "ambiguous", name=name, sids=known)
        if not known:
            group = "a_group" if name in self._groups else "no_guest"
            raise DesiredError(path, group, name=name, **self._meant(name))
        if known[0] not in self._situation.resources:
            raise DesiredError(path, "not_managed", name=name)
        return known[0]

    def _meant(self, name: str) -> dict[str, Any]:
        known = {*self._groups, *self._by_name, *self._situation.resources}
        return {key: told for key, told in near(name, known).items() if key == "near"}

    def _after(self, told: Mapping[str, Any], path: str, kind: str) -> tuple[str, ...]:
        """Return the faults that it names; each has to be one that this cluster can have."""
        if "after" not in told:
            return FAULTS
        names = [told["after"]] if isinstance(told["after"], str) else told["after"]
        if not isinstance(names, Sequence) or any(name not in FAULTS for name in names):
            raise DesiredError(path, "value", want=list(FAULTS))
        if not names and kind not in TRIED_AT_REST:
            raise DesiredError(path, "value", want=list(FAULTS))
        for fault in names:
            if fault not in self._there:
                raise DesiredError(path, f"none_to_lose.{fault}", name=fault)
        return tuple(fault for fault in FAULTS if fault in names)

    def _of(self, told: Any, path: str) -> str:
        kinds = {name.split()[0] for name in self._domains}
        beginning = (
            isinstance(told, str) and told and any(d.startswith(told) for d in self._domains)
        )
        if not beginning and told not in (NODE, DOMAIN if self._domains else NODE):
            want = [NODE, *([DOMAIN] if self._domains else []), *sorted(kinds)]
            raise DesiredError(path, "value", want=want)
        return str(told)


def faults(situation: Situation, domains: Domains) -> list[Case]:
    """Return every fault that can be tried, but for domains of which no node is there."""
    found = cases(situation, pairs=True, domains=domains)
    return [case for case in found if case.nodes or case.split]


def wanted(base: Situation, sid: str) -> bool:
    """Tell whether a resource is to run."""
    config = base.resources.get(sid)
    return config is not None and config.state is RequestState.STARTED


def unprotected(base: Situation, sid: str) -> str:
    """Return the word for why HA would not bring a guest back as it is; empty: it would."""
    config = base.resources.get(sid)
    if config is None:
        return "outside"
    if not wanted(base, sid):
        return str(config.state)
    if base.manager.disarm is not None:
        return "disarmed"
    status = base.manager.service_status.get(sid)
    if status is not None and status.state in (ServiceState.ERROR, ServiceState.FREEZE):
        return str(status.state)
    return "" if sid in base.running else "down"


def _seconds(told: Any, path: str) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        raise DesiredError(path, "count")
    return told


def _fraction(told: Any, path: str) -> Fraction:
    """Return a part of the whole: `1/2`, `0.5` or `50%`; raises DesiredError."""
    match = None if isinstance(told, bool) else _FRACTION.fullmatch(str(told))
    try:
        value = Fraction(match["value"]) if match else Fraction()
    except ZeroDivisionError:
        value = Fraction()
    value = value / 100 if match and match["percent"] else value
    if not 0 < value <= 1:
        raise DesiredError(path, "fraction")
    return value


def slowest_return(base: Situation, sid: str, after: str) -> int | None:
    """Return the seconds after which a resource runs again at the latest; None: it does not.

    Only faults that take the node on which it runs matter: `after` one node is lost, or a pair.
    """
    node = base.running.get(sid)
    if node is None or unprotected(base, sid):
        return None
    others = sorted(base.online - {node})
    lost = [(node,)] if after == NODE else [(node, other) for other in others]
    if not lost:
        return None
    slowest = 0
    for nodes in lost:
        row = ask(base, Question(tuple(Loss(name) for name in nodes))).resources.get(sid)
        if row is None or row.after_s is None:
            return None
        if any(fate.verdict not in RUNS_AGAIN for fate in (row.fate, *row.others)):
            return None
        slowest = max(slowest, row.after_s[1])
    return slowest
