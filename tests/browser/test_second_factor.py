"""Logging in with a second factor: the real console, the living cluster, codes of real clockwork."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.live import PASSWORD, Live
from tests.browser.stage import Opener, Stage
from tests.browser.visit import KO, Words, drawn, speak, words_of
from tests.embedded.second_factor import Authenticator, Root
from virton.embedded.access.access import Access

pytestmark = pytest.mark.browser

NOW_S = 1_800_000_000.0
ALICE = "alice@pve"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A living cluster whose logins go by a clock that stands."""
    with Live(tmp_path) as live:
        live.cluster.cluster.access = Access(live.cluster.cluster.files, lambda: NOW_S)
        yield live


@pytest.fixture
def phone(live: Live) -> Authenticator:
    """alice's authenticator."""
    root = Root(live.cluster.app, PASSWORD)
    root.add_user(ALICE, PASSWORD, "PVEAdmin")
    return root.add_authenticator(ALICE, NOW_S)


@pytest.fixture
def open_live(live: Live, stage: Stage) -> Opener:
    return stage.opener(live.address)


def test_a_code_is_asked_for_at_the_login_and_again_over_the_open_form(
    open_live: Opener, phone: Authenticator, live: Live
) -> None:
    page = open_live("/login")
    a_user_with_an_authenticator_logs_in(page, phone)
    a_session_that_ended_asks_for_the_code_over_the_open_form(page, phone)
    assert "comment pay desk" in live.cluster.cluster.files.read("ha/resources.cfg")


def a_user_with_an_authenticator_logs_in(page: Page, phone: Authenticator) -> None:
    page.get_by_label(KO["login.realm"]).select_option("pve")
    type_password(page, KO, name="alice")
    for locale in ("ko", "en"):
        speak(page, locale)
        words = words_of(locale)
        code = page.get_by_label(words["login.otp"])
        expect(code).to_be_focused()
        expect(code).to_have_accessible_description(re.compile(re.escape(words["login.otp.hint"])))
        code.fill("000000")
        page.keyboard.press("Enter")
        # which stays in the language that it was told in
        expect(page.get_by_role("alert")).to_have_text(words["login.otp.wrong"])

    code.fill(phone.code(NOW_S))
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/$"))
    expect(page.get_by_text(ALICE)).to_be_visible()
    drawn(page)


def a_session_that_ended_asks_for_the_code_over_the_open_form(
    page: Page, phone: Authenticator
) -> None:
    speak(page, "ko")
    page.get_by_role("radio", name="VM 121 (ct)").check()
    page.get_by_role("button", name="수정", exact=True).first.click()
    page.get_by_role("dialog").get_by_label(KO["field.comment"]).fill("pay desk")

    page.route("**/api/resources/*", lambda route: end_session(page, route), times=1)
    page.keyboard.press("Enter")
    again = page.get_by_role("dialog", name=KO["login.again"])
    again.get_by_label(KO["login.password"]).fill(PASSWORD)
    page.keyboard.press("Enter")
    code = again.get_by_label(KO["login.otp"])
    expect(code).to_be_focused()
    code.fill("000000")
    page.keyboard.press("Enter")
    expect(again.get_by_role("alert")).to_have_text(KO["login.otp.wrong"])
    code.fill(phone.code(NOW_S + 30))
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def end_session(page: Page, route: Route) -> None:
    """Let a question find the session ended, and the page learn of that by nothing else."""
    page.context.clear_cookies(name="virton_session")
    route.continue_()


def type_password(page: Page, words: Words, name: str) -> None:
    page.get_by_label(words["login.username"]).fill(name)
    page.get_by_label(words["login.password"]).fill(PASSWORD)
    page.keyboard.press("Enter")
