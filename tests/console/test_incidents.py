"""Incidents on a console that watches: told, taken note of, silenced."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.console.test_history import PASSWORD, STEP_S, Desk, WorldClock
from tests.console.visit import Browser
from tests.keeping.fresh import fresh_history
from tests.notify.servers import MailServer, mail_server
from virton.console.app import create_app
from virton.console.settings import ConsoleSettings
from virton.embedded import start
from virton.notify.book import Book
from virton.notify.settings import MailServer as MailSettings
from virton.notify.settings import RecipientSettings
from virton.proxmox import ProxmoxClient

pytestmark = pytest.mark.anyio


@pytest.fixture
async def mail() -> AsyncIterator[MailServer]:
    async with mail_server() as server:
        yield server


@pytest.fixture
async def desk(tmp_path: Path, mail: MailServer) -> AsyncIterator[Desk]:
    cluster = start(tmp_path, PASSWORD)
    client = ProxmoxClient.in_process(cluster.app)
    server = MailSettings(host="127.0.0.1", port=mail.port, sender="ha@x", security="none")
    settings = ConsoleSettings(
        tmp_path,
        cluster.console_token,
        history=fresh_history(tmp_path),
        notify=Book(server, (RecipientSettings(name="ops", to="ops@x", language="en"),)),
    )
    app = create_app(client, settings, WorldClock(cluster))
    browser = Browser(app)
    assert (await browser.log_in("root@pam", PASSWORD)).status_code == 200
    yield Desk(cluster, browser, app.state.console.poller.chronicle)
    await browser.http.aclose()
    await client.aclose()


async def night(desk: Desk, seconds: int, step_s: int = STEP_S) -> None:
    """Let time pass while the console looks and tells."""
    app: Any = desk.browser._app
    for _ in range(seconds // step_s):
        await desk.pass_by(step_s, step_s)
        await app.state.console.telling.turn()


async def incidents(desk: Desk) -> list[dict[str, Any]]:
    answer = await desk.browser.get("/api/incidents?lang=en")
    assert answer.status_code == 200, answer.text
    rows: list[dict[str, Any]] = answer.json()["rows"]
    return rows


async def test_a_lost_node_is_told_and_its_end_too(desk: Desk, mail: MailServer) -> None:
    await night(desk, 20)
    desk.cluster.world.set_network("phum03", False)
    await night(desk, 240)
    (incident,) = await incidents(desk)
    assert (incident["key"], incident["weight"], incident["ended"]) == (
        "node:phum03",
        "critical",
        None,
    )
    assert {"vm:100", "vm:124"} <= set(incident["affected"])
    desk.cluster.world.set_power("phum03", True)
    await night(desk, 60, step_s=3)  # more often than journals are read
    (incident,) = await incidents(desk)
    assert incident["ended"] is not None
    assert [one["state"] for one in incident["deliveries"]] == ["sent", "sent", "sent"]
    history = await desk.history("lang=en")
    # what was seen first and told later is told here, too, as it was told
    steps = {(step["at"], step["says"]) for step in incident["steps"]}
    assert steps <= {(row["to"], row["says"]) for row in history}
    assert incident["began"] in {row["from"] for row in history}
    assert incident["ended"] in {row["to"] for row in history}
    subjects = [str(one["Subject"]).partition(":")[0] for one in mail.mails]
    assert [one.split()[0] for one in subjects] == ["[Warning]", "[Critical]", "[Resolved]"]


async def test_what_people_do_about_an_incident_is_kept(desk: Desk, mail: MailServer) -> None:
    await night(desk, 20)
    desk.cluster.world.set_network("phum03", False)
    await night(desk, 50)
    (incident,) = await incidents(desk)
    path = f"/api/incidents/{incident['number']}"
    assert (await desk.browser.write("POST", f"{path}/acknowledge")).status_code == 200
    refused = await desk.browser.write("POST", f"{path}/silence", {"minutes": "soon"})
    assert refused.json()["error"]["fields"] == {"minutes": "number"}
    refused = await desk.browser.write("POST", f"{path}/silence", {"minutes": True})
    assert refused.status_code == 400
    assert refused.json()["error"]["fields"] == {"minutes": "number"}
    assert (await desk.browser.write("POST", f"{path}/silence", {"minutes": 30})).status_code == 200
    (incident,) = await incidents(desk)
    assert incident["acknowledged_by"] == "root@pam"
    assert incident["silenced_until"] > incident["began"]
    await night(desk, 100)
    (incident,) = await incidents(desk)
    assert [one["why"] for one in incident["deliveries"]] == ["sent", "not sent: silenced"]
    assert (await desk.browser.write("POST", "/api/incidents/99/acknowledge")).status_code == 404


async def test_a_test_message_is_sent(desk: Desk, mail: MailServer) -> None:
    await night(desk, 10)
    assert (
        await desk.browser.write("POST", "/api/notify/test", {"recipient": "ops"})
    ).status_code == 200
    wrong = await desk.browser.write("POST", "/api/notify/test", {"recipient": "me"})
    assert wrong.json()["error"]["fields"] == {"recipient": "unknown"}
    await night(desk, STEP_S)
    assert len(mail.mails) == 1


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"name": "x"}, "to"),
        ({"name": "x", "url": "ftp://x"}, "url"),
        ({"name": "x", "url": "https://x", "preset": "pigeon"}, "preset"),
        ({"name": "x", "to": "a@b", "quiet": {"hours": "22"}}, "22:00-07:00"),
        ({"name": "x", "to": "a@b", "quiet": {"hours": "22:00-07:00", "zone": "Mars"}}, "Mars"),
    ],
)
def test_a_recipient_that_cannot_be_told_is_refused(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        RecipientSettings(**wrong)


async def test_whatever_goes_wrong_with_a_turn_the_next_is_taken(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    await night(desk, 10)
    app: Any = desk.browser._app
    telling = app.state.console.telling
    turns = asyncio.Semaphore(0)
    taken: list[float] = []

    async def sleep(_seconds: float) -> None:
        await turns.acquire()

    def prepare(now_s: float, _ahead_s: float) -> bool:
        taken.append(now_s)
        if len(taken) == 1:
            raise TypeError("nobody thought of this")
        return False

    monkeypatch.setattr(telling._clock, "sleep", sleep)
    monkeypatch.setattr(telling.notifier, "prepare", prepare)
    teller = asyncio.create_task(telling.run())
    turns.release()
    turns.release()
    for _ in range(6000):
        if len(taken) == 2 or teller.done():
            break
        await asyncio.sleep(0.01)
    assert len(taken) == 2
    assert "a turn of telling incidents failed" in caplog.text
    teller.cancel()
