"""Rules that contradict each other, and which smallest edit would end that: each one verified."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

from virton.forecast.situation import Situation
from virton.forecast.tolerance import node_cases, rows, worse
from virton.ha.rules.config import RuleSet
from virton.ha.rules.feasibility import Objection, Reason, check
from virton.ha.rules.mending import ways
from virton.plans.edits import Edit
from virton.plans.loosening import replaced
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
    """Why the stack leaves out a rule, or several that contradict one another, and what ends that."""

    objection: Objection
    left_out: tuple[str, ...]
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
            "left_out": list(self.left_out),
            "repairs": [repair.to_json() for repair in self.repairs],
        }


def objections(situation: Situation) -> list[Objection]:
    """Return what speaks against which rule."""
    return check(situation.rules, sorted(situation.nodes))


def dropped(situation: Situation) -> frozenset[str]:
    """Return the rules that the stack leaves out."""
    return frozenset(objection.rule for objection in objections(situation))


def new_conflicts(before: Situation, after: Situation) -> tuple[Conflict, ...]:
    """Return the conflicts that there were not before, each once, with repairs.

    Each rule of a contradiction is objected to, because of the others: that is one conflict.
    """
    known = dropped(before)
    first: dict[str, Objection] = {}
    for objection in objections(after):
        if objection.rule not in known:
            first.setdefault(objection.rule, objection)
    alike: dict[tuple[Reason, frozenset[str]], list[Objection]] = {}
    for told in first.values():
        alike.setdefault((told.reason, frozenset({told.rule, *told.against})), []).append(told)
    return tuple(_conflict(after, several) for several in alike.values())


def _conflict(after: Situation, several: Sequence[Objection]) -> Conflict:
    left_out = tuple(sorted(told.rule for told in several))
    return Conflict(several[0], left_out, tuple(_repairs(after, several[0], left_out)))


def _repairs(after: Situation, told: Objection, left_out: Sequence[str]) -> Iterator[Remedy]:
    """Yield the smallest sets of edits after which these rules are kept and no other one is lost."""
    rules = [rule for rule in (told.rule, *told.against) if rule in after.rules.rules]
    there, before = dropped(after), list(rows(after, node_cases(after)))
    count = 0
    for size in range(1, min(len(rules), MOST_TOGETHER) + 1):
        for chosen in _candidates(after.rules, rules, told, size):
            left = _with(after, chosen)
            now = {one.rule for one in check(left, sorted(after.nodes))}
            if now.intersection(left_out) or not now < there:
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
    part = [rules.rules[name] for name in names]
    over = [told.resource] if told.resource else {sid for rule in part for sid in rule.resources}
    made = (one.made for one in ways(part, (), over))  # no node is added: there may be many
    single = [replaced(rules.rules[rule.rule], rule) for rule in made]
    for chosen in combinations(single, size):
        if len({edit.name for edit in chosen}) == size:
            yield chosen


def _with(situation: Situation, chosen: Sequence[Edit]) -> RuleSet:
    return with_edits(situation, chosen).rules
