"""A plan: the edits in a safe order, what each does, and what the cluster bears before and after."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from virton.forecast.changes import ChangeError
from virton.forecast.reasons import Repair, reasons
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.tolerance import UNSAFE, Row, Table, cases, rows, worse
from virton.plans.conflicts import Conflict, dropped, new_conflicts
from virton.plans.desired import Desired, DesiredError
from virton.plans.edits import Edit, edits
from virton.plans.entries import Configured
from virton.plans.ordering import in_safe_order
from virton.plans.playing import STOPPING, Move

SCHEMA_VERSION = 1
MOST_HELPED = 3
"""For so many resources that would not come back any more, repairs are looked for."""


@dataclass(frozen=True, slots=True)
class Step:
    """One edit, what moves because of it, and which rules are left out for a while."""

    edit: Edit
    moves: tuple[Move, ...] = ()
    drops: tuple[str, ...] = ()
    endless: bool = False

    def to_json(self) -> dict[str, Any]:
        """Return the step."""
        return {
            **self.edit.to_json(),
            "moves": [move.to_json() for move in self.moves],
            "drops": list(self.drops),
            "endless": self.endless,
        }


@dataclass(frozen=True, slots=True)
class Bearing:
    """How many nodes may be lost, and what each loss comes to."""

    tolerates: int
    rows: tuple[Row, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the figure, and each fault's worst verdict."""
        faults = {row.case.name: str(row.worst) for row in self.rows}
        return {"tolerates": self.tolerates, "faults": faults}


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything about going from what is to what should be."""

    base: Situation
    after: Situation
    steps: tuple[Step, ...]
    before: Bearing
    then: Bearing
    conflicts: tuple[Conflict, ...] = ()
    repairs: tuple[tuple[str, Repair], ...] = ()

    @property
    def moves(self) -> tuple[Move, ...]:
        """Everything that moves, step by step."""
        return tuple(move for step in self.steps for move in step.moves)

    @property
    def stops(self) -> tuple[Move, ...]:
        """What is stopped on its way, or for good."""
        return tuple(move for move in self.moves if move.how in STOPPING)

    @property
    def worse(self) -> tuple[str, ...]:
        """The faults that are borne less well afterwards."""
        return worse(self.before.rows, self.then.rows)

    def to_json(self) -> dict[str, Any]:
        """Return the plan in the form of the published schema."""
        return {
            "version": SCHEMA_VERSION,
            "capture": self.base.fingerprint,
            "clock": "paced",
            "steps": [step.to_json() for step in self.steps],
            "before": self.before.to_json(),
            "after": self.then.to_json(),
            "worse": list(self.worse),
            "conflicts": [conflict.to_json() for conflict in self.conflicts],
            "repairs": [{"sid": sid, **repair.to_json()} for sid, repair in self.repairs],
        }


def make_plan(
    situation: Situation, now: Configured, desired: Desired, *, pairs: bool = False
) -> Plan:
    """Return the plan; raises DesiredError."""
    return plan_of(situation, edits(now, desired), pairs=pairs)


def plan_of(situation: Situation, wanted: Sequence[Edit], *, pairs: bool = False) -> Plan:
    """Return the plan of some edits; raises DesiredError where they cannot be made."""
    base, _ = at_rest(situation)
    try:
        ordered = in_safe_order(base, wanted)
    except ChangeError as error:
        raise DesiredError("file", "cannot_be", told=str(error)) from None
    before, after = bearing(base, pairs=pairs), base
    steps = []
    for edit, played in ordered:
        drops = sorted(dropped(played.supposed) - dropped(after))
        steps.append(Step(edit, played.timed(), tuple(drops), played.endless))
        after = played.after
    then = bearing(after, pairs=pairs) if steps else before
    return Plan(
        base,
        after,
        tuple(steps),
        before,
        then,
        new_conflicts(base, after),
        tuple(_repairs(after, before.rows, then.rows)),
    )


def bearing(base: Situation, *, pairs: bool = False) -> Bearing:
    """Return what a cluster at rest bears; pairs of nodes count where they are tried."""
    wanted = [case for case in cases(base, pairs=pairs) if case.kind in ("node", "pair")]
    table = Table(base, tuple(rows(base, wanted)))
    figure = sum(table.tolerates(nodes) for nodes in ((1, 2) if pairs else (1,)))
    return Bearing(figure, table.rows)


def _repairs(
    after: Situation, before: Iterable[Row], then: Iterable[Row]
) -> Iterator[tuple[str, Repair]]:
    """Yield what helps resources that came back before, and would not any more."""
    safe = {row.case.name for row in before if row.safe}
    lost = {
        fate.sid: None
        for row in then
        if not row.safe and row.case.name in safe
        for told in row.touched.values()
        for fate in told
        if fate.verdict in UNSAFE
    }
    for sid in list(lost)[:MOST_HELPED]:
        for repair in reasons(after, sid).repairs:
            yield sid, repair
