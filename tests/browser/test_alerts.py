"""The page of notifications: recipients are added and tried out; what is secret is never filled in."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.stage import Opener
from tests.browser.standin import Standin

pytestmark = pytest.mark.browser


def test_recipients_are_added_changed_and_tried_out_and_a_wrong_field_is_told_at_it(
    standin: Standin, open_page: Opener
) -> None:
    standin.session = standin.new_session(["Sys.Audit", "Sys.Console", "Sys.Modify"])
    page = open_page("/alerts")
    a_recipient_is_added_and_a_wrong_field_is_told_at_it(page, standin)
    a_secret_that_is_kept_is_neither_shown_nor_sent(page, standin)
    a_test_message_is_asked_for(page, standin)


def a_recipient_is_added_and_a_wrong_field_is_told_at_it(page: Page, standin: Standin) -> None:
    page.get_by_role("button", name="수신자 추가").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("이름").fill("chat2")
    dialog.get_by_label("받는 방법").select_option("web")
    dialog.get_by_label("서비스").select_option("jandi")
    dialog.get_by_label("주소").fill("wh.jandi.com/x")
    standin.refuse(400, None, {"url": "web_address"}, code="invalid")
    dialog.get_by_role("button", name="추가", exact=True).click()
    expect(dialog.get_by_text("https:// 또는 http://로 시작하는")).to_be_visible()
    dialog.get_by_label("주소").fill("https://wh.jandi.com/x")
    dialog.get_by_role("button", name="추가", exact=True).click()
    expect(dialog).to_be_hidden()
    method, path, sent = standin.writes[-1]
    assert (method, path) == ("POST", "/api/notify/recipients")
    assert (sent["way"], sent["preset"], sent["url"]) == ("web", "jandi", "https://wh.jandi.com/x")
    assert "secret" not in sent


def a_secret_that_is_kept_is_neither_shown_nor_sent(page: Page, standin: Standin) -> None:
    row = page.get_by_role("row").filter(has=page.get_by_role("rowheader", name="chat"))
    row.first.get_by_role("button", name="수정").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("주소")).to_have_value("")
    dialog.get_by_label("알릴 심각도", exact=True).select_option("critical")
    dialog.get_by_role("button", name="저장").click()
    expect(dialog).to_be_hidden()
    method, path, sent = standin.writes[-1]
    assert (method, path) == ("PUT", "/api/notify/recipients/chat")
    assert sent["least"] == "critical"
    assert not {"url", "secret"} & sent.keys()


def a_test_message_is_asked_for(page: Page, standin: Standin) -> None:
    page.get_by_role("button", name="ops에게 시험 메시지 보내기").click()
    expect(page.get_by_text("ops에게 시험 메시지를 보냅니다")).to_be_visible()
    assert standin.writes[-1] == ("POST", "/api/notify/test", {"recipient": "ops"})


def test_who_is_no_administrator_changes_nothing(standin: Standin, open_page: Opener) -> None:
    standin.session = standin.new_session(["Sys.Audit", "Sys.Console"])
    page = open_page("/alerts")
    expect(page.get_by_text("관리자 권한(Sys.Modify)")).to_be_visible()
    expect(page.get_by_role("button", name="수신자 추가")).to_be_disabled()
