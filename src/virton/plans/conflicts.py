"""Rules that contradict each other, and which smallest edit would end that: each one verified."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from virton.forecast.situation import Situation
from virton.forecast.tolerance import node_cases, rows, worse
from virton.ha.rules.config import NodeAffinityRule, Rule, RuleSet
from virton.ha.rules.feasibility import Objection, check
from virton.plans.edits import Edit
from virton.plans.loosening import removed, without_member, without_priorities
from virton.plans.playing import play_all, with_edits

MOST_TOGETHER = 3
"""So many rules at most are changed together to end a conflict."""

MOST_REPAIRS = 6


@dataclass(frozen=True, slots=True)
class Remedy:
    """Edits that end something bad, with what moves because of them and which faults weigh more."""

    edits: tuple[Edit, ...]
    moves: tuple[str, ...] = ()
    worse: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the remedy."""
        return {
            "edits": [edit.to_json() for edit in self.edits],
            "price": {"moves": list(self.moves), "worse": list(self.worse)},
        }


@dataclass(frozen=True, slots=True)
class Conflict:
    """A rule that the stack leaves out, why, and what ends that."""

    objection: Objection
    repairs: tuple[Remedy, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Return the conflict."""
        told = self.objection
        return {
            "rule": told.rule,
            "reason": str(told.reason),
            "property": told.field,
            "resource": told.resource,
            "against": list(told.against),
            "repairs": [repair.to_json() for repair in self.repairs],
        }


def objections(situation: Situation) -> list[Objection]:
    """Return what speaks against which rule."""
    return check(situation.rules, sorted(situation.nodes))


def dropped(situation: Situation) -> frozenset[str]:
    """Return the rules that the stack leaves out."""
    return frozenset(objection.rule for objection in objections(situation))


def new_conflicts(before: Situation, after: Situation) -> tuple[Conflict, ...]:
    """Return the conflicts that there were not before, each rule once, with repairs."""
    known = dropped(before)
    found: dict[str, Objection] = {}
    for objection in objections(after):
        if objection.rule not in known:
            found.setdefault(objection.rule, objection)
    return tuple(Conflict(told, tuple(_repairs(after, told))) for told in found.values())


def _repairs(after: Situation, told: Objection) -> Iterator[Remedy]:
    """Yield the smallest sets of edits after which this rule is kept and no other one is lost."""
    rules = [rule for rule in (told.rule, *told.against) if rule in after.rules.rules]
    there, before = dropped(after), list(rows(after, node_cases(after)))
    count = 0
    for size in range(1, min(len(rules), MOST_TOGETHER) + 1):
        for chosen in _candidates(after.rules, rules, told, size):
            left = _with(after, chosen)
            now = {one.rule for one in check(left, sorted(after.nodes))}
            if told.rule in now or not now < there:
                continue
            played = play_all(after, chosen)
            then = rows(played.after, node_cases(played.after))
            yield Remedy(chosen, tuple(move.sid for move in played.moves), worse(before, then))
            count += 1
            if count >= MOST_REPAIRS:
                return
        if count:
            return


def _candidates(
    rules: RuleSet, names: Sequence[str], told: Objection, size: int
) -> Iterator[tuple[Edit, ...]]:
    single = [edit for name in names for edit in _ways(rules.rules[name], told)]
    for chosen in combinations(single, size):
        if len({edit.name for edit in chosen}) == size:
            yield chosen


def _ways(rule: Rule, told: Objection) -> Iterator[Edit]:
    """Yield what may be done to one rule: a member less, one priority for all nodes, no rule."""
    for sid in [told.resource] if told.resource else sorted(rule.resources):
        if (edit := without_member(rule, sid)) is not None:
            yield edit
    if isinstance(rule, NodeAffinityRule) and any(rule.nodes.values()):
        yield without_priorities(rule)
    yield removed(rule)


def _with(situation: Situation, chosen: Sequence[Edit]) -> RuleSet:
    return with_edits(situation, chosen).rules
