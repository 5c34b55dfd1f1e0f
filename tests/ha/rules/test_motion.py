"""What rules make of a move: who goes along, who stands in the way, and what undoes it."""

from dataclasses import replace

from tests.ha.rules.make import apart, avoid, on, rule_set, together
from virton.ha.rules.compiled import prepare
from virton.ha.rules.config import Rule
from virton.ha.rules.motion import Board, Consequence, Effect, consequences

NODES = ("node1", "node2", "node3")
BOARD = Board(
    {"vm:1": ("node1", None), "vm:2": ("node1", ""), "vm:3": ("node3", None)},
    frozenset({"vm:1", "vm:2"}),
    NODES,
)


def told(node: str, *rules: Rule, board: Board = BOARD) -> list[Consequence]:
    return consequences(prepare(rule_set(*rules), NODES)[0], board, "vm:1", node)


def test_without_rules_a_move_has_no_consequence() -> None:
    assert told("node2") == []


def test_those_kept_together_go_along_and_those_kept_apart_refuse_it() -> None:
    rules = together("pair", "1 2"), apart("spread", "2 3")
    assert told("node2", *rules) == [Consequence(Effect.ALONG, ("pair",), ("vm:2",))]
    refused = told("node3", *rules)[0]
    assert (refused.effect, refused.others, refused.refuses) == (Effect.APART, ("vm:3",), True)
    assert "spread" in refused.rules


def test_one_that_is_leaving_does_not_stand_in_the_way() -> None:
    leaving = replace(BOARD, places={**BOARD.places, "vm:3": ("node3", "node2")})
    assert told("node3", apart("spread", "1 3"), board=leaving) == []


def test_a_strict_rule_forbids_what_it_does_not_name() -> None:
    assert told("node3", on("licence", "1", {"node1": 0})) == [
        Consequence(Effect.FORBIDDEN, ("licence",))
    ]
    assert told("node3", avoid("off", "1", {"node3": 0}))[0].effect is Effect.FORBIDDEN


def test_a_move_to_a_lower_priority_is_undone_where_anything_that_moves_fails_back() -> None:
    prefer = on("prefer", "1", {"node1": 10, "node3": 5}, strict=False)
    assert told("node3", prefer) == [Consequence(Effect.RETURNS, ("prefer",), (), ("node1",))]
    staying = replace(BOARD, failing_back=frozenset())
    assert told("node3", prefer, board=staying)[0].effect is Effect.STAYS
    pair = together("pair", "1 2")
    only_other = replace(BOARD, failing_back=frozenset({"vm:2"}))
    alike = on("prefer", "1", {"node1": 1}, strict=False)
    assert told("node3", alike, pair, board=only_other)[0].effect is Effect.RETURNS


def test_the_best_node_counts_only_while_it_takes_resources() -> None:
    prefer = on("prefer", "1", {"node1": 10, "node3": 5}, strict=False)
    away = replace(BOARD, online=("node2", "node3"))
    assert told("node3", prefer, board=away) == []
