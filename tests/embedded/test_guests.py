"""Guests: what is told of them, and what happens when they are started, stopped and moved."""

from typing import Any

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.conftest import Login
from tests.embedded.still_world import StillWorld
from virton.embedded.cluster import EmbeddedCluster


def ended(client: AppClient, upid: str) -> dict[str, Any]:
    node = upid.split(":")[1]
    data: dict[str, Any] = client.get(f"/nodes/{node}/tasks/{upid}/status").json()["data"]
    return data


def test_a_guest_under_ha_is_started_by_the_ha_stack(
    root: AppClient, cluster: EmbeddedCluster
) -> None:
    upid = root.post("/nodes/bravo/lxc/200/status/start").json()["data"]
    assert ended(root, upid) | {"type": "hastart", "exitstatus": "OK"} == ended(root, upid)
    assert "ct: 200\n\tstate started\n" in cluster.files.read("ha/resources.cfg")


@pytest.mark.parametrize(("deed", "command"), [("stop", "0"), ("shutdown", "60")])
def test_a_guest_under_ha_is_stopped_by_the_ha_stack(
    root: AppClient, cluster: EmbeddedCluster, deed: str, command: str
) -> None:
    upid = root.post(f"/nodes/alfa/qemu/100/status/{deed}").json()["data"]
    assert ended(root, upid)["exitstatus"] == "OK"
    assert cluster.files.read("ha/crm_commands") == f"stop vm:100 {command}\n"


def test_a_guest_under_ha_is_moved_by_the_ha_stack(
    root: AppClient, cluster: EmbeddedCluster
) -> None:
    move = {"target": "bravo", "online": 1}
    upid = root.post("/nodes/alfa/qemu/100/migrate", data=move).json()["data"]
    assert ended(root, upid)["type"] == "hamigrate"
    assert cluster.files.read("ha/crm_commands") == "migrate vm:100 bravo\n"


def test_a_guest_that_ha_ignores_is_acted_on_directly(
    root: AppClient, cluster: EmbeddedCluster, world: StillWorld
) -> None:
    root.put("/cluster/ha/resources/vm:100", data={"state": "ignored"})
    upid = root.post("/nodes/alfa/qemu/100/status/stop").json()["data"]
    assert ended(root, upid)["type"] == "qmstop"
    assert not world.known[100].running
    assert cluster.files.read("ha/crm_commands") == ""


def test_a_guest_not_under_ha_starts_as_a_task(root: AppClient, world: StillWorld) -> None:
    upid = root.post("/nodes/bravo/qemu/101/status/start").json()["data"]
    assert upid.startswith("UPID:bravo:")
    assert upid.endswith(":qmstart:101:root@pam:")
    assert world.known[101].running
    assert ended(root, upid)["status"] == "stopped"
    log = root.get(f"/nodes/bravo/tasks/{upid}/log").json()["data"]
    assert log == [{"n": 1, "t": "guest 101 starts"}, {"n": 2, "t": "TASK OK"}]


def test_starting_what_runs_is_a_task_that_fails(root: AppClient) -> None:
    upid = root.post("/nodes/alfa/lxc/201/status/start").json()["data"]
    assert ended(root, upid)["exitstatus"] == "CT 201 already running"


def test_a_running_guest_moves_only_if_told_how(root: AppClient, world: StillWorld) -> None:
    path = "/nodes/alfa/lxc/201/migrate"
    assert root.post(path, data={"target": "bravo"}).status_code == 500
    assert root.post(path, data={"target": "alfa"}).status_code == 400
    assert root.post(path, data={"target": "nowhere"}).status_code == 500
    upid = root.post(path, data={"target": "bravo", "restart": 1}).json()["data"]
    assert ended(root, upid)["exitstatus"] == "OK"
    assert world.known[201].node == "bravo"


def test_a_guest_in_error_cannot_be_started(root: AppClient, cluster: EmbeddedCluster) -> None:
    status = cluster.files.read("ha/manager_status").replace('"stopped"', '"error"')
    cluster.files.write("ha/manager_status", status)
    upid = root.post("/nodes/bravo/lxc/200/status/start").json()["data"]
    assert "in error state" in ended(root, upid)["exitstatus"]


def test_a_guest_is_found_only_on_its_node(root: AppClient) -> None:
    assert root.get("/nodes/bravo/qemu/100/status/current").status_code == 500
    assert root.get("/nodes/alfa/lxc/100/status/current").status_code == 500
    current = root.get("/nodes/alfa/qemu/100/status/current").json()["data"]
    assert current["ha"] == {"managed": 1, "state": "started"}
    assert current["status"] == "running"


def test_a_configuration_is_that_of_the_file_without_its_snapshots(root: AppClient) -> None:
    config = root.get("/nodes/alfa/qemu/100/config").json()["data"]
    assert (config["name"], config["cores"], config["memory"]) == ("web", 2, "2048")
    assert root.get("/nodes/bravo/lxc/200/config").json()["data"]["hostname"] == "dns"


def test_nobody_sees_or_stops_what_they_may_not(login: Login) -> None:
    client = login("nobody@pve")
    assert client.get("/cluster/resources", params={"type": "vm"}).json()["data"] == []
    assert client.get("/nodes/alfa/qemu").json()["data"] == []
    assert client.get("/nodes/alfa/qemu/100/config").status_code == 403
    assert login("audit@pve").post("/nodes/alfa/qemu/100/status/stop").status_code == 403
    assert login("operator@pve").post("/nodes/alfa/qemu/100/status/stop").status_code == 200


def test_a_task_is_told_to_who_began_it_and_to_auditors(root: AppClient, login: Login) -> None:
    upid = root.post("/nodes/bravo/qemu/101/status/start").json()["data"]
    path = f"/nodes/bravo/tasks/{upid}/status"
    assert login("nobody@pve").get(path).status_code == 403
    assert login("audit@pve").get(path).status_code == 200
    assert login("nobody@pve").get("/cluster/tasks").json()["data"] == []
    listed = login("audit@pve").get("/nodes/bravo/tasks").json()["data"]
    assert [task["upid"] for task in listed] == [upid]
    assert root.get("/cluster/tasks").json()["data"][0]["status"] == "OK"


def test_tasks_can_be_asked_for_by_what_they_are(root: AppClient) -> None:
    root.post("/nodes/alfa/lxc/201/status/start")
    root.post("/nodes/alfa/qemu/100/status/stop")
    tasks = "/nodes/alfa/tasks"
    failed = root.get(tasks, params={"errors": 1}).json()["data"]
    assert [task["id"] for task in failed] == ["201"]
    assert len(root.get(tasks, params={"vmid": 100}).json()["data"]) == 1
    assert root.get(tasks, params={"typefilter": "vzdump"}).json()["data"] == []
    assert root.get(tasks, params={"source": "active"}).json()["data"] == []
    assert len(root.get(tasks, params={"limit": 1}).json()["data"]) == 1


def test_a_migration_tells_what_stands_in_its_way(root: AppClient) -> None:
    apart = {"rule": "apart", "type": "resource-affinity", "affinity": "negative"}
    apart["resources"] = "vm:100,ct:200"
    assert root.post("/cluster/ha/rules", data=apart).status_code == 200
    ahead = root.get("/nodes/alfa/qemu/100/migrate").json()["data"]
    assert ahead["allowed_nodes"] == []
    blocking = [{"sid": "ct:200", "cause": "resource-affinity"}]
    assert ahead["not_allowed_nodes"] == {"bravo": {"blocking-ha-resources": blocking}}
