"""Large clusters: decide with a trial, and time what is touched alone.

Where nodes are lost and nothing but recovery follows, times do not depend on the thousand resources
that stay. So the fates come from a trial of the whole cluster, and the courses that tell the times
have only the resources of the lost nodes, each bound to the node that the trial chose for it.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from virton.forecast.courses import Course, Deed, play
from virton.forecast.falling import Falling, falling
from virton.forecast.fates import Fate, How, Verdict, fates, gathered
from virton.forecast.phases import MANY, assignments
from virton.forecast.question import Question
from virton.forecast.rest import at_rest, lose
from virton.forecast.situation import Situation
from virton.forecast.trial import Trial
from virton.ha.events.resource import ResourceStateChanged
from virton.ha.model import LrmResult, ServiceTable
from virton.ha.rules.config import NodeAffinityRule, RuleSet

_RECOVERED = (Verdict.BACK, Verdict.SQUEEZED, Verdict.NOT_PLACED)


@dataclass(frozen=True, slots=True)
class Quick:
    """The fates by trials, and courses of what is touched, for its times."""

    trials: tuple[Trial, ...]
    found: Mapping[str, Sequence[Fate]]
    courses: tuple[Course, ...]
    fall: Falling


def quick(situation: Situation, question: Question, deeds: Sequence[Deed]) -> Quick | None:
    """Return what a trial and short courses say; None where only whole courses can tell."""
    if len(situation.resources) < MANY or not _is_plain(question):
        return None
    base, resting = at_rest(situation)
    if any(isinstance(told.event, ResourceStateChanged) for told in resting.told):
        return None
    fall = falling(base, question.losses, question.split)
    if not fall.quorate:
        return None
    trials = lose(base, fall.left, fall.gone)
    found = gathered(fates(base, trial, fall.gone) for trial in trials)
    goals = _goals(found)
    if goals is None:
        return None
    small = _only(base, goals)
    lost = question.struck()
    courses = [
        play(
            small,
            phases,
            deeds,
            without_crm=_bystanders(base, fall.left),
        )
        for phases in assignments(small, lost, many=True)
    ]
    return Quick(tuple(trials), found, tuple(courses), fall)


def _bystanders(base: Situation, left: frozenset[str]) -> frozenset[str]:
    """Return the nodes whose CRMs never matter: all slaves, but for two if the master is lost.

    Of these, one judges which locks ran out: so whoever becomes master, both ways are played.
    """
    if base.master in left:
        return base.online - {base.master}
    return left - frozenset(sorted(left)[:2])


def _is_plain(question: Question) -> bool:
    more = (question.maintenance, question.commands, question.failing, question.going_down)
    at_once = len({loss.at_s for loss in question.losses}) <= 1
    return bool(question.losses or question.split) and at_once and not any(more)


def _goals(found: Mapping[str, Sequence[Fate]]) -> dict[str, str | None] | None:
    """Return where each touched resource is recovered; None where anything else happens, too."""
    goals: dict[str, str | None] = {}
    for sid, told in found.items():
        for fate in told:
            if fate.verdict is Verdict.STAYS:
                continue
            if fate.verdict not in _RECOVERED or fate.how not in (How.RECOVERED, How.NOT):
                return None
            goals[sid] = fate.node
    return goals


def _only(base: Situation, goals: Mapping[str, str | None]) -> Situation:
    """Return the cluster with these resources alone, each bound to its node and its goal."""
    services = base.manager.service_status
    places = {sid: base.resources[sid].node or "" for sid in goals}
    rules = {
        f"bound-{at}": NodeAffinityRule(
            f"bound-{at}",
            frozenset({sid}),
            {places[sid]: 1} | ({goal: 0} if goal is not None and goal != places[sid] else {}),
            strict=True,
        )
        for at, (sid, goal) in enumerate(sorted(goals.items()))
    }
    manager = replace(
        base.manager, service_status=ServiceTable({s: services[s] for s in goals if s in services})
    )
    return replace(
        base,
        resources={sid: base.resources[sid] for sid in sorted(goals)},
        guests={sid: base.guests[sid] for sid in sorted(goals) if sid in base.guests},
        rules=RuleSet(rules, {rule: at for at, rule in enumerate(rules, 1)}),
        manager=manager,
        lrm={node: replace(s, results=_kept(s.results, goals)) for node, s in base.lrm.items()},
    )


def _kept(results: Mapping[str, LrmResult], goals: Collection[str]) -> dict[str, LrmResult]:
    return {uid: result for uid, result in results.items() if result.sid in goals}
