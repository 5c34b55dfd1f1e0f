"""Who has quorum: votes of nodes and of a QDevice."""

from collections.abc import Collection, Sequence

from virton.forecast.situation import Situation


def quorum(situation: Situation) -> int:
    """Return how many votes are a majority."""
    expected = sum(node.votes for node in situation.nodes.values()) + situation.device_votes
    return expected // 2 + 1


def majority(situation: Situation, parts: Sequence[Collection[str]]) -> frozenset[str]:
    """Return the part of the nodes that has quorum; none where there is no such part.

    A QDevice gives its votes to one part only: to the one with the most votes, of equal ones to
    that with the first node by name.
    """
    needed = quorum(situation)

    def votes(part: Collection[str]) -> int:
        return sum(situation.nodes[name].votes for name in part)

    ranked = sorted((part for part in parts if part), key=lambda part: (-votes(part), min(part)))
    for at, part in enumerate(ranked):
        if (
            votes(part) + (situation.device_votes if at == 0 and situation.device_on else 0)
            >= needed
        ):
            return frozenset(part)
    return frozenset()
