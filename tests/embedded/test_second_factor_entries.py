"""`/access/tfa`: who adds, sees and removes whose second factors."""

import json

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.conftest import Clock, Login
from tests.embedded.second_factor import Authenticator, challenge_of, first_step, register
from tests.embedded.still_world import PASSWORD
from virton.embedded.cluster import EmbeddedCluster

ROOT = "root@pam"
OPERATOR = "operator@pve"
URI = Authenticator().uri


@pytest.fixture
def phone() -> Authenticator:
    return Authenticator()


def ids(client: AppClient, userid: str) -> list[str]:
    return [entry["id"] for entry in client.get(f"/access/tfa/{userid}").json()["data"]]


def test_an_authenticator_is_added_listed_and_removed(
    clock: Clock, phone: Authenticator, root: AppClient, cluster: EmbeddedCluster
) -> None:
    made = register(root, ROOT, phone, clock.now_s)
    assert made.status_code == 200
    entry_id = made.json()["data"]["id"]
    told = {"type": "totp", "id": entry_id, "description": "phone", "created": int(clock.now_s)}
    assert root.get("/access/tfa").json()["data"] == [{"userid": ROOT, "entries": [told]}]
    assert root.get(f"/access/tfa/{ROOT}").json()["data"] == [told]
    assert root.get(f"/access/tfa/{ROOT}/{entry_id}").json()["data"] == told
    assert "user:root@pam:1:0:::::x:" in cluster.files.read("user.cfg")
    assert root.delete(f"/access/tfa/{ROOT}/{entry_id}").status_code == 200
    assert root.get("/access/tfa").json()["data"] == []
    assert "user:root@pam:1:0::::::" in cluster.files.read("user.cfg")
    assert "ticket" in first_step(root, ROOT).json()["data"]


def test_the_file_is_the_one_that_proxmox_ve_writes(
    clock: Clock, phone: Authenticator, root: AppClient, cluster: EmbeddedCluster
) -> None:
    entry_id = register(root, ROOT, phone, clock.now_s).json()["data"]["id"]
    uri = (
        "otpauth://totp/VirtOn:root%40pam?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
        "&digits=6&algorithm=SHA1&period=30&issuer=VirtOn"
    )
    entry = {"id": entry_id, "description": "phone", "created": int(clock.now_s), "entry": uri}
    held = json.loads(cluster.files.read("priv/tfa.cfg"))
    assert held == {"users": {ROOT: {"totp": [entry]}}}
    first_step(root, ROOT, otp=f"totp:{phone.code(clock.now_s)}")
    held = json.loads(cluster.files.read("priv/tfa.cfg"))
    spent = {"totp": uri, "last-count": int(clock.now_s) // 30}
    assert held["users"][ROOT]["totp"][0]["entry"] == spent


def test_an_authenticator_that_is_put_aside_is_not_asked_for(
    clock: Clock, phone: Authenticator, root: AppClient
) -> None:
    entry_id = register(root, ROOT, phone, clock.now_s).json()["data"]["id"]
    path = f"/access/tfa/{ROOT}/{entry_id}"
    assert root.put(path, data={"enable": 0, "description": "old phone"}).status_code == 200
    told = root.get(path).json()["data"]
    assert (told["enable"], told["description"]) == (0, "old phone")
    assert "NeedTFA" not in first_step(root, ROOT).json()["data"]
    assert root.put(path, data={"enable": 1}).status_code == 200
    assert challenge_of(first_step(root, ROOT))


@pytest.mark.parametrize(
    "wrong",
    [
        {"value": "000000"},
        {"totp": "https://example.org/"},
        {"totp": "otpauth://totp/a?secret="},
        {"totp": "otpauth://totp/a?secret=1!"},
        {"totp": f"{URI}&digits=60"},
        {"totp": f"{URI}&period=0"},
        {"totp": f"{URI}&algorithm=MD5"},
        {"totp": f"{URI}&colour=red"},
        {"totp": "otpauth://[totp/a?secret=GE"},
        {"challenge": "x"},
        {"type": "recovery"},
        {"type": "webauthn"},
    ],
)
def test_what_cannot_be_added_is_refused_and_changes_nothing(
    wrong: dict[str, str], clock: Clock, phone: Authenticator, root: AppClient
) -> None:
    answer = register(root, ROOT, phone, clock.now_s, **wrong)
    assert answer.status_code == 500
    assert answer.json()["message"] != "internal error\n"
    assert ids(root, ROOT) == []


@pytest.mark.parametrize("missing", ["totp", "value", "description"])
def test_an_authenticator_without_its_parts_is_refused(
    missing: str, clock: Clock, root: AppClient
) -> None:
    body = {"type": "totp", "totp": URI, "value": "000000", "description": "x"}
    answer = root.post(f"/access/tfa/{ROOT}", data={k: v for k, v in body.items() if k != missing})
    assert answer.status_code == 500
    assert missing in answer.json()["message"]


def test_an_unknown_kind_is_a_wrong_parameter(root: AppClient) -> None:
    answer = root.post(f"/access/tfa/{ROOT}", data={"type": "dance"})
    assert answer.status_code == 400
    assert answer.json()["errors"].keys() == {"type"}


def test_what_is_not_there_is_not_found(root: AppClient) -> None:
    assert root.get(f"/access/tfa/{ROOT}/none").status_code == 404
    assert root.delete(f"/access/tfa/{ROOT}/none").status_code == 500
    assert root.put(f"/access/tfa/{ROOT}/none", data={"enable": 0}).status_code == 500
    assert root.get("/access/tfa/ghost@pve").json()["data"] == []
    assert root.post("/access/tfa/ghost@pve", data={"type": "recovery"}).status_code == 500


def test_recovery_keys_are_made_once_and_again_after_their_removal(root: AppClient) -> None:
    make = {"type": "recovery"}
    assert root.post(f"/access/tfa/{ROOT}", data=make).status_code == 200
    assert root.post(f"/access/tfa/{ROOT}", data=make).status_code == 500
    assert root.get(f"/access/tfa/{ROOT}/recovery").json()["data"]["type"] == "recovery"
    assert root.delete(f"/access/tfa/{ROOT}/recovery").status_code == 200
    assert root.post(f"/access/tfa/{ROOT}", data=make).status_code == 200


def test_oneself_adds_a_second_factor_with_the_password(
    clock: Clock, phone: Authenticator, login: Login
) -> None:
    client = login("nobody@pve")
    missing = register(client, "nobody@pve", phone, clock.now_s)
    assert missing.status_code == 400
    assert missing.json()["errors"].keys() == {"password"}
    wrong = register(client, "nobody@pve", phone, clock.now_s, password="a guess")
    assert wrong.status_code == 500
    assert ids(client, "nobody@pve") == []
    added = register(client, "nobody@pve", phone, clock.now_s, password=PASSWORD)
    assert added.status_code == 200
    assert ids(client, "nobody@pve") == [added.json()["data"]["id"]]
    assert [entry["userid"] for entry in client.get("/access/tfa").json()["data"]] == ["nobody@pve"]


def test_guessing_the_password_here_is_slowed_as_at_the_login(
    clock: Clock, phone: Authenticator, login: Login
) -> None:
    client = login("nobody@pve")
    for _ in range(5):
        register(client, "nobody@pve", phone, clock.now_s, password="a guess")
    slowed = register(client, "nobody@pve", phone, clock.now_s, password=PASSWORD)
    assert slowed.status_code == 429


@pytest.mark.parametrize("userid", [OPERATOR, ROOT, "ghost@pve"])
def test_others_are_left_alone_without_a_privilege(
    userid: str, clock: Clock, phone: Authenticator, root: AppClient, login: Login
) -> None:
    register(root, OPERATOR, phone, clock.now_s)
    client = login("nobody@pve")
    assert client.get(f"/access/tfa/{userid}").status_code == 403
    assert client.get(f"/access/tfa/{userid}/x").status_code == 403
    assert register(client, userid, phone, clock.now_s, password=PASSWORD).status_code == 403
    assert client.delete(f"/access/tfa/{userid}/x?password={PASSWORD}").status_code == 403
    assert client.get("/access/tfa").json()["data"] == []


def test_the_permission_comes_before_the_parameters(login: Login) -> None:
    assert login("nobody@pve").post(f"/access/tfa/{ROOT}", data={"x": 1}).status_code == 403


def test_an_auditor_sees_who_has_a_second_factor_and_changes_nothing(
    clock: Clock, phone: Authenticator, root: AppClient, login: Login
) -> None:
    register(root, ROOT, phone, clock.now_s)
    client = login("audit@pve")
    [told] = client.get("/access/tfa").json()["data"]
    assert told["userid"] == ROOT
    assert "GEZDGNBV" not in client.get(f"/access/tfa/{ROOT}").text
    gone = client.delete(f"/access/tfa/{ROOT}/{told['entries'][0]['id']}?password={PASSWORD}")
    assert gone.status_code == 403


def test_who_manages_users_manages_their_second_factors_but_not_those_of_root(
    clock: Clock, phone: Authenticator, login: Login, cluster: EmbeddedCluster
) -> None:
    more = "group:staff:nobody@pve:\nacl:1:/access/groups/staff:operator@pve:PVEUserAdmin:\n"
    cluster.files.append("user.cfg", more)
    client = login(OPERATOR)
    mine = {"password": PASSWORD}
    assert register(client, "nobody@pve", phone, clock.now_s, **mine).status_code == 200
    assert register(client, "audit@pve", phone, clock.now_s, **mine).status_code == 403
    assert register(client, ROOT, phone, clock.now_s, **mine).status_code == 403
    cluster.files.append("user.cfg", "acl:1:/access/groups:operator@pve:PVEUserAdmin:\n")
    assert register(client, "audit@pve", phone, clock.now_s, **mine).status_code == 200
    assert register(client, ROOT, phone, clock.now_s, **mine).status_code == 403


def test_an_api_token_changes_no_second_factors(
    clock: Clock, phone: Authenticator, root: AppClient, outside: AppClient
) -> None:
    token = root.post(f"/access/users/{ROOT}/token/tool", data={"privsep": 0}).json()["data"]
    outside.headers["Authorization"] = f"PVEAPIToken={token['full-tokenid']}={token['value']}"
    assert outside.get("/access/tfa").status_code == 200
    assert register(outside, ROOT, phone, clock.now_s).status_code == 403


def test_an_api_token_needs_no_code(
    clock: Clock, phone: Authenticator, root: AppClient, outside: AppClient
) -> None:
    register(root, ROOT, phone, clock.now_s)
    token = root.post(f"/access/users/{ROOT}/token/tool").json()["data"]
    outside.headers["Authorization"] = f"PVEAPIToken={token['full-tokenid']}={token['value']}"
    assert outside.get("/version").status_code == 200


def test_the_second_factors_of_a_user_who_is_removed_go_too(
    clock: Clock, phone: Authenticator, root: AppClient, cluster: EmbeddedCluster
) -> None:
    register(root, OPERATOR, phone, clock.now_s)
    assert OPERATOR in cluster.files.read("priv/tfa.cfg")
    root.delete(f"/access/users/{OPERATOR}")
    assert OPERATOR not in cluster.files.read("priv/tfa.cfg")
