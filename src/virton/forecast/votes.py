"""Who has quorum: votes of nodes and of a QDevice."""

from collections.abc import Collection, Sequence

from virton.forecast.situation import Situation
from virton.simulation.membership import chosen_by_device


def quorum(situation: Situation) -> int:
    """Return how many votes are a majority."""
    expected = sum(node.votes for node in situation.nodes.values()) + situation.device_votes
    return expected // 2 + 1


def majority(
    situation: Situation, parts: Sequence[Collection[str]], cut: Collection[str] = ()
) -> frozenset[str]:
    """Return the part of the nodes that has quorum; none where there is no such part.

    A QDevice gives its votes to one part only, and to none that is `cut` off.
    """
    needed = quorum(situation)
    reached = [part for part in parts if not set(part) <= set(cut)]
    chosen = chosen_by_device(reached) if situation.device_on else None
    for part in parts:
        votes = sum(situation.nodes[name].votes for name in part)
        if part and votes + (situation.device_votes if part == chosen else 0) >= needed:
            return frozenset(part)
    return frozenset()
