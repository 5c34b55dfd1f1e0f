"""The console's own API token: what is wrong with it is told as its own affair, and it is tried rarely."""

import logging
from typing import Any

import pytest

from tests.console.visit import Browser, Visit
from tests.proxmox.playback import TOKEN, Refusal
from virton.console.watch.token import FIRST_PAUSE_S, LONGEST_PAUSE_S

pytestmark = pytest.mark.anyio
NAME = "console@pve!reader"
PARTS = ("status", "resources", "rules", "nodes")


@pytest.fixture
async def browser(visit: Visit) -> Browser:
    return await visit.logged_in()


async def look(visit: Visit, browser: Browser) -> Any:
    """Return what the page shows after the round that is due."""
    await visit.clock.step(visit.console.settings.interval_s)
    return (await browser.get("/api/snapshot")).json()


def tries(visit: Visit) -> int:
    """Return how often the cluster was asked with the token."""
    return sum("authorization" in asked.headers for asked in visit.cluster.asked)


async def test_a_token_that_the_cluster_takes_is_not_spoken_of(
    visit: Visit, browser: Browser
) -> None:
    assert (await look(visit, browser))["cluster"]["token"] is None


async def test_a_token_that_is_refused_is_named_and_nobodys_session_is_over(
    visit: Visit, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    visit.cluster.tokens.clear()
    told = await look(visit, browser)
    assert told["cluster"]["token"] == {"name": NAME, "refused": True, "lacks": []}
    for part in PARTS:
        assert told["parts"][part]["error"]["code"] == "auth"
        assert told["parts"][part]["error"]["token"] == NAME
    assert (await browser.get("/api/session")).status_code == 200
    refused = [r.getMessage() for r in caplog.records if r.levelno == logging.WARNING]
    assert refused == [
        f"the cluster refuses the console's token {NAME}: permission denied - invalid PVE ticket"
    ]
    assert TOKEN not in caplog.text


async def test_a_token_that_is_refused_is_tried_ever_more_rarely(
    visit: Visit, browser: Browser
) -> None:
    visit.cluster.tokens.clear()
    await look(visit, browser)
    before, waited_s = tries(visit), 0.0
    while tries(visit) == before:
        await look(visit, browser)
        waited_s += visit.console.settings.interval_s
    assert waited_s >= FIRST_PAUSE_S
    assert tries(visit) - before <= 2, "one part tries it, not all of them"
    before = tries(visit)
    for _ in range(int(3600 / visit.console.settings.interval_s)):
        await visit.clock.step(visit.console.settings.interval_s)
        await visit.poller.refresh()
    assert tries(visit) - before <= 2 * (3600 / LONGEST_PAUSE_S + 5)


async def test_a_token_that_is_taken_again_shows_everything_at_once(
    visit: Visit, browser: Browser
) -> None:
    visit.cluster.tokens.clear()
    await look(visit, browser)
    visit.cluster.tokens[TOKEN] = "console@pve"
    told = (await browser.get("/api/snapshot?fresh=1")).json()
    assert told["cluster"]["token"] is None
    assert [told["parts"][part]["ok"] for part in PARTS] == [True] * 4


async def test_a_token_without_privileges_of_its_own_is_named_with_what_it_lacks(
    visit: Visit, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    visit.cluster.privileges["console@pve"] = {}
    refusal = Refusal(403, "Permission check failed (/, Sys.Audit)")
    visit.cluster.answers["/cluster/ha/status/current"] = refusal
    visit.cluster.answers["/cluster/resources"] = []
    told = await look(visit, browser)
    lacks = ["Sys.Audit", "VM.Audit"]
    assert told["cluster"]["token"] == {"name": NAME, "refused": False, "lacks": lacks}
    error = told["parts"]["status"]["error"]
    assert (error["code"], error["token"]) == ("forbidden", NAME)
    assert f"the console's token {NAME} lacks Sys.Audit, VM.Audit" in caplog.text


async def test_a_user_who_may_not_see_guests_is_told_so(visit: Visit) -> None:
    visit.cluster.privileges["audit@pve"] = {"/": {"Sys.Audit": 1, "Sys.Console": 1}}
    told = (await visit.browser().log_in("audit@pve", "audit-password")).json()
    assert told["sees_guests"] is False
    assert (await visit.browser().log_in()).json()["sees_guests"] is True
    assert (await visit.browser().log_in("none@pve", "none")).json()["sees_guests"] is True
