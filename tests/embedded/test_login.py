"""Who gets in: tickets, write guards, tokens, and those who guess."""

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.conftest import Clock, Login
from tests.embedded.still_world import PASSWORD
from virton.embedded.access.access import Access
from virton.embedded.app import create_app
from virton.embedded.cluster import EmbeddedCluster
from virton.embedded.tasks import ClusterLog
from virton.throttle import Throttle

LOGIN = {"username": "root@pam", "password": PASSWORD}


def test_a_login_gives_a_ticket_a_write_guard_and_what_one_may_do(outside: AppClient) -> None:
    answer = outside.post("/access/ticket", data=LOGIN)
    data = answer.json()["data"]
    assert answer.status_code == 200
    assert data["ticket"].startswith("PVE:root@pam:")
    assert data["username"] == "root@pam"
    assert data["cap"]["dc"]["Sys.Audit"] == 1
    assert data["clustername"] == "small"


def test_the_realm_may_be_given_apart(outside: AppClient) -> None:
    body = {"username": "root", "realm": "pam", "password": PASSWORD}
    assert outside.post("/access/ticket", json=body).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"username": "root@pam", "password": "guess"},
        {"username": "nowhere@pam", "password": PASSWORD},
        {"username": "root", "password": PASSWORD},
        {"username": "gone@pve", "password": PASSWORD},
    ],
)
def test_a_failed_login_never_says_why(outside: AppClient, wrong: dict[str, str]) -> None:
    answer = outside.post("/access/ticket", data=wrong)
    assert answer.status_code == 401
    assert answer.json() == {"data": None, "message": "authentication failure\n"}


def test_without_a_login_even_an_unknown_path_is_refused(outside: AppClient) -> None:
    assert outside.get("/version").status_code == 401
    assert outside.get("/no/such/path").status_code == 401


def test_the_realms_are_told_to_anybody(outside: AppClient) -> None:
    realms = outside.get("/access/domains").json()["data"]
    assert [realm["realm"] for realm in realms] == ["pam", "pve"]


def test_a_write_needs_its_guard(root: AppClient) -> None:
    del root.headers["CSRFPreventionToken"]
    assert root.get("/version").status_code == 200
    assert root.post("/cluster/ha/status/arm-ha").status_code == 401


def test_the_guard_of_somebody_else_does_not_help(root: AppClient, login: Login) -> None:
    root.headers["CSRFPreventionToken"] = login("audit@pve").headers["CSRFPreventionToken"]
    assert root.post("/cluster/ha/status/arm-ha").status_code == 401


def test_a_ticket_holds_for_two_hours(
    clock: Clock, cluster: EmbeddedCluster, root: AppClient
) -> None:
    clock.now_s += 2 * 3600 - 1
    assert root.get("/version").status_code == 200
    clock.now_s += 1
    assert root.get("/version").status_code == 401


def test_a_ticket_renews_itself(clock: Clock, root: AppClient) -> None:
    clock.now_s += 7000
    old = str(root.cookies["PVEAuthCookie"])
    renewed = root.post("/access/ticket", data={"username": "root@pam", "password": old})
    root.cookies.set("PVEAuthCookie", renewed.json()["data"]["ticket"])
    clock.now_s += 7000
    assert root.get("/version").status_code == 200


def test_a_ticket_of_somebody_else_is_no_password(root: AppClient, login: Login) -> None:
    ticket = str(login("audit@pve").cookies["PVEAuthCookie"])
    answer = root.post("/access/ticket", data={"username": "operator@pve", "password": ticket})
    assert answer.status_code == 401


@pytest.mark.parametrize("forged", ["PVE:root@pam:7FFFFFFF::AAAA", "nonsense", "PVE:root@pam:::"])
def test_a_forged_ticket_opens_nothing(outside: AppClient, forged: str) -> None:
    outside.cookies.set("PVEAuthCookie", forged)
    assert outside.get("/version").status_code == 401


def test_every_bit_of_a_ticket_counts(root: AppClient, outside: AppClient) -> None:
    ticket = str(root.cookies["PVEAuthCookie"])
    for old, new in (("root@pam", "toor@pam"), ("::", "::A"), ("PVE:root@pam:", "PVE:root@pam:0")):
        outside.cookies.set("PVEAuthCookie", ticket.replace(old, new))
        assert outside.get("/version").status_code == 401


def test_a_ticket_may_come_percent_encoded(root: AppClient, outside: AppClient) -> None:
    ticket = str(root.cookies["PVEAuthCookie"])
    outside.headers["Cookie"] = "PVEAuthCookie=" + ticket.replace(":", "%3A").replace("+", "%2B")
    assert outside.get("/version").status_code == 200


def test_a_user_who_is_disabled_is_out_at_once(cluster: EmbeddedCluster, login: Login) -> None:
    client = login("audit@pve")
    assert client.get("/version").status_code == 200
    text = cluster.files.read("user.cfg").replace("audit@pve:1:", "audit@pve:0:")
    cluster.files.write("user.cfg", text)
    assert client.get("/version").status_code == 401


def test_who_guesses_must_wait_ever_longer(clock: Clock, outside: AppClient) -> None:
    wrong = {**LOGIN, "password": "guess"}
    for _ in range(5):
        assert outside.post("/access/ticket", data=wrong).status_code == 401
    refused = outside.post("/access/ticket", data=LOGIN)
    assert refused.status_code == 429
    assert int(refused.headers["retry-after"]) == 1
    clock.now_s += 1
    assert outside.post("/access/ticket", data=wrong).status_code == 401
    assert int(outside.post("/access/ticket", data=wrong).headers["retry-after"]) == 2


def test_the_right_password_ends_the_waiting(clock: Clock, outside: AppClient) -> None:
    wrong = {**LOGIN, "password": "guess"}
    for _ in range(5):
        outside.post("/access/ticket", data=wrong)
    clock.now_s += 1
    assert outside.post("/access/ticket", data=LOGIN).status_code == 200
    assert outside.post("/access/ticket", data=wrong).status_code == 401
    assert outside.post("/access/ticket", data=LOGIN).status_code == 200


def test_one_who_guesses_holds_up_nobody_else(clock: Clock, outside: AppClient) -> None:
    for _ in range(8):
        outside.post("/access/ticket", data={**LOGIN, "password": "guess"})
    other = {"username": "audit@pve", "password": PASSWORD}
    assert outside.post("/access/ticket", data=other).status_code == 200


def test_guessing_at_ever_new_names_is_slowed_by_address(
    clock: Clock, outside: AppClient, cluster: EmbeddedCluster
) -> None:
    for number in range(20):
        guess = {"username": f"u{number}@pve", "password": "guess"}
        assert outside.post("/access/ticket", data=guess).status_code == 401
    assert outside.post("/access/ticket", data=LOGIN).status_code == 429
    app = create_app(cluster)
    elsewhere = AppClient(app, base_url="https://small/api2/json", client=("192.0.2.7", 1))
    assert elsewhere.post("/access/ticket", data=LOGIN).status_code == 200
    # The console within the process counts its own callers, and speaks for all of them.
    console = AppClient(app, base_url="https://small/api2/json", client=("", 0))
    for _ in range(30):
        assert console.post("/access/ticket", data={**LOGIN, "password": "x"}).status_code == 401
    assert console.post("/access/ticket", data=LOGIN).status_code == 200


def test_a_clock_that_is_set_back_makes_nobody_wait(cluster: EmbeddedCluster) -> None:
    wall, waits = Clock(), Clock()
    cluster.access = Access(cluster.files, wall, waits)
    client = AppClient(create_app(cluster), base_url="https://small/api2/json")
    for _ in range(6):
        client.post("/access/ticket", data={**LOGIN, "password": "guess"})
    wall.now_s -= 86_400
    waits.now_s += 30
    assert client.post("/access/ticket", data=LOGIN).status_code == 200


def test_of_very_many_failed_logins_the_log_tells_how_many(
    clock: Clock, outside: AppClient, cluster: EmbeddedCluster
) -> None:
    for number in range(100):
        cluster.access._throttle = Throttle(clock)
        outside.post("/access/ticket", data={"username": f"u{number}@pve", "password": "x"})
    clock.now_s += 60
    cluster.access._throttle = Throttle(clock)
    outside.post("/access/ticket", data={"username": "last@pve", "password": "x"})
    told = [entry.message for entry in cluster.log.newest_first(200) if entry.is_login]
    assert len(told) == 21
    assert told[0].endswith("(80 more failed before)")


def test_neither_passwords_nor_token_secrets_lie_in_the_files(
    cluster: EmbeddedCluster, root: AppClient
) -> None:
    secret = root.post("/access/users/root@pam/token/poller").json()["data"]["value"]
    everything = "".join(cluster.files.read(path) for path in cluster.files.paths())
    assert PASSWORD not in everything
    assert secret not in everything
    assert "$argon2id$" in cluster.files.read("priv/shadow.cfg")


def test_a_password_can_be_changed_by_its_owner(login: Login, outside: AppClient) -> None:
    client = login("nobody@pve")
    body = {"userid": "nobody@pve", "password": "another one"}
    assert client.put("/access/password", data=body).status_code == 200
    old = {"username": "nobody@pve", "password": PASSWORD}
    assert outside.post("/access/ticket", data=old).status_code == 401
    assert outside.post("/access/ticket", data={**old, "password": "another one"}).is_success


def test_nobody_changes_the_password_of_root(login: Login) -> None:
    body = {"userid": "root@pam", "password": "another one"}
    assert login("operator@pve").put("/access/password", data=body).status_code == 403


def test_tickets_survive_a_restart_of_the_cluster(cluster: EmbeddedCluster) -> None:
    ticket, _ = cluster.access.new_ticket("root@pam")
    assert Access(cluster.files).ticket_user(ticket) == "root@pam"


def test_failed_logins_push_nothing_but_logins_out_of_the_log(cluster: EmbeddedCluster) -> None:
    cluster.log.add("alfa", "pvedaemon", "starting task X")
    for number in range(1000):
        cluster.log.add("alfa", "pvedaemon", f"authentication failure for user 'u{number}@pve'")
    again = ClusterLog(cluster.files, cluster.world.now, cluster.journal)
    for log in (cluster.log, again):
        told = [entry.message for entry in log.newest_first(1000)]
        assert "starting task X" in told
        assert told[0] == "authentication failure for user 'u999@pve'"
        assert len(told) < 200
