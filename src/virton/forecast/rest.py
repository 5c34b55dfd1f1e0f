"""Trials of a cluster: at rest, and when nodes are lost in whichever order."""

from virton.forecast.situation import Situation
from virton.forecast.trial import Trial
from virton.forecast.votes import majority


def at_rest(situation: Situation) -> tuple[Situation, Trial]:
    """Return the situation as it is once the stack has done what it does by itself."""
    trial = Trial(situation, majority(situation, [situation.online]) or situation.online)
    trial.settle(thorough=True)
    return trial.after(), trial


def lose(base: Situation, left: frozenset[str], gone: frozenset[str]) -> list[Trial]:
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
