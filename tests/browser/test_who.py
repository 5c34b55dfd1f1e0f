"""Who is logged in, shown over the page."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import Opener
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


def test_who_may_not_look_is_told_so_and_of_nothing_that_it_is_empty(
    standin: Standin, open_page: Opener
) -> None:
    standin.session = standin.new_session(privileges=[])
    page = open_page("/whatif")
    needed = "클러스터를 보려면 Sys.Audit 권한이 필요합니다."
    expect(page.get_by_role("region", name="장애 허용 표")).to_contain_text(needed)
    words = "Permission check failed (/, Sys.Audit)"
    refusal = {"status": 403, "code": "forbidden", "message": words, "fields": {}}
    refused = {"status": 403, "json": {"error": refusal}}
    page.route("**/api/incidents", lambda route: route.fulfill(**refused), times=1)
    page.get_by_role("link", name="이력").click()
    expect(page.get_by_role("alert").filter(has_text=words)).to_be_visible()
    expect(page.get_by_text("기록된 장애가 없습니다.")).to_have_count(0)
    expect(page.get_by_text("불러오는 중입니다")).to_have_count(0)
