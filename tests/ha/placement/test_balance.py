from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from virton.ha.placement.load import (
    Candidate,
    DynamicLoad,
    ImbalanceMeasure,
    NodeStats,
    Problem,
    ProblemKind,
    ProblemReason,
    ResourceUsage,
    StaticLoad,
)
from virton.ha.states import BalanceMethod

from . import plain

GIB = 1 << 30
BOTH = pytest.mark.parametrize("method", list(BalanceMethod))
NODES = {name: NodeStats(16, 64 * GIB) for name in ("node1", "node2", "node3")}


def static(**where: str) -> StaticLoad:
    """Place resources of 4 cores and 16 GiB: `vm1="node1"`."""
    load = StaticLoad(NODES, {sid: ResourceUsage(4.0, 16 * GIB) for sid in where})
    for sid, node in where.items():
        load.add(sid, node, None, True)
    return load


def alone(sid: str, *nodes: str) -> Candidate:
    return Candidate(sid, nodes, (sid,))


@BOTH
def test_the_move_that_balances_best_wins_and_names_decide_a_tie(method: BalanceMethod) -> None:
    load = static(vm1="node1", vm2="node1", vm3="node3")
    move = load.best_move([alone("vm1", "node2", "node3"), alone("vm2", "node2", "node3")], method)
    assert move is not None
    assert (move.sid, move.source, move.target, move.imbalance) == ("vm1", "node1", "node2", 0.0)


@BOTH
def test_even_the_best_move_may_make_things_worse(method: BalanceMethod) -> None:
    load = static(vm1="node1", vm2="node2", vm3="node3")
    move = load.best_move([alone("vm2", "node1")], method)
    assert move is not None
    assert move.imbalance > load.imbalance() == 0.0


@BOTH
def test_nobody_to_move_and_nowhere_to_go_are_no_move(method: BalanceMethod) -> None:
    load = static(vm1="node1")
    assert load.best_move([], method) is None
    assert load.best_move([alone("vm1")], method) is None
    assert load.best_move([alone("vm1", "node1", "elsewhere")], method) is None
    assert not load.problems


@BOTH
def test_resources_that_stay_together_move_as_one(method: BalanceMethod) -> None:
    load = static(vm1="node1", vm2="node1", vm3="node2", vm4="node2")
    move = load.best_move([Candidate("vm1", ("node3",), ("vm1", "vm2"))], method)
    assert move is not None
    assert move.imbalance == load.imbalance() == pytest.approx(0.5)


@BOTH
def test_dynamic_balance_moves_what_a_resource_uses_and_never_below_nothing(
    method: BalanceMethod,
) -> None:
    nodes = {
        "node1": NodeStats(10, 10 * GIB, cpu=1.0, mem=GIB),
        "node2": NodeStats(10, 10 * GIB, cpu=1.0, mem=GIB),
    }
    load = DynamicLoad(nodes, {"vm1": ResourceUsage(4.0, 4 * GIB, 2.0, 2 * GIB)})
    load.add("vm1", "node1", None, True)
    move = load.best_move([alone("vm1", "node2")], method)
    assert move is not None
    assert move.imbalance == 1.0


def test_a_resource_without_a_core_limit_leaves_its_cores_behind() -> None:
    load = StaticLoad({"a": NODES["node1"], "b": NODES["node1"]}, {"vm1": ResourceUsage(0.0, 0)})
    load.add("vm1", "a", None, True)
    move = load.best_move([alone("vm1", "b")], BalanceMethod.BRUTEFORCE)
    assert move is not None
    assert move.imbalance == load.imbalance() == 1.0


@BOTH
@pytest.mark.parametrize(
    ("candidate", "sid", "reason"),
    [
        (alone("vm9", "node2"), "vm9", ProblemReason.LEADER_NOT_COUNTED),
        (alone("vm5", "node2"), "vm5", ProblemReason.LEADER_MOVES),
        (Candidate("vm1", ("node2",), ("vm2",)), "vm1", ProblemReason.LEADER_NOT_IN_BUNDLE),
        (Candidate("vm1", ("node2",), ("vm1", "vm9")), "vm9", ProblemReason.MEMBER_NOT_COUNTED),
        (Candidate("vm1", ("node2",), ("vm1", "vm5")), "vm5", ProblemReason.MEMBER_MOVES),
        (Candidate("vm1", ("node2",), ("vm1", "vm3")), "vm3", ProblemReason.MEMBER_ELSEWHERE),
    ],
)
def test_one_candidate_amiss_spoils_the_round_and_is_told(
    candidate: Candidate, sid: str, reason: ProblemReason, method: BalanceMethod
) -> None:
    load = StaticLoad(NODES, {f"vm{n}": ResourceUsage(4.0, GIB) for n in range(1, 6)})
    load.add("vm1", "node1", None, True)
    load.add("vm2", "node1", None, True)
    load.add("vm3", "node2", None, True)
    load.add("vm5", "node1", "node2", True)
    assert load.best_move([alone("vm1", "node3"), candidate], method) is None
    assert load.problems == [Problem(ProblemKind.MOVES_NOT_SCORED, reason, sid)]


cores = st.one_of(st.sampled_from([0.5, 1.0, 4.0]), st.floats(min_value=0.01, max_value=16.0))
memory = st.integers(min_value=0, max_value=16 * GIB)
stats = st.builds(
    NodeStats,
    st.sampled_from([16, 24, 64]),
    st.sampled_from([32 * GIB, 64 * GIB]),
    st.floats(min_value=0.0, max_value=24.0),
    memory,
)
usage = st.builds(ResourceUsage, cores, memory, cores, memory)
kinds = st.sampled_from([StaticLoad, DynamicLoad])
measures = st.sampled_from(ImbalanceMeasure)
Placed = tuple[StaticLoad | DynamicLoad, dict[str, str]]


@cache
def clusters_of(size: int, count: int) -> st.SearchStrategy[Placed]:
    """Return what draws so many nodes with so many resources; it takes long to make."""
    names = [f"node{number}" for number in range(size)]
    sids = [f"vm:{number}" for number in range(count)]
    return st.builds(
        placed,
        kinds,
        measures,
        st.fixed_dictionaries(dict.fromkeys(names, stats)),
        st.fixed_dictionaries(dict.fromkeys(sids, usage)),
        st.fixed_dictionaries(dict.fromkeys(sids, st.sampled_from(names))),
    )


def placed(
    kind: type[StaticLoad | DynamicLoad],
    measure: ImbalanceMeasure,
    nodes: dict[str, NodeStats],
    usages: dict[str, ResourceUsage],
    where: dict[str, str],
) -> Placed:
    load = kind(nodes, usages, measure)
    for sid, node in where.items():
        load.add(sid, node, None, True)
    return load, where


clusters = st.tuples(st.integers(2, 5), st.integers(1, 8)).flatmap(lambda of: clusters_of(*of))


def all_moves(load: StaticLoad | DynamicLoad, where: dict[str, str]) -> list[Candidate]:
    return [alone(sid, *(n for n in load.nodes if n != where[sid])) for sid in sorted(where)]


@given(clusters, st.sampled_from(BalanceMethod), st.randoms())
def test_the_best_move_is_the_best_of_the_candidates_and_what_is_foretold_of_it_comes_true(
    made, method, draw
) -> None:
    load, where = made
    candidates = all_moves(load, where)
    some = draw.sample(candidates, draw.randint(0, len(candidates)))
    check_that_it_is_one_of_the_candidates(load, where, some, method)
    check_that_no_single_move_balances_better(load, where)
    check_that_topsis_ranks_as_its_plain_formula(load, where)
    check_that_the_imbalance_comes_true(load, where)


def check_that_it_is_one_of_the_candidates(load, where, open_to, method) -> None:
    move = load.best_move(open_to, method)
    if move is None:
        assert not open_to
    else:
        nodes = {candidate.leader: candidate.nodes for candidate in open_to}
        assert move.target in nodes[move.sid]
        assert move.source == where[move.sid] != move.target


def check_that_no_single_move_balances_better(load, where) -> None:
    candidates = all_moves(load, where)
    found = load.best_move(candidates, BalanceMethod.BRUTEFORCE)
    single = [
        load.best_move([alone(candidate.leader, node)], BalanceMethod.BRUTEFORCE)
        for candidate in candidates
        for node in candidate.nodes
    ]
    assert found == min(
        (move for move in single if move is not None),
        key=lambda move: (move.imbalance, move.sid, move.source, move.target),
    )


def check_that_the_imbalance_comes_true(load, where) -> None:
    if isinstance(load, DynamicLoad):
        return
    for method in BalanceMethod:
        move = load.best_move(all_moves(load, where), method)
        assert move is not None
        load.remove(move.sid)
        load.add(move.sid, move.target, None, True)
        assert move.imbalance == pytest.approx(load.imbalance(), abs=1e-9)
        where[move.sid] = move.target


def check_that_topsis_ranks_as_its_plain_formula(load, where) -> None:
    gauge = load._now
    rows, moves = [], []
    for candidate in all_moves(load, where):
        for node in candidate.nodes:
            uses = []
            for index, name in enumerate(load.nodes):
                demand = load._counted[candidate.leader].demand
                sign = (name == node) - (name == where[candidate.leader])
                cpu = max(0.0, gauge.cpu[index] + sign * demand.cpu)
                mem = max(0, gauge.mem[index] + sign * demand.mem)
                uses.append((cpu / gauge.maxcpu[index], mem / gauge.maxmem[index]))
            rows.append(plain.criteria(uses))
            moves.append((candidate.leader, node))
    scores = plain.topsis(rows)
    move = load.best_move(all_moves(load, where), BalanceMethod.TOPSIS)
    assert move is not None
    spread = max(max(column) - min(column) for column in zip(*rows, strict=True))
    if spread > 1e-6:
        assert scores[moves.index((move.sid, move.target))] == pytest.approx(max(scores), abs=1e-6)
