"""The head of the page: language and theme, remembered, and who is logged in."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import Opener
from tests.browser.standin import Standin

pytestmark = pytest.mark.browser


def test_the_page_is_as_it_was_asked_to_be_and_done_by_keyboard(page: Page) -> None:
    the_page_is_korean_and_dark_until_asked_otherwise_which_is_remembered(page)
    everything_of_the_list_can_be_done_by_keyboard(page)


def the_page_is_korean_and_dark_until_asked_otherwise_which_is_remembered(page: Page) -> None:
    expect(page.locator("html")).to_have_attribute("lang", "ko")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    expect(page.get_by_text("root@pam")).to_be_visible()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="본문으로 바로 가기")).to_be_focused()

    page.get_by_role("button", name="밝은 테마").click()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="High availability (HA)")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="LOTCES-WIN")).to_contain_text("Started")
    page.reload()
    expect(page.get_by_role("heading", name="HA resources")).to_be_visible()
    expect(page.locator("html")).to_have_attribute("lang", "en")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.get_by_role("button", name="한국어").click()
    expect(page.get_by_role("heading", name="HA 리소스 목록")).to_be_visible()
    expect(page.get_by_role("button", name="어두운 테마")).to_be_visible()


def test_who_chose_no_language_gets_the_servers_until_choosing(
    standin: Standin, open_page: Opener
) -> None:
    standin.language = "en"
    page = open_page(locale=None)
    expect(page.get_by_role("row").filter(has_text="LOTCES-WIN")).to_contain_text("Started")
    standin.language = "ko"
    page.reload()
    expect(page.get_by_role("heading", name="HA 리소스 목록")).to_be_visible()
    page.get_by_role("button", name="English").click()
    expect(page.get_by_role("heading", name="HA resources")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="HA resources")).to_be_visible()


def everything_of_the_list_can_be_done_by_keyboard(page: Page) -> None:
    page.get_by_role("radio", name="VM 100 (LOTCES-WIN) 선택").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Space")
    expect(page.get_by_role("radio", name="VM 121 (ct) 선택")).to_be_checked()
    page.get_by_role("region", name="HA 리소스 목록").get_by_role(
        "button", name="수정", exact=True
    ).press("Enter")
    expect(page.get_by_role("dialog", name="HA 리소스 수정")).to_be_visible()
