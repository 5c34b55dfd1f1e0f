"""The embedded cluster lives: its HA stack does what the real one does, second by second."""

from pathlib import Path

import pytest

from tests.embedded.living import Living


@pytest.fixture
def cluster(tmp_path: Path) -> Living:
    return Living(tmp_path)


def test_a_fresh_cluster_has_a_master_and_five_started_resources(cluster: Living) -> None:
    status = {entry["id"]: entry for entry in cluster.get("/cluster/ha/status/current")}
    assert status["quorum"]["status"] == "OK"
    assert status["master"]["node"] == "phum01"
    assert "(active" in status["lrm:phum01"]["status"]
    assert "(idle" in status["lrm:phum02"]["status"]
    services = {sid: e["state"] for sid, e in status.items() if sid.startswith("service:")}
    assert services == {f"service:vm:{n}": "started" for n in (100, 121, 122, 124, 999)}


def test_a_node_cut_off_is_fenced_and_its_resources_start_elsewhere(cluster: Living) -> None:
    cluster.lab(action="network", node="phum03", on=False)
    unknown_after_s = cluster.wait(lambda: cluster.node_state("phum03") == "unknown")
    assert 8 <= unknown_after_s <= 18, "corosync takes 8 s, the manager's round up to 10 s more"
    fenced_after_s = unknown_after_s + cluster.wait(lambda: cluster.state("vm:100")[0] == "fence")
    assert 58 <= fenced_after_s <= 70, "a node counts as lost 60 s after it was last seen"
    cluster.wait(lambda: cluster.state("vm:100")[0] == "recovery" or cluster.runs_on(100) == [])
    assert not cluster.power("phum03"), "its watchdog must fire before anything is recovered"
    cluster.wait(lambda: cluster.state("vm:100") == ("started", "phum02"))
    assert cluster.runs_on(100) == ["phum02"]
    assert cluster.node_state("phum03") == "unknown"


def test_no_guest_of_a_node_without_power_is_told_to_have_stopped(cluster: Living) -> None:
    cluster.lab(action="power", node="phum03", on=False)
    told: list[str] = []
    while not told or told[-1] == "running":
        told.append(status_of(cluster, 100))
        cluster.step(1)
    assert len(told) > 5, "the others notice that the node is gone after some seconds only"
    assert told[-1] == "unknown"
    cluster.wait(lambda: cluster.state("vm:100") == ("started", "phum02"))
    assert status_of(cluster, 100) == "running"


def status_of(cluster: Living, vmid: int) -> str:
    """Return how a guest is, as the list of all that there is tells."""
    listed = cluster.get("/cluster/resources")
    return next(str(row["status"]) for row in listed if row.get("vmid") == vmid)


def test_a_guest_that_crashed_is_started_again_on_its_node(cluster: Living) -> None:
    cluster.lab(action="crash", sid="vm:121")
    assert cluster.runs_on(121) == []
    assert cluster.wait(lambda: cluster.runs_on(121) == ["phum01"]) <= 60


def test_a_guest_whose_starts_fail_is_tried_again_then_moved(cluster: Living) -> None:
    cluster.lab(action="fail_starts", sid="vm:121", count=2)
    cluster.lab(action="crash", sid="vm:121")
    cluster.wait(lambda: cluster.state("vm:121")[1] != "phum01")
    cluster.wait(lambda: cluster.state("vm:121")[0] == "started")


def test_a_guest_that_starts_nowhere_ends_in_error_and_recovers_by_way_of_disabled(
    cluster: Living,
) -> None:
    cluster.lab(action="fail_starts", sid="vm:121", count=100)
    cluster.lab(action="crash", sid="vm:121")
    cluster.wait(lambda: cluster.state("vm:121")[0] == "error")
    cluster.lab(action="fail_starts", sid="vm:121", count=0)
    cluster.send("PUT", "/cluster/ha/resources/vm:121", state="disabled")
    cluster.wait(lambda: cluster.state("vm:121")[0] == "disabled")
    cluster.send("PUT", "/cluster/ha/resources/vm:121", state="started")
    cluster.wait(lambda: cluster.state("vm:121")[0] == "started")


def test_a_live_migration_takes_its_time_and_never_stops_the_guest(cluster: Living) -> None:
    cluster.send("POST", "/cluster/ha/resources/vm:100/migrate", node="phum01")
    cluster.wait(lambda: cluster.state("vm:100")[0] == "migrate")
    assert cluster.runs_on(100) == ["phum03"]
    took_s = cluster.wait(lambda: cluster.state("vm:100") == ("started", "phum01"))
    assert took_s >= 5
    assert cluster.runs_on(100) == ["phum01"]


def test_a_resource_added_and_stopped_shuts_its_guest_down(cluster: Living) -> None:
    cluster.send("POST", "/cluster/ha/resources", sid="vm:101", state="started")
    cluster.wait(lambda: cluster.state("vm:101") == ("started", "phum01"))
    cluster.send("PUT", "/cluster/ha/resources/vm:101", state="stopped")
    cluster.wait(lambda: cluster.state("vm:101")[0] == "stopped")
    assert cluster.runs_on(101) == []


def test_a_strict_rule_brings_its_resource_to_the_node(cluster: Living) -> None:
    cluster.send(
        "POST",
        "/cluster/ha/rules",
        type="node-affinity",
        rule="on-two",
        resources="vm:122",
        nodes="phum02",
        strict=1,
    )
    cluster.wait(lambda: cluster.state("vm:122") == ("started", "phum02"))
    assert cluster.runs_on(122) == ["phum02"]


def test_guests_that_are_not_under_ha_weigh_where_they_run(cluster: Living) -> None:
    for sid in ("vm:121", "vm:122", "vm:999"):
        cluster.send("DELETE", f"/cluster/ha/resources/{sid}")
    cluster.step(10)
    cluster.lab(action="network", node="phum03", on=False)
    for vmid in (100, 124):
        cluster.wait(lambda vmid=vmid: cluster.state(f"vm:{vmid}")[1] != "phum03")
    assert {cluster.state("vm:100")[1], cluster.state("vm:124")[1]} == {"phum02"}


def test_without_a_majority_nothing_is_done_and_the_api_says_so(cluster: Living) -> None:
    cluster.lab(action="network", node="phum02", on=False)
    cluster.lab(action="network", node="phum03", on=False)
    cluster.step(8)
    quorum = cluster.get("/cluster/ha/status/current")[0]
    assert quorum["type"] == "quorum"
    assert not quorum["quorate"]
    answer = cluster.client.put("/cluster/ha/resources/vm:100", data={"state": "stopped"})
    assert answer.status_code == 500
    assert "quorum" in answer.json()["message"]


def test_the_larger_part_of_a_split_network_goes_on(cluster: Living) -> None:
    cluster.lab(action="split", groups="phum01|phum02,phum03")
    cluster.wait(lambda: cluster.state("vm:121")[1] != "phum01")
    assert not cluster.power("phum01"), "it reset itself before anything was recovered"
    assert cluster.get("/cluster/ha/status/current")[1]["node"] != "phum01"
    state = cluster.lab(action="heal")
    assert state["split"] == []
    cluster.lab(action="power", node="phum01", on=True)
    cluster.wait(lambda: cluster.node_state("phum01") == "online")


def test_a_node_that_comes_back_is_online_again(cluster: Living) -> None:
    cluster.lab(action="power", node="phum02", on=False)
    cluster.wait(lambda: cluster.node_state("phum02") == "unknown")
    cluster.lab(action="power", node="phum02", on=True)
    cluster.wait(lambda: cluster.node_state("phum02") == "online")


def test_the_cluster_goes_on_where_it_was_when_its_process_is_killed(tmp_path: Path) -> None:
    before = Living(tmp_path)
    before.send("POST", "/cluster/ha/resources/vm:100/migrate", node="phum01")
    before.wait(lambda: before.state("vm:100") == ("started", "phum01"))
    before.lab(action="power", node="phum02", on=False)
    # no farewell: the second process finds what the first one had written, as after kill -9
    after = Living(tmp_path, now_s=before.running.world.now() + 3600)
    assert after.state("vm:100")[1] == "phum01"
    assert after.runs_on(100) == ["phum01"]
    assert [h.power for h in after.running.world.hosts.values()] == [True, False, True]
    after.step(60)
    assert after.state("vm:100") == ("started", "phum01")
    assert after.runs_on(100) == ["phum01"]


def test_tasks_and_the_log_survive_the_process(tmp_path: Path) -> None:
    before = Living(tmp_path)
    upid = before.send("POST", "/nodes/phum03/qemu/102/status/start")
    before.step(60)
    under_way = before.send("POST", "/nodes/phum03/qemu/102/status/shutdown")
    told = [entry["msg"] for entry in before.get("/cluster/log")]
    assert {f"starting task {upid}", f"end task {upid} OK", f"starting task {under_way}"} <= {*told}

    after = Living(tmp_path)
    assert after.get(f"/nodes/phum03/tasks/{upid}/status")["exitstatus"] == "OK"
    assert after.get(f"/nodes/phum03/tasks/{under_way}/status")["status"] == "running"
    assert told == [entry["msg"] for entry in after.get("/cluster/log")][-len(told) :]
    assert after.send("POST", "/nodes/phum02/qemu/110/status/start") not in (upid, under_way)
    after.step(60)
    assert after.get(f"/nodes/phum03/tasks/{under_way}/status")["exitstatus"] == "OK"


def test_a_wrong_password_is_in_the_log(cluster: Living) -> None:
    wrong = {"username": "root@pam", "password": "wrong"}
    assert cluster.client.post("/access/ticket", data=wrong).status_code == 401
    last = cluster.get("/cluster/log")[0]["msg"]
    assert last.startswith("authentication failure for user 'root@pam'")


def test_time_stands_still_while_paused_and_flies_at_sixty_times(cluster: Living) -> None:
    world = cluster.running.world
    cluster.lab(action="pause")
    before = world.now()
    world.elapse(5.0)
    assert world.now() == before
    cluster.lab(action="resume")
    cluster.lab(action="speed", speed=60)
    world.elapse(2.0)
    assert world.now() == before + 120


def test_the_consoles_own_token_reads_and_never_writes(cluster: Living) -> None:
    cluster.client.cookies.clear()
    cluster.client.headers["Authorization"] = f"PVEAPIToken={cluster.running.console_token}"
    assert cluster.client.get("/cluster/ha/status/current").status_code == 200
    answer = cluster.client.put("/cluster/ha/resources/vm:100", data={"state": "stopped"})
    assert answer.status_code == 403


def test_a_node_is_emptied_for_maintenance_and_its_resources_come_back(cluster: Living) -> None:
    assert cluster.lab(action="maintenance", node="phum03", on=True)["maintenance"] is True
    cluster.wait(lambda: cluster.node_state("phum03") == "maintenance")
    cluster.wait(lambda: cluster.state("vm:100") == ("started", "phum02"))
    cluster.lab(action="maintenance", node="phum03", on=False)
    cluster.wait(lambda: cluster.state("vm:100") == ("started", "phum03"))


def test_a_guest_outside_ha_is_started_by_a_task(cluster: Living) -> None:
    upid = cluster.send("POST", "/nodes/phum02/qemu/110/status/start")
    cluster.wait(lambda: cluster.runs_on(110) == ["phum02"])
    assert cluster.get(f"/nodes/phum02/tasks/{upid}/status")["exitstatus"] == "OK"
