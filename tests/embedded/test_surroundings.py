"""What inventories ask for beside guests and nodes, and how a refusal is worded."""

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.conftest import Login
from tests.embedded.still_world import FILES
from virton.embedded.cluster import EmbeddedCluster


@pytest.fixture
def with_pool(cluster: EmbeddedCluster) -> None:
    pools = "pool:front:what faces the world:100:\npool:back::200:\n"
    allowed = "acl:1:/pool/front:nobody@pve:PVEAuditor:\n"
    cluster.files.write("user.cfg", FILES["user.cfg"] + pools + allowed)


@pytest.mark.usefixtures("with_pool")
def test_a_pool_tells_its_guests(root: AppClient) -> None:
    assert [pool["poolid"] for pool in root.get("/pools").json()["data"]] == ["back", "front"]
    front = root.get("/pools/front").json()["data"]
    assert front["comment"] == "what faces the world"
    assert [member["id"] for member in front["members"]] == ["qemu/100"]


@pytest.mark.usefixtures("with_pool")
def test_a_pool_shows_itself_to_those_who_may_audit_it(login: Login) -> None:
    nobody = login("nobody@pve")
    assert [pool["poolid"] for pool in nobody.get("/pools").json()["data"]] == ["front"]
    assert nobody.get("/pools/back").status_code == 403


def test_an_unknown_pool_is_refused(root: AppClient) -> None:
    assert root.get("/pools/nowhere").status_code == 500


def test_a_node_has_one_bridge_with_its_own_address(root: AppClient) -> None:
    alfa = root.get("/nodes/alfa/network").json()["data"]
    bravo = root.get("/nodes/bravo/network", params={"type": "bridge"}).json()["data"]
    assert [bridge["iface"] for bridge in alfa + bravo] == ["vmbr0", "vmbr0"]
    assert alfa[0]["address"] != bravo[0]["address"]
    assert root.get("/nodes/alfa/network", params={"type": "bond"}).json()["data"] == []


def test_a_guest_lists_its_snapshots_and_itself(root: AppClient) -> None:
    names = [entry["name"] for entry in root.get("/nodes/alfa/qemu/100/snapshot").json()["data"]]
    assert names == ["snap", "current"]


def test_users_may_be_listed_with_their_groups_and_tokens(
    root: AppClient, cluster: EmbeddedCluster
) -> None:
    cluster.files.write("user.cfg", FILES["user.cfg"] + "group:watch:audit@pve::\n")
    root.post("/access/users/audit@pve/token/poll", data={"privsep": 0})
    listed = root.get("/access/users", params={"full": 1, "enabled": 1}).json()["data"]
    users = {user["userid"]: user for user in listed}
    assert users["audit@pve"]["groups"] == "watch"
    assert users["audit@pve"]["tokens"] == [{"tokenid": "poll", "expire": 0, "privsep": 0}]
    assert "gone@pve" not in users


def test_a_refusal_gives_its_reason_for_the_status_line(root: AppClient) -> None:
    answer = root.get("/cluster/ha/resources/vm:555")
    assert answer.headers["x-reason"] == "no such resource 'vm:555'"
    assert answer.json()["message"] == "no such resource 'vm:555'\n"


def test_a_reason_is_one_line_of_text_whatever_was_asked(root: AppClient) -> None:
    answer = root.get("/nowhere%0D%09%7F%C2%85there")
    assert answer.headers["x-reason"] == "Method 'GET /nowherethere' not implemented"


def test_a_reason_is_never_longer_than_clients_can_read(root: AppClient) -> None:
    answer = root.post("/cluster/ha/resources", data={"sid": "vm:" + "9" * 100_000})
    assert answer.status_code >= 400
    assert len(answer.headers["x-reason"]) <= 1000


def test_what_is_granted_needs_no_reason(root: AppClient) -> None:
    assert "x-reason" not in root.get("/version").headers


def test_a_node_tells_the_clusters_time(root: AppClient, cluster: EmbeddedCluster) -> None:
    now = cluster.world.now()
    told = root.get("/nodes/alfa/time").json()["data"]
    assert told == {"time": now, "localtime": now, "timezone": "UTC"}
