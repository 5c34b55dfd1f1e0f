"""How much a cluster bears, and what would have to change."""

from dataclasses import replace

import pytest

from tests.forecast.clusters import GIB, cluster, rule
from virton.forecast.changes import Change, changed
from virton.forecast.fates import Verdict
from virton.forecast.fit import Size, SizeError, fits
from virton.forecast.reasons import NoSuchResourceError, reasons
from virton.forecast.refresh import fresh, refreshed
from virton.forecast.rest import at_rest
from virton.forecast.situation import Situation
from virton.forecast.tolerance import Table, cases, tolerance
from virton.ha.states import LrmState

BOUND = rule("bound", ["vm:1"], nodes={"node1": 0}, strict=1)


def worst(table: Table, kind: str) -> dict[str, Verdict]:
    return {row.case.name: row.worst for row in table.rows if row.case.kind == kind}


def test_every_node_is_tried_and_only_the_one_that_matters_is_not_borne() -> None:
    table = tolerance(cluster({"vm:1": "node1", "vm:2": "node2"}, rules=[BOUND]))
    assert worst(table, "node") == {
        "node1": Verdict.NOT_PLACED,
        "node2": Verdict.BACK,
        "node3": Verdict.STAYS,
    }
    assert not table.tolerates(1)
    told = table.rows[0].to_json()["resources"]
    assert told == {"vm:1": [{"verdict": "not_placed", "node": None, "rules": ["bound"]}]}


def test_a_pair_of_three_nodes_costs_the_quorum() -> None:
    table = tolerance(cluster({"vm:1": "node1"}), pairs=True)
    assert table.tolerates(1)
    assert not table.tolerates(2)
    assert set(worst(table, "pair").values()) == {Verdict.NO_QUORUM}


def test_a_pair_of_five_nodes_is_borne() -> None:
    table = tolerance(cluster({"vm:1": "node1", "vm:2": "node2"}, nodes=5), pairs=True)
    assert table.tolerates(2)


def test_a_fault_domain_is_lost_as_a_whole() -> None:
    situation = cluster({"vm:1": "node1", "vm:5": "node5"}, nodes=5)
    table = tolerance(situation, domains={"rack": ["node1", "node2", "node3"]})
    (row,) = (row for row in table.rows if row.case.kind == "domain")
    assert (row.quorate, row.resets) == (False, ("node5",))


def test_where_the_order_of_two_fences_matters_both_ends_are_told() -> None:
    together = rule("together", ["vm:1", "vm:2"], affinity="positive")
    situation = cluster({"vm:1": "node1", "vm:2": "node1", "vm:3": "node2"}, nodes=5)
    table = tolerance(replace(situation, rules=cluster({}, rules=[together]).rules), pairs=True)
    (row,) = (row for row in table.rows if row.case.nodes == ("node1", "node2"))
    assert all(len({fate.verdict for fate in told}) == 1 for told in row.touched.values())
    assert any(len(told) > 1 for told in row.touched.values())


def test_as_many_guests_fit_as_the_memory_of_the_nodes_that_are_left_can_take() -> None:
    hosts = {n: {"power": "on", "network": "on", "maxmem": 8 * GIB} for n in ("a", "b", "c")}
    situation = cluster({"vm:1": "a", "vm:2": "b", "vm:3": "c"}, hosts=hosts)
    # 24 GiB in all, of which the 8 of one node must stay free, and 12 are taken
    assert fits(situation, Size.parse("memory=4GiB,cores=1")) == 1
    assert fits(situation, Size.parse("memory=5GiB")) == 0


@pytest.mark.parametrize("words", ["cores=4", "memory=x", "memory=1Q", "memory=1G,disk=3"])
def test_a_size_that_is_none_is_refused(words: str) -> None:
    with pytest.raises(SizeError):
        Size.parse(words)


def test_a_rule_that_keeps_a_resource_from_coming_back_is_named_and_each_repair_helps() -> None:
    found = reasons(cluster({"vm:1": "node1", "vm:2": "node2"}, rules=[BOUND]), "vm:1")
    assert [fate.verdict for fate in found.when_lost] == [Verdict.NOT_PLACED]
    assert found.contradicting == ("bound",)
    assert [repair.kind for repair in found.repairs] == [
        "relax",
        "add_node",
        "add_node",
        "remove_rule",
    ]
    assert all(repair.fate.verdict is Verdict.BACK for repair in found.repairs)


def test_of_many_rules_only_those_that_contradict_each_other_are_named() -> None:
    rules = [
        rule("apart", ["vm:1", "vm:2"], affinity="negative"),
        rule("here", ["vm:1"], nodes={"node1": 0, "node2": 0}, strict=1),
        rule("there", ["vm:2"], nodes={"node2": 0}, strict=1),
        rule("other", ["vm:1", "vm:3"], affinity="negative"),
        rule("far", ["vm:3"], nodes={"node1": 0, "node2": 0}),
    ]
    resources = {"vm:1": "node1", "vm:2": "node2", "vm:3": "node2"}
    found = reasons(cluster(resources, rules=rules), "vm:1")
    assert "here" in found.contradicting
    assert len(found.contradicting) == 2


def test_a_squeezed_resource_is_told_how_much_memory_to_free_and_each_way_was_played() -> None:
    sizes = {"node1": 12, "node2": 6, "node3": 12}
    hosts = {n: {"power": "on", "network": "on", "maxmem": s * GIB} for n, s in sizes.items()}
    resources = {"vm:1": "node1", "vm:2": "node2", "vm:3": "node3", "vm:4": "node3"}
    found = reasons(cluster(resources, hosts=hosts), "vm:1")
    assert [fate.verdict for fate in found.when_lost] == [Verdict.SQUEEZED]
    assert found.lacks_bytes == 2 * GIB
    assert [(repair.kind, repair.change.words) for repair in found.repairs] == [
        ("less_memory", "set vm:1 memory=2048"),
        ("move_other", "move vm:2 node=node3"),
    ]
    assert all(repair.fate.verdict is Verdict.BACK for repair in found.repairs)


def test_another_guest_is_moved_away_where_the_memory_is_then_enough() -> None:
    sizes = {"node1": 16, "node2": 8, "node3": 16}
    hosts = {n: {"power": "on", "network": "on", "maxmem": s * GIB} for n, s in sizes.items()}
    resources = {"vm:1": "node1", "vm:2": "node2", "vm:4": "node2"}
    bound = rule("bound", ["vm:1"], nodes={"node1": 1, "node2": 0}, strict=1)
    found = reasons(cluster(resources, hosts=hosts, rules=[bound]), "vm:1")
    assert found.lacks_bytes == 4 * GIB
    words = [repair.change.words for repair in found.repairs]
    assert words == [
        f"move {sid} node={node}" for sid in ("vm:2", "vm:4") for node in ("node1", "node3")
    ]


def test_the_smallest_set_of_rules_that_contradict_is_found_among_larger_ones() -> None:
    rules = [
        rule("a-apart", ["vm:1", "vm:2", "vm:3"], affinity="negative"),
        rule("b-here", ["vm:1"], nodes={"node1": 0, "node2": 0}, strict=1),
        rule("c-apart", ["vm:1", "vm:2"], affinity="negative"),
    ]
    resources = {"vm:1": "node1", "vm:2": "node2", "vm:3": "node3"}
    found = reasons(cluster(resources, rules=rules), "vm:1")
    assert found.contradicting == ("a-apart",)


def test_a_rule_is_said_to_be_why_a_resource_is_not_elsewhere_and_what_would_be_without_it() -> (
    None
):
    rules = [rule("home", ["vm:1"], nodes={"node2": 1})]
    found = reasons(cluster({"vm:1": "node1"}, rules=rules), "vm:1")
    assert found.node == "node2"
    assert [(one.without, one.node) for one in found.without] == [("home", "node2")]


def test_a_resource_that_is_not_there_has_no_reasons() -> None:
    with pytest.raises(NoSuchResourceError):
        reasons(cluster({"vm:1": "node1"}), "vm:9")


@pytest.mark.parametrize(
    ("words", "kept"),
    [
        ("extra resources=vm:6 nodes=node3:2,node1:1", True),
        ("apart resources=vm:6,vm:7 affinity=negative", True),
        ("extra resources=vm:1 nodes=node2:2,node4:1", True),
        ("extra resources=vm:3 nodes=node1 strict=1", False),
    ],
)
def test_a_refreshed_table_is_the_one_made_from_scratch(words: str, kept: bool) -> None:
    situation = cluster({f"vm:{n}": f"node{1 + n % 4}" for n in range(1, 13)}, nodes=4)
    former = tolerance(situation, pairs=True)
    wanted = [row.case for row in former.rows]
    supposed = changed(former.base, Change.parse("add", words))
    work = fresh(supposed, wanted, former)
    assert bool(work.kept) is kept
    assert refreshed(supposed, wanted, former).rows == tolerance(supposed, pairs=True).rows


def test_a_table_is_refreshed_as_well_when_nothing_of_the_former_holds() -> None:
    former = tolerance(cluster({"vm:1": "node1", "vm:2": "node2"}))
    moved = cluster({"vm:1": "node3", "vm:2": "node2"})
    wanted = [row.case for row in former.rows]
    assert refreshed(moved, wanted, former).rows == tolerance(moved).rows


def _with_a_device(*, on: bool) -> Situation:
    return replace(_TWO, device_votes=1, device_on=on)


_TWO = cluster({"vm:1": "node1"}, nodes=2)
_SILENT = {("node2", "lrm"): 500}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (_with_a_device(on=True), _with_a_device(on=False)),
        (_with_a_device(on=True), replace(_with_a_device(on=True), guest_locks={"vm:1": "create"})),
        (_with_a_device(on=True), replace(_with_a_device(on=True), ages_s=_SILENT)),
        (_with_a_device(on=True), replace(_with_a_device(on=True), failing=frozenset({"vm:1"}))),
    ],
    ids=["device", "lock", "silent", "failing"],
)
def test_no_row_is_kept_when_what_all_rows_stand_on_has_changed(
    before: Situation, after: Situation
) -> None:
    former, truth = tolerance(before), tolerance(after)
    assert former.rows != truth.rows
    assert refreshed(after, [row.case for row in former.rows], former).rows == truth.rows


def test_a_refreshed_table_tells_anew_which_nodes_reset_themselves() -> None:
    idle, _ = at_rest(cluster({"vm:1": "node1", "vm:2": "node2"}))
    held = {**idle.lrm, "node3": replace(idle.lrm["node3"], state=LrmState.ACTIVE)}
    armed = replace(idle, lrm=held, kept=None)
    before = tolerance(armed)
    after = refreshed(replace(idle, kept=None), cases(idle), before)
    assert after.rows == tolerance(idle).rows
    assert after.rows != before.rows
