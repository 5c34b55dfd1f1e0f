"""What must always be true of a cluster, as the file says it."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from virton.forecast.ask import ask
from virton.forecast.fates import RUNS_AGAIN
from virton.forecast.question import Loss, Question
from virton.forecast.situation import Situation
from virton.plans.desired import Desired, DesiredError

FAULTS = ("node", "pair", "split", "domain")
TRIED_AT_REST = ("apart", "share")
"""What can be broken with no fault at all; of the others nothing is tried without one."""

KINDS = {
    "apart": ("apart", "after"),
    "back": ("back", "within_s", "after"),
    "share": ("share", "of", "most", "after"),
    "tolerates": ("tolerates", "after"),
}


@dataclass(frozen=True, slots=True)
class Objective:
    """One objective: of which guests, within which bounds, after which kinds of faults.

    `apart`: never two on one node. `back`: run again within `within_s`. `share`: no `of` takes more
    than `most` of them. `tolerates`: everything comes back.
    """

    name: str
    kind: str
    sids: tuple[str, ...] = ()
    after: tuple[str, ...] = FAULTS
    within_s: int = 0
    of: str = "node"
    most: Fraction = Fraction(1, 2)


def objectives(desired: Desired, situation: Situation) -> tuple[Objective, ...]:
    """Return the file's objectives for a cluster; raises DesiredError."""
    reader = _Reader(desired, situation)
    return tuple(reader.read(name, told) for name, told in desired.objectives.items())


class _Reader:
    def __init__(self, desired: Desired, situation: Situation) -> None:
        self._groups = desired.groups
        self._domains = desired.domains
        self._situation = situation
        self._by_name: dict[str, list[str]] = {}
        for sid, guest in sorted(situation.guests.items()):
            self._by_name.setdefault(guest.name, []).append(sid)

    def read(self, name: str, told: Mapping[str, Any]) -> Objective:
        path = f"objectives.{name}"
        kinds = [kind for kind in KINDS if kind in told]
        if len(kinds) != 1:
            raise DesiredError(path, "one_objective", kinds=list(KINDS))
        [kind] = kinds
        for key in told:
            if key not in KINDS[kind]:
                raise DesiredError(f"{path}.{key}", "unknown", **_near(key, KINDS[kind]))
        sids = () if kind == "tolerates" else self._guests(told[kind], f"{path}.{kind}")
        after = self._after(told.get("after", list(FAULTS)), f"{path}.after", kind)
        match kind:
            case "apart":
                if len(sids) < 2:
                    raise DesiredError(f"{path}.apart", "two_guests")
                return Objective(name, kind, sids, after)
            case "back":
                within_s = _seconds(told.get("within_s"), f"{path}.within_s")
                return Objective(name, kind, sids, after, within_s=within_s)
            case "share":
                of = self._of(told.get("of", "node"), f"{path}.of")
                most = _fraction(told.get("most"), f"{path}.most")
                return Objective(name, kind, sids, after, of=of, most=most)
            case _:
                return Objective(name, kind, (), after)

    def _guests(self, told: Any, path: str) -> tuple[str, ...]:
        names = [told] if isinstance(told, str) else told
        if not isinstance(names, Sequence) or not names:
            raise DesiredError(path, "list")
        found: list[str] = []
        for name in names:
            found += self._named(str(name), path)
        return tuple(dict.fromkeys(found))

    def _named(self, name: str, path: str) -> Iterator[str]:
        if name in self._groups:
            for member in self._groups[name]:
                if member in self._groups:
                    raise DesiredError(f"groups.{name}", "no_guest", name=member)
                yield from self._named(member, f"groups.{name}")
        elif name in self._situation.resources:
            yield name
        elif len(known := self._by_name.get(name, [])) == 1:
            if known[0] not in self._situation.resources:
                raise DesiredError(path, "not_managed", name=name)
            yield known[0]
        elif known:
            raise DesiredError(path, "ambiguous", name=name, sids=known)
        else:
            problem = "not_managed" if name in self._situation.guests else "no_guest"
            raise DesiredError(path, problem, name=name)

    def _after(self, told: Any, path: str, kind: str) -> tuple[str, ...]:
        names = [told] if isinstance(told, str) else told
        if not isinstance(names, Sequence) or any(name not in FAULTS for name in names):
            raise DesiredError(path, "value", want=list(FAULTS))
        if not names and kind not in TRIED_AT_REST:
            raise DesiredError(path, "value", want=list(FAULTS))
        return tuple(fault for fault in FAULTS if fault in names)

    def _of(self, told: Any, path: str) -> str:
        of = str(told)
        known = of in ("node", "domain") or any(name.startswith(of) for name in self._domains)
        if not known:
            raise DesiredError(path, "value", want=["node", "domain", *sorted(self._domains)])
        return of


def _near(key: Any, known: Sequence[str]) -> dict[str, Any]:
    close = difflib.get_close_matches(str(key), known, 1)
    return {"near": close[0]} if close else {"known": list(known)}


def _seconds(told: Any, path: str) -> int:
    if isinstance(told, bool) or not isinstance(told, int) or told < 0:
        raise DesiredError(path, "count")
    return told


def _fraction(told: Any, path: str) -> Fraction:
    try:
        value = Fraction(str(told))
    except (ValueError, ZeroDivisionError):
        raise DesiredError(path, "fraction") from None
    if not 0 < value <= 1:
        raise DesiredError(path, "fraction")
    return value


def slowest_return(base: Situation, sid: str, after: str) -> int | None:
    """Return the seconds after which a resource runs again at the latest; None: it does not.

    Only faults that take the node on which it runs matter: `after` one node is lost, or a pair.
    """
    config = base.resources.get(sid)
    node = config.node if config is not None else None
    if node is None or node not in base.online:
        return None
    others = sorted(base.online - {node})
    lost = [(node,)] if after == "node" else [(node, other) for other in others]
    slowest = 0
    for nodes in lost:
        row = ask(base, Question(tuple(Loss(name) for name in nodes))).resources.get(sid)
        if row is None or row.after_s is None:
            return None
        if any(fate.verdict not in RUNS_AGAIN for fate in (row.fate, *row.others)):
            return None
        slowest = max(slowest, row.after_s[1])
    return slowest
