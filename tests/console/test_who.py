"""Who is logged in is told and ended; one session each, and addresses that may, where that is wanted."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from tests.console.visit import Browser, Visit, settle, visiting
from tests.proxmox.playback import ROOT
from virton.console import who
from virton.console.app import go_by
from virton.console.security import AllowedAddresses
from virton.console.session_cookie import COOKIE
from virton.console.settings import ConsoleSettings
from virton.keeping.audit import FILE

pytestmark = pytest.mark.anyio


def moved(browser: Browser, visit: Visit) -> Browser:
    """Return a browser that comes back with its cookies after a restart."""
    again = visit.browser()
    again.http.cookies, again.csrf = browser.http.cookies, browser.csrf
    return again


async def listed(browser: Browser) -> list[dict[str, Any]]:
    answer = await browser.get("/api/sessions")
    assert answer.status_code == 200
    rows = answer.json()["sessions"]
    assert isinstance(rows, list)
    return rows


async def test_an_administrator_sees_every_session_and_ends_one(visit: Visit) -> None:
    visit.cluster.privileges[ROOT]["/"]["Sys.Modify"] = 1
    chief, auditor = await visit.logged_in(), await visit.logged_in("audit@pve", "audit-password")
    await auditor.get("/api/session")
    rows = await listed(chief)
    assert [(row["user"], row["own"]) for row in rows] == [("audit@pve", False), (ROOT, True)]
    assert (await chief.write("DELETE", f"/api/sessions/{rows[0]['name']}")).status_code == 200
    assert (await auditor.get("/api/session")).status_code == 401
    assert [row["user"] for row in await listed(chief)] == [ROOT]
    assert '"user":"audit@pve"' in (visit.console.settings.data / FILE).read_text()


async def test_others_see_and_end_their_own_alone(visit: Visit) -> None:
    chief, auditor = await visit.logged_in(), await visit.logged_in("audit@pve", "audit-password")
    [other] = await listed(chief)
    assert [row["user"] for row in await listed(auditor)] == ["audit@pve"]
    refused = await auditor.write("DELETE", f"/api/sessions/{other['name']}")
    assert refused.status_code == 404
    assert (await chief.get("/api/session")).status_code == 200


async def test_a_login_ends_the_users_other_sessions_where_one_is_all_that_is_allowed(
    tmp_path: Path,
) -> None:
    async with visiting(tmp_path, one_session=True) as visit:
        first, other = await visit.logged_in(), await visit.logged_in("audit@pve", "audit-password")
        second = await visit.logged_in()
        assert (await first.get("/api/session")).status_code == 401
        assert (await second.get("/api/session")).status_code == 200
        async with visiting(tmp_path, one_session=True, cluster=visit.cluster) as after:
            third = await after.logged_in()
            assert (await third.get("/api/session")).status_code == 200
            assert (await moved(second, after).get("/api/session")).status_code == 401
            assert (await moved(other, after).get("/api/session")).status_code == 200


async def test_after_a_restart_the_list_is_what_it_was_and_a_session_of_before_is_ended(
    tmp_path: Path,
) -> None:
    async with visiting(tmp_path) as visit:
        visit.cluster.privileges[ROOT]["/"]["Sys.Modify"] = 1
        chief, auditor = (
            await visit.logged_in(),
            await visit.logged_in("audit@pve", "audit-password"),
        )
        before = await listed(chief)
        kept = (tmp_path / who.FILE).read_text()
        assert all(browser.http.cookies[COOKIE] not in kept for browser in (chief, auditor))
        async with visiting(tmp_path, cluster=visit.cluster) as after:
            chief, auditor = moved(chief, after), moved(auditor, after)
            assert await listed(chief) == before
            gone = await chief.write("DELETE", f"/api/sessions/{before[0]['name']}")
            assert gone.status_code == 200
            assert (await auditor.get("/api/session")).status_code == 401
            assert [row["user"] for row in await listed(chief)] == [ROOT]
        async with visiting(tmp_path, cluster=visit.cluster) as later:
            assert (await moved(auditor, later).get("/api/session")).status_code == 401


async def test_idleness_goes_on_over_a_restart(tmp_path: Path) -> None:
    async with visiting(tmp_path) as visit:
        chief = await visit.logged_in()
        await visit.clock.step(500)
        await chief.get("/api/lab")  # which a page asks by itself
        for after_s, status in ((550, 200), (1100, 200), (1700, 401)):
            async with visiting(tmp_path, cluster=visit.cluster) as after:
                after.console.sessions.idle_s = 600
                await after.clock.step(after_s)
                answer = await moved(chief, after).get("/api/session")
                assert answer.status_code == status, after_s


@pytest.mark.parametrize(
    ("address", "status"),
    [("10.1.2.3", 200), ("::ffff:10.1.2.3", 200), ("192.0.2.7", 403), ("nobody", 403)],
)
async def test_only_addresses_that_are_allowed_are_served(address: str, status: int) -> None:
    inner = Starlette(routes=[Route("/", lambda _: PlainTextResponse("in"))])
    app = Starlette()
    app.mount(
        "/", AllowedAddresses(inner, lambda: ConsoleSettings(Path(), allowed=("10.0.0.0/8",)))
    )
    answer = await Browser(app, address).get("/")
    assert answer.status_code == status
    assert ("allowed_addresses" in answer.text) == (status == 403)


async def test_a_stream_ends_whose_address_is_not_allowed_any_longer(visit: Visit) -> None:
    browser = await visit.logged_in()
    async with browser.stream() as stream:
        assert stream.events()[0][0] == "whole"
        for allowed, told in (("127.0.0.0/8", "beat"), ("10.0.0.0/8", "session")):
            go_by(visit.app, replace(visit.console.settings, allowed=(allowed,)))
            await settle()
            assert [name for name, _ in stream.events()] == [told]
