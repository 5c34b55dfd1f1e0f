"""A restart changes nothing: whenever the process ends, the cluster goes on where it was."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.embedded.course import Course, play
from tests.embedded.living import STARTED_AT_S, Living
from virton.simulation.encoding import EncodingError


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_goes_on_over_restarts_as_it_would_have_without_any(seed: int) -> None:
    assert play(seed, restarts=True).told == play(seed, restarts=False).told


@pytest.mark.parametrize("after_s", [0, 1, 6, 9, 15, 33, 58, 62, 75, 110, 125, 131])
@pytest.mark.parametrize("node", ["phum01", "phum03"])
def test_guests_never_run_twice_when_a_node_is_cut_off_and_the_process_killed(
    node: str, after_s: int
) -> None:
    course = Course()
    course.cluster.world.set_network(node, False)
    course.cluster.world.step(after_s)
    course.restart(after_s=20)
    for _ in range(400):
        course.pass_unkept(1)
        assert course.most_nodes_of_a_guest() == 1
    assert not course.cluster.world.hosts[node].power, "its watchdog has fired"
    guests = {guest.sid: guest.runs_on for guest in course.cluster.world.state().guests}
    others = [name for name in course.cluster.world.hosts if name != node]
    for sid in ("vm:100", "vm:121", "vm:999"):
        assert [name for name in guests[sid] if name in others], sid


def test_speed_pause_uptime_and_faults_to_come_are_kept(tmp_path: Path) -> None:
    before = Living(tmp_path)
    before.lab(action="fail_starts", sid="vm:121", count=2)
    before.lab(action="speed", speed=60)
    before.lab(action="pause")
    before.step(100)
    after = Living(tmp_path)
    state = after.running.world.state()
    assert (state.speed, state.paused, state.now) == (60, True, STARTED_AT_S + 100)
    assert {guest.sid: guest.fail_starts for guest in state.guests}["vm:121"] == 2
    assert after.running.world.guests()[100].uptime_s == before.running.world.guests()[100].uptime_s
    assert after.get("/nodes") == before.get("/nodes")


def test_a_live_migration_goes_on_over_a_restart(tmp_path: Path) -> None:
    before = Living(tmp_path)
    before.send("POST", "/cluster/ha/resources/vm:100/migrate", node="phum01")
    before.wait(lambda: before.state("vm:100")[0] == "migrate")
    before.wait(lambda: bool(before.running.world.operations_with_tasks()))
    [upid] = before.running.world.operations_with_tasks()
    after = Living(tmp_path, now_s=STARTED_AT_S + 3600)
    took_s = after.wait(lambda: after.runs_on(100) == ["phum01"])
    assert took_s <= 10
    status = after.get(f"/nodes/phum03/tasks/{upid}/status")
    assert (status["type"], status["exitstatus"]) == ("qmigrate", "OK")


def test_time_goes_on_with_the_machines_and_one_start_ten_years_ahead_is_taken_back(
    tmp_path: Path,
) -> None:
    ten_years_s = 10 * 365 * 86_400
    assert Living(tmp_path).running.world.now() == STARTED_AT_S
    assert Living(tmp_path, now_s=STARTED_AT_S + 60).running.world.now() == STARTED_AT_S + 60
    later = Living(tmp_path, now_s=STARTED_AT_S + ten_years_s)
    later.running.world.elapse(30)
    assert later.running.world.now() == STARTED_AT_S + ten_years_s + 30
    back = Living(tmp_path, now_s=STARTED_AT_S + 120)
    assert back.running.world.now() == STARTED_AT_S + 120
    back.step(300)
    assert back.state("vm:100") == ("started", "phum03")
    assert Living(tmp_path, now_s=STARTED_AT_S + 130).running.world.now() == STARTED_AT_S + 430


def test_a_folder_of_a_former_version_still_opens(tmp_path: Path) -> None:
    before = Living(tmp_path)
    before.lab(action="power", node="phum02", on=False)
    files = before.running.cluster.files
    hosts = before.running.world.hosts
    former: Mapping[str, Any] = {
        "hosts": {
            name: {"power": h.power, "network": h.network, "running": sorted(h.running)}
            for name, h in hosts.items()
        },
        "failing_starts": {"vm:121": 3},
        "locks": {"ha_manager_lock": ["phum01", STARTED_AT_S]},
        "now": STARTED_AT_S,
    }
    with files.batch():
        for path in files.paths("virton/world/"):
            files.remove(path)
        files.write_json("virton/world", former)
    after = Living(tmp_path)
    assert [h.power for h in after.running.world.hosts.values()] == [True, False, True]
    after.step(120)
    assert after.state("vm:100") == ("started", "phum03")
    assert after.runs_on(100) == ["phum03"]
    assert files.get("virton/world") is not None
    assert after.running.cluster.files.get("virton/world") is None


def test_a_change_that_was_undone_leaves_nothing_old_behind() -> None:
    course = Course()
    world = course.cluster.world

    def crash_in_vain() -> None:
        with course.files.batch():
            world.crash("vm:121")
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="the disk is full"):
        crash_in_vain()
    world.pause()
    course.restart()
    assert course.cluster.world.state().paused
    assert "vm:121" not in course.cluster.world.hosts["phum01"].running


@pytest.mark.parametrize(
    "text",
    ['{"form": 3}', '{"form": 2, "ahead_s": 0, "world": {"now_s": 1, "hosts": 7}, "pool": []}'],
)
def test_a_world_that_cannot_be_read_is_not_begun_anew(text: str) -> None:
    course = Course()
    course.files.write("virton/world/now", text)
    with pytest.raises(EncodingError):
        course.restart()
