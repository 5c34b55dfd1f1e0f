"""What clients of Proxmox VE ask for beside the HA stack: power, pools, groups, figures, settings."""

from pathlib import Path
from typing import Any

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.living import Living

OUTSIDE_HA = "/nodes/phum01/qemu/101"


@pytest.fixture
def living(tmp_path: Path) -> Living:
    return Living(tmp_path)


def status(living: Living, path: str = OUTSIDE_HA) -> dict[str, Any]:
    found: dict[str, Any] = living.get(f"{path}/status/current")
    return found


def outcome(living: Living, upid: str) -> str | None:
    task = living.get(f"/nodes/phum01/tasks/{upid}/status")
    found: str | None = task.get("exitstatus")
    return found


def test_a_reboot_stops_a_guest_and_starts_it_again(living: Living) -> None:
    upid = living.send("POST", f"{OUTSIDE_HA}/status/reboot", timeout=30)
    living.wait(lambda: status(living)["status"] == "stopped", 40)
    assert outcome(living, upid) is None
    living.wait(lambda: status(living)["status"] == "running", 40)
    assert outcome(living, upid) == "OK"


def test_a_guest_can_be_reset_paused_and_resumed(living: Living) -> None:
    for deed, after in (("reset", "running"), ("suspend", "paused"), ("resume", "running")):
        upid = living.send("POST", f"{OUTSIDE_HA}/status/{deed}")
        assert outcome(living, upid) == "OK"
        assert status(living)["qmpstatus"] == after


def test_a_node_reboots_in_order_and_comes_back(living: Living) -> None:
    living.send("POST", "/nodes/phum01/status", command="reboot")
    living.wait(lambda: living.state("vm:121")[0] == "freeze", 200)
    living.wait(lambda: not living.power("phum01"), 60)
    # its machine has to come up first
    living.step(55)
    assert not living.power("phum01")
    living.wait(lambda: living.power("phum01"), 10)
    living.wait(lambda: living.state("vm:121") == ("started", "phum01"), 400)


def test_a_node_that_is_shut_down_stays_off(living: Living) -> None:
    living.send("POST", "/nodes/phum02/status", command="shutdown")
    living.wait(lambda: not living.power("phum02"), 300)
    living.step(30)
    assert not living.power("phum02")
    answer = living.client.post("/nodes/phum02/status", data={"command": "reboot"})
    assert answer.status_code == 595


def test_pools_are_made_filled_and_emptied(living: Living) -> None:
    living.send("POST", "/pools", poolid="web", comment="front")
    living.send("PUT", "/pools/web", vms="101,102", storage="shared")
    members = living.get("/pools?poolid=web")[0]["members"]
    assert {member["type"] for member in members} == {"qemu", "storage"}
    assert [m["vmid"] for m in living.get("/pools/web?type=qemu")["members"]] == [101, 102]
    assert living.client.delete("/pools/web").status_code == 500
    living.send("PUT", "/pools", poolid="web", vms="101,102", storage="shared", delete=1)
    assert living.client.delete("/pools").status_code == 400
    living.send("DELETE", "/pools?poolid=web")
    assert living.get("/pools") == []


def test_what_is_in_a_pool_says_so_among_the_resources(living: Living) -> None:
    living.send("POST", "/pools", poolid="web")
    living.send("PUT", "/pools/web", vms=101)
    rows = {row["id"]: row for row in living.get("/cluster/resources")}
    assert rows["/pool/web"] == {"id": "/pool/web", "type": "pool", "pool": "web"}
    assert (rows["qemu/101"]["pool"], "pool" in rows["qemu/102"]) == ("web", False)


def test_the_nodes_have_the_address_by_which_a_client_came(living: Living) -> None:
    assert {row["ip"] for row in living.get("/cluster/status")[1:]} == {"127.0.0.1"}
    client = AppClient(living.running.app, base_url="https://198.51.100.7/api2/json")
    client.cookies = living.client.cookies
    told = client.get("/cluster/status").json()["data"]
    assert {row["ip"] for row in told[1:]} == {"198.51.100.7"}


def test_a_guest_is_in_one_pool_at_a_time(living: Living) -> None:
    for pool in ("one", "two"):
        living.send("POST", "/pools", poolid=pool)
    living.send("PUT", "/pools/one", vms=101)
    assert living.client.put("/pools/two", data={"vms": 101}).status_code == 500
    living.send("PUT", "/pools/two", vms=101, **{"allow-move": 1})
    assert living.get("/pools/one")["members"] == []


def test_users_are_put_into_groups(living: Living) -> None:
    for group in ("night", "day"):
        living.send("POST", "/access/groups", groupid=group, comment=f"{group} shift")
    living.send("POST", "/access/users", userid="ann@pve", groups="night")
    living.send("PUT", "/access/users/ann@pve", groups="day", append=1)
    assert living.get("/access/users/ann@pve")["groups"] == ["day", "night"]
    living.send("PUT", "/access/users/ann@pve", groups="day")
    told = {row["groupid"]: row["users"] for row in living.get("/access/groups")}
    assert told == {"day": "ann@pve", "night": ""}
    living.send("DELETE", "/access/groups/day")
    assert living.client.get("/access/groups/day").status_code == 500


def test_keys_that_would_break_the_file_are_refused(living: Living) -> None:
    answer = living.client.put("/access/users/root@pam", data={"keys": "a:b"})
    assert list(answer.json()["errors"]) == ["keys"]


@pytest.mark.parametrize("path", ["/nodes/phum01", OUTSIDE_HA, "/nodes/phum01/lxc/200"])
def test_figures_of_the_past_are_those_of_the_usage(living: Living, path: str) -> None:
    points = living.get(f"{path}/rrddata?timeframe=hour")
    assert len(points) == 70
    assert points[-1]["cpu"] > 0
    assert points[-1]["time"] - points[-2]["time"] == 60


def test_an_id_that_is_free_is_told(living: Living) -> None:
    assert living.get("/cluster/nextid") == 103
    assert living.get("/cluster/nextid?vmid=555") == 555
    assert living.client.get("/cluster/nextid?vmid=100").status_code == 400


SETTINGS = {
    "registered-tags": "prod;test",
    "user-tag-access": "user-allow=free",
    "consent-text": "be careful",
    "migration_unsecure": 1,
    "u2f": "appid=https://example.net",
    "webauthn": "id=example.net,origin=https://example.net,rp=example",
}


@pytest.mark.parametrize("name", sorted(SETTINGS))
def test_a_setting_that_a_real_cluster_takes_is_taken(living: Living, name: str) -> None:
    living.send("PUT", "/cluster/options", **{name: SETTINGS[name]})
    assert name in living.get("/cluster/options")
    tags = ["prod", "test"] if name == "registered-tags" else []
    assert living.get("/cluster/options")["allowed-tags"] == tags


def test_tasks_are_asked_for_by_how_they_ended(living: Living) -> None:
    living.send("POST", f"{OUTSIDE_HA}/status/start")
    living.send("POST", "/nodes/phum01/qemu/101/status/reset")
    path = "/nodes/phum01/tasks?statusfilter"
    assert [task["type"] for task in living.get(f"{path}=error")] == ["qmstart"]
    assert [task["type"] for task in living.get(f"{path}=ok")] == ["qmreset"]
    log = f"/nodes/phum01/tasks/{living.get(f'{path}=ok')[0]['upid']}/log?download=0"
    assert living.get(log)[-1]["t"] == "TASK OK"


def test_a_container_has_no_lock_to_skip_at_its_shutdown(living: Living) -> None:
    path, given = "/nodes/phum01/lxc/200/status/shutdown", {"skiplock": 1}
    assert living.client.post(path, data=given).status_code == 400
    living.send("POST", path, timeout=5)


def test_how_corosync_is_set_up_is_told(living: Living) -> None:
    assert living.get("/cluster/config/qdevice") == {}
    assert living.get("/cluster/config/totem")["version"] == "2"
    assert [row["quorum_votes"] for row in living.get("/cluster/config/nodes")] == ["1"] * 3
    assert len(living.get("/cluster/config/join")["nodelist"]) == 3
