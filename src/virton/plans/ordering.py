"""The order in which edits are made: each step is played, and the way of least harm is taken."""

import heapq
from collections.abc import Sequence
from dataclasses import dataclass, field

from virton.forecast.changes import ChangeError
from virton.forecast.situation import Situation
from virton.forecast.tolerance import node_cases, rows
from virton.plans.conflicts import dropped
from virton.plans.edits import Edit
from virton.plans.entries import Kind
from virton.plans.playing import STOPPING, Played, play, play_all

MOST_PLAYED = 300
"""So many steps are played in search of the best order; then the usual one is followed."""

SMALL = 60
"""Up to so many resources, what the cluster bears between two steps counts as well."""

Harm = tuple[int, int, int, int, int]
"""Rules that are left out for a while, faults not borne for a while, endless, stops, moves."""

NO_HARM: Harm = (0, 0, 0, 0, 0)
_USUAL = {
    (Kind.DOMAIN, "add"): 0,
    (Kind.RESOURCE, "add"): 1,
    (Kind.RULE, "set"): 2,
    (Kind.RULE, "add"): 3,
    (Kind.RESOURCE, "set"): 4,
    (Kind.RULE, "remove"): 5,
    (Kind.RESOURCE, "remove"): 6,
    (Kind.SETTING, "set"): 7,
}


@dataclass(frozen=True, slots=True)
class _Way:
    """Steps that were played one after the other, and the cluster that they led to."""

    situation: Situation
    done: tuple[int, ...] = ()
    played: tuple[Played, ...] = ()
    harm: Harm = field(default=NO_HARM)


def in_safe_order(base: Situation, edits: Sequence[Edit]) -> tuple[tuple[Edit, Played], ...]:
    """Return the edits in the order of least harm, each as it was played; raises ChangeError."""
    usual = sorted(edits, key=lambda edit: (_USUAL.get((edit.kind, edit.verb), 8), edit.name))
    if not usual:
        return ()
    way = _Search(base, usual).best()
    return tuple((usual[at], played) for at, played in zip(way.done, way.played, strict=True))


class _Search:
    """Looks for the way of least harm; of two as good the usual order wins."""

    def __init__(self, base: Situation, edits: Sequence[Edit]) -> None:
        self._base = base
        self._edits = edits
        self._budget = MOST_PLAYED
        end = play_all(base, edits).after
        self._left_out = dropped(end)
        self._lost = dropped(base) | self._left_out
        self._weighs = len(base.resources) <= SMALL
        self._unsafe = _unsafe(base) | _unsafe(end) if self._weighs else frozenset[str]()

    def best(self) -> _Way:
        heap: list[tuple[Harm, int, tuple[int, ...]]] = [(NO_HARM, 0, ())]
        ways: dict[tuple[int, ...], _Way] = {(): _Way(self._base)}
        seen: set[frozenset[int]] = set()
        while heap:
            _, _, done = heapq.heappop(heap)
            way = ways.pop(done)
            if len(done) == len(self._edits):
                return way
            if frozenset(done) in seen:
                continue
            seen.add(frozenset(done))
            for further in self._further(way):
                ways[further.done] = further
                heapq.heappush(heap, (further.harm, -len(further.done), further.done))
        raise ChangeError("no order of the changes can be played")

    def _further(self, way: _Way) -> list[_Way]:
        """Return the ways that go on from here; the first harmless one alone, if there is one."""
        found = []
        for at in range(len(self._edits)):
            if at in way.done:
                continue
            further = self._step(way, at)
            if further is None:
                continue
            found.append(further)
            if further.harm == way.harm or self._budget <= 0:
                return [further]
        return found

    def _step(self, way: _Way, at: int) -> _Way | None:
        self._budget -= 1
        try:
            played = play(way.situation, self._edits[at])
        except ChangeError:
            return None
        edit, refused = self._edits[at], dropped(played.supposed) - self._left_out
        if edit.kind is Kind.RULE and edit.after is not None and edit.name in refused:
            return None  # the cluster takes no rule that contradicts another
        harm = self._harm(played, len(way.done) + 1 == len(self._edits))
        total = tuple(one + more for one, more in zip(way.harm, harm, strict=True))
        a, b, c, d, e = total
        return _Way(played.after, (*way.done, at), (*way.played, played), (a, b, c, d, e))

    def _harm(self, played: Played, is_last: bool) -> Harm:
        stops = sum(move.how in STOPPING for move in played.moves)
        between = self._weighs and not is_last and self._budget > 0
        return (
            len(dropped(played.supposed) - self._lost),
            len(_unsafe(played.after) - self._unsafe) if between else 0,
            int(played.endless),
            stops,
            len(played.moves),
        )


def _unsafe(base: Situation) -> frozenset[str]:
    return frozenset(row.case.name for row in rows(base, node_cases(base)) if not row.safe)
