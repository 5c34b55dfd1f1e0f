"""Every error that a page shows stands in the log under the same request; no secret ever does."""

import logging
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from tests.console.visit import Browser, SteppedClock, Visit
from tests.proxmox.playback import TOKEN, Playback, Refusal
from virton.console.app import create_app
from virton.console.request_ids import HEADER, WithRequestId
from virton.console.session_cookie import COOKIE
from virton.console.settings import ConsoleSettings
from virton.keeping.audit import FILE
from virton.proxmox import ProxmoxClient

pytestmark = pytest.mark.anyio

MARK = "marked-secret"
LOGIN = {"username": "root", "realm": "pam", "password": MARK, "otp": MARK}
SECRETS: dict[str, list[dict[str, Any]]] = {
    "/api/login": [LOGIN, LOGIN | {"realm": 5}, LOGIN | {"otp": [MARK]}],
    "/api/openid/login": [{"code": MARK, "state": MARK}, {"code": [MARK], "state": MARK}],
    "/api/notify/mail": [
        {"host": "h.example", "sender": "a@b", "username": "u", "password": MARK},
        {"host": 5, "sender": "a@b", "password": [MARK]},
    ],
    "/api/notify/heartbeat": [{"url": f"https://{MARK}.example/{MARK}"}, {"url": [MARK]}],
    "/api/notify/recipients": [
        {"name": "a", "way": "web", "url": f"https://h/{MARK}", "secret": MARK},
        {"name": "b", "way": "web", "url": f"{MARK}:", "headers": {"x": MARK}, "body": f"{{{MARK}"},
        {"name": "c", "way": "apprise", "apprise": f"{MARK}://{MARK}"},
    ],
}
"""What is secret where, as it should be and as it should not."""


@pytest.fixture
async def visit(tmp_path: Path) -> AsyncIterator[Visit]:
    cluster, clock = Playback(), SteppedClock()
    cluster.privileges["root@pam"]["/"]["Sys.Modify"] = 1
    client = ProxmoxClient.in_process(cluster)
    history = f"sqlite:///{tmp_path}/history.sqlite"
    app = create_app(client, ConsoleSettings(tmp_path, TOKEN, history=history), clock)
    visit = Visit(cluster, clock, app)
    yield visit
    for browser in visit.browsers:
        await browser.http.aclose()
    await client.aclose()


@pytest.fixture(autouse=True)
def log(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    caplog.set_level(logging.DEBUG, "virton")
    caplog.handler.addFilter(WithRequestId())
    return caplog


def lines_of(log: pytest.LogCaptureFixture, request: str) -> list[str]:
    return [one.getMessage() for one in log.records if vars(one).get("request") == request]


async def test_what_the_console_or_the_cluster_refuses_is_logged_under_its_request(
    visit: Visit, log: pytest.LogCaptureFixture
) -> None:
    browser = await visit.logged_in()
    visit.cluster.writes["POST", "/cluster/ha/resources"] = Refusal(500, "vm:1\nalready defined")
    asked: list[tuple[Any, ...]] = [
        ("POST", "/api/resources", {"sid": "vm:1"}, 500, "vm:1 already defined"),
        ("POST", "/api/resources", {"sid": "vm:1"}, 500, "vm:1 already defined"),
        ("POST", "/api/rules", {"rule": 1}, 400, "invalid"),
    ]
    for method, path, body, status, why in asked:
        answer = await browser.write(method, path, body)
        assert answer.status_code == status
        [line] = lines_of(log, answer.headers[HEADER])
        assert line == f"{method} {path} of root@pam: {status}, {why}"


async def test_what_pages_read_by_themselves_is_logged_once_in_a_while(
    visit: Visit, log: pytest.LogCaptureFixture
) -> None:
    browser = await visit.logged_in()
    for _ in range(5):
        assert (await browser.get("/api/history/latest")).status_code == 503
    assert sum("/api/history/latest" in line for line in log.messages) == 1


async def test_who_is_not_logged_in_fills_no_log(
    visit: Visit, log: pytest.LogCaptureFixture
) -> None:
    for _ in range(300):
        await visit.browser().write("POST", "/api/login", {})
        await visit.browser().get("/api/session")
    assert len(log.records) == 200


@pytest.mark.parametrize("faulty", [False, True])
async def test_no_secret_is_ever_logged(
    visit: Visit, log: pytest.LogCaptureFixture, faulty: bool
) -> None:
    browser = await visit.logged_in()

    async def away(path: str) -> Refusal:
        is_login = path.startswith(("/access/ticket", "/access/openid"))
        return Refusal(500, f"what was typed: {MARK}" if is_login else "broken")

    visit.cluster.fault = away if faulty else None
    asked = 0
    for route in visit.app.routes:
        if not isinstance(route, Route) or not route.path.startswith("/api/"):
            continue
        path = route.path.replace("{", "").replace("}", "")
        for method in sorted((route.methods or set()) - {"HEAD"}):
            if path in ("/api/stream", "/api/logout"):
                continue
            for body in SECRETS.get(route.path.removesuffix("/{name}"), [{}]):
                await one(browser, method, path, body if method != "GET" else None)
                asked += 1
    assert asked > 60
    ticket = next(iter(visit.cluster.tickets))
    told = log.text + (visit.console.settings.data / FILE).read_text()
    for secret in (MARK, TOKEN, ticket, browser.csrf, browser.http.cookies[COOKIE]):
        assert secret not in told


async def one(browser: Browser, method: str, path: str, body: Any) -> None:
    answer = await browser.write(method, path, body)
    assert answer.status_code in (
        200,
        204,
        400,
        401,
        403,
        404,
        409,
        429,
        500,
        501,
        502,
        503,
        504,
    ), path
