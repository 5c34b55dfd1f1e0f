"""Where daemons may stand in their rounds: a small fixed set that hits the ends of every range.

Between two rounds that matter, all times move with the deed. So the ends lie at a deed just after
and just before such a round: that of a lost node's LRM (its lock and its watchdog live from there),
that of the master's CRM (which sees the loss), and that of a lost master's CRM.
"""

from collections.abc import Collection, Iterable, Iterator
from itertools import product

from virton.forecast.situation import Situation
from virton.forecast.staging import (
    IDLE_ROUND_S,
    ROUND_S,
    Daemon,
    Phases,
    overdue,
    round_s,
    timing_of,
    waiting,
)
from virton.ha.manager.nodes import FENCE_DELAY_S
from virton.simulation.timing import LOCK_LIFETIME_S

MANY = 150
"""From so many resources on fewer phases are played: a course is dear."""

APART_S = (-2, -1, 0, 1, 2)
"""Captured times are whole seconds, told at one end of a round or the other."""

Due = dict[Daemon, int]


def assignments(situation: Situation, lost: Collection[str], *, many: bool = False) -> list[Phases]:
    """Return the phases to play when these nodes are lost.

    Where the capture tells when the daemons last spoke, the moment of the deed within a round is
    unknown, and a little between them. Rounds of the slaves' CRMs are never told. Where there are
    many resources, fewer are played.
    """
    many |= len(situation.resources) >= MANY
    finder = _Finder(situation, frozenset(lost) & situation.online, many=many)
    unseen_s = (0, FENCE_DELAY_S) if overdue(situation) else (0,)
    waited_s = (0, LOCK_LIFETIME_S) if waiting(situation) else (0,)
    found: dict[object, Phases] = {}
    for due_s, for_s, held_s in product(finder.find(), unseen_s, waited_s):
        key = for_s, held_s, tuple(sorted(due_s.items()))
        found.setdefault(key, Phases(due_s, for_s, held_s))
    return list(found.values())


class _Finder:
    def __init__(self, situation: Situation, lost: frozenset[str], *, many: bool) -> None:
        self._situation = situation
        self._lost = lost
        self._online = sorted(situation.online)
        self._master = situation.master if situation.master in situation.online else None
        self._new_master = self._master is None or self._master in lost
        self._many = many
        self._all = [(node, kind) for node in self._online for kind in ("crm", "lrm")]
        self._unseen_s = timing_of(situation).loss_s

    def find(self) -> Iterator[Due]:
        told = self._told()
        rounds = self._moved(told) if told else self._free()
        for due_s in rounds:
            yield from self._with_slaves(due_s)

    def _told(self) -> Due:
        """Return when daemons spoke last, where the capture tells it of all that matter."""
        wanted: list[Daemon] = [(node, "lrm") for node in self._online]
        if self._master is not None:
            wanted.append((self._master, "crm"))
        made, ages_s = self._situation, self._situation.ages_s
        wanted = [daemon for daemon in wanted if not made.is_silent(*daemon)]
        return {d: -ages_s[d] for d in wanted} if ages_s.keys() >= set(wanted) else {}

    def _within(self, daemon: Daemon, due_s: int) -> int:
        return (due_s - 1) % round_s(self._situation, daemon) + 1

    # rounds that are told, but for the moment of the deed

    def _moved(self, told: Due) -> Iterator[Due]:
        silent = {d: 1 for d in self._all if d not in told}
        for moment in range(ROUND_S):
            due_s = {d: self._within(d, at_s + moment) for d, at_s in told.items()} | silent
            for apart_s in self._apart(due_s):
                if self._master is None:
                    yield due_s
                    continue
                crm = (self._master, "crm")
                yield due_s | {crm: self._within(crm, due_s[crm] + apart_s)}

    def _apart(self, due_s: Due) -> Iterable[int]:
        """Return by how much the master's CRM is moved against the LRMs; nothing: not worth it."""
        master = (self._master or "", "crm")
        if not self._lost:
            if not self._many:
                return (-1, 0, 1)
            return (0,) if self._is_end(due_s, master) or self._master is None else ()
        if self._new_master:
            ends = {(node, "lrm") for node in self._lost} | {master}
            apart = (0,) if self._many else (-1, 0, 1)
            return apart if any(self._is_end(due_s, daemon) for daemon in ends) else ()
        if any(self._is_end(due_s, (node, "lrm")) for node in self._lost):
            return APART_S
        seen = {self._within(master, self._unseen_s + by) for by in (-1, 0, 1)}
        return (0,) if due_s[master] in seen else ()

    def _is_end(self, due_s: Due, daemon: Daemon) -> bool:
        return due_s.get(daemon) in (1, round_s(self._situation, daemon))

    # rounds of which nothing is told

    def _free(self) -> Iterator[Due]:
        if not self._lost:
            ends = (1, ROUND_S) if self._many else range(1, ROUND_S + 1)
            for crm_s, behind_s in product(ends, (1, -1)):
                yield self._due(crm_s, crm_s, crm_s + behind_s)
            return
        for lost_s in (1, ROUND_S):
            yield from self._around(lost_s)
        if not self._new_master:
            for by in (-1, 0, 1):
                yield self._due(ROUND_S, self._unseen_s + by, self._unseen_s + by + 1)

    def _around(self, lost_s: int) -> Iterator[Due]:
        """Yield phases around the second in which the lost node's lock runs out.

        That is 121 s after it was renewed: just before somebody's round, or just after it. The new
        master begins its rounds with it, and the LRMs follow soon or late.
        """
        runs_out_s = lost_s + 1
        if self._new_master:
            for behind_s in (-1, 1) if self._many else (-4, -1, 0, 1, 2, 4):
                yield self._due(lost_s, lost_s, runs_out_s + behind_s)
            return
        for crm_s, behind_s in product((runs_out_s, runs_out_s - 1), (1, -1)):
            yield self._due(lost_s, crm_s, crm_s + behind_s)

    def _due(self, lost_s: int, crm_s: int, others_s: int) -> Due:
        due_s: Due = {}
        for node in self._online:
            lrm = (node, "lrm")
            due_s[lrm] = self._within(lrm, lost_s if node in self._lost else others_s)
        if self._master is not None:
            crm = (self._master, "crm")
            due_s[crm] = self._within(crm, crm_s)
        return due_s

    # the slaves' CRMs, which only matter when the master is lost

    def _with_slaves(self, due_s: Due) -> Iterator[Due]:
        slaves = [node for node in self._online if node != self._master]
        if not self._new_master:
            yield due_s | {(node, "crm"): 1 + at % IDLE_ROUND_S for at, node in enumerate(slaves)}
            return
        firsts = (1,) if self._many else (1, 4)
        for first_s, step in product(firsts, (1, 4)):
            yield due_s | {
                (node, "crm"): 1 + (first_s + step * at) % IDLE_ROUND_S
                for at, node in enumerate(slaves)
            }
