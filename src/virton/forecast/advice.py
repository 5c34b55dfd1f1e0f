"""What a change or a move would do: who moves, live or with a stop, and what is borne then."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from virton.forecast.changes import Change, changed
from virton.forecast.fates import Fate, Verdict, fates
from virton.forecast.refresh import refreshed
from virton.forecast.rest import settled
from virton.forecast.situation import Situation
from virton.forecast.tolerance import Row, Table, node_cases, worse


@dataclass(frozen=True, slots=True)
class Advice:
    """The resources that move, and the table's rows before and after."""

    moves: tuple[Fate, ...]
    before: tuple[Row, ...]
    after: tuple[Row, ...]
    endless: bool

    @property
    def worse(self) -> tuple[str, ...]:
        """The faults that are borne less well afterwards."""
        return worse(self.before, self.after)

    def to_json(self) -> dict[str, Any]:
        """Return the advice."""
        return {
            "version": 1,
            "moves": [
                {"sid": f.sid, "verdict": str(f.verdict), "node": f.node, "how": str(f.how)}
                for f in self.moves
            ],
            "worse": list(self.worse),
            "endless": self.endless,
            "before": [row.to_json() for row in self.before],
            "after": [row.to_json() for row in self.after],
        }


def advice(
    situation: Situation,
    changes: Iterable[Change],
    commands: Iterable[str] = (),
    former: Table | None = None,
) -> Advice:
    """Return what changes and commands would do to a cluster at rest; raises ChangeError.

    Of a `former` table whatever still holds is not played again.
    """
    single = node_cases(situation)
    before = refreshed(situation, single, former)
    supposed = before.base
    for change in changes:
        supposed = changed(supposed, change)
    trial = settled(supposed, commands)
    moved = fates(before.base, trial, ())
    return Advice(
        tuple(fate for fate in moved.values() if fate.verdict is not Verdict.STAYS),
        before.rows,
        refreshed(trial.after(), single, before).rows,
        endless=not trial.settled,
    )
