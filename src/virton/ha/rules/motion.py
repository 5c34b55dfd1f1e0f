"""What rules make of a move that an operator asks for: who goes along, what forbids or undoes it."""

from collections.abc import Collection, Iterator, Mapping
from enum import StrEnum

from virton.frozen import frozen
from virton.ha.rules.compiled import CompiledRules


class Effect(StrEnum):
    """What becomes of a move."""

    FORBIDDEN = "forbidden"
    APART = "apart"
    RETURNS = "returns"
    STAYS = "stays"
    ALONG = "along"


@frozen
class Consequence:
    """What rules make of a move: which rules, with which other resources, and which better nodes."""

    effect: Effect
    rules: tuple[str, ...]
    others: tuple[str, ...] = ()
    nodes: tuple[str, ...] = ()

    @property
    def refuses(self) -> bool:
        """Tell whether the move is refused, or undone at once."""
        return self.effect in (Effect.FORBIDDEN, Effect.APART)


@frozen
class Board:
    """Where resources are and go, which of them go back to better nodes, and the nodes that take any."""

    places: Mapping[str, tuple[str | None, str | None]]
    failing_back: frozenset[str]
    online: Collection[str]


def consequences(rules: CompiledRules, board: Board, sid: str, node: str) -> list[Consequence]:
    """Return what becomes of a move, the worst first."""
    along = sorted(rules.together.get(sid, frozenset()) & board.places.keys())
    found = [*_by_node_rule(rules, board, (sid, *along), node), *_apart(rules, board, sid, node)]
    if along:
        found.append(Consequence(Effect.ALONG, rules.why_together(sid, *along), tuple(along)))
    return sorted(found, key=lambda one: list(Effect).index(one.effect))


def _apart(rules: CompiledRules, board: Board, sid: str, node: str) -> Iterator[Consequence]:
    there = tuple(
        other
        for other in sorted(rules.apart.get(sid, ()))
        if is_bound_for(node, *board.places.get(other, (None, None)))
    )
    if there:
        yield Consequence(Effect.APART, rules.why_apart(sid, *there), there)


def is_bound_for(node: str, place: str | None, target: str | None) -> bool:
    """Tell whether a resource is on a node, and on its way to no other one."""
    return place == node and target in (None, "", node)


def _by_node_rule(
    rules: CompiledRules, board: Board, moving: tuple[str, ...], node: str
) -> Iterator[Consequence]:
    """Yield what the node rule says: it reaches all that move along, so it is asked of the first."""
    sid = moving[0]
    priorities = rules.node_priorities.get(sid)
    if priorities is None:
        return
    if node not in priorities:
        yield Consequence(Effect.FORBIDDEN, rules.why_node(sid))
        return
    usable = {name: priorities[name] for name in sorted(board.online) if name in priorities}
    best = tuple(name for name, at in usable.items() if at == max(usable.values()))
    if best and node not in best:
        returns = not board.failing_back.isdisjoint(moving)
        effect = Effect.RETURNS if returns else Effect.STAYS
        yield Consequence(effect, rules.why_node(sid), nodes=best)
