"""Memory to be freed where a resource comes back squeezed: how much, and by which changes."""

from collections.abc import Iterator
from dataclasses import dataclass

from virton.forecast.changes import MIB, Change, changed
from virton.forecast.falling import falling
from virton.forecast.fates import assigned
from virton.forecast.question import Loss
from virton.forecast.rest import lose, settled
from virton.forecast.situation import Situation
from virton.ha.states import RequestState

MOST_MOVES = 4
"""So many moves of others are tried at most; the smallest guests first."""


@dataclass(frozen=True, slots=True)
class Freed:
    """A change that may free enough memory, and the situation that it leads to."""

    kind: str
    change: Change
    situation: Situation


def lacking(base: Situation, lost: str, goal: str) -> int:
    """Return by how many bytes a node is over its memory once another one is lost."""
    fall = falling(base, [Loss(lost)], ())
    used = assigned(base, lose(base, fall.left, fall.gone)[0].running)
    return max(0, used[goal] - base.nodes[goal].memory_bytes)


def freeing(base: Situation, sid: str, goal: str, lacks_bytes: int) -> Iterator[Freed]:
    """Yield changes that free memory on a node: the resource gets less, or another one moves."""
    guest = base.guests.get(sid)
    left = (guest.memory_bytes - lacks_bytes) // MIB if guest is not None else 0
    if left > 0:
        change = Change("set", sid, {"memory": str(left)})
        yield Freed("less_memory", change, changed(base, change))
    for other, target in _moves(base, sid, goal, lacks_bytes)[:MOST_MOVES]:
        change = Change("move", other, {"node": target})
        moved = settled(base, [f"migrate {other} {target}"])
        yield Freed("move_other", change, moved.after())


def _moves(base: Situation, sid: str, goal: str, lacks_bytes: int) -> list[tuple[str, str]]:
    """Return which resources could go from a node to which others, the smallest first."""
    used = assigned(base, base.running)
    found = []
    for other, guest in base.guests.items():
        config = base.resources.get(other)
        if other == sid or guest.node != goal or not guest.running:
            continue
        if config is None or config.state is not RequestState.STARTED:
            continue
        if guest.memory_bytes < lacks_bytes:
            continue
        for node in sorted(base.online - {goal}):
            if used[node] + guest.memory_bytes <= base.nodes[node].memory_bytes:
                found.append((guest.memory_bytes, other, node))
    return [(other, node) for _, other, node in sorted(found)]
