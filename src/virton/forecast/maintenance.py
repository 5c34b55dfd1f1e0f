"""Maintenance of a node: who goes where, what cannot and why, what is borne meanwhile, who returns."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from virton.forecast.answer import Span
from virton.forecast.falling import outside
from virton.forecast.fates import Fate, Verdict, assigned, fates
from virton.forecast.rest import settled
from virton.forecast.situation import Situation
from virton.forecast.tolerance import UNSAFE, Case, Row, rows
from virton.forecast.trial import Trial
from virton.ha.placement.reasons import Explanation

MEMORY = "memory"
"""What a node lacks on which the guests' memory would not fit."""


@dataclass(frozen=True, slots=True)
class Stuck:
    """A resource that runs on the node to the end: how the manager would place it, what it misses."""

    sid: str
    explanation: Explanation | None
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the resource and the objections to every other node."""
        told = self.explanation
        return {
            "sid": self.sid,
            "choice": told and told.because.name.lower(),
            "objections": {n: o.to_json() for n, o in told.objections.items()} if told else {},
            "missing": list(self.missing),
        }


@dataclass(frozen=True, slots=True)
class Outside:
    """A guest that HA does not look after: `node` is where it can go; `lacks` says why not, by node."""

    sid: str
    node: str | None
    lacks: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return the guest, its goal, and what every node lacks."""
        lacks = {node: list(what) for node, what in sorted(self.lacks.items())}
        return {"sid": self.sid, "node": self.node, "lacks": lacks}


@dataclass(frozen=True, slots=True)
class Step:
    """The maintenance of one node.

    `off` is what comes of the node being off meanwhile, `further` of losing one more node then.
    """

    node: str
    moves: tuple[Fate, ...]
    stuck: tuple[Stuck, ...]
    outside: tuple[Outside, ...]
    off: Row
    further: tuple[Row, ...]
    returns: tuple[Fate, ...]
    endless: bool
    times: Mapping[str, Span] = field(default_factory=dict)

    @property
    def empties(self) -> bool:
        """Tell whether no guest at all is left on the node."""
        return not self.stuck and all(guest.node is not None for guest in self.outside)

    @property
    def safe(self) -> bool:
        """Tell whether everything that ran runs on while the node is away, and with quorum."""
        broken = any(fate.verdict in UNSAFE for fate in (*self.moves, *self.returns))
        return self.off.safe and not broken and not self.endless

    @property
    def bears(self) -> int | None:
        """How many more nodes may fail during the work; None: not even the work is borne."""
        if not (self.empties and self.safe):
            return None
        return int(bool(self.further) and all(row.safe for row in self.further))

    def to_json(self) -> dict[str, Any]:
        """Return the step."""
        return {
            "node": self.node,
            "empties": self.empties,
            "safe": self.safe,
            "bears": self.bears,
            "moves": [_move(fate, self.times.get(fate.sid)) for fate in self.moves],
            "stuck": [one.to_json() for one in self.stuck],
            "outside": [one.to_json() for one in self.outside],
            "off": self.off.to_json(),
            "further": [row.to_json() for row in self.further],
            "returns": [_move(fate, None) for fate in self.returns],
            "endless": self.endless,
        }


def _move(fate: Fate, span: Span | None) -> dict[str, Any]:
    return {
        "sid": fate.sid,
        "verdict": str(fate.verdict),
        "node": fate.node,
        "how": str(fate.how),
        "after_s": None if span is None else list(span),
        "because": fate.why.to_json(),
    }


def serviced(base: Situation, node: str) -> tuple[Step, Situation]:
    """Play the maintenance of a node of a cluster at rest; return it, and the cluster afterwards."""
    begun = settled(base, [f"enable-node-maintenance {node}"])
    moved, away = _placed(begun.after(), node)
    over = settled(away, [f"disable-node-maintenance {node}"])
    others = sorted(away.online - {node})
    off, *further = rows(
        away,
        [
            Case("node", (node,), node),
            *(Case("pair", (node, other), f"{node} + {other}") for other in others),
        ],
    )
    step = Step(
        node,
        _touched(base, begun),
        _stuck(begun, node),
        moved,
        off,
        tuple(further),
        _touched(away, over),
        endless=not (begun.settled and over.settled),
    )
    return step, _brought_back(over.after(), base, moved)


def _touched(before: Situation, trial: Trial) -> tuple[Fate, ...]:
    found = fates(before, trial, ())
    return tuple(fate for fate in found.values() if fate.verdict is not Verdict.STAYS)


def _stuck(trial: Trial, node: str) -> tuple[Stuck, ...]:
    here = sorted(sid for sid, at in trial.running.items() if at == node)
    beside = set(outside(trial.after(), [node]))
    return tuple(
        Stuck(sid, trial.why(sid), trial.missing.get(sid, ())) for sid in here if sid not in beside
    )


# guests outside HA


def _placed(situation: Situation, node: str) -> tuple[tuple[Outside, ...], Situation]:
    """Find a place for every guest that nobody else moves, the largest first."""
    beside = outside(situation, [node])
    moved: list[Outside] = []
    by_size = sorted(beside, key=lambda sid: (-situation.guests[sid].memory_bytes, sid))
    for sid in by_size:
        one = _place(situation, sid, node)
        moved.append(one)
        if one.node is not None:
            situation = _at(situation, {sid: one.node})
    return tuple(sorted(moved, key=lambda one: one.sid)), situation


def _place(situation: Situation, sid: str, away_from: str) -> Outside:
    used, guest = assigned(situation, situation.running), situation.guests[sid]
    free, lacks = {}, {}
    for node in sorted(situation.online - {away_from}):
        left = situation.nodes[node].memory_bytes - used[node] - guest.memory_bytes
        missing = situation.missing(sid, node) or ((MEMORY,) if left < 0 else ())
        if missing:
            lacks[node] = missing
        else:
            free[node] = left
    best = min(free, key=lambda node: (-free[node], node), default=None)
    return Outside(sid, best, {} if best is not None else lacks)


def _brought_back(after: Situation, base: Situation, moved: Iterable[Outside]) -> Situation:
    """Return the cluster with the guests outside HA where they were."""
    return _at(after, {one.sid: base.guests[one.sid].node for one in moved})


def _at(situation: Situation, places: Mapping[str, str]) -> Situation:
    guests = dict(situation.guests)
    for sid, node in places.items():
        guests[sid] = replace(guests[sid], node=node)
    return replace(situation, guests=guests)
