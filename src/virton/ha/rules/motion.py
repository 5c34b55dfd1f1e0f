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
        ids = {rule for other in along for rule in rules.why_together(sid, other)}
        found.append(Consequence(Effect.ALONG, tuple(sorted(ids)), tuple(along)))
    return sorted(found, key=lambda one: list(Effect).index(one.effect))


def _apart(rules: CompiledRules, board: Board, sid: str, node: str) -> Iterator[Consequence]:
    others = sorted(rules.apart.get(sid, ()))
    there = tuple(other for other in others if _is_bound_for(board, other, node))
    if there:
        ids = {rule for other in there for rule in rules.why_apart(sid, other)}
        yield Consequence(Effect.APART, tuple(sorted(ids)), there)


def _is_bound_for(board: Board, sid: str, node: str) -> bool:
    place, target = board.places.get(sid, (None, None))
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
