"""Keeping score: what was forecast for a node's loss, held against what came when it really fell.

The rows of a table stand until the next table. When nodes go, the row of just these nodes is kept
until everything it spoke of has come, or was given up; then hits and misses are counted. A miss
is explained by the assumption that failed, where that can be told. Of nodes that come back it was not
said what becomes of those who have not come by then: these count neither way.

All times are the cluster's own. Between two looks nobody knows when something happened: it is held
against what was said as the span from the look before, at which it had not happened yet.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from virton.forecast.fates import Fate, Verdict
from virton.forecast.situation import Situation
from virton.forecast.tolerance import Row

GIVE_UP_S = 420
"""After so many seconds whatever has not come is taken for not to come."""

_COMES_BACK = (Verdict.BACK, Verdict.SQUEEZED, Verdict.MOVES, Verdict.STAYS)


Times = Mapping[str, tuple[int, int]]
"""Between which seconds after a loss each resource runs again, as it was said."""


@dataclass(frozen=True, slots=True)
class Came:
    """Where a resource ran again, and between which seconds after the loss."""

    node: str
    after_s: tuple[float, float]


@dataclass(slots=True)
class Trial:
    """A real loss under way: what was said of it, and what came so far (seconds after the loss).

    The nodes were lost after `there_s`, and before `lost_s`.
    """

    row: Row
    times: Times
    there_s: float
    lost_s: float
    master: str | None
    came: dict[str, Came] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Miss:
    """A fate or a time that came otherwise than was said; `because` names the assumption that failed."""

    sid: str
    said: str
    came: str
    because: str

    def to_json(self) -> dict[str, Any]:
        """Return the miss."""
        return {"sid": self.sid, "said": self.said, "came": self.came, "because": self.because}


@dataclass(slots=True)
class Score:
    """How often fates came as forecast; `misses` are the latest ones."""

    losses: int = 0
    fates: int = 0
    fate_hits: int = 0
    times: int = 0
    time_hits: int = 0
    misses: list[Miss] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """Return the score."""
        return {
            "losses": self.losses,
            "fates": {"hits": self.fate_hits, "of": self.fates},
            "times": {"hits": self.time_hits, "of": self.times},
            "misses": [miss.to_json() for miss in self.misses],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Score":
        """Read a score."""
        return cls(
            int(data["losses"]),
            int(data["fates"]["of"]),
            int(data["fates"]["hits"]),
            int(data["times"]["of"]),
            int(data["times"]["hits"]),
            [Miss(**row) for row in data.get("misses", ())],
        )


MOST_MISSES = 50


class Keeper:
    """Watches a cluster with the rows that stand, and keeps the score."""

    def __init__(self, score: Score | None = None) -> None:
        self.score = score or Score()
        self._standing: dict[frozenset[str], Row] = {}
        self._times: dict[frozenset[str], Times] = {}
        self._online: frozenset[str] | None = None
        self._trial: Trial | None = None

    def stand(
        self, rows: Mapping[frozenset[str], Row], times: Mapping[frozenset[str], Times]
    ) -> None:
        """Take these rows, by the nodes that are lost, and times for what is said from now on."""
        if self._trial is None:
            self._standing, self._times = dict(rows), dict(times)

    def see(self, situation: Situation, at_s: float, held_s: float | None = None) -> bool:
        """Look at the cluster; True if a real loss was decided just now.

        Until `held_s` the cluster was as at the look before.
        """
        held_s = at_s if held_s is None else min(held_s, at_s)
        before, self._online = self._online, situation.online
        if self._trial is None:
            gone = (before or frozenset()) - situation.online
            row = self._standing.get(gone)
            if row is not None:
                self._trial = Trial(row, self._times.get(gone, {}), held_s, at_s, situation.master)
            return False
        if self._is_undone(situation):
            return self._end(situation, self._trial.came)
        self._note(situation, held_s, at_s)
        return self._is_over(at_s) and self._end(situation, self._trial.row.touched)

    def _is_undone(self, situation: Situation) -> bool:
        """Tell whether one of the lost nodes is back."""
        trial = self._trial
        return trial is not None and not situation.online.isdisjoint(trial.row.case.nodes)

    def _end(self, situation: Situation, decided: Iterable[str]) -> bool:
        """Count what was decided of the loss; False if nothing was."""
        sids = sorted(decided)
        if sids:
            self._count(situation, sids)
        self._trial = None
        return bool(sids)

    def _note(self, situation: Situation, held_s: float, at_s: float) -> None:
        trial = self._trial
        if trial is None:
            return
        after_s = max(0.0, held_s - trial.lost_s), at_s - trial.there_s
        is_late = at_s - trial.lost_s >= GIVE_UP_S
        for sid, told in trial.row.touched.items():
            # a guest that is to be lost may run on until its node resets itself
            awaited = _comes_back(told) or is_late
            guest = situation.guests.get(sid)
            if awaited and guest is not None and guest.running and guest.node in situation.online:
                trial.came.setdefault(sid, Came(guest.node, after_s))

    def _is_over(self, at_s: float) -> bool:
        trial = self._trial
        if trial is None:
            return False
        awaited = {sid for sid, told in trial.row.touched.items() if _comes_back(told)}
        have_come = bool(awaited) and awaited <= trial.came.keys()
        return have_come or at_s - trial.lost_s >= GIVE_UP_S

    def _count(self, situation: Situation, sids: Sequence[str]) -> None:
        trial, score = self._trial, self.score
        if trial is None:
            return
        score.losses += 1
        for sid in sids:
            told, came = trial.row.touched[sid], trial.came.get(sid)
            score.fates += 1
            if any(_is_as_said(fate, came) for fate in told):
                score.fate_hits += 1
            else:
                score.misses.append(_miss(sid, told, came, situation, trial))
            span = trial.times.get(sid)
            if span is not None and came is not None:
                self._count_time(sid, span, came, situation)
        del score.misses[:-MOST_MISSES]

    def _count_time(
        self, sid: str, span: tuple[int, int], came: Came, situation: Situation
    ) -> None:
        trial, score = self._trial, self.score
        if trial is None:
            return
        earliest, latest = came.after_s
        score.times += 1
        if latest < span[0] - REPORT_S or earliest > span[1] + REPORT_S:
            because = _known_cause(situation, trial) or ("early" if latest < span[0] else "late")
            told = f"after {round(earliest)}-{round(latest)}"
            score.misses.append(Miss(sid, f"after {span[0]}-{span[1]}", told, because))
        else:
            score.time_hits += 1


REPORT_S = 15
"""A guest is seen as running when its node has reported it, and that its node is gone, likewise."""


def _comes_back(told: tuple[Fate, ...]) -> bool:
    return any(fate.verdict in _COMES_BACK for fate in told)


def _is_as_said(fate: Fate, came: Came | None) -> bool:
    if came is None:
        return fate.verdict not in _COMES_BACK
    return fate.verdict in _COMES_BACK and fate.node == came.node


def _miss(
    sid: str,
    told: tuple[Fate, ...],
    came: Came | None,
    situation: Situation,
    trial: Trial,
) -> Miss:
    said = " | ".join(f"{fate.verdict} {fate.node or '-'}" for fate in told)
    because = _known_cause(situation, trial)
    if came is None:
        return Miss(sid, said, "did not run", because or "guests_start")
    return Miss(sid, said, f"ran on {came.node}", because or "changed_meanwhile")


def _known_cause(situation: Situation, trial: Trial) -> str | None:
    """Return which assumption failed for the whole cluster, if one did."""
    if not situation.is_proven:
        return "unproven_version"
    if situation.master != trial.master and trial.master in situation.online:
        return "master"
    return None
