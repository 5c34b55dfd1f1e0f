"""The console's login in two steps, against the embedded cluster."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.console.visit import Browser, SteppedClock, Visit
from tests.embedded.second_factor import Authenticator, Root
from tests.proxmox.playback import ROOT
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.embedded import start
from virton.embedded.access.access import Access
from virton.proxmox import ProxmoxClient

pytestmark = pytest.mark.anyio
ALICE = "alice@pve"
PASSWORD = "a password for tests"


@dataclass
class Door:
    """A console's door, the time, and what alice has in her pocket."""

    browser: Browser
    clock: SteppedClock
    phone: Authenticator
    root: Root

    @property
    def code(self) -> str:
        """Return the code that alice's authenticator shows."""
        return self.phone.code(self.clock.time())

    async def knock(self, otp: str | None = None, password: str = PASSWORD) -> dict[str, Any]:
        """Log in as alice; return the session or the error."""
        more = {} if otp is None else {"otp": otp}
        body: dict[str, Any] = (await self.browser.log_in(ALICE, password, **more)).json()
        return body

    async def refused(self, otp: str | None = None, password: str = PASSWORD) -> dict[str, Any]:
        """Log in as alice in vain; return the error."""
        error: dict[str, Any] = (await self.knock(otp, password))["error"]
        return error


@pytest.fixture
async def door(tmp_path: Path) -> AsyncIterator[Door]:
    cluster = start(tmp_path, PASSWORD)
    clock = SteppedClock()
    cluster.cluster.access = Access(cluster.cluster.files, clock.time, clock.monotonic)
    root = Root(cluster.app, PASSWORD)
    root.add_user(ALICE, PASSWORD, "PVEAuditor")
    phone = root.add_authenticator(ALICE, clock.time())
    client = ProxmoxClient.in_process(cluster.app)
    settings = ConsoleSettings(tmp_path, cluster.console_token)
    browser = Browser(create_app(client, settings, clock))
    yield Door(browser, clock, phone, root)
    await browser.http.aclose()
    await client.aclose()


async def test_a_code_is_asked_for_and_opens(door: Door) -> None:
    error = await door.refused()
    assert (error["status"], error["code"]) == (401, "second_factor")
    assert (error["fields"], error["kinds"]) == ({"otp": "required"}, ["totp"])
    session = await door.knock(door.code)
    assert session["user"] == ALICE
    assert "Sys.Audit" in session["privileges"]
    assert (await door.browser.get("/api/session")).status_code == 200


async def test_asking_for_a_code_opens_no_session(door: Door) -> None:
    await door.refused()
    assert (await door.browser.get("/api/session")).status_code == 401


async def test_a_wrong_code_is_said_of_the_code(door: Door) -> None:
    error = await door.refused("000000")
    assert (error["status"], error["code"]) == (401, "second_factor")
    assert error["fields"] == {"otp": "wrong"}


async def test_a_wrong_password_is_not_said_of_the_code(door: Door) -> None:
    error = await door.refused(door.code, password="a wrong password")
    assert (error["code"], error["fields"]) == ("auth", {})


async def test_a_code_that_was_used_is_wrong_until_the_next_one_is_shown(door: Door) -> None:
    await door.knock(door.code)
    assert (await door.refused(door.code))["fields"] == {"otp": "wrong"}
    await door.clock.step(30)
    assert "user" in await door.knock(door.code)


async def test_a_code_may_be_typed_with_the_space_that_the_authenticator_shows(door: Door) -> None:
    assert "user" in await door.knock(f"{door.code[:3]} {door.code[3:]}")


async def test_a_recovery_key_opens_in_its_place(door: Door) -> None:
    key = door.root.send("POST", f"/access/tfa/{ALICE}", type="recovery")["recovery"][0]
    assert (await door.refused())["kinds"] == ["recovery", "totp"]
    assert "user" in await door.knock(key)
    assert (await door.refused(key))["fields"] == {"otp": "wrong"}


async def test_asking_again_and_again_costs_no_attempt(door: Door) -> None:
    for _ in range(12):
        assert (await door.refused())["code"] == "second_factor"
    assert "user" in await door.knock(door.code)


async def test_guessing_codes_is_slowed_and_time_makes_it_good(door: Door) -> None:
    for _ in range(5):
        assert (await door.refused("000000"))["fields"] == {"otp": "wrong"}
    slowed = await door.refused(door.code)
    assert slowed["status"] == 429
    assert slowed["retry_after_s"] == 1
    await door.clock.step(2)
    assert "user" in await door.knock(door.code)


async def test_a_session_is_renewed_without_another_code(door: Door) -> None:
    await door.knock(door.code)
    for _ in range(4):
        await door.clock.step(3700)
        assert (await door.browser.get("/api/session")).status_code == 200


async def test_the_realms_to_choose_from_are_the_clusters(door: Door) -> None:
    realms = (await door.browser.get("/api/realms")).json()
    assert [(realm["realm"], realm["comment"]) for realm in realms] == [
        ("pam", "Linux PAM standard authentication"),
        ("pve", "Proxmox VE authentication server"),
    ]


async def test_where_no_code_would_do_the_console_says_so_and_asks_for_none(visit: Visit) -> None:
    keys = 'PVE:!tfa!{"webauthn"%3A{"publicKey"%3A{}}}:6920C000::eA'
    half = {"username": ROOT, "ticket": keys, "NeedTFA": 1}

    async def ask_for_a_key(path: str) -> object:
        return half if path == "/access/ticket" else None

    visit.cluster.fault = ask_for_a_key
    for otp in ({}, {"otp": "123456"}):
        response = await visit.browser().log_in(**otp)
        assert response.status_code == 401
        error = response.json()["error"]
        assert (error["code"], error["kinds"]) == ("second_factor_kind", ["webauthn"])
