"""What to do about a broken objective: the fewest and cheapest changes, each set of them played."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice
from types import MappingProxyType
from typing import Any

from virton.forecast.changes import Change, ChangeError, changed
from virton.forecast.rest import at_rest, settled
from virton.forecast.situation import Situation
from virton.forecast.tolerance import node_cases, rows, worse
from virton.ha.config.properties import format_nodes
from virton.ha.rules.config import NodeAffinityRule, Rule
from virton.plans.configured import resource_values
from virton.plans.conflicts import dropped
from virton.plans.edits import Edit
from virton.plans.entries import NODE_RULE_DEFAULTS, RESOURCE_RULE_DEFAULTS, Kind
from virton.plans.loosening import altered, removed, without_member, without_priorities
from virton.plans.objectives import Objective, unprotected
from virton.plans.playing import with_edits
from virton.plans.room import given, goals, lacking, that_make_room
from virton.plans.verifying import Counterexample, verify

MOST_TOGETHER = 3
"""So many changes are made together at most."""

MOST_TRIED = 1_500
Domains = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Option:
    """One thing that may help: an edit, a resource moved by hand, memory freed, or a vote added.

    Where memory is freed on a node, a guest keeps `memory_mib` of its own.
    """

    kind: str
    edit: Edit | None = None
    sid: str = ""
    node: str = ""
    memory_mib: int = 0
    frees_mib: int = 0

    def to_json(self) -> dict[str, Any]:
        """Return the option."""
        told: dict[str, Any] = {"kind": self.kind}
        if self.edit is not None:
            told["edit"] = self.edit.to_json()
        if self.sid:
            told |= {"sid": self.sid, "node": self.node}
        if self.memory_mib:
            told |= {"memory_mib": self.memory_mib, "frees_mib": self.frees_mib}
        return told


@dataclass(frozen=True, slots=True)
class Price:
    """What moves at once because of it, which faults are borne less well then, who has to restart."""

    moves: tuple[str, ...]
    worse: tuple[str, ...]
    restarts: tuple[str, ...] = ()

    @property
    def weight(self) -> tuple[int, ...]:
        """How dear it is: a guest that restarts is dearer than any that move."""
        return len(self.worse), len(self.restarts), len(self.moves)

    def to_json(self) -> dict[str, Any]:
        """Return the price."""
        told = {"moves": list(self.moves), "worse": list(self.worse)}
        return told | ({"restarts": list(self.restarts)} if self.restarts else {})


@dataclass(frozen=True, slots=True)
class Advice:
    """The options that together mend an objective, and their price."""

    options: tuple[Option, ...]
    price: Price

    @property
    def frees_mib(self) -> int:
        """The memory that guests give."""
        return sum(option.frees_mib for option in self.options)

    def to_json(self) -> dict[str, Any]:
        """Return the advice."""
        return {
            "options": [option.to_json() for option in self.options],
            "price": self.price.to_json(),
        }


def advise(
    situation: Situation,
    broken: Objective,
    how: Counterexample,
    kept: Sequence[Objective] = (),
    domains: Domains = MappingProxyType({}),
) -> Advice | None:
    """Return the cheapest of the smallest sets that mend an objective and keep the others.

    None where none of those that are tried does.
    """
    return _Search(situation, broken, how, kept, domains).best()


class _Search:
    """Tries single options, then pairs and so on: the first size that helps is the smallest."""

    def __init__(
        self,
        situation: Situation,
        broken: Objective,
        how: Counterexample,
        kept: Sequence[Objective],
        domains: Domains,
    ) -> None:
        self._base, _ = at_rest(situation)
        self._broken = broken
        self._how = how
        self._kept = kept
        self._domains = domains
        self._lost = dropped(self._base)
        self._bears = list(rows(self._base, node_cases(self._base)))
        self.options = list(options(self._base, broken, how, domains))

    def best(self) -> Advice | None:
        for size in range(1, MOST_TOGETHER + 1):
            sets = islice(filter(_go_together, combinations(self.options, size)), MOST_TRIED)
            found = [(after, chosen) for chosen in sets if (after := self.helps(chosen))]
            if found:
                priced = [Advice(chosen, self._price(after, chosen)) for after, chosen in found]
                return min(priced, key=lambda one: (one.price.weight, one.frees_mib))
        return None

    def helps(self, chosen: Sequence[Option]) -> Situation | None:
        """Return the cluster at rest with these options, if they mend the objective."""
        try:
            after = with_options(self._base, chosen)
        except ChangeError:
            return None
        if not dropped(after) <= self._lost:
            return None
        for objectives in ([self._broken], self._kept):  # most sets fail at the first
            found = verify(after, objectives, self._domains, first=self._how.case)
            if any(one.broken is not None for one in found):
                return None
        return after

    def _price(self, after: Situation, chosen: Sequence[Option]) -> Price:
        before, now = self._base.guests, after.running
        runs = self._base.running.keys() | now.keys()
        moves = tuple(sid for sid in sorted(runs) if now.get(sid) != before[sid].node)
        restarts = tuple(sorted(one.sid for one in chosen if one.memory_mib))
        return Price(moves, worse(self._bears, rows(after, node_cases(after))), restarts)


def _go_together(chosen: Sequence[Option]) -> bool:
    """Tell whether no two options change the same entry, or move the same guest."""
    edits = [option.edit.name for option in chosen if option.edit is not None]
    moves = [option.sid for option in chosen if option.kind == "move"]
    return len(edits) == len(set(edits)) and len(moves) == len(set(moves))


def with_options(base: Situation, chosen: Sequence[Option]) -> Situation:
    """Return a cluster at rest as options make it; raises ChangeError."""
    supposed = with_edits(base, [option.edit for option in chosen if option.edit is not None])
    if any(option.kind == "vote" for option in chosen):
        supposed = replace(supposed, device_votes=1, device_on=True)
    for one in chosen:
        if one.memory_mib:
            less = Change("set", one.sid, {"memory": str(one.memory_mib)})
            supposed = changed(supposed, less)
    moves = (f"migrate {one.sid} {one.node}" for one in chosen if one.kind == "move")
    return settled(supposed, moves).after()


# what may help


def options(
    base: Situation, broken: Objective, how: Counterexample, domains: Domains
) -> Iterator[Option]:
    """Yield what may help, the gentlest first."""
    if how.how == "unprotected":
        starts = list(_starts(base, broken))
        yield from starts
        started = with_options(base, starts)
        [then] = verify(started, [broken], domains)
        if then.broken is not None and then.broken.how != how.how:
            more = options(started, broken, then.broken, domains)
            begun = started.running.keys() - base.running.keys()
            yield from (one for one in more if one.kind != "move" or one.sid not in begun)
        return
    if broken.kind == "memory":
        yield from _roomier(base, broken, how, domains)
        return
    sids, running = _concerned(broken, how), base.running
    for sid in sids:
        for node in sorted(base.online) if broken.kind in ("apart", "share") else ():
            if running.get(sid) not in (None, node):
                yield Option("move", sid=sid, node=node)
    if how.fields.get("verdict") == "no_quorum" and not base.device_votes:
        yield Option("vote")
    involved = _involved(base, sids)
    for rule in involved:
        yield from (Option(kind, edit) for kind, edit in _loosened(base, rule, sids))
    if broken.kind == "apart":
        yield Option("apart", _apart(base, broken.sids))
        for pair in combinations(sids, 2) if len(broken.sids) > 2 else ():
            yield Option("apart", _apart(base, pair))
    if broken.kind == "share":
        crowded = str(how.fields["where"])
        off = {crowded} if broken.of == "node" else set(domains.get(crowded, ()))
        yield from _kept_off(base, sids, off)
    for rule in involved:
        yield Option("remove_rule", removed(rule))


def _starts(base: Situation, broken: Objective) -> Iterator[Option]:
    """Yield the wish that a guest runs, after which HA looks after it."""
    for sid in broken.sids or sorted(base.resources):
        config = base.resources[sid]
        if unprotected(base, sid) == str(config.state):
            values = resource_values(config, config.comment or "")
            edit = Edit(Kind.RESOURCE, sid, values, {**values, "state": "started"})
            yield Option("start", edit)


def _concerned(broken: Objective, how: Counterexample) -> list[str]:
    told = how.fields.get("sids") or [how.fields["sid"]]
    return sorted(set(told) or set(broken.sids))


def _involved(base: Situation, sids: Sequence[str]) -> list[Rule]:
    """Return the rules that name these resources, and those of what they are kept with."""
    enabled = [rule for _, rule in sorted(base.rules.rules.items()) if rule.enabled]
    near = set(sids)
    for rule in enabled:
        if rule.resources & set(sids):
            near |= rule.resources
    return [rule for rule in enabled if rule.resources & near]


def _loosened(base: Situation, rule: Rule, sids: Sequence[str]) -> Iterator[tuple[str, Edit]]:
    """Yield what loosens a rule without removing it."""
    if isinstance(rule, NodeAffinityRule):
        if rule.strict:
            yield "relax", altered(rule, strict="0")
        for node in sorted(base.online - rule.nodes.keys()) if rule.affinity == "positive" else ():
            more = format_nodes(sorted({**rule.nodes, node: 0}.items()))
            yield "add_node", altered(rule, nodes=more)
        if len(set(rule.nodes.values())) > 1:
            yield "drop_priorities", without_priorities(rule)
    for sid in sids:
        if (edit := without_member(rule, sid)) is not None:
            yield "remove_member", edit


def _apart(base: Situation, sids: Sequence[str]) -> Edit:
    values = {
        "type": "resource-affinity",
        "affinity": "negative",
        "resources": ",".join(sorted(sids)),
    }
    return Edit(Kind.RULE, _free_name(base, "apart"), None, {**RESOURCE_RULE_DEFAULTS, **values})


def _roomier(
    base: Situation, broken: Objective, how: Counterexample, domains: Domains
) -> Iterator[Option]:
    """Yield what makes room on a node that is too full after a fault."""
    full, lacks = str(how.fields["where"]), lacking(base, broken, domains)
    sids = that_make_room(base, how.fields["sids"], lacks)
    for sid in sids:
        yield from (Option("move", sid=sid, node=node) for node in goals(base, sid, full))
    involved = _involved(base, sids)
    for rule in involved:
        yield from (Option(kind, edit) for kind, edit in _loosened(base, rule, sids))
    yield from _kept_off(base, [sid for sid in sids if sid in base.resources], {full})
    for sid in sids:
        keeps_mib, frees_mib = given(base, sid, lacks[sid])
        if frees_mib:
            yield Option("less_memory", None, sid, full, keeps_mib, frees_mib)
    for rule in involved:
        yield Option("remove_rule", removed(rule))


def _kept_off(base: Situation, sids: Sequence[str], crowded: Collection[str]) -> Iterator[Option]:
    """Yield rules that keep one of the crowd on the nodes elsewhere."""
    elsewhere = sorted(base.online - set(crowded))
    for strict in ("0", "1") if elsewhere else ():
        for sid in sorted(sids):
            name = _free_name(base, f"elsewhere-{sid.replace(':', '-')}")
            values = {"type": "node-affinity", "resources": sid, "nodes": ",".join(elsewhere)}
            made = {**NODE_RULE_DEFAULTS, **values, "strict": strict}
            yield Option("keep_off", Edit(Kind.RULE, name, None, made))


def _free_name(base: Situation, wanted: str) -> str:
    name, count = wanted, 1
    while name in base.rules.rules:
        count += 1
        name = f"{wanted}-{count}"
    return name
