"""Who is logged in, shown over the page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.standin import Standin

pytestmark = pytest.mark.browser


def test_the_name_in_the_head_leads_to_the_sessions_and_ends_one(
    page: Page, standin: Standin
) -> None:
    row = {"address": "10.0.0.7", "since": 1763867000, "seen": 1763867000}
    standin.presences = [
        {"name": "a", "user": "root@pam", "own": True} | row,
        {"name": "b", "user": "kim@pve", "own": False} | row,
    ]
    page.locator("#user").click()
    dialog = page.get_by_role("dialog", name="로그인한 사용자")
    expect(dialog).to_contain_text("지금 이 화면")
    dialog.get_by_role("button", name="kim@pve의 세션 끝내기 (10.0.0.7)").click()
    expect(dialog.get_by_role("listitem")).to_have_count(1)
    assert standin.writes[-1][:2] == ("DELETE", "/api/sessions/b")
