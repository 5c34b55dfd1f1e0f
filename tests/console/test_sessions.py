"""Logging in, staying logged in, and being refused."""

import asyncio
import base64
from dataclasses import replace
from pathlib import Path

import pytest

from tests.console.visit import Browser, Visit, settle, visiting
from tests.proxmox.playback import NOW, ROOT, TOKEN, Refusal
from virton.console.session_cookie import COOKIE, Session, _seal, opened, sealed
from virton.console.settings import console_key

pytestmark = pytest.mark.anyio


def cookie_of(browser: Browser) -> str:
    return str(browser.http.cookies[COOKIE])


def session_of(visit: Visit, browser: Browser) -> Session:
    session = opened(cookie_of(browser), console_key(visit.console.settings.data))
    assert session is not None
    return session


async def test_a_user_of_the_cluster_logs_in(visit: Visit) -> None:
    response = await visit.browser().log_in()
    assert response.status_code == 200
    body = response.json()
    assert body["user"] == ROOT
    assert body["privileges"] == ["Sys.Audit", "Sys.Console", "VM.Audit"]
    assert body["lab"] is False
    assert body["csrf"]


async def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(visit: Visit) -> None:
    cookie = (await visit.browser().log_in()).headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    secure = (await visit.browser(scheme="https").log_in()).headers["set-cookie"]
    assert "Secure" in secure


async def test_the_cookie_carries_no_password(visit: Visit) -> None:
    browser = await visit.logged_in()
    session = session_of(visit, browser)
    assert "root-password" not in str(base64.urlsafe_b64decode(f"{cookie_of(browser)}===="))
    assert session.ticket.ticket in visit.cluster.tickets


async def test_the_page_asks_who_is_logged_in(visit: Visit) -> None:
    browser = visit.browser()
    refused = await browser.get("/api/session")
    assert refused.status_code == 401
    assert refused.json()["error"]["code"] == "auth"
    told = (await browser.log_in()).json()
    assert (await browser.get("/api/session")).json() == told


async def test_a_wrong_password_is_refused_in_the_clusters_words(visit: Visit) -> None:
    response = await visit.browser().log_in(password="wrong")
    assert response.status_code == 401
    assert response.json()["error"]["message"] == "authentication failure"


async def test_a_realm_may_stand_in_the_name(visit: Visit) -> None:
    browser = visit.browser()
    body = {"username": ROOT, "password": "root-password", "realm": "pam"}
    assert (await browser.http.post("/api/login", json=body)).status_code == 200


REALMS = [
    {"realm": "pam", "type": "pam"},
    {"realm": "entra", "type": "ad", "default": 1},
    {"realm": "corp.ad-2", "type": "ldap"},
    {"realm": "sso", "type": "openid"},
]


@pytest.mark.parametrize(
    ("typed", "chosen", "user"),
    [
        ("홍길동", "entra", "홍길동@entra"),
        ("hong@corp.example", "entra", "hong@corp.example@entra"),
        ("hong@corp.ad-2", "entra", "hong@corp.ad-2"),
        ("hong@corp.example@pam", "entra", "hong@corp.example@pam"),
        ("홍 길동;관리자", "entra", "홍 길동;관리자@entra"),
        ("a%b+c", "entra", "a%b+c@entra"),
        ("@pam", "entra", "@pam@entra"),
        ("root@pam", None, "root@pam"),
    ],
)
async def test_every_name_logs_in_reads_and_writes(
    visit: Visit, typed: str, chosen: str | None, user: str
) -> None:
    visit.cluster.answers["/access/domains"] = REALMS
    visit.cluster.users[user] = "a password"
    visit.cluster.privileges[user] = {"/": {"Sys.Audit": 1, "Sys.Console": 1}}
    browser = visit.browser()
    body = {"username": typed, "realm": chosen, "password": "a password"}
    answer = await browser.http.post("/api/login", json=body)
    assert answer.status_code == 200, answer.text
    assert answer.json()["user"] == user
    browser.csrf = answer.json()["csrf"]
    assert (await browser.get("/api/session")).json()["user"] == user
    assert (await browser.write("DELETE", "/api/resources/vm:100")).status_code == 200
    asked = visit.cluster.written()
    assert asked.user == user
    cookie = asked.headers["cookie"].removeprefix("PVEAuthCookie=")
    assert cookie.startswith("PVE%3A" if set(user) & set("홍;% ") else "PVE:")
    assert cookie.isascii()
    assert set(cookie).isdisjoint("; ")


async def test_a_realm_that_no_password_opens_is_offered_none(visit: Visit) -> None:
    visit.cluster.answers["/access/domains"] = REALMS
    browser = visit.browser()
    realms = (await browser.get("/api/realms")).json()
    assert [realm["realm"] for realm in realms if not realm["password"]] == ["sso"]
    body = {"username": "hong", "realm": "sso", "password": "x"}
    refused = await browser.http.post("/api/login", json=body)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "openid")
    assert "/access/ticket" not in visit.cluster.paths("POST")


async def test_a_login_without_a_password_names_the_field(visit: Visit) -> None:
    response = await visit.browser().http.post("/api/login", json={"username": "root"})
    assert response.status_code == 400
    assert "password" in response.json()["error"]["fields"]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded"])
async def test_a_login_that_another_site_could_send_is_refused(
    visit: Visit, media_type: str
) -> None:
    body = b'{"username": "root@pam", "password": "root-password"}'
    response = await visit.browser().http.post(
        "/api/login", content=body, headers={"content-type": media_type}
    )
    assert response.status_code == 415


async def test_guessing_is_slowed_and_time_makes_it_good(visit: Visit) -> None:
    for _ in range(5):
        assert (await visit.browser("10.0.0.1").log_in(password="no")).status_code == 401
    slowed = await visit.browser("10.0.0.1").log_in()
    assert slowed.status_code == 429
    assert slowed.json()["error"]["retry_after_s"] == 1
    assert slowed.headers["retry-after"] == "1"
    await visit.clock.step(2)
    assert (await visit.browser("10.0.0.1").log_in()).status_code == 200


async def test_the_wait_doubles_and_has_an_end(visit: Visit) -> None:
    waits: list[int] = []
    for _ in range(40):
        response = await visit.browser().log_in(password="no")
        if response.status_code == 429:
            waits.append(response.json()["error"]["retry_after_s"])
            await visit.clock.step(waits[-1])
    assert waits[:4] == [1, 2, 4, 8]
    assert max(waits) == 300


async def test_a_clock_that_is_set_back_makes_nobody_wait_for_longer(visit: Visit) -> None:
    for _ in range(7):
        await visit.browser().log_in(password="no")
        await visit.clock.step(3)
    visit.clock.set_back(86_400)
    slowed = await visit.browser().log_in(password="no")
    assert slowed.status_code in (401, 429)
    await visit.clock.step(5)
    assert (await visit.browser().log_in()).status_code == 200


async def test_a_user_is_not_kept_out_at_all_by_others_who_guess(visit: Visit) -> None:
    for number in range(40):
        await visit.browser(f"10.0.0.{number}").log_in(password="no")
    for _ in range(40):
        await visit.browser("10.0.0.1").log_in(password="no")
    assert (await visit.browser("10.0.1.1").log_in()).status_code == 200


async def test_guessing_at_many_names_is_slowed_by_address(visit: Visit) -> None:
    for number in range(20):
        await visit.browser("10.0.0.9").log_in(f"user{number}@pve", "no")
    assert (await visit.browser("10.0.0.9").log_in()).status_code == 429
    assert (await visit.browser("10.0.0.8").log_in()).status_code == 200


async def test_the_many_addresses_of_one_network_of_ipv6_count_as_one(visit: Visit) -> None:
    for number in range(20):
        await visit.browser(f"2001:db8:0:1::{number}").log_in(f"user{number}@pve", "no")
    assert (await visit.browser("2001:db8:0:1:ffff::1").log_in()).status_code == 429
    assert (await visit.browser("2001:db8:0:2::1").log_in()).status_code == 200


async def test_with_a_user_of_ones_own_one_cannot_guess_for_ever(visit: Visit) -> None:
    for number in range(30):
        await visit.browser("10.0.0.9").log_in("audit@pve", "audit-password")
        await visit.browser("10.0.0.9").log_in(f"user{number}@pve", "no")
    assert (await visit.browser("10.0.0.9").log_in()).status_code == 429


async def test_whose_address_has_to_wait_asks_the_cluster_for_nothing(visit: Visit) -> None:
    for number in range(20):
        await visit.browser().log_in(f"user{number}@pve", "no")
    asked = len(visit.cluster.asked)
    assert (await visit.browser().log_in()).status_code == 429
    assert len(visit.cluster.asked) == asked


async def test_a_cluster_that_does_not_answer_is_no_guess(visit: Visit) -> None:
    healthy = visit.cluster.fault

    async def broken(path: str) -> Refusal:
        return Refusal(500, "out of order")

    visit.cluster.fault = broken
    for _ in range(8):
        assert (await visit.browser().log_in()).status_code == 500
    visit.cluster.fault = healthy
    assert (await visit.browser().log_in()).status_code == 200


async def test_a_cluster_with_too_many_logins_at_once_is_told_as_such(visit: Visit) -> None:
    async def busy(path: str) -> Refusal | None:
        return Refusal(503, "too many logins at once") if path == "/access/ticket" else None

    healthy, visit.cluster.fault = visit.cluster.fault, busy
    for _ in range(8):
        error = (await visit.browser().log_in()).json()["error"]
        assert (error["status"], error["code"]) == (503, "busy")
    visit.cluster.fault = healthy
    assert (await visit.browser().log_in()).status_code == 200


async def test_logging_out_ends_the_session_and_its_ticket(visit: Visit) -> None:
    browser = await visit.logged_in()
    cookie = browser.http.cookies[COOKIE]
    assert (await browser.write("POST", "/api/logout", {})).status_code == 200
    assert COOKIE not in browser.http.cookies
    browser.http.cookies.set(COOKIE, cookie)
    assert (await browser.get("/api/session")).status_code == 401


@pytest.mark.parametrize("method", ["POST"])
@pytest.mark.parametrize("path", ["/api/logout", "/api/resources", "/api/rules", "/api/lab"])
async def test_a_write_without_the_pages_token_is_refused(
    visit: Visit, method: str, path: str
) -> None:
    browser = await visit.logged_in()
    for token in ("", "0" * 64):
        browser.csrf = token
        response = await browser.write(method, path, {"sid": "vm:1"})
        assert response.status_code == 403
        assert response.json()["error"]["code"] == "csrf"
    assert visit.cluster.paths("POST") == ["/access/ticket"]


async def test_one_users_token_is_no_good_for_another(visit: Visit) -> None:
    root = await visit.logged_in()
    other = await visit.logged_in("audit@pve", "audit-password")
    root.csrf = other.csrf
    assert (await root.write("POST", "/api/rules", {})).status_code == 403


@pytest.mark.parametrize(
    "cookie",
    ["", "x", "####", "W10", "eyJhIjoxfQ", "WyJhIiwiYiIsImMiLDEsImQiLCJlIl0", "x.y", ".", "%FF.é"],
)
async def test_a_cookie_of_another_making_is_no_session(visit: Visit, cookie: str) -> None:
    browser = visit.browser()
    headers = {"cookie": f"{COOKIE}={cookie}".encode()}
    assert (await browser.http.get("/api/session", headers=headers)).status_code == 401


@pytest.mark.parametrize(
    "said",
    [
        "[" * 100_000,
        '["a", "b", "c", Infinity, "d"]',
        '["a", "b", "c", 1e400, "d"]',
        f'["a", "b", "c", {"9" * 400}, "d"]',
        '["a", "b", "c", [1], "d"]',
        '["a", "b", "c", true, "d", "e"]',
        '[["a"], {}, "c", 1, "d"]',
        '["\\ud800", "b", "c", 1, "d"]',
        '{"a": 1, "b": 2, "c": 3, "d": 4, "e": 5}',
        "\xff",
    ],
)
async def test_even_what_the_console_has_sealed_is_read_strictly(visit: Visit, said: str) -> None:
    key = console_key(visit.console.settings.data)
    text = base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")
    assert opened(f"{text}.{_seal(text, key)}", key) is None


async def test_a_ticket_that_the_cluster_honours_no_longer_ends_the_session(visit: Visit) -> None:
    browser = await visit.logged_in()
    visit.cluster.tickets.clear()
    assert (await browser.get("/api/session")).status_code == 200
    await visit.clock.step(61)
    assert (await browser.get("/api/session")).status_code == 401


async def test_the_cluster_is_not_asked_about_a_ticket_at_every_request(visit: Visit) -> None:
    browser = await visit.logged_in()
    for _ in range(10):
        await browser.get("/api/session")
    assert visit.cluster.paths().count("/access/permissions") == 1


async def test_a_session_outlives_a_cluster_that_is_away_for_a_while(visit: Visit) -> None:
    browser = await visit.logged_in()

    async def away(path: str) -> Refusal:
        return Refusal(596, "Connection refused")

    visit.cluster.fault = away
    await visit.clock.step(600)
    assert (await browser.get("/api/session")).status_code == 200
    await visit.clock.step(7200)
    assert (await browser.get("/api/session")).status_code == 502


async def test_a_ticket_is_renewed_after_an_hour_and_the_pages_token_stays(visit: Visit) -> None:
    browser = await visit.logged_in()
    before = session_of(visit, browser)
    await visit.clock.step(3700)
    assert (await browser.get("/api/session")).json()["csrf"] == browser.csrf
    after = session_of(visit, browser)
    assert after.ticket.ticket != before.ticket.ticket
    assert after.ticket.issued == NOW + 3700
    assert (await browser.write("POST", "/api/resources", {"sid": "vm:1"})).status_code == 200


async def test_tabs_that_renew_the_same_ticket_share_the_new_one(visit: Visit) -> None:
    browser = await visit.logged_in()
    cookie = browser.http.cookies[COOKIE]
    await visit.clock.step(3700)
    for _ in range(3):
        other = visit.browser()
        other.http.cookies.set(COOKIE, cookie)
        assert (await other.get("/api/session")).status_code == 200
    assert visit.cluster.paths("POST").count("/access/ticket") == 2


async def test_only_what_the_console_has_written_is_a_session(visit: Visit) -> None:
    browser = await visit.logged_in("none@pve", "none")
    mine = session_of(visit, browser)
    forged = replace(mine, ticket=replace(mine.ticket, user=ROOT))
    asked = len(visit.cluster.asked)
    for key in (b"", b"\0" * 32):
        other = visit.browser()
        other.http.cookies.set(COOKIE, sealed(forged, key))
        assert (await other.get("/api/session")).status_code == 401
    assert len(visit.cluster.asked) == asked


async def test_a_name_beside_a_ticket_opens_nobody_elses_eyes(visit: Visit) -> None:
    root = await visit.logged_in()
    await root.get("/api/session")
    mine = session_of(visit, await visit.logged_in("none@pve", "none"))
    forged = replace(mine, ticket=replace(mine.ticket, user=ROOT))
    for _ in range(2):
        other = visit.browser()
        other.http.cookies.set(COOKIE, visit.console.sessions.cookie(forged))
        assert (await other.get("/api/session")).json()["privileges"] == []
        await visit.clock.step(61)
    told = (await root.get("/api/session")).json()
    assert "Sys.Console" in told["privileges"]


async def test_a_ticket_that_was_never_honoured_ends_nobody_elses_session(visit: Visit) -> None:
    root = await visit.logged_in()
    session = session_of(visit, root)
    made_up = session.ticket.ticket[:-4] + "AAAA"
    forged = replace(session, ticket=replace(session.ticket, ticket=made_up), nonce="made-up")
    async with root.stream() as stream:
        stream.events()
        other = visit.browser()
        other.http.cookies.set(COOKIE, visit.console.sessions.cookie(forged))
        assert (await other.get("/api/session")).status_code == 401
        await settle()
        assert stream.events() == []
        visit.poller.feed.beat()
        await settle()
        assert not stream.ended


async def test_a_session_that_was_ended_ends_no_open_page_of_the_same_user(visit: Visit) -> None:
    first, second = await visit.logged_in(), await visit.logged_in()
    async with second.stream() as stream:
        del visit.cluster.tickets[session_of(visit, first).ticket.ticket]
        await visit.clock.step(61)
        assert (await first.get("/api/session")).status_code == 401
        await settle()
        visit.poller.feed.beat()
        await settle()
        assert not stream.ended


async def test_of_one_user_the_cluster_is_asked_once_whatever_the_number_of_sessions(
    visit: Visit,
) -> None:
    browsers = [await visit.logged_in() for _ in range(5)]
    before = visit.cluster.paths().count("/access/permissions")
    await visit.clock.step(61)
    await asyncio.gather(*(browser.get("/api/session") for browser in browsers))
    assert visit.cluster.paths().count("/access/permissions") == before + 1


async def test_a_session_that_ends_does_not_end_those_of_the_same_user(visit: Visit) -> None:
    first, second = await visit.logged_in(), await visit.logged_in()
    del visit.cluster.tickets[next(iter(visit.cluster.tickets))]
    await visit.clock.step(61)
    assert (await first.get("/api/session")).status_code == 401
    assert (await second.get("/api/session")).status_code == 200


async def test_logging_out_outlives_a_restart_and_ends_older_tickets_too(tmp_path: Path) -> None:
    async with visiting(tmp_path) as first:
        browser = await first.logged_in()
        old = cookie_of(browser)
        await first.clock.step(3700)
        assert (await browser.get("/api/session")).status_code == 200
        new = cookie_of(browser)
        assert old != new
        assert (await browser.write("POST", "/api/logout", {})).status_code == 200
        async with visiting(tmp_path, cluster=first.cluster) as second:
            second.clock.now = first.clock.now
            for cookie in (old, new):
                again = second.browser()
                again.http.cookies.set(COOKIE, cookie)
                assert (await again.get("/api/session")).status_code == 401


async def test_a_page_that_nobody_touches_is_logged_out_after_hours(visit: Visit) -> None:
    browser = await visit.logged_in()
    for _ in range(8):
        await visit.clock.step(3600)
        kept = await browser.get("/api/snapshot")
    assert kept.status_code == 401
    assert (await browser.get("/api/session")).status_code == 401


async def test_who_does_something_now_and_then_stays_logged_in(visit: Visit) -> None:
    browser = await visit.logged_in()
    for _ in range(20):
        await visit.clock.step(3600)
        assert (await browser.get("/api/session")).status_code == 200


async def test_a_user_who_is_gone_sees_nothing_within_a_beat(visit: Visit) -> None:
    browser = await visit.logged_in("audit@pve", "audit-password")
    async with visit.at_work(), browser.stream() as stream:
        stream.events()
        visit.cluster.tickets.clear()
        await visit.clock.step(5)
        assert stream.events()[-1][0] == "session"
        assert stream.ended


async def test_who_logs_out_and_in_within_a_second_is_in(visit: Visit) -> None:
    browser = await visit.logged_in()
    ticket = next(iter(visit.cluster.tickets))
    await browser.write("POST", "/api/logout", {})

    async def the_same_again(path: str) -> object:
        given = {"username": ROOT, "ticket": ticket, "CSRFPreventionToken": f"csrf-{ticket}"}
        return given if path == "/access/ticket" else None

    visit.cluster.fault = the_same_again
    assert (await browser.log_in()).status_code == 200
    assert (await browser.get("/api/session")).status_code == 200


async def test_a_second_factor_is_asked_for(visit: Visit) -> None:
    half = {"username": ROOT, "ticket": "PVE:!tfa!:x", "NeedTFA": 1, "CSRFPreventionToken": "c"}

    async def ask_for_more(path: str) -> object:
        more = "tfa-challenge" in visit.cluster.asked[-1].params
        return half if path == "/access/ticket" and not more else None

    visit.cluster.fault = ask_for_more
    visit.cluster.users[ROOT] = "totp:123456"
    response = await visit.browser().log_in()
    assert response.status_code == 401
    assert response.json()["error"]["code"] == "second_factor"
    assert (await visit.browser().log_in(otp="123456")).status_code == 200


async def test_realms_are_listed_before_anybody_logs_in(visit: Visit) -> None:
    realms = (await visit.browser().get("/api/realms")).json()
    assert [(realm["realm"], realm["default"]) for realm in realms] == [
        ("pam", True),
        ("pve", False),
    ]


async def test_tokens_for_pages_survive_a_restart_of_the_console(tmp_path: Path) -> None:
    async with visiting(tmp_path) as first:
        browser = await first.logged_in()
        async with visiting(tmp_path, cluster=first.cluster) as second:
            again = second.browser()
            again.http.cookies = browser.http.cookies
            told = await again.get("/api/session")
    assert told.json()["csrf"] == browser.csrf
    key = tmp_path / "console.key"
    assert key.stat().st_mode & 0o077 == 0


async def test_the_lab_is_offered_to_whom_the_cluster_offers_it(visit: Visit) -> None:
    visit.cluster.lab = {"offered": True, "speed": 1, "paused": False}
    assert (await visit.browser().log_in()).json()["lab"] is True


async def test_without_a_token_the_poller_borrows_a_ticket_and_gives_it_back(
    tmp_path: Path,
) -> None:
    async with visiting(tmp_path, token=None) as visit:
        await visit.poller.poll_once()
        assert visit.poller.readings.status.error is not None
        assert visit.poller.readings.status.error.code == "nobody"
        assert visit.cluster.asked == []
        await visit.logged_in("none@pve", "none")
        await visit.poller.poll_once()
        assert visit.poller.readings.status.error.code == "nobody"
        browser = await visit.logged_in()
        await visit.poller.poll_once()
        assert visit.poller.readings.status.error is None
        assert visit.cluster.asked[-1].user == ROOT
        assert (await browser.get("/api/snapshot")).json()["cluster"]["unwatched"] is True
        await browser.write("POST", "/api/logout", {})
        await visit.poller.poll_once()
        assert visit.poller.readings.status.error is not None


async def test_a_borrowed_ticket_is_renewed_and_dropped_when_refused(tmp_path: Path) -> None:
    async with visiting(tmp_path, token=None) as visit:
        await visit.logged_in()
        await visit.clock.step(3700)
        await visit.poller.poll_once()
        assert visit.cluster.paths("POST").count("/access/ticket") == 2
        visit.cluster.tickets.clear()
        await visit.poller.poll_once()
        asked = len(visit.cluster.asked)
        await visit.poller.poll_once()
        assert len(visit.cluster.asked) == asked


async def test_with_a_token_no_ticket_is_borrowed(visit: Visit) -> None:
    await visit.logged_in()
    await visit.poller.poll_once()
    assert visit.cluster.asked[-1].headers["authorization"] == f"PVEAPIToken={TOKEN}"


async def test_a_leap_of_the_clock_is_survived_and_told(
    visit: Visit, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await visit.logged_in()
    async with visit.at_work(), browser.stream() as stream:
        for seconds in (86_400, -2 * 86_400, 10 * 365 * 86_400):
            stream.events()
            visit.clock.set_back(seconds)
            await visit.clock.step(5)
            assert not stream.ended
            before = len(visit.cluster.asked)
            await visit.clock.step(2)
            assert len(visit.cluster.asked) > before
        assert (await browser.get("/api/session")).status_code == 200
    told = [r.getMessage() for r in caplog.records if "clock was set" in r.getMessage()]
    assert told == [
        "the machine's clock was set back by 86400 s",
        "the machine's clock was set forward by 172800 s",
        "the machine's clock was set back by 315360000 s",
    ]


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("/api/snapshot", 401),
        ("/api/forecast/table", 401),
        ("/api/lab", 401),
        ("/api/session", 200),
    ],
)
async def test_a_page_that_nobody_touches_times_out_whatever_it_asks_for_by_itself(
    visit: Visit, asked: str, status: int
) -> None:
    browser = await visit.logged_in()
    for _ in range(20):
        await visit.clock.step(1500)
        await browser.get(asked)
    assert (await browser.get("/api/session")).status_code == status


async def test_a_page_at_which_the_lab_is_used_stays_logged_in(visit: Visit) -> None:
    visit.cluster.lab = {"offered": True, "speed": 1, "paused": False, "nodes": []}
    browser = await visit.logged_in()
    for _ in range(20):
        await visit.clock.step(1500)
        await browser.write("POST", "/api/lab", {"action": "pause"})
    assert (await browser.get("/api/session")).status_code == 200
