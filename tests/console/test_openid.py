"""A realm whose users log in elsewhere (OpenID): sent there, back with a code, and no other way."""

import json

import pytest

from tests.console.visit import Browser, Visit
from tests.proxmox.playback import Refusal
from virton.console.handlers.openid import COOKIE
from virton.keeping.audit import FILE

pytestmark = pytest.mark.anyio


@pytest.fixture
def known(visit: Visit) -> Visit:
    """Let the cluster know somebody of such a realm."""
    visit.cluster.users["hong@sso"] = "never typed"
    visit.cluster.privileges["hong@sso"] = {"/": {"Sys.Audit": 1}}
    return visit


async def sent(browser: Browser) -> str:
    """Begin a login; return where the browser is sent."""
    answer = await browser.http.post("/api/openid/begin", json={"realm": "sso"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


async def back(
    browser: Browser, code: str = "good", state: str = "sso-1"
) -> tuple[int, dict[str, str]]:
    answer = await browser.http.post("/api/openid/login", json={"code": code, "state": state})
    return answer.status_code, answer.json().get("error", answer.json())


async def test_who_comes_back_with_a_code_is_logged_in(known: Visit) -> None:
    browser = known.browser(scheme="https")
    assert await sent(browser) == (
        "https://idp.example/auth?state=sso-1&redirect_uri=https%3A//console/login"
    )
    status, told = await back(browser)
    assert (status, told["user"]) == (200, "hong@sso")
    assert (await browser.get("/api/session")).json()["user"] == "hong@sso"
    assert COOKIE not in browser.http.cookies


async def test_a_login_that_this_browser_has_not_begun_is_refused_unasked(known: Visit) -> None:
    await sent(known.browser())
    stranger = known.browser()
    assert (await back(stranger))[1]["code"] == "openid_state"
    await sent(stranger)
    assert (await back(stranger, state="another"))[1]["code"] == "openid_state"
    assert "/access/openid/login" not in known.cluster.paths("POST")


async def test_a_code_that_the_cluster_refuses_is_told_and_not_written_down(known: Visit) -> None:
    browser = known.browser()
    await sent(browser)
    status, told = await back(browser, code="s3cret-code")
    assert (status, told["code"]) == (401, "openid_refused")
    lines = (known.console.settings.data / FILE).read_text()
    assert "/api/openid/login" in lines
    assert "s3cret-code" not in lines


async def test_a_provider_that_is_no_address_is_not_believed(known: Visit) -> None:
    async def odd(path: str) -> object:
        return "javascript:alert(1)" if path.endswith("auth-url") else None

    known.cluster.fault = odd
    answer = await known.browser().http.post("/api/openid/begin", json={"realm": "sso"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (502, "protocol")


async def test_a_realm_that_the_cluster_does_not_know_is_told(known: Visit) -> None:
    async def unknown(path: str) -> object:
        return Refusal(500, "no such realm") if path.endswith("auth-url") else None

    known.cluster.fault = unknown
    answer = await known.browser().http.post("/api/openid/begin", json={"realm": "x"})
    assert json.loads(answer.text)["error"]["message"] == "no such realm"
