"""How much a cluster bears: every node, pair and fault domain lost, one by one."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import combinations
from typing import Any

from virton.forecast.collecting import rarely_collecting
from virton.forecast.falling import falling, outside
from virton.forecast.fates import Fate, How, Verdict, fates_without_quorum, touched_fates
from virton.forecast.question import Loss, Split
from virton.forecast.rest import at_rest, lose
from virton.forecast.situation import Situation
from virton.ha.model import ServiceStatus
from virton.ha.rules.compiled import CompiledRules

UNSAFE = (Verdict.CANNOT_START, Verdict.NOT_PLACED, Verdict.NO_QUORUM)
MOST_NODES_FOR_ALL_SPLITS = 5


@dataclass(frozen=True, slots=True)
class Case:
    """A fault of the table: nodes that are lost together, or a split of the network."""

    kind: str
    nodes: tuple[str, ...]
    name: str = ""
    split: Split = ()


@dataclass(frozen=True, slots=True)
class Row:
    """What a fault comes to: only resources that are touched have a fate here."""

    case: Case
    quorate: bool
    resets: tuple[str, ...]
    touched: Mapping[str, tuple[Fate, ...]]
    outside_ha: tuple[str, ...]
    left: frozenset[str] = field(default=frozenset(), compare=False)
    statuses: tuple[Mapping[str, ServiceStatus], ...] = field(default=(), compare=False)

    @property
    def counts(self) -> dict[Verdict, int]:
        """How many resources have each verdict at worst; those that stay are not counted."""
        counts = dict.fromkeys(Verdict, 0)
        for told in self.touched.values():
            counts[max((fate.verdict for fate in told), key=badness)] += 1
        return counts

    @property
    def worst(self) -> Verdict:
        """The worst verdict of all."""
        found = (fate.verdict for told in self.touched.values() for fate in told)
        return max(found, key=badness, default=Verdict.STAYS)

    @property
    def safe(self) -> bool:
        """Tell whether everything comes back, be it squeezed."""
        return self.quorate and self.worst not in UNSAFE

    def to_json(self) -> dict[str, Any]:
        """Return the row; resources that are merely back are counted, the others named."""
        case = self.case
        return {
            "kind": case.kind,
            "name": case.name,
            "nodes": list(case.nodes),
            "split": [sorted(part) for part in case.split],
            "quorate": self.quorate,
            "resets": list(self.resets),
            "safe": self.safe,
            "worst": str(self.worst),
            "counts": {str(verdict): count for verdict, count in self.counts.items() if count},
            "resources": {
                sid: [_fate_told(fate) for fate in told]
                for sid, told in sorted(self.touched.items())
            },
            "outside_ha": list(self.outside_ha),
        }


def _fate_told(fate: Fate) -> dict[str, Any]:
    """Return a fate; for one that is not borne with the rules for it, or what the node lacks."""
    told: dict[str, Any] = {"verdict": str(fate.verdict), "node": fate.node}
    if fate.why.rules and fate.verdict in UNSAFE:
        told["rules"] = list(fate.why.rules)
    if fate.why.missing:
        told["missing"] = list(fate.why.missing)
    return told


def badness(verdict: Verdict) -> int:
    """Return how bad a verdict is; 0 is harmless."""
    return _BADNESS.index(verdict)


_BADNESS = (
    Verdict.STAYS,
    Verdict.MOVES,
    Verdict.STOPS,
    Verdict.BACK,
    Verdict.SQUEEZED,
    Verdict.CANNOT_START,
    Verdict.NOT_PLACED,
    Verdict.NO_QUORUM,
)


def worse(before: Iterable[Row], after: Iterable[Row]) -> tuple[str, ...]:
    """Return the faults that are borne less well than before; a new one has nothing to be worse than."""
    known = {row.case.name: badness(row.worst) for row in before}
    return tuple(
        row.case.name
        for row in after
        if badness(row.worst) > known.get(row.case.name, badness(row.worst))
    )


@dataclass(frozen=True, slots=True)
class Table:
    """The rows for a cluster at rest, in the order of the cases."""

    base: Situation
    rows: tuple[Row, ...]
    rules: CompiledRules = field(default_factory=CompiledRules, compare=False)

    def tolerates(self, nodes: int) -> bool:
        """Tell whether the loss of any so many nodes is borne."""
        kinds = ("node", "pair")[:nodes]
        return all(row.safe for row in self.rows if row.case.kind in kinds)


def node_cases(situation: Situation) -> list[Case]:
    """Return the losses of single nodes."""
    return [Case("node", (node,), node) for node in sorted(situation.online)]


def cases(
    situation: Situation, *, pairs: bool = False, domains: Mapping[str, Sequence[str]] = {}
) -> list[Case]:
    """Return the faults to try: nodes, fault domains, ways to split the network, pairs."""
    nodes = sorted(situation.online)
    found = node_cases(situation)
    found += [
        Case("domain", tuple(sorted(set(members) & set(nodes))), name)
        for name, members in sorted(domains.items())
    ]
    found += _splits(nodes, domains)
    if pairs:
        found += [Case("pair", pair, " + ".join(pair)) for pair in combinations(nodes, 2)]
    return found


def _splits(nodes: Sequence[str], domains: Mapping[str, Sequence[str]]) -> list[Case]:
    """Return the ways to fall apart: all of a few nodes, else one node or domain off the rest."""
    everyone = frozenset(nodes)
    sides = {frozenset({node}) for node in nodes}
    sides |= {frozenset(members) & everyone for members in domains.values()}
    if len(nodes) <= MOST_NODES_FOR_ALL_SPLITS:
        for size in range(2, len(nodes) // 2 + 1):
            sides |= {frozenset(side) for side in combinations(nodes, size)}
    found: dict[frozenset[frozenset[str]], Split] = {}
    for side in sorted(sides, key=lambda side: (len(side), sorted(side))):
        if side and side != everyone:
            parts = tuple(sorted((side, everyone - side), key=lambda part: (-len(part), min(part))))
            found.setdefault(frozenset(parts), parts)
    splits = list(found.values())
    if 2 < len(nodes) <= MOST_NODES_FOR_ALL_SPLITS:
        splits.append(tuple(frozenset({node}) for node in nodes))
    return [
        Case("split", (), " | ".join(",".join(sorted(part)) for part in split), split)
        for split in splits
    ]


def rows(base: Situation, wanted: Iterable[Case]) -> Iterator[Row]:
    """Yield the row of each case, played on a cluster at rest."""
    known: dict[tuple[frozenset[str], frozenset[str]], Row] = {}
    for case in wanted:
        fall = falling(base, [Loss(node) for node in case.nodes], case.split)
        key = (fall.left, fall.gone)
        if key not in known:
            known[key] = _row(base, case, fall.left, fall.gone, fall.resets)
        yield replace(known[key], case=case, resets=fall.resets)


def _row(
    base: Situation,
    case: Case,
    left: frozenset[str],
    gone: frozenset[str],
    resets: tuple[str, ...],
) -> Row:
    if not left:
        told = {sid: (fate,) for sid, fate in fates_without_quorum(base, gone).items()}
        return Row(case, False, resets, _only_touched(told), outside(base, gone))
    trials = lose(base, left, gone)
    played = [touched_fates(base, trial, gone) for trial in trials]
    found: dict[str, tuple[Fate, ...]] = {}
    for sid in sorted({sid for fates in played for sid in fates}):
        stays = Fate(sid, Verdict.STAYS, base.resources[sid].node, How.UNTOUCHED)
        found[sid] = tuple(dict.fromkeys(fates.get(sid, stays) for fates in played))
    return Row(
        case,
        True,
        resets,
        found,
        outside(base, gone),
        left,
        tuple(trial.statuses for trial in trials),
    )


def _only_touched(found: Mapping[str, tuple[Fate, ...]]) -> dict[str, tuple[Fate, ...]]:
    return {
        sid: told
        for sid, told in found.items()
        if any(fate.verdict is not Verdict.STAYS for fate in told)
    }


def tolerance(
    situation: Situation,
    *,
    pairs: bool = False,
    domains: Mapping[str, Sequence[str]] = {},
) -> Table:
    """Return the whole table of a cluster."""
    base, trial = at_rest(situation)
    wanted = cases(base, pairs=pairs, domains=domains)
    with rarely_collecting():
        return Table(base, tuple(rows(base, wanted)), trial.rules)
