"""The paced clock takes the time that real daemons take (measured on a cluster of three nodes)."""

from collections.abc import Iterator
from random import Random

import pytest

from tests.simulation.paced_cluster import HOME, MASTER, NODES, PacedCluster
from virton.simulation.commands import CommandError
from virton.simulation.paced import Daemon
from virton.simulation.timing import Totem, real_timing
from virton.simulation.value import QDeviceValue

DAEMONS: list[Daemon] = [(node, kind) for node in NODES for kind in ("crm", "lrm")]
CUTS = ("network {} off", "power {} off")


def phases(count: int) -> Iterator[dict[Daemon, int]]:
    """Draw phases of the daemons' rounds, after those in which all come early or late."""
    for edge in (0, 9):
        yield dict.fromkeys(DAEMONS, edge)
    draw = Random(8)  # noqa: S311 (repeatable, not secret)
    for _ in range(count):
        yield {daemon: draw.randrange(10) for daemon in DAEMONS}


def course(delays: dict[Daemon, int], lost: str, cut: str, seconds: int) -> dict[str, int]:
    """Cut a node off; return when what happened first."""
    cluster = PacedCluster(delays)
    cluster.do(cut.format(lost))
    cluster.step(seconds)
    happened = {
        "unknown": cluster.when("node.state", node=lost, to="unknown"),
        "fence": cluster.when("node.state", node=lost, to="fence"),
        "reset": cluster.when("node.watchdog_poweroff", node=lost),
        "master": cluster.when("daemon.state", to="master"),
        "acknowledged": cluster.when("fence.acknowledged", node=lost),
        "started": cluster.when("lrm.started"),
    }
    return {name: times[0] for name, times in happened.items() if times}


def hull(courses: list[dict[str, int]]) -> dict[str, tuple[int, int]]:
    names = {name for one in courses for name in one}
    return {
        name: (
            min(c[name] for c in courses if name in c),
            max(c[name] for c in courses if name in c),
        )
        for name in sorted(names)
    }


def assert_covers(found: tuple[int, int], *measured_s: float) -> None:
    """The clock counts whole seconds, of what was measured in parts of one."""
    for at_s in measured_s:
        assert found[0] - 1 <= at_s <= found[1] + 1


@pytest.mark.parametrize("cut", CUTS)
def test_a_slave_is_lost_in_the_time_that_it_takes_really(cut: str) -> None:
    found = hull([course(delays, "pve3", cut, 170) for delays in phases(60)])
    assert found["unknown"] == (8, 18)
    assert found["fence"] == (58, 68)
    assert found["acknowledged"] == (128, 140)
    assert 129 <= found["started"][0] <= found["started"][1] <= 152
    assert_covers(found["unknown"], 18.2, 17.9, 9.6)
    assert_covers(found["fence"], 68.2, 68.0, 59.7)
    assert_covers(found["acknowledged"], 138.4, 128.2)
    assert_covers(found["started"], 131.0, 150.3)
    if cut == CUTS[0]:
        assert found["reset"] == (61, 70)
        assert_covers(found["reset"], 69.3)


@pytest.mark.parametrize("cut", CUTS)
def test_a_lost_master_has_a_successor_when_its_lock_ran_out(cut: str) -> None:
    found = hull([course(delays, MASTER, cut, 220) for delays in phases(60)])
    assert 112 <= found["master"][0] <= found["master"][1] <= 122
    assert found["unknown"] == found["master"], "unknown at once"
    assert found["fence"] == tuple(at_s + 60 for at_s in found["unknown"])
    assert 172 <= found["acknowledged"][0] <= found["acknowledged"][1] <= 192
    assert_covers(found["master"], 118.2)
    assert_covers(found["fence"], 178.2)
    # in the round of the fence where the new master is the one that judges the locks, else later
    assert_covers(found["acknowledged"], 178.2, 188.8, 184.9)
    assert_covers(found["started"], 180.5, 201)
    if cut == CUTS[0]:
        assert_covers(found["reset"], 62.2)


def test_a_short_loss_of_quorum_fences_nobody_and_the_master_stays_master() -> None:
    for delays in phases(20):
        cluster = PacedCluster(delays)
        cluster.do("network pve2 off", "network pve3 off")
        cluster.step(7)
        assert cluster.world.membership.quorate(MASTER), "not noticed yet"
        cluster.step(1)
        assert not cluster.world.membership.quorate(MASTER)
        cluster.step(27)
        cluster.do("network pve2 on", "network pve3 on")
        cluster.step(2)
        assert not cluster.world.membership.quorate(MASTER)
        cluster.step(40)
        assert not cluster.when("node.state", to="unknown")
        assert not cluster.when("node.watchdog_poweroff")
        masters = [(s, f) for _, s, kind, f in cluster.told() if f.get("to") == "master"]
        assert [source for source, _ in masters] == ["pve1/crm"]
        assert 38 <= cluster.when("daemon.state", to="master")[0] <= 44


def test_after_a_lasting_loss_of_quorum_all_reset_and_locks_run_anew_from_the_start() -> None:
    for delays in phases(8):
        cluster = PacedCluster(delays)
        cluster.do("split pve1|pve2|pve3")
        cluster.step(80)
        assert [h.power for h in cluster.world.hosts.values()] == [False] * 3
        assert all(61 <= at_s <= 70 for at_s in cluster.when("node.watchdog_poweroff"))
        cluster.do("heal", "power pve1 on", "power pve2 on", "power pve3 on")
        on_s = cluster.passed_s()
        cluster.step(160)
        (master_s,) = cluster.when("daemon.state", to="master")
        assert 120 <= master_s - on_s <= 130, "whoever held the lock before"
        assert {s for h in cluster.world.hosts.values() for s in h.running} == {*HOME}


def test_after_a_fence_the_returning_lrm_waits_for_its_lock() -> None:
    for delays in phases(10):
        cluster = PacedCluster(delays)
        cluster.do("power pve3 off")
        cluster.step(180)
        (fenced_s,) = cluster.when("fence.acknowledged")
        cluster.do("power pve3 on", "service vm:104 migrate pve3")
        cluster.step(160)
        (active_s,) = cluster.when("daemon.state", to="active")
        assert 120 <= active_s - fenced_s <= 132


def test_a_node_switched_on_joins_before_its_daemons_start() -> None:
    cluster = PacedCluster(dict.fromkeys(DAEMONS, 3))
    cluster.do("power pve2 off")
    cluster.step(30)
    cluster.do("power pve2 on")
    on_s = cluster.passed_s()
    cluster.until(lambda: "pve2" in cluster.world.membership.members("pve1"))
    assert cluster.passed_s() - on_s == 7
    cluster.until(lambda: cluster.world.hosts["pve2"].lrm is not None)
    assert cluster.passed_s() - on_s == 11


def test_a_node_that_shuts_down_takes_its_leave_and_holds_nobody_up() -> None:
    cluster = PacedCluster(dict.fromkeys(DAEMONS, 3))
    cluster.do("shutdown pve2")
    off_s = cluster.until(lambda: not cluster.world.hosts["pve2"].power)
    assert cluster.world.membership.members("pve1") == {"pve1", "pve3"}
    cluster.step(1)
    assert not cluster.world.membership.waits("pve1")
    cluster.step(14)
    assert cluster.when("node.state", node="pve2", to="unknown")[0] - off_s <= 10


def test_the_next_master_takes_over_at_once_from_one_that_ends() -> None:
    for delays in phases(10):
        cluster = PacedCluster(delays)
        cluster.do("crm pve1 stop")
        cluster.step(12)
        released_s, master_s = (
            cluster.when("lock.released"),
            cluster.when("daemon.state", to="master"),
        )
        assert master_s[0] - released_s[0] <= 1


def test_a_watchdog_that_was_given_up_cannot_be_fed_any_more() -> None:
    cluster = PacedCluster(dict.fromkeys(DAEMONS, 9))
    cluster.do("network pve3 off")
    cluster.step(61)
    cluster.do("network pve3 on")
    cluster.step(12)
    assert cluster.when("node.watchdog_poweroff", node="pve3") == [70]


def test_a_cut_that_is_mended_before_anybody_noticed_changes_nothing() -> None:
    cluster = PacedCluster(dict.fromkeys(DAEMONS, 2))
    cluster.do("network pve3 off")
    cluster.step(5)
    cluster.do("network pve3 on")
    cluster.step(100)
    assert not cluster.when("node.state")
    assert not cluster.when("daemon.state")


# votes


def test_quorum_counts_votes_and_not_nodes() -> None:
    delays = dict.fromkeys(DAEMONS, 4)
    cluster = PacedCluster(delays, votes={"pve1": 3})
    cluster.do("split pve1|pve2,pve3")
    cluster.step(8)
    membership = cluster.world.membership
    assert [membership.quorate(node) for node in NODES] == [True, False, False]
    assert membership.online("pve1") == {"pve1": True, "pve2": False, "pve3": False}
    assert membership.online("pve2") == dict.fromkeys(NODES, False)


def test_a_device_gives_its_vote_to_the_larger_part_and_of_equals_to_the_first() -> None:
    nodes, home = ("pve1", "pve2"), {"vm:100": "pve1", "vm:101": "pve2"}
    delays = {daemon: 4 for daemon in DAEMONS if daemon[0] in nodes}
    cluster = PacedCluster(delays, nodes, home, qdevice=QDeviceValue())
    quorate = cluster.world.membership.quorate
    cluster.do("split pve1|pve2")
    cluster.step(10)
    assert (quorate("pve1"), quorate("pve2")) == (True, False)
    cluster.do("heal", "network pve1 off")
    cluster.step(10)
    assert (quorate("pve1"), quorate("pve2")) == (False, True)
    cluster.do("qdevice off")
    cluster.step(1)
    assert (quorate("pve1"), quorate("pve2")) == (False, False)


def test_two_nodes_without_a_device_lose_quorum_with_either() -> None:
    nodes, home = ("pve1", "pve2"), {"vm:100": "pve1", "vm:101": "pve2"}
    delays = {daemon: 4 for daemon in DAEMONS if daemon[0] in nodes}
    cluster = PacedCluster(delays, nodes, home)
    cluster.do("power pve2 off")
    cluster.step(75)
    assert not cluster.world.hosts["pve1"].power, "it reset itself"


@pytest.mark.parametrize(
    "command", ["split pve1|nobody", "split pve1,pve1|pve2", "split", "split |"]
)
def test_a_split_names_nodes_that_there_are_once(command: str) -> None:
    cluster = PacedCluster(dict.fromkeys(DAEMONS, 4))
    with pytest.raises(CommandError):
        cluster.do(command)


# how long membership takes


@pytest.mark.parametrize(
    ("nodes", "totem", "loss_s"),
    [
        (2, Totem(), 7),
        (3, Totem(), 8),
        (16, Totem(), 27),
        (16, Totem(coefficient_ms=125), 10),
        (3, Totem(token_ms=10_000), 23),
        (3, Totem(consensus_ms=6000), 10),
    ],
)
def test_the_loss_of_a_node_is_agreed_on_as_corosync_is_set(
    nodes: int, totem: Totem, loss_s: int
) -> None:
    assert real_timing(nodes, totem).loss_s == loss_s


# jumps


@pytest.mark.parametrize("deed", ["network pve3 off", "power pve1 off", "split pve1,pve2|pve3", ""])
def test_seconds_jumped_over_would_have_changed_nothing(deed: str) -> None:
    for delays in phases(4):
        jumping, walking = PacedCluster(delays), PacedCluster(delays)
        for cluster in (jumping, walking):
            cluster.do(*([deed] if deed else []))
        jumping.step(250)
        for _ in range(250):
            walking.world.now_s += 1
            walking.clock.second()
        assert jumping.told() == walking.told()
        assert jumping.clock.rounds == walking.clock.rounds


# freezing


@pytest.mark.parametrize("deed", ["network pve3 off", "power pve1 off", "split pve1|pve2,pve3"])
def test_a_world_frozen_at_any_second_goes_on_as_it_would_have(deed: str) -> None:
    (delays,) = [delays for at, delays in enumerate(phases(1)) if at == 2]
    whole, cut = PacedCluster(delays), PacedCluster(delays)
    whole.do(deed)
    whole.step(220)
    cut.do(deed)
    for _ in range(220):
        cut.through_bytes()
        cut.step(1)
    assert cut.told() == whole.told()
    assert cut.clock.value() == whole.clock.value()
