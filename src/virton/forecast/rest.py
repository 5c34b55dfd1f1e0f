"""Trials of a cluster: at rest, and when nodes are lost in whichever order."""

from collections.abc import Iterable

from virton.forecast.situation import Situation
from virton.forecast.trial import Trial
from virton.forecast.votes import majority

MOST_ORDERED = 3
"""Up to so many lost nodes, each is also taken to be fenced before the others."""


def at_rest(situation: Situation) -> tuple[Situation, Trial]:
    """Return the situation as it is once the stack has done what it does by itself."""
    trial = Trial(situation, majority(situation, [situation.online]) or situation.online)
    trial.settle(thorough=True)
    return trial.after(), trial


def settled(situation: Situation, commands: Iterable[str] = ()) -> Trial:
    """Give commands to a cluster, and play until the stack has done what follows from them."""
    trial = Trial(situation, situation.online)
    for command in commands:
        trial.command(command)
    trial.settle(thorough=True)
    return trial


def lose(base: Situation, left: frozenset[str], gone: frozenset[str]) -> list[Trial]:
    """Play the loss of nodes, in each order in which their locks may run out."""
    lost = gone & base.online
    trial = Trial(base, base.online)
    if not 1 < len(lost) <= MOST_ORDERED:
        trial.lose(base.online - left)
        trial.settle()
        return [trial]
    # all are fenced first, which is the same in each order
    trial.lose(base.online - left, first=())
    trial.step()
    orders: list[frozenset[str] | None] = [None, *(frozenset({node}) for node in sorted(lost))]
    return [_continued(trial, first) for first in orders]


def _continued(trial: Trial, first: frozenset[str] | None) -> Trial:
    twin = trial.fork()
    twin.allow(first)
    twin.settle()
    return twin
