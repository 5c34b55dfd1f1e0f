"""proxmoxer over HTTPS: with a password and with an API token."""

import hashlib
import hmac
import ssl
import time
from base64 import b32encode
from collections.abc import Iterator

import pytest
import requests
from proxmoxer import AuthenticationError, ProxmoxAPI, ResourceException
from proxmoxer.tools import Tasks

from tests.clients.conftest import PASSWORD, PATIENCE_S, Served


def connect(cluster: Served, **credentials: str) -> ProxmoxAPI:
    return ProxmoxAPI(
        "127.0.0.1", port=cluster.port, verify_ssl=str(cluster.certificate), **credentials
    )


@pytest.fixture
def by_password(cluster: Served) -> ProxmoxAPI:
    return connect(cluster, user="root@pam", password=PASSWORD)


@pytest.fixture
def by_token(cluster: Served, by_password: ProxmoxAPI) -> Iterator[ProxmoxAPI]:
    token = by_password.access.users("root@pam").token("tests")
    secret = token.post(privsep=0)["value"]
    yield connect(cluster, user="root@pam", token_name="tests", token_value=secret)
    token.delete()


@pytest.fixture(params=["by_password", "by_token"])
def api(request: pytest.FixtureRequest) -> ProxmoxAPI:
    return request.getfixturevalue(request.param)


def test_the_certificate_is_the_one_whose_fingerprint_was_printed(cluster: Served) -> None:
    shown = ssl.get_server_certificate(("127.0.0.1", cluster.port))
    digest = hashlib.sha256(ssl.PEM_cert_to_DER_cert(shown)).digest()
    assert digest.hex(":").upper() == cluster.fingerprint


def test_who_trusts_only_known_authorities_is_not_let_down(cluster: Served) -> None:
    with pytest.raises(requests.exceptions.SSLError):
        ProxmoxAPI(
            "127.0.0.1", port=cluster.port, verify_ssl=True, user="root@pam", password=PASSWORD
        )


def test_the_version_and_the_nodes_are_told(api: ProxmoxAPI) -> None:
    assert api.version.get()["release"].startswith("9.")
    assert {node["node"]: node["status"] for node in api.nodes.get()} == dict.fromkeys(
        ["phum01", "phum02", "phum03"], "online"
    )


def test_a_resource_is_added_changed_moved_and_removed(api: ProxmoxAPI) -> None:
    resources = api.cluster.ha.resources
    resources.post(sid="vm:110", state="stopped", max_restart=2, comment="with proxmoxer")
    try:
        added = resources("vm:110").get()
        assert (added["max_restart"], added["comment"]) == (2, "with proxmoxer")
        resources("vm:110").put(max_restart=3, delete="comment", digest=added["digest"])
        changed = resources("vm:110").get()
        assert changed["max_restart"] == 3
        assert "comment" not in changed
        moved = resources("vm:110").migrate.post(node="phum03")
        assert moved == {"sid": "vm:110", "requested-node": "phum03"}
    finally:
        resources("vm:110").delete()
    assert "vm:110" not in {resource["sid"] for resource in resources.get()}


def test_a_rule_is_added_changed_and_removed(api: ProxmoxAPI) -> None:
    rules = api.cluster.ha.rules
    rules.post(
        rule="apart", type="resource-affinity", affinity="negative", resources="vm:100,vm:121"
    )
    try:
        rules("apart").put(type="resource-affinity", affinity="positive", comment="together")
        changed = rules("apart").get()
        assert (changed["affinity"], changed["comment"]) == ("positive", "together")
    finally:
        rules("apart").delete()
    assert rules.get() == []


def test_the_status_has_quorum_a_master_and_every_node(api: ProxmoxAPI) -> None:
    status = {entry["id"]: entry for entry in api.cluster.ha.status.current.get()}
    assert status["quorum"]["status"] == "OK"
    assert status["master"]["node"] in {"phum01", "phum02", "phum03"}
    assert {"lrm:phum01", "lrm:phum02", "lrm:phum03"} <= status.keys()
    assert status["service:vm:100"]["state"] == "started"


def test_a_guest_is_started_and_stopped_by_tasks_that_can_be_followed(api: ProxmoxAPI) -> None:
    guest = api.nodes("phum03").qemu(102)
    for action, state in (("start", "running"), ("stop", "stopped")):
        upid = guest.status(action).post()
        ended = Tasks.blocking_status(api, upid, timeout=PATIENCE_S, polling_interval=0.2)
        assert ended["exitstatus"] == "OK"
        assert guest.status.current.get()["status"] == state
        assert upid in {task["upid"] for task in api.cluster.tasks.get()}
        log = api.nodes("phum03").tasks(upid).log.get()
        assert Tasks.decode_log(log).endswith("TASK OK")


def test_an_order_to_the_ha_stack_is_a_task_too(api: ProxmoxAPI) -> None:
    upid = api.nodes("phum01").qemu(121).status.start.post()
    assert Tasks.decode_upid(upid)["type"] == "hastart"
    ended = Tasks.blocking_status(api, upid, timeout=PATIENCE_S, polling_interval=0.2)
    assert ended["exitstatus"] == "OK"


def test_what_is_refused_says_why_in_the_status_line(api: ProxmoxAPI) -> None:
    with pytest.raises(ResourceException) as caught:
        api.cluster.ha.resources("vm:555").get()
    assert caught.value.status_code == 500
    assert caught.value.content == "no such resource 'vm:555'"


def test_wrong_parameters_are_named(api: ProxmoxAPI) -> None:
    with pytest.raises(ResourceException) as caught:
        api.cluster.ha.resources.post(sid="vm:110", max_restart=-1)
    assert (caught.value.status_code, caught.value.errors.keys()) == (400, {"max_restart"})
    assert "Parameter verification failed." in str(caught.value)


def test_a_change_made_by_somebody_else_is_not_overwritten(api: ProxmoxAPI) -> None:
    with pytest.raises(ResourceException, match="detected modified configuration"):
        api.cluster.ha.resources("vm:100").put(max_restart=1, digest="0" * 40)


def test_an_auditor_reads_and_does_not_write(cluster: Served, by_password: ProxmoxAPI) -> None:
    by_password.access.users.post(userid="ann@pve", password="watchful")
    try:
        by_password.access.acl.put(path="/", users="ann@pve", roles="PVEAuditor")
        ann = connect(cluster, user="ann@pve", password="watchful")
        assert ann.cluster.ha.resources("vm:100").get()["state"] == "started"
        with pytest.raises(ResourceException, match="403 Forbidden: Permission check failed"):
            ann.cluster.ha.resources("vm:100").put(state="stopped")
    finally:
        by_password.access.users("ann@pve").delete()


def test_a_wrong_password_and_a_wrong_token_stay_outside(cluster: Served) -> None:
    with pytest.raises(AuthenticationError, match="401"):
        connect(cluster, user="nobody@pve", password="guess")
    guess = connect(cluster, user="root@pam", token_name="guess", token_value="guess")
    with pytest.raises(ResourceException, match="401"):
        guess.version.get()


def present_code(secret: bytes) -> str:
    """Return what an authenticator shows now (RFC 6238)."""
    digest = hmac.digest(secret, (int(time.time()) // 30).to_bytes(8), "sha1")
    offset = digest[-1] & 15
    number = int.from_bytes(digest[offset : offset + 4]) & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"


def test_a_second_factor_is_asked_for_and_given(cluster: Served, by_password: ProxmoxAPI) -> None:
    secret = b"a secret of twenty b"
    uri = f"otpauth://totp/ann@pve?secret={b32encode(secret).decode()}&issuer=virton"
    by_password.access.users.post(userid="ann@pve", password="watchful")
    try:
        by_password.access.tfa("ann@pve").post(
            type="totp", description="phone", totp=uri, value=present_code(secret)
        )
        with pytest.raises(AuthenticationError, match="Two Factor"):
            connect(cluster, user="ann@pve", password="watchful", otp="000000")
        code = present_code(secret)
        ann = connect(cluster, user="ann@pve", password="watchful", otp=code)
        assert ann.version.get()["release"].startswith("9.")
    finally:
        by_password.access.users("ann@pve").delete()
