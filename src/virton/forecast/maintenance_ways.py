"""Ways to empty a node where nobody but its own shell can put it into maintenance, and their traps."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from virton.forecast.changes import Change, changed
from virton.forecast.maintenance import Step
from virton.forecast.rest import settled
from virton.forecast.situation import Situation
from virton.forecast.trial import Trial
from virton.ha.dialect import Dialect
from virton.ha.model import resource_type
from virton.ha.rules.config import NodeAffinityRule
from virton.ha.states import RequestState

RULE = "maintenance-{node}"
"""How the rule is called that keeps resources off a node for a while."""


class Way(StrEnum):
    """What can be asked of the API: moves, a rule for a while, a reboot by which the node empties."""

    GUESTS = "guests"
    RULE = "rule"
    REBOOT = "reboot"


@dataclass(frozen=True, slots=True)
class Trap:
    """Something that goes otherwise than in maintenance mode, and for whom."""

    kind: str
    sids: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the trap."""
        return {"kind": self.kind, "sids": list(self.sids)}


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a way comes to: who still runs on the node in the end, and the traps on the way.

    `held` are the resources that the rule is to name.
    """

    left: tuple[str, ...]
    traps: tuple[Trap, ...]
    held: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the forecast."""
        told = {"left": list(self.left), "traps": [trap.to_json() for trap in self.traps]}
        return told | ({"held": list(self.held)} if self.held else {})


def ways(base: Situation, step: Step) -> dict[Way, Forecast]:
    """Return what each way that this version has would come to, of a cluster at rest."""
    found = {Way.GUESTS: _by_moves(base, step)}
    if base.dialect is Dialect.PERCENT:
        found[Way.RULE] = _by_rule(base, step.node)
    found[Way.REBOOT] = _by_reboot(step)
    return found


def _by_moves(base: Situation, step: Step) -> Forecast:
    running = base.running
    goals = {fate.sid: fate.node for fate in step.moves if fate.node not in (None, step.node)}
    moved = [sid for sid in goals if running.get(sid) == step.node]
    trial = settled(base, (f"migrate {sid} {goals[sid]}" for sid in moved))
    left = _still_on(trial, base, step.node)
    return Forecast(
        left,
        _said(
            Trap("comes_back", tuple(sid for sid in moved if sid in left)),
            Trap("stops", tuple(sid for sid in moved if resource_type(sid) == "ct")),
            Trap("nothing_holds"),
        ),
    )


def _by_rule(base: Situation, node: str) -> Forecast:
    held = free_of_rules(base)
    if not held:
        return Forecast(_still_on(Trial(base, base.online), base, node), (Trap("no_resources"),))
    values = {
        "type": "node-affinity",
        "resources": ",".join(held),
        "nodes": node,
        "affinity": "negative",
        "strict": "1",
    }
    supposed = changed(base, Change("add", RULE.format(node=node), values))
    left = _still_on(settled(supposed), base, node)
    gone = tuple(sid for sid in held if base.running.get(sid) == node and sid not in left)
    return Forecast(
        left,
        _said(
            Trap("in_other_rules", tuple(sid for sid in left if sid not in held)),
            Trap("stays_away", gone),
            Trap("rule_stays"),
        ),
        held,
    )


def free_of_rules(base: Situation) -> tuple[str, ...]:
    """Return the resources that a rule may keep off a node: each can be in one node rule only."""
    taken = frozenset[str]().union(
        *(r.resources for r in base.rules.rules.values() if isinstance(r, NodeAffinityRule))
    )
    return tuple(sorted(base.resources.keys() - taken))


def _by_reboot(step: Step) -> Forecast:
    beside = tuple(one.sid for one in step.outside)
    stuck = tuple(one.sid for one in step.stuck)
    return Forecast(
        stuck,
        _said(
            Trap("shut_down", beside),
            Trap("holds_up", stuck),
            Trap("policy_for_all"),
        ),
    )


def _still_on(trial: Trial, base: Situation, node: str) -> tuple[str, ...]:
    """Return the resources that run on a node in the end."""
    looked_after = base.resources.items()
    wanted = {sid for sid, config in looked_after if config.state is not RequestState.IGNORED}
    return tuple(sorted(s for s, at in trial.running.items() if at == node and s in wanted))


def _said(*traps: Trap) -> tuple[Trap, ...]:
    """Return the traps that concern anybody; one that names nobody by its nature concerns all."""
    return tuple(trap for trap in traps if trap.sids or trap.kind in _OF_ALL)


_OF_ALL: Iterable[str] = frozenset(
    {"nothing_holds", "no_resources", "rule_stays", "policy_for_all"}
)
