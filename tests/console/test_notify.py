"""Who is told is set in the page; what is secret goes in and never comes out again."""

import tarfile
from collections.abc import AsyncIterator
from typing import Any

import pytest
from cryptography.fernet import Fernet

from tests.console.test_history import Desk
from tests.console.test_incidents import desk, mail, night
from tests.notify.servers import MailServer, WebServer, web_server
from virton.keeping import audit
from virton.keeping.audit import FILE
from virton.keeping.backup import back_up
from virton.keeping.sealing import FILE as KEY

pytestmark = pytest.mark.anyio
__all__ = ["desk", "mail"]

SECRET = "T0/B0/very-secret"


@pytest.fixture
async def web() -> AsyncIterator[WebServer]:
    async with web_server() as server:
        yield server


def hook(web: WebServer, **more: Any) -> dict[str, Any]:
    address = f"http://127.0.0.1:{web.port}/{SECRET}"
    form = {"name": "chat", "way": "web", "url": address, "preset": "slack", "language": "en"}
    return form | {"secret": "sign-with-this"} | more


async def told(desk: Desk) -> dict[str, Any]:
    answer = await desk.browser.get("/api/notify?lang=en")
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def fields(desk: Desk, method: str, path: str, form: Any) -> dict[str, str]:
    answer = await desk.browser.write(method, path, form)
    assert answer.status_code == 400, answer.text
    found: dict[str, str] = answer.json()["error"]["fields"]
    return found


async def test_who_is_added_in_the_page_is_told_at_once(
    desk: Desk, mail: MailServer, web: WebServer
) -> None:
    await night(desk, 10)
    added = await desk.browser.write("POST", "/api/notify/recipients", hook(web))
    assert added.status_code == 200, added.text
    await desk.browser.write("POST", "/api/notify/test", {"recipient": "chat"})
    await night(desk, 10)
    ((first, headers, body),) = web.requests
    assert SECRET in first
    assert b"Test" in body
    assert headers["x-virton-signature"]
    answer = await told(desk)
    file, chat = answer["recipients"]
    assert (file["name"], file["fixed"], chat["fixed"]) == ("ops", True, False)
    assert chat["has"] == ["secret", "url"]
    assert answer["deliveries"][0]["why"] == "sent"


async def test_no_secret_is_ever_shown_again_or_written_down(desk: Desk, web: WebServer) -> None:
    await night(desk, 10)
    await desk.browser.write("POST", "/api/notify/recipients", hook(web))
    changed = await desk.browser.write(
        "PUT", "/api/notify/recipients/chat", {"name": "room", "way": "web", "least": "critical"}
    )
    assert changed.status_code == 200, changed.text
    shown = (await desk.browser.get("/api/notify")).text
    secret_key = desk.browser._app.state.console.settings.data / KEY  # type: ignore[attr-defined]
    written = (desk.browser._app.state.console.settings.data / FILE).read_text()  # type: ignore[attr-defined]
    for secret in (SECRET, "sign-with-this"):
        assert secret not in shown
        assert secret not in written
    folder = desk.browser._app.state.console.settings.data  # type: ignore[attr-defined]
    back_up(folder, folder.parent / "backup.tar.gz", version="1", now=0.0)
    with tarfile.open(folder.parent / "backup.tar.gz") as tar:
        assert secret_key.name not in tar.getnames()
    for path in folder.glob("history.sqlite*"):
        assert SECRET.encode() not in path.read_bytes()
        assert b"sign-with-this" not in path.read_bytes()
    assert secret_key.stat().st_mode & 0o777 == 0o600
    await desk.browser.write("POST", "/api/notify/test", {"recipient": "room"})
    await night(desk, 10)
    assert SECRET in web.requests[0][0]
    secret_key.write_bytes(Fernet.generate_key())
    (lost,) = [one for one in (await told(desk))["recipients"] if one["name"] == "room"]
    assert lost["unreadable"]
    form = {"name": "room", "way": "web"}
    assert "url" in await fields(desk, "PUT", "/api/notify/recipients/room", form)
    again = await desk.browser.write("PUT", "/api/notify/recipients/room", hook(web, name="room"))
    assert again.status_code == 200, again.text
    assert "unreadable" not in (await told(desk))["recipients"][-1]
    gone = await desk.browser.write("DELETE", "/api/notify/recipients/room")
    assert gone.status_code == 200
    assert [one["name"] for one in (await told(desk))["recipients"]] == ["ops"]


async def test_what_cannot_be_told_is_named_by_its_field(desk: Desk, web: WebServer) -> None:
    await night(desk, 10)
    path = "/api/notify/recipients"
    assert (await fields(desk, "POST", path, {"name": "x"}))["to"] == "required"
    for wrong, found in (
        ({"url": "ftp://x"}, {"url": "web_address"}),
        ({"name": "ops"}, {"name": "taken"}),
        ({"preset": "pigeon"}, {"preset": "not_a_value"}),
        ({"zone": "Mars"}, {"zone": "zone"}),
        ({"quiet": {"hours": "10pm"}}, {"hours": "hours"}),
        ({"least": "huge"}, {"least": "not_a_value"}),
    ):
        assert await fields(desk, "POST", path, hook(web) | wrong) == found
    assert await fields(desk, "PUT", "/api/notify/heartbeat", {"url": "x"}) == {
        "url": "web_address"
    }
    assert (await desk.browser.write("PUT", f"{path}/nobody", hook(web))).status_code == 404
    assert (await desk.browser.write("PUT", "/api/notify/mail", {})).status_code == 409


async def test_how_long_the_history_is_kept_is_set_in_the_page(desk: Desk) -> None:
    await night(desk, 10)
    for wrong, name in (({"days": 0, "mib": 100}, "days"), ({"days": 9, "mib": True}, "mib")):
        assert await fields(desk, "PUT", "/api/retention", wrong) == {name: "number"}
    done = await desk.browser.write("PUT", "/api/retention", {"days": 30, "mib": 100})
    assert done.status_code == 200
    kept = (await told(desk))["retention"]
    assert (kept["days"], kept["mib"], kept["fixed"]) == (30, 100, False)


async def audit_told(desk: Desk) -> str | None:
    """Return what the page tells of the audit's room."""
    page = (await desk.browser.get("/api/snapshot?fresh=1")).json()
    trouble: str | None = page["cluster"]["audit"]
    return trouble


async def test_only_an_administrator_changes_it_and_hears_that_the_audit_lacks_room(
    desk: Desk, web: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    await night(desk, 10)
    assert await audit_told(desk) is None
    monkeypatch.setattr(audit, "LEAST_ROOM", 1 << 60)
    assert await audit_told(desk) == "scarce"
    assert (await told(desk))["audit"]["trouble"] == "scarce"
    console = desk.browser._app.state.console  # type: ignore[attr-defined]
    standings = console.sessions._standings._said
    for user, said in list(standings.items()):
        paths = {"/": {"Sys.Audit": True, "Sys.Console": True}}
        permissions = type(said.standing.permissions)(paths)
        standing = type(said.standing)(permissions, said.standing.lab)
        standings[user] = type(said)(standing, said.at)
    refused = await desk.browser.write("POST", "/api/notify/recipients", hook(web))
    assert refused.status_code == 403
    assert (await desk.browser.get("/api/notify")).status_code == 200
    assert await audit_told(desk) is None
