"""Why a resource is where it is, what would be otherwise, and what helps: all of it played."""

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, replace
from typing import Any

from virton.forecast.changes import Change, changed
from virton.forecast.falling import falling
from virton.forecast.fates import Fate, How, Verdict, fates
from virton.forecast.freeing import freeing, lacking
from virton.forecast.question import Loss
from virton.forecast.rest import at_rest, lose
from virton.forecast.situation import Situation
from virton.forecast.tolerance import UNSAFE, Row, node_cases, rows, worse
from virton.ha.config.properties import format_nodes
from virton.ha.placement.reasons import Explanation
from virton.ha.rules.config import NodeAffinityRule
from virton.ha.rules.fewest import fewest
from virton.ha.states import ServiceState

MOST_CONTRADICTING = 4
"""Sets of so many rules are searched for a smaller one; a larger one is only free of spare rules."""

MOST_TRIED = 400


class NoSuchResourceError(LookupError):
    """A resource that the cluster does not have; the argument names those that it has."""


@dataclass(frozen=True, slots=True)
class Counterfactual:
    """Where the resource would be without a rule, and what else would move then."""

    without: str
    node: str | None
    moves: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the counterfactual."""
        return {"without": self.without, "node": self.node, "moves": list(self.moves)}


@dataclass(frozen=True, slots=True)
class Repair:
    """A change after which the resource comes back, and its price.

    `moves` move at once when the change is made; `worse` are the faults that are borne less well.
    """

    kind: str
    change: Change
    fate: Fate
    moves: tuple[str, ...]
    worse: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Return the repair."""
        return {
            "kind": self.kind,
            "change": self.change.words,
            "applies": {
                "verb": self.change.verb,
                "subject": self.change.subject,
                "values": dict(self.change.values),
            },
            "verdict": str(self.fate.verdict),
            "node": self.fate.node,
            "price": {"moves": list(self.moves), "worse": list(self.worse)},
        }


@dataclass(frozen=True, slots=True)
class Reasons:
    """Everything about one resource: now, without each rule, and when its node is lost.

    `lacks_bytes` is how much memory would have to be freed so that it does not come back squeezed.
    """

    sid: str
    node: str | None
    state: str
    runs: bool
    explanation: Explanation | None
    without: tuple[Counterfactual, ...]
    when_lost: tuple[Fate, ...]
    lacks_bytes: int = 0
    contradicting: tuple[str, ...] = ()
    repairs: tuple[Repair, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the reasons."""
        told = self.explanation
        return {
            "version": 1,
            "sid": self.sid,
            "node": self.node,
            "state": self.state,
            "runs": self.runs,
            "choice": told and told.because.name.lower(),
            "chosen": told and told.node,
            "objections": {n: o.to_json() for n, o in told.objections.items()} if told else {},
            "without": [one.to_json() for one in self.without],
            "when_its_node_is_lost": [
                {"verdict": str(f.verdict), "node": f.node, "because": f.why.to_json()}
                for f in self.when_lost
            ],
            "lacks_memory": self.lacks_bytes,
            "contradicting": list(self.contradicting),
            "repairs": [repair.to_json() for repair in self.repairs],
        }


def reasons(situation: Situation, sid: str) -> Reasons:
    """Return the reasons of a resource; raises NoSuchResourceError."""
    if sid not in situation.resources:
        raise NoSuchResourceError(", ".join(sorted(situation.resources)[:8]))
    base, trial = at_rest(situation)
    status = trial.statuses.get(sid)
    node = status.node if status is not None else base.resources[sid].node
    lost = _when_lost(base, sid, node)
    lacks_bytes = _lacking(base, node, lost)
    stuck = status is not None and status.state is ServiceState.RECOVERY
    bad = stuck or any(
        fate.verdict in UNSAFE and fate.verdict is not Verdict.NO_QUORUM for fate in lost
    )
    goal = _is_placed if stuck else _is_back
    return Reasons(
        sid=sid,
        node=node,
        state=str(status.state) if status is not None else "",
        runs=sid in trial.running,
        explanation=trial.why(sid),
        without=tuple(_without(base, sid)),
        when_lost=lost,
        lacks_bytes=lacks_bytes,
        contradicting=_contradicting(base, sid, node, goal) if bad else (),
        repairs=(
            *(_repairs(base, sid, node, goal) if bad else ()),
            *(_relief(base, sid, _tight(lost), lacks_bytes)),
            *(_vote(base, sid, node) if any(f.verdict is Verdict.NO_QUORUM for f in lost) else ()),
        ),
    )


def rules_of(situation: Situation, sid: str) -> list[str]:
    """Return the rules in force that name a resource, and those of what it is kept with, by name."""
    enabled = [rule for rule in situation.rules.rules.values() if rule.enabled]
    members = {sid}
    for rule in enabled:
        if sid in rule.resources and getattr(rule, "affinity", "") == "positive":
            members |= set() if isinstance(rule, NodeAffinityRule) else rule.resources
    return sorted(rule.rule for rule in enabled if rule.resources & members)


def _without(base: Situation, sid: str) -> Iterator[Counterfactual]:
    for rule in rules_of(base, sid):
        after, trial = at_rest(replace(base, rules=base.rules.without([rule])))
        status = trial.statuses.get(sid)
        moves = _moves(base, after)
        yield Counterfactual(rule, status.node if status else None, moves)


def _moves(before: Situation, after: Situation) -> tuple[str, ...]:
    return tuple(
        sid
        for sid, config in sorted(after.resources.items())
        if sid in before.resources and before.resources[sid].node != config.node
    )


def _when_lost(base: Situation, sid: str, node: str | None) -> tuple[Fate, ...]:
    if node is None or node not in base.online:
        return ()
    fall = falling(base, [Loss(node)], ())
    if not fall.quorate:
        return (Fate(sid, Verdict.NO_QUORUM, None, How.NOT),)
    found: list[Fate] = []
    for trial in lose(base, fall.left, fall.gone):
        fate = fates(base, trial, fall.gone).get(sid)
        if fate is not None and fate not in found:
            found.append(fate)
    return tuple(found)


def _lacking(base: Situation, node: str | None, lost: tuple[Fate, ...]) -> int:
    """Return how much memory would have to be freed where the resource comes back squeezed."""
    goal = _tight(lost)
    return lacking(base, node, goal) if node is not None and goal is not None else 0


def _tight(lost: tuple[Fate, ...]) -> str | None:
    """Return the node on which the resource comes back squeezed, if it does."""
    return next((fate.node for fate in lost if fate.verdict is Verdict.SQUEEZED), None)


def _is_back(base: Situation, sid: str, node: str | None) -> Fate | None:
    """Return the fate of a resource that comes back when its node is lost, None if it does not."""
    lost = _when_lost(base, sid, node)
    return lost[0] if lost and all(fate.verdict not in UNSAFE for fate in lost) else None


def _is_placed(base: Situation, sid: str, _: str | None) -> Fate | None:
    """Return the fate of a resource that finds a node and runs; None if it does not."""
    place = at_rest(base)[1].running.get(sid)
    return Fate(sid, Verdict.BACK, place, How.RECOVERED) if place is not None else None


Goal = Callable[[Situation, str, str | None], Fate | None]
"""What is wanted of a resource: its fate where it has that, else None."""


def _contradicting(base: Situation, sid: str, node: str | None, goal: Goal) -> tuple[str, ...]:
    """Return the fewest rules that together keep a resource from coming back."""
    involved = _involved(base, sid)

    def hold(rules: Collection[str]) -> bool:
        gone = [rule for rule in involved if rule not in rules]
        return goal(replace(base, rules=base.rules.without(gone)), sid, node) is None

    return fewest(involved, hold, MOST_CONTRADICTING, MOST_TRIED)


def _involved(base: Situation, sid: str) -> list[str]:
    found = rules_of(base, sid)
    near = {other for rule in found for other in base.rules.rules[rule].resources}
    return sorted({rule for other in near for rule in rules_of(base, other)} | set(found))


# repairs


def _repairs(base: Situation, sid: str, node: str | None, goal: Goal) -> Iterator[Repair]:
    before = list(_bearing(base))
    for kind, change in _candidates(base, sid):
        supposed = changed(base, change)
        after, _ = at_rest(supposed)
        place = after.resources[sid].node if sid in after.resources else node
        fate = goal(after, sid, place)
        if fate is not None:
            yield Repair(kind, change, fate, _moves(base, after), worse(before, _bearing(after)))


def _relief(base: Situation, sid: str, goal: str | None, lacks_bytes: int) -> Iterator[Repair]:
    """Yield the changes after which the resource is back and not squeezed, each played."""
    if goal is None or not lacks_bytes:
        return
    before = list(_bearing(base))
    for freed in freeing(base, sid, goal, lacks_bytes):
        after, _ = at_rest(freed.situation)
        fate = _is_back(after, sid, after.resources[sid].node)
        if fate is not None and fate.verdict is Verdict.BACK:
            price = _moves(base, after), worse(before, _bearing(after))
            yield Repair(freed.kind, freed.change, fate, *price)


def _vote(base: Situation, sid: str, node: str | None) -> Iterator[Repair]:
    """Yield the vote of a QDevice, if the resource comes back with it."""
    after = replace(base, device_votes=1, device_on=True)
    fate = None if base.device_votes else _is_back(after, sid, node)
    if fate is not None:
        change = Change("add", "qdevice", {"votes": "1"})
        yield Repair("vote", change, fate, (), worse(_bearing(base), _bearing(after)))


def _bearing(base: Situation) -> Iterator[Row]:
    return rows(base, node_cases(base))


def _candidates(base: Situation, sid: str) -> Iterator[tuple[str, Change]]:
    """Yield changes that might help, the gentlest first."""
    involved = [base.rules.rules[rule] for rule in _involved(base, sid)]
    node_rules = [rule for rule in involved if isinstance(rule, NodeAffinityRule)]
    for rule in node_rules:
        if rule.strict and sid in rule.resources:
            yield "relax", Change("set", rule.rule, {"strict": "0"})
    for rule in node_rules:
        if sid in rule.resources and rule.affinity == "positive":
            for node in sorted(base.online - rule.nodes.keys()):
                more = format_nodes(sorted({**rule.nodes, node: 0}.items()))
                yield "add_node", Change("set", rule.rule, {"nodes": more})
            yield from _without_priority(rule)
    for named in involved:
        if sid in named.resources and len(named.resources) > 2:
            rest = ",".join(sorted(named.resources - {sid}))
            yield "remove_member", Change("set", named.rule, {"resources": rest})
    for named in involved:
        if sid in named.resources:
            yield "remove_rule", Change("remove", named.rule, {})


def _without_priority(rule: NodeAffinityRule) -> Iterator[tuple[str, Change]]:
    if len(set(rule.nodes.values())) > 1:
        flat = format_nodes((node, 0) for node in sorted(rule.nodes))
        yield "drop_priorities", Change("set", rule.rule, {"nodes": flat})
