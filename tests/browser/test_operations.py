"""What is done to the HA stack as a whole, and to a guest in time: told before, and sent as meant."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import cancel, choose_in_menu, line

pytestmark = pytest.mark.browser


def disarmed(lost: bool = False) -> contents.Snapshot:
    snapshot = contents.usual()
    snapshot["fencing"] = {"armed_state": "disarmed", "resource_mode": "ignore"}
    if lost:
        snapshot["nodes"][2].update(online=False, ha_state="unknown")
    return snapshot


def opened(page: Page, button: str, title: str) -> Locator:
    page.get_by_role("button", name=button).first.click()
    return page.get_by_role("dialog", name=title)


def test_a_guest_is_stopped_settings_are_sent_and_ha_is_disarmed_as_it_was_told(
    page: Page, standin: Standin
) -> None:
    a_guest_is_stopped_with_a_time_limit_or_at_once(page, standin)
    standin.writes.clear()
    settings_say_what_they_do_and_are_sent_with_what_they_were(page, standin)
    standin.writes.clear()
    disarming_says_what_is_unprotected_and_the_line_keeps_the_way_back(page, standin)


def disarming_says_what_is_unprotected_and_the_line_keeps_the_way_back(
    page: Page, standin: Standin
) -> None:
    dialog = opened(page, "HA 중단…", "HA 중단 (Disarm)")
    expect(dialog).to_contain_text("리소스 5개가 보호되지 않습니다")
    dialog.get_by_role("radio", name="무시 (Ignore)").check()
    dialog.get_by_role("button", name="HA 중단", exact=True).click()
    expect(dialog).to_have_count(0)
    assert standin.writes == [("POST", "/api/ha/disarm", {"mode": "ignore"})]

    # From here the cluster's own time goes on, so that no answer of before is believed.
    standin.show(disarmed(lost=True) | {"now": contents.NOW + 1})
    expect(page.locator("#status")).to_contain_text("오프라인")
    dialog = opened(page, "HA 재개…", "HA 재개 (Arm)")
    expect(dialog).to_contain_text("phum03")
    expect(dialog).to_contain_text("한 번 더 시작")
    arm = dialog.get_by_role("button", name="HA 재개")
    expect(arm).to_be_disabled()
    dialog.get_by_role("checkbox").check()
    expect(arm).to_be_enabled()
    cancel(page)

    standin.show(disarmed() | {"now": contents.NOW + 2})
    expect(page.locator("#status")).not_to_contain_text("오프라인")
    expect(line(page)).to_contain_text("리소스 5개가 보호되지 않음")
    line(page).get_by_role("button", name="HA 재개…").click()
    page.get_by_role("dialog").get_by_role("button", name="HA 재개").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert standin.writes[1:] == [("POST", "/api/ha/arm", None)]


def settings_say_what_they_do_and_are_sent_with_what_they_were(
    page: Page, standin: Standin
) -> None:
    fate = {"verdict": "back", "from": "phum01", "node": "phum01", "how": "started"}
    standin.fates = {"vm:121": fate}
    dialog = opened(page, "HA 설정…", "HA 설정")
    dialog.get_by_label("노드 종료 정책 (Shutdown Policy)").select_option("migrate")
    expect(dialog).to_contain_text("노드가 내려가기 전에 리소스를 다른 노드로 옮기고")
    effect = dialog.locator(".effect")
    expect(effect).to_contain_text("phum01 노드를 재부팅하면:")
    expect(effect).to_contain_text("VM 121 (ct): 정지했다가 phum01에서 다시 시작")
    dialog.get_by_label("불균형 기준 (%)").fill("120")
    expect(dialog).to_contain_text("0에서 100 사이의 값을 입력하세요.")
    expect(dialog.get_by_role("button", name="저장")).to_be_disabled()
    dialog.get_by_label("불균형 기준 (%)").fill("20")
    dialog.get_by_role("button", name="저장").click()
    expect(dialog).to_have_count(0)
    wanted = contents.SETTINGS | {"shutdown_policy": "migrate", "threshold": 20}
    sent = wanted | {"before": contents.SETTINGS}
    assert standin.writes == [("PUT", "/api/ha/settings", sent)]


def test_who_may_not_change_settings_reads_them(standin: Standin, open_page: Opener) -> None:
    standin.session = standin.new_session(["Sys.Audit", "Sys.Console"])
    page = open_page()
    dialog = opened(page, "HA 설정…", "HA 설정")
    expect(dialog).to_contain_text("Sys.Modify 권한이 필요합니다")
    expect(dialog.get_by_label("리소스 스케줄링 (CRS)")).to_have_value("static")


def a_guest_is_stopped_with_a_time_limit_or_at_once(page: Page, standin: Standin) -> None:
    choose_in_menu(page, "VM 121 (ct)", "정지")
    dialog = page.get_by_role("dialog", name="VM 121 (ct) 정지")
    seconds = dialog.get_by_label("제한 시간 (초)")
    seconds.fill("0")
    expect(dialog).to_contain_text("1에서 3600 사이의 정수를 입력하세요.")
    seconds.fill("90")
    dialog.get_by_role("button", name="정지", exact=True).click()
    expect(dialog).to_have_count(0)
    choose_in_menu(page, "VM 121 (ct)", "정지")
    dialog.get_by_role("radio", name="즉시 정지 (Stop)").check()
    dialog.get_by_role("button", name="정지", exact=True).click()
    expect(dialog).to_have_count(0)
    path = "/api/resources/vm:121/stop"
    assert [write[1:] for write in standin.writes] == [
        (path, {"timeout_s": 90}),
        (path, {"timeout_s": 0}),
    ]
