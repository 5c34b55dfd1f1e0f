"""The second step of a login: codes, recovery keys, and those who guess them."""

import json

import pytest

from tests.embedded.asking import AppClient
from tests.embedded.conftest import Clock
from tests.embedded.second_factor import (
    Authenticator,
    asked_for,
    challenge_of,
    first_step,
    register,
    second_step,
)
from virton.embedded.access.access import Access
from virton.embedded.access.totp import Totp
from virton.embedded.cluster import EmbeddedCluster

ROOT = "root@pam"
OPERATOR = "operator@pve"


@pytest.fixture
def phone(clock: Clock, root: AppClient) -> Authenticator:
    """An authenticator that root has added."""
    phone = Authenticator()
    assert register(root, ROOT, phone, clock.now_s).status_code == 200
    return phone


@pytest.mark.parametrize(
    ("seed_bytes", "algorithm", "now_s", "code"),
    [
        (20, "SHA1", 59, "94287082"),
        (20, "SHA1", 1111111109, "07081804"),
        (20, "SHA1", 2000000000, "69279037"),
        (32, "SHA256", 1111111109, "68084774"),
        (64, "SHA512", 1111111109, "25091201"),
    ],
)
def test_the_codes_are_those_of_the_standard(
    seed_bytes: int, algorithm: str, now_s: int, code: str
) -> None:
    seed = (b"1234567890" * 7)[:seed_bytes]
    assert Totp(seed, "a", digits=8, algorithm=algorithm).code(now_s // 30) == code
    assert Totp(seed, "a", algorithm=algorithm).code(now_s // 30) == code[2:]


def test_a_password_is_only_half_of_the_login_of_who_has_an_authenticator(
    clock: Clock, phone: Authenticator, outside: AppClient
) -> None:
    answer = first_step(outside, ROOT)
    assert answer.status_code == 200
    data = answer.json()["data"]
    assert data.keys() == {"ticket", "username", "CSRFPreventionToken", "NeedTFA", "clustername"}
    assert data["ticket"].startswith("PVE:!tfa!")
    assert json.loads(asked_for(data["ticket"])) == {"totp": True}
    whole = second_step(outside, ROOT, data["ticket"], f"totp:{phone.code(clock.now_s)}")
    assert whole.status_code == 200
    assert "NeedTFA" not in whole.json()["data"]
    assert whole.json()["data"]["cap"]["dc"]["Sys.Audit"] == 1
    outside.cookies.set("PVEAuthCookie", whole.json()["data"]["ticket"])
    assert outside.get("/version").status_code == 200


def test_the_half_ticket_opens_nothing_and_renews_nothing(
    phone: Authenticator, outside: AppClient
) -> None:
    half = challenge_of(first_step(outside, ROOT))
    outside.cookies.set("PVEAuthCookie", half)
    assert outside.get("/version").status_code == 401
    assert first_step(outside, ROOT, password=half).status_code == 401


def test_the_code_may_come_at_once_with_the_password(
    clock: Clock, phone: Authenticator, outside: AppClient
) -> None:
    answer = first_step(outside, ROOT, otp=f"totp:{phone.code(clock.now_s)}")
    assert answer.status_code == 200
    assert "NeedTFA" not in answer.json()["data"]
    assert first_step(outside, ROOT, otp="totp:000000").status_code == 401


def test_a_code_for_somebody_without_a_second_factor_is_refused(outside: AppClient) -> None:
    assert first_step(outside, OPERATOR, otp="totp:123456").status_code == 401


def test_a_code_opens_only_with_its_own_challenge(
    clock: Clock, phone: Authenticator, root: AppClient, outside: AppClient
) -> None:
    other = Authenticator(b"another secret of its own")
    assert register(root, OPERATOR, other, clock.now_s).status_code == 200
    theirs = challenge_of(first_step(outside, OPERATOR))
    code = f"totp:{phone.code(clock.now_s)}"
    assert second_step(outside, ROOT, theirs, code).status_code == 401
    for forged in ("", "nonsense", "PVE:!tfa!{}:7FFFFFFF::AAAA", theirs.replace("true", "null")):
        assert second_step(outside, ROOT, forged, code).status_code == 401
    mine = challenge_of(first_step(outside, ROOT))
    assert second_step(outside, ROOT, mine, code).status_code == 200


def test_a_challenge_does_not_go_with_a_code_apart(
    clock: Clock, phone: Authenticator, outside: AppClient
) -> None:
    code = f"totp:{phone.code(clock.now_s)}"
    half = challenge_of(first_step(outside, ROOT))
    body = {"username": ROOT, "password": code, "tfa-challenge": half, "otp": code}
    assert outside.post("/access/ticket", data=body).status_code == 401


def test_a_challenge_is_good_for_as_long_as_a_ticket(
    clock: Clock, phone: Authenticator, outside: AppClient
) -> None:
    half = challenge_of(first_step(outside, ROOT))
    clock.now_s += 7200
    code = f"totp:{phone.code(clock.now_s)}"
    assert second_step(outside, ROOT, half, code).status_code == 401


@pytest.mark.parametrize(
    ("off_by_s", "status"), [(-60, 401), (-30, 200), (0, 200), (30, 200), (60, 401)]
)
def test_an_authenticator_may_be_off_by_one_step(
    off_by_s: int, status: int, clock: Clock, phone: Authenticator, outside: AppClient
) -> None:
    half = challenge_of(first_step(outside, ROOT))
    code = f"totp:{phone.code(clock.now_s + off_by_s)}"
    assert second_step(outside, ROOT, half, code).status_code == status


def test_a_code_is_not_taken_twice_nor_an_older_one_after_it(
    clock: Clock, phone: Authenticator, outside: AppClient
) -> None:
    half = challenge_of(first_step(outside, ROOT))
    older, code = phone.code(clock.now_s - 30), phone.code(clock.now_s)
    assert second_step(outside, ROOT, half, f"totp:{code}").status_code == 200
    assert second_step(outside, ROOT, half, f"totp:{code}").status_code == 401
    assert second_step(outside, ROOT, half, f"totp:{older}").status_code == 401
    clock.now_s += 30
    code = phone.code(clock.now_s)
    assert second_step(outside, ROOT, half, f"totp:{code}").status_code == 200


def test_a_spent_code_stays_spent_when_the_cluster_starts_anew(
    clock: Clock, phone: Authenticator, outside: AppClient, cluster: EmbeddedCluster
) -> None:
    half = challenge_of(first_step(outside, ROOT))
    code = f"totp:{phone.code(clock.now_s)}"
    assert second_step(outside, ROOT, half, code).status_code == 200
    cluster.access = Access(cluster.files, clock)
    assert second_step(outside, ROOT, half, code).status_code == 401


@pytest.mark.parametrize(
    "response",
    ["123456", "totp:", "totp:12345", "totp:00123456", "webauthn:{}", "recovery:", ":", ""],
)
def test_a_failed_second_step_never_says_why(
    response: str, phone: Authenticator, outside: AppClient
) -> None:
    half = challenge_of(first_step(outside, ROOT))
    answer = second_step(outside, ROOT, half, response)
    assert answer.status_code == 401
    assert answer.json() == {"data": None, "message": "authentication failure\n"}


def test_a_ticket_renews_itself_without_another_code(
    clock: Clock, phone: Authenticator, root: AppClient
) -> None:
    ticket = str(root.cookies["PVEAuthCookie"])
    answer = first_step(root, ROOT, password=ticket)
    assert answer.status_code == 200
    assert "NeedTFA" not in answer.json()["data"]


def test_a_ticket_is_not_checked_against_a_path_by_a_password_alone(
    phone: Authenticator, outside: AppClient
) -> None:
    where = {"path": "/", "privs": "Sys.Audit"}
    assert first_step(outside, ROOT, **where).status_code == 401
    assert first_step(outside, OPERATOR, **where).status_code == 200


def wrong_codes(outside: AppClient, count: int) -> None:
    for _ in range(count):
        half = challenge_of(first_step(outside, ROOT))
        assert second_step(outside, ROOT, half, "totp:000000").status_code == 401


def opens(outside: AppClient, response: str) -> bool:
    half = challenge_of(first_step(outside, ROOT))
    return second_step(outside, ROOT, half, response).status_code == 200


def test_after_eight_wrong_codes_in_a_row_none_is_taken_until_somebody_unlocks_them(
    clock: Clock, phone: Authenticator, outside: AppClient, root: AppClient
) -> None:
    wrong_codes(outside, 7)
    assert opens(outside, f"totp:{phone.code(clock.now_s)}")
    wrong_codes(outside, 8)
    clock.now_s += 3600
    assert not opens(outside, f"totp:{phone.code(clock.now_s)}")
    [told] = root.get("/access/tfa").json()["data"]
    assert told["totp-locked"] == 1
    unlock = f"/access/users/{ROOT}/unlock-tfa"
    assert root.put(unlock).json()["data"] == 1
    assert root.put(unlock).json()["data"] == 0
    assert opens(outside, f"totp:{phone.code(clock.now_s)}")


def test_a_recovery_key_opens_what_wrong_codes_have_locked(
    clock: Clock, phone: Authenticator, outside: AppClient, root: AppClient
) -> None:
    keys = root.post(f"/access/tfa/{ROOT}", data={"type": "recovery"}).json()["data"]["recovery"]
    wrong_codes(outside, 8)
    assert opens(outside, f"recovery:{keys[0]}")
    assert opens(outside, f"totp:{phone.code(clock.now_s)}")


def test_after_a_hundred_wrong_responses_nothing_is_taken_for_an_hour(
    clock: Clock, phone: Authenticator, outside: AppClient, root: AppClient
) -> None:
    keys = root.post(f"/access/tfa/{ROOT}", data={"type": "recovery"}).json()["data"]["recovery"]
    half = challenge_of(first_step(outside, ROOT))
    for _ in range(100):
        assert second_step(outside, ROOT, half, "recovery:guess").status_code == 401
    assert not opens(outside, f"recovery:{keys[0]}")
    [told] = root.get("/access/tfa").json()["data"]
    assert told["tfa-locked-until"] == int(clock.now_s) + 3600
    clock.now_s += 3600
    assert opens(outside, f"recovery:{keys[1]}")


def test_wrong_codes_count_after_a_restart_and_the_administrator_can_start_anew(
    clock: Clock, phone: Authenticator, outside: AppClient, cluster: EmbeddedCluster
) -> None:
    wrong_codes(outside, 8)
    cluster.access = Access(cluster.files, clock, clock)
    assert not opens(outside, f"totp:{phone.code(clock.now_s)}")


def test_a_clock_that_was_ahead_when_a_code_was_spent_keeps_nobody_out(
    clock: Clock, phone: Authenticator, outside: AppClient
) -> None:
    clock.now_s += 10 * 365 * 86_400
    assert opens(outside, f"totp:{phone.code(clock.now_s)}")
    clock.now_s -= 10 * 365 * 86_400
    assert opens(outside, f"totp:{phone.code(clock.now_s)}")


def test_without_the_password_nobody_holds_up_the_codes_of_others(
    clock: Clock, phone: Authenticator, outside: AppClient
) -> None:
    for _ in range(8):
        assert second_step(outside, ROOT, "PVE:!tfa!{}:7FFFFFFF::AA", "totp:1").status_code == 401
    half = challenge_of(first_step(outside, ROOT))
    code = f"totp:{phone.code(clock.now_s)}"
    assert second_step(outside, ROOT, half, code).status_code == 200


def test_a_recovery_key_opens_once_in_place_of_a_code(
    phone: Authenticator, root: AppClient, outside: AppClient
) -> None:
    made = root.post(f"/access/tfa/{ROOT}", data={"type": "recovery"}).json()["data"]
    assert made["id"] == "recovery"
    assert len(set(made["recovery"])) == 10
    half = challenge_of(first_step(outside, ROOT))
    assert json.loads(asked_for(half)) == {"totp": True, "recovery": list(range(10))}
    key = f"recovery:{made['recovery'][3]}"
    assert second_step(outside, ROOT, half, key).status_code == 200
    assert second_step(outside, ROOT, half, key).status_code == 401
    half = challenge_of(first_step(outside, ROOT))
    assert json.loads(asked_for(half))["recovery"] == [0, 1, 2, 4, 5, 6, 7, 8, 9]


def test_recovery_keys_do_not_lie_in_the_files(
    phone: Authenticator, root: AppClient, cluster: EmbeddedCluster
) -> None:
    keys = root.post(f"/access/tfa/{ROOT}", data={"type": "recovery"}).json()["data"]["recovery"]
    everything = "".join(cluster.files.read(path) for path in cluster.files.paths())
    assert not [key for key in keys if key in everything]


def test_of_a_user_who_is_disabled_no_code_is_taken(
    clock: Clock, root: AppClient, outside: AppClient, cluster: EmbeddedCluster
) -> None:
    phone = Authenticator()
    register(root, OPERATOR, phone, clock.now_s)
    half = challenge_of(first_step(outside, OPERATOR))
    text = cluster.files.read("user.cfg").replace("operator@pve:1:", "operator@pve:0:")
    cluster.files.write("user.cfg", text)
    code = f"totp:{phone.code(clock.now_s)}"
    assert second_step(outside, OPERATOR, half, code).status_code == 401
