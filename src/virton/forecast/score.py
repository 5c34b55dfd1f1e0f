"""Keeping score: what was forecast for a node's loss, held against what came when it really fell.

The rows of a table stand until the next table. When nodes go, the row of just these nodes is kept
until everything it spoke of has come, or was given up; then hits and misses are counted. A miss
is explained by the assumption that failed, where that can be told.
"""

from collections.abc import Mapping
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


@dataclass(slots=True)
class Trial:
    """A real loss under way: what was said of it, and what came so far (seconds after the loss)."""

    row: Row
    times: Times
    lost_s: float
    master: str | None
    came: dict[str, tuple[str, float]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Miss:
    """A fate that came otherwise than was said; `because` names the assumption that failed."""

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

    def see(self, situation: Situation, at_s: float) -> bool:
        """Look at the cluster; True if a real loss was decided just now."""
        before, self._online = self._online, situation.online
        if self._trial is None:
            gone = (before or frozenset()) - situation.online
            row = self._standing.get(gone)
            if row is not None:
                self._trial = Trial(row, self._times.get(gone, {}), at_s, situation.master)
            return False
        self._note(situation, at_s)
        if self._is_over(at_s):
            self._count(situation)
            self._trial = None
            return True
        return False

    def _note(self, situation: Situation, at_s: float) -> None:
        trial = self._trial
        if trial is None:
            return
        for sid in trial.row.touched:
            guest = situation.guests.get(sid)
            if guest is not None and guest.running and guest.node in situation.online:
                trial.came.setdefault(sid, (guest.node, at_s - trial.lost_s))

    def _is_over(self, at_s: float) -> bool:
        trial = self._trial
        if trial is None:
            return False
        awaited = {sid for sid, told in trial.row.touched.items() if _comes_back(told)}
        return awaited <= trial.came.keys() or at_s - trial.lost_s >= GIVE_UP_S

    def _count(self, situation: Situation) -> None:
        trial, score = self._trial, self.score
        if trial is None:
            return
        score.losses += 1
        for sid, told in sorted(trial.row.touched.items()):
            score.fates += 1
            came = trial.came.get(sid)
            if any(_is_as_said(fate, came) for fate in told):
                score.fate_hits += 1
            else:
                score.misses.append(_miss(sid, told, came, situation, trial))
            span = trial.times.get(sid)
            if span is not None and came is not None:
                score.times += 1
                score.time_hits += span[0] - LOOK_S <= came[1] <= span[1] + LOOK_S
        del score.misses[:-MOST_MISSES]


LOOK_S = 15
"""A guest is reported as running by its node's next report, and seen at the next look."""


def _comes_back(told: tuple[Fate, ...]) -> bool:
    return any(fate.verdict in _COMES_BACK for fate in told)


def _is_as_said(fate: Fate, came: tuple[str, float] | None) -> bool:
    if came is None:
        return fate.verdict not in _COMES_BACK
    return fate.verdict in _COMES_BACK and fate.node == came[0]


def _miss(
    sid: str,
    told: tuple[Fate, ...],
    came: tuple[str, float] | None,
    situation: Situation,
    trial: Trial,
) -> Miss:
    said = " | ".join(f"{fate.verdict} {fate.node or '-'}" for fate in told)
    if not situation.is_proven:
        because = "unproven_version"
    elif situation.master != trial.master and trial.master in situation.online:
        because = "master"
    elif came is None:
        because = "guests_start"
    else:
        because = "changed_meanwhile"
    return Miss(sid, said, f"ran on {came[0]}" if came else "did not run", because)
