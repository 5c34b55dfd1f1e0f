"""What users and tokens may do, and where the answer is 403."""

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.conftest import Login
from virton.embedded.access.permissions import effective_permissions, privileges
from virton.embedded.access.privileges import BUILT_IN_ROLES, PRIVILEGES
from virton.embedded.access.users import parse_users, write_users
from virton.embedded.cluster import EmbeddedCluster

USERS = """user:root@pam:1:0:::::
user:ann@pve:1:0:Ann::ann@example.org:a%3A b::
user:bob@pve:1:0::::::

token:ann@pve!full:0:0::
token:ann@pve!narrow:0:1::

group:ops:ann@pve,bob@pve::

pool:blue::101,104::

role:Powers:VM.Audit,VM.PowerMgmt:

acl:1:/:@ops:PVEAuditor:
acl:1:/vms/100:ann@pve:Powers:
acl:0:/nodes:bob@pve:PVESysAdmin:
acl:1:/:ann@pve!narrow:PVEAuditor:
acl:1:/pool/blue:bob@pve:PVEVMUser:
acl:1:/vms/102:bob@pve:NoAccess:
"""


def has(who: str, path: str) -> set[str]:
    return set(privileges(parse_users(USERS), who, path))


def test_root_may_do_everything() -> None:
    assert has("root@pam", "/vms/100") == PRIVILEGES


def test_the_line_of_a_user_begins_it_anew_without_tokens() -> None:
    token, user = "token:ann@pve!key:0:0::\n", "user:ann@pve:1:0:::::\n"
    assert parse_users(user + token).token("ann@pve!key") is not None
    assert parse_users(user + token + user).token("ann@pve!key") is None


def test_only_a_line_feed_ends_a_line() -> None:
    assert "ann@pve" in parse_users("user:ann@pve:1:0:Ann\x0bB:::::\n").users
    assert parse_users("user:x@pve:1\ruser:ann@pve:1:0::::::\n").users.keys() == {"root@pam"}


def test_an_entry_on_a_path_replaces_those_above_it() -> None:
    assert has("ann@pve", "/vms/100") == {"VM.Audit", "VM.PowerMgmt"}
    assert has("ann@pve", "/vms/101") == BUILT_IN_ROLES["PVEAuditor"]


def test_an_entry_that_does_not_propagate_stays_on_its_path() -> None:
    assert "Sys.Console" in has("bob@pve", "/nodes")
    assert "Sys.Console" not in has("bob@pve", "/nodes/alfa")


def test_no_access_leaves_nothing() -> None:
    assert has("bob@pve", "/vms/102") == set()


def test_a_pool_grants_on_its_members() -> None:
    assert "VM.PowerMgmt" in has("bob@pve", "/vms/101")
    assert "VM.PowerMgmt" not in has("bob@pve", "/vms/103")
    assert "VM.Audit" in has("ann@pve", "/vms/104")


def test_a_token_with_separate_privileges_has_no_more_than_both() -> None:
    assert has("ann@pve!full", "/vms/100") == has("ann@pve", "/vms/100")
    assert has("ann@pve!narrow", "/vms/100") == {"VM.Audit"}


def test_somebody_unknown_has_nothing() -> None:
    assert has("eve@pve", "/") == set()
    assert has("ann@pve!other", "/") == set()


def test_permissions_are_told_only_where_there_are_any() -> None:
    found = effective_permissions(parse_users(USERS), "bob@pve")
    assert "/vms/102" not in found
    assert found["/nodes"]["Sys.Console"] == 0


def test_users_are_written_as_they_are_read() -> None:
    config = parse_users(USERS)
    assert parse_users(write_users(config)) == config
    assert config.users["ann@pve"].comment == "a: b"


@pytest.mark.parametrize(
    "line", ["user:bad", "acl:1:/:@ops:NoSuchRole:", "token:eve@pve!t:0:0::", "?"]
)
def test_a_line_that_makes_no_sense_is_left_out(line: str) -> None:
    assert parse_users(f"{USERS}{line}\n") == parse_users(USERS)


def test_an_auditor_reads_and_writes_nothing(login: Login) -> None:
    client = login("audit@pve")
    assert client.get("/cluster/ha/status/current").status_code == 200
    assert client.post("/cluster/ha/resources", data={"sid": "vm:101"}).status_code == 403
    assert client.get("/cluster/ha/rules").json()["data"] == []


def test_an_operator_changes_what_is_under_ha(login: Login) -> None:
    client = login("operator@pve")
    assert client.post("/cluster/ha/resources", data={"sid": "vm:101"}).status_code == 200
    assert client.put("/cluster/options", data={"max_workers": 8}).status_code == 403


def test_permission_comes_before_the_parameters(login: Login) -> None:
    wrong = {"colour": "red"}
    assert login("audit@pve").post("/cluster/ha/resources", data=wrong).status_code == 403
    assert login("operator@pve").post("/cluster/ha/resources", data=wrong).status_code == 400


def test_an_unknown_path_comes_before_permission(login: Login) -> None:
    client = login("nobody@pve")
    assert client.get("/cluster/ha/nothing").status_code == 501
    assert client.delete("/cluster/ha/status/current").status_code == 501


def test_a_token_acts_without_ticket_and_guard(
    root: AppClient, outside: AppClient, cluster: EmbeddedCluster
) -> None:
    token = root.post("/access/users/root@pam/token/ci", data={"privsep": 0}).json()["data"]
    outside.headers["Authorization"] = f"PVEAPIToken={token['full-tokenid']}={token['value']}"
    assert outside.post("/cluster/ha/status/arm-ha").status_code == 200
    assert cluster.files.read("ha/crm_commands") == "arm-ha\n"


def test_a_separate_token_has_only_what_it_is_granted(root: AppClient, outside: AppClient) -> None:
    token = root.post("/access/users/operator@pve/token/read").json()["data"]
    outside.headers["Authorization"] = f"PVEAPIToken={token['full-tokenid']}={token['value']}"
    assert outside.get("/cluster/ha/status/current").status_code == 403
    grant = {"path": "/", "roles": "PVEAuditor", "tokens": token["full-tokenid"]}
    assert root.put("/access/acl", data=grant).status_code == 200
    assert outside.get("/cluster/ha/status/current").status_code == 200
    assert outside.post("/cluster/ha/status/arm-ha").status_code == 403


@pytest.mark.parametrize(
    "header",
    ["PVEAPIToken=root@pam!ci=wrong", "PVEAPIToken=root@pam", "PVEAPIToken=", "PVEAPIToken==="],
)
def test_a_wrong_token_gets_401(outside: AppClient, header: str) -> None:
    outside.headers["Authorization"] = header
    assert outside.get("/version").status_code == 401


def test_a_removed_token_is_out_at_once(root: AppClient, outside: AppClient) -> None:
    token = root.post("/access/users/root@pam/token/ci").json()["data"]
    outside.headers["Authorization"] = f"PVEAPIToken={token['full-tokenid']}={token['value']}"
    assert outside.get("/version").status_code == 200
    assert root.delete("/access/users/root@pam/token/ci").status_code == 200
    assert outside.get("/version").status_code == 401


def test_one_sees_ones_own_permissions_and_an_auditor_those_of_all(login: Login) -> None:
    own = login("operator@pve").get("/access/permissions").json()["data"]
    assert own["/"] == {
        "Sys.Audit": 1,
        "Sys.Console": 1,
        "VM.Audit": 1,
        "VM.Migrate": 1,
        "VM.PowerMgmt": 1,
    }
    asked = {"userid": "operator@pve"}
    assert login("nobody@pve").get("/access/permissions", params=asked).status_code == 403
    assert login("audit@pve").get("/access/permissions", params=asked).json()["data"] == own


def test_users_come_and_go(root: AppClient, outside: AppClient, login: Login) -> None:
    new = {"userid": "new@pve", "password": "newpassword", "comment": "새 사용자"}
    assert root.post("/access/users", data=new).status_code == 200
    assert root.post("/access/users", data=new).status_code == 500
    entry = {"username": "new@pve", "password": "newpassword"}
    assert outside.post("/access/ticket", data=entry).status_code == 200
    assert root.get("/access/users/new@pve").json()["data"]["comment"] == "새 사용자"
    assert login("nobody@pve").get("/access/users").json()["data"][0]["userid"] == "nobody@pve"
    assert root.delete("/access/users/new@pve").status_code == 200
    assert outside.post("/access/ticket", data=entry).status_code == 401
