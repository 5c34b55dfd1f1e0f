"""Ask a question of a situation: play it, and tell what becomes of everything."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from virton.forecast.answer import Answer, Assumption, ResourceAnswer, node_answers
from virton.forecast.fates import Fate, fates, fates_without_quorum
from virton.forecast.question import Loss, Question
from virton.forecast.situation import Situation
from virton.forecast.trial import Trial
from virton.forecast.votes import majority
from virton.ha.lrm_duty import duty
from virton.ha.states import LrmState, RequestState


@dataclass(frozen=True, slots=True)
class Falling:
    """How the cluster falls apart: who is left with quorum, who is gone, who resets itself."""

    left: frozenset[str]
    gone: frozenset[str]
    resets: tuple[str, ...]

    @property
    def quorate(self) -> bool:
        """Tell whether any part has quorum."""
        return bool(self.left)


def falling(
    situation: Situation, losses: Sequence[Loss], split: Iterable[frozenset[str]]
) -> Falling:
    """Return what is left of the cluster once nodes are lost and the network is split."""
    dead = frozenset(loss.node for loss in losses if not loss.cut)
    alone = [frozenset({loss.node}) for loss in losses if loss.cut]
    cut = frozenset[str]().union(*alone)
    there = situation.online - dead
    parts = [part & there - cut for part in split] or [there - cut]
    left = majority(situation, [*parts, *alone])
    away = there - left
    resets = tuple(sorted(node for node in away if is_armed(situation, node)))
    return Falling(
        left,
        (situation.online & dead) | frozenset(resets) | (away if left else frozenset()),
        resets,
    )


def is_armed(situation: Situation, node: str) -> bool:
    """Tell whether a node's watchdog resets it when it loses quorum: its LRM holds its lock.

    A master without resources only lets go of its lock.
    """
    active = duty(situation.manager, node).active_count > 0
    lrm = situation.lrm.get(node)
    return active or (lrm is not None and lrm.state is LrmState.ACTIVE)


def at_rest(situation: Situation) -> tuple[Situation, Trial]:
    """Return the situation as it is once the stack has done what it does by itself."""
    trial = Trial(situation, majority(situation, [situation.online]) or situation.online)
    trial.settle(thorough=True)
    return trial.after(), trial


def outside(situation: Situation, gone: Iterable[str]) -> tuple[str, ...]:
    """Return the guests that run on these nodes and that nobody brings back."""
    lost = frozenset(gone)
    looked_after = {
        sid for sid, c in situation.resources.items() if c.state is not RequestState.IGNORED
    }
    return tuple(
        sid
        for sid, guest in sorted(situation.guests.items())
        if guest.running and guest.node in lost and sid not in looked_after
    )


def play(base: Situation, left: frozenset[str], gone: frozenset[str]) -> list[Trial]:
    """Play the loss of nodes, in each order in which their locks may run out."""
    lost = gone & base.online
    orders: list[frozenset[str] | None] = [None]
    if len(lost) > 1 and len(lost) <= 3:
        orders += [frozenset({node}) for node in sorted(lost)]
    trials = []
    for first in orders:
        trial = Trial(base, base.online)
        trial.lose(base.online - left, first=first)
        trial.settle()
        trials.append(trial)
    return trials


def possible(
    base: Situation, trials: Sequence[Trial], gone: frozenset[str]
) -> dict[str, list[Fate]]:
    """Return each resource's fates over several trials, the first trial's first."""
    found: dict[str, list[Fate]] = {}
    for trial in trials:
        for sid, fate in fates(base, trial, gone).items():
            told = found.setdefault(sid, [])
            if not any(fate.is_like(other) for other in told):
                told.append(fate)
    return found


def ask(situation: Situation, question: Question) -> Answer:
    """Answer a question; raises QuestionError."""
    question.check(situation)
    base, resting = at_rest(question.supposed(situation))
    if not (question.losses or question.split):
        return _without_faults(situation, question, base, resting)
    fall = falling(base, question.losses, question.split)
    if not fall.quorate:
        return _without_quorum(base, fall)
    trials = play(base, fall.left, fall.gone)
    found = possible(base, trials, fall.gone)
    return Answer(
        situation=base,
        quorate=True,
        resets=fall.resets,
        resources=_rows(found),
        outside_ha=outside(base, fall.gone),
        nodes=node_answers(base, fall.left, trials[0].running),
        assumptions=assumptions(base),
        endless=not trials[0].settled,
    )


def _rows(found: Mapping[str, list[Fate]]) -> dict[str, ResourceAnswer]:
    return {sid: ResourceAnswer(told[0], others=tuple(told[1:])) for sid, told in found.items()}


def _without_faults(
    situation: Situation, question: Question, base: Situation, resting: Trial
) -> Answer:
    trial = resting
    for node in question.maintenance:
        trial.command(f"enable-node-maintenance {node}")
    for command in question.commands:
        trial.command(command)
    trial.settle(thorough=True)
    before = replace(base, guests=situation.guests, resources=situation.resources)
    found = {sid: [fate] for sid, fate in fates(before, trial, ()).items()}
    return Answer(
        situation=base,
        quorate=bool(majority(base, [base.online])),
        resets=(),
        resources=_rows(found),
        outside_ha=(),
        nodes=node_answers(before, base.online, trial.running),
        assumptions=assumptions(base),
        endless=not trial.settled,
    )


def _without_quorum(base: Situation, fall: Falling) -> Answer:
    found = {sid: [fate] for sid, fate in fates_without_quorum(base, fall.gone).items()}
    running = {g.sid: g.node for g in base.guests.values() if g.running and g.node not in fall.gone}
    return Answer(
        situation=base,
        quorate=False,
        resets=fall.resets,
        resources=_rows(found),
        outside_ha=outside(base, fall.gone),
        nodes=node_answers(base, base.online - fall.gone, running),
        assumptions=assumptions(base),
    )


def assumptions(situation: Situation) -> tuple[Assumption, ...]:
    """Return what an answer about this cluster takes for granted."""
    found = [Assumption("phases_unknown"), Assumption("guests_start")]
    if situation.master is not None:
        found.append(Assumption("master", {"node": situation.master}))
    if not situation.is_proven:
        found.append(Assumption("unproven_version", {"version": situation.version}))
    if situation.device_votes:
        found.append(Assumption("qdevice_reachable", {"votes": situation.device_votes}))
    found += [Assumption("remark", {"text": remark}) for remark in situation.remarks]
    return tuple(found)
