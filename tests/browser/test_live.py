"""The page follows the cluster by itself, and nothing that the user holds is taken from them."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import cancel, drawn, line

pytestmark = pytest.mark.browser

LINES = """window.lines = [];
window.EventSource = class extends EventSource {
  constructor(address) { super(address); lines.push(this); }
};"""
SEEN = """(seen) => {
  Object.defineProperty(document, "hidden", { value: !seen, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


def button(page: Page, name: str) -> Locator:
    region = page.get_by_role("region", name="HA 리소스 목록")
    return region.get_by_role("button", name=name, exact=True)


def edit(page: Page, name: str) -> Locator:
    page.get_by_role("radio", name=f"{name} 선택").check()
    button(page, "수정").click()
    return page.get_by_role("dialog")


def moved() -> contents.Snapshot:
    """The cluster a moment later: one resource more, one in another state, elsewhere."""
    snapshot = contents.usual()
    snapshot["resources"][2].update(state="recovery", crm_state="recovery", node="phum02")
    snapshot["resources"].insert(1, contents.resource(110, "new", "phum02"))
    return snapshot


def test_what_one_holds_stays_while_what_changes_is_told_whatever_becomes_of_a_form(
    page: Page, standin: Standin
) -> None:
    focus_choice_and_scroll_survive_an_update(page, standin)
    a_change_is_told_politely_and_a_resource_says_whence_it_came_and_how(page, standin)
    standin.show(contents.usual())
    a_form_says_that_what_it_is_about_is_gone_and_keeps_what_was_typed(page, standin)


def focus_choice_and_scroll_survive_an_update(page: Page, standin: Standin) -> None:
    page.set_viewport_size({"width": 1280, "height": 400})
    radio = page.get_by_role("radio", name="VM 122 (cl) 선택")
    radio.check()
    radio.focus()
    row = page.get_by_role("row").filter(has_text="122").element_handle()
    page.evaluate("scrollBy(0, 60)")
    before = page.evaluate("scrollY")
    standin.show(moved())
    expect(page.get_by_role("row").filter(has_text="122")).to_contain_text("복구 중 (Recovery)")
    expect(page.get_by_role("radio", name="VM 110 (new) 선택")).to_be_visible()
    expect(radio).to_be_focused()
    expect(radio).to_be_checked()
    assert page.evaluate("scrollY") == before
    assert row.evaluate("row => row.isConnected")


def a_change_is_told_politely_and_a_resource_says_whence_it_came_and_how(
    page: Page, standin: Standin
) -> None:
    page.set_viewport_size({"width": 1280, "height": 900})
    expect(page.locator("#announcer")).to_have_text("VM 122 (cl): 복구 중 (Recovery)")

    snapshot = contents.usual()
    recovered, migrated = snapshot["resources"][0], snapshot["resources"][1]
    assert (recovered["node"], migrated["node"]) == ("phum03", "phum01")
    recovered.update(state="fence", crm_state="fence")
    migrated.update(state="migrate", crm_state="migrate", target="phum02")
    standin.show(snapshot)
    expect(page.get_by_role("row").filter(has_text="121")).to_contain_text("→ phum02")
    recovered.update(state="starting", crm_state="started", node="phum02")
    recovered["arrival"] = {"origin": "phum03", "how": "recovered", "at": contents.NOW}
    migrated.update(state="started", crm_state="started", node="phum02", target=None)
    migrated["arrival"] = {"origin": "phum01", "how": "moved", "at": contents.NOW}
    standin.show(snapshot)
    told = page.get_by_role("row").filter(has_text="LOTCES-WIN")
    expect(told).to_contain_text("phum03에서 복구됨 (Recovery)")
    expect(page.get_by_role("row").filter(has_text="121")).to_contain_text("phum01에서 이동함")
    expect(page.get_by_role("row").filter(has_text="124")).not_to_contain_text("에서")


def test_the_choice_goes_with_its_resource_and_a_form_takes_over_what_changed(
    page: Page, standin: Standin
) -> None:
    the_choice_goes_with_its_resource_and_what_is_gone_cannot_be_removed_again(page, standin)
    cancel(page)
    standin.show(contents.usual())
    a_form_takes_over_what_changed_and_keeps_what_was_typed_while_nothing_moves(page, standin)


def the_choice_goes_with_its_resource_and_what_is_gone_cannot_be_removed_again(
    page: Page, standin: Standin
) -> None:
    page.get_by_role("radio", name="VM 100 (LOTCES-WIN) 선택").check()
    without, usual = contents.usual(), contents.usual()
    del without["resources"][0]
    standin.show(without)
    expect(button(page, "수정")).to_be_disabled()
    standin.show(usual)
    expect(page.get_by_role("radio", name="VM 100 (LOTCES-WIN) 선택")).not_to_be_checked()
    expect(button(page, "수정")).to_be_disabled()

    page.get_by_role("radio", name="VM 121 (ct) 선택").check()
    button(page, "제거").click()
    dialog = page.get_by_role("dialog")
    snapshot = contents.usual()
    del snapshot["resources"][1]
    standin.show(snapshot)
    expect(dialog.get_by_role("status")).to_have_text("VM 121 (ct): 그사이 HA에서 제거되었습니다.")
    expect(dialog.get_by_role("button", name="제거")).to_be_disabled()


def a_form_takes_over_what_changed_and_keeps_what_was_typed_while_nothing_moves(
    page: Page, standin: Standin
) -> None:
    dialog = edit(page, "VM 121 (ct)")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(button(page, "수정")).to_be_focused()

    dialog = edit(page, "VM 121 (ct)")
    comment = dialog.get_by_label("설명")
    comment.fill("결제")
    before = comment.bounding_box()
    snapshot = contents.usual()
    changed = snapshot["resources"][1]
    changed.update(max_restart=3, comment="web", state="stopping", node="phum02")
    standin.show(snapshot)
    notice = dialog.get_by_role("status")
    expect(notice).to_contain_text(
        "‘최대 재시작 (Max Restart)’ 값이 바뀌어 새 값을 반영했습니다: 3"
    )
    expect(notice).to_contain_text("‘설명’ 값이 바뀌었습니다: web. 입력한 값은 그대로 두었으며")
    expect(notice).to_contain_text("phum01 → phum02")
    expect(dialog.get_by_label("최대 재시작 (Max Restart)", exact=True)).to_have_value("3")
    expect(comment).to_have_value("결제")
    expect(comment).to_be_focused()
    assert comment.bounding_box() == before

    changed.update(state="error", crm_state="error")
    standin.show(snapshot)
    expect(notice).to_contain_text("이 리소스는 오류 상태입니다.")
    expect(notice).to_contain_text("phum01 → phum02")
    dialog.get_by_role("button", name="저장").click()
    expect(dialog).to_have_count(0)
    assert standin.writes[0][2]["comment"] == "결제"
    assert standin.writes[0][2]["max_restart"] == 3


def a_form_says_that_what_it_is_about_is_gone_and_keeps_what_was_typed(
    page: Page, standin: Standin
) -> None:
    dialog = edit(page, "VM 121 (ct)")
    comment = dialog.get_by_label("설명")
    comment.fill("결제")
    snapshot = contents.usual()
    del snapshot["resources"][1]
    standin.show(snapshot)
    expect(dialog.get_by_role("status")).to_contain_text("HA 목록에서 사라져 저장할 수 없습니다.")
    expect(dialog.get_by_role("button", name="저장")).to_be_disabled()
    expect(comment).to_have_value("결제")
    cancel(page)

    button(page, "리소스 추가").click()
    guests = dialog.get_by_label("VM 선택 (CT 포함)", exact=True)
    add = dialog.get_by_role("button", name="추가", exact=True)
    guests.select_option("vm:130")
    comment.fill("결제")
    snapshot = contents.usual()
    snapshot["guests"] = [guest for guest in snapshot["guests"] if guest["sid"] != "vm:130"]
    standin.show(snapshot)
    expect(guests).to_have_value("")
    expect(guests.get_by_role("option")).to_have_count(4)
    expect(dialog.get_by_text("VM을 선택해야 합니다")).to_be_visible()
    expect(dialog).to_contain_text("VM 130 (mail): 그사이 HA에 추가되었거나 없어져")

    guests.select_option("ct:200")
    expect(add).to_be_enabled()
    standin.show(contents.usual() | {"guests": []})
    expect(add).to_be_disabled()
    expect(dialog).to_contain_text("CT 200 (dns): 그사이 HA에 추가되었거나 없어져")
    expect(comment).to_have_value("결제")


def test_an_overtaken_save_shows_the_newer_values_and_can_be_repeated(
    page: Page, standin: Standin
) -> None:
    dialog = edit(page, "VM 121 (ct)")
    dialog.get_by_label("설명").fill("결제")
    newer = contents.usual()
    newer["resources"][1]["max_relocate"] = 4
    standin.fresh = newer
    standin.refuse(500, "detected modified configuration - file changed by other user? Try again.")
    dialog.get_by_role("button", name="저장").click()
    expect(dialog.get_by_role("alert")).to_contain_text("그사이 다른 사람이 설정을 바꿨습니다.")
    expect(dialog.get_by_label("최대 재배치 (Max Relocate)", exact=True)).to_have_value("4")
    dialog.get_by_role("button", name="저장").click()
    expect(dialog).to_have_count(0)
    assert standin.writes[1][2]["max_relocate"] == 4


def test_a_stream_is_renewed_lost_and_ended_and_a_logout_is_seen_in_other_tabs(
    page: Page, standin: Standin
) -> None:
    a_renewed_stream_is_not_spoken_of_and_a_lost_console_is_and_comes_back_by_itself(page, standin)
    a_stream_that_ends_with_its_session_asks_for_the_login(page, standin)
    logging_out_leads_to_the_login_and_is_seen_in_other_tabs_at_once(page)


def a_stream_that_ends_with_its_session_asks_for_the_login(page: Page, standin: Standin) -> None:
    standin.end_session()
    login = page.get_by_role("dialog", name="다시 로그인")
    expect(login).to_be_visible()
    login.get_by_role("button", name="취소").click()
    expect(page.get_by_text("화면이 더 이상 갱신되지 않습니다.")).to_be_visible()
    line(page).get_by_role("button", name="로그인").click()
    login.get_by_label("비밀번호").fill("secret")
    login.get_by_role("button", name="로그인", exact=True).click()
    expect(login).to_have_count(0)
    standin.show(moved())
    expect(page.get_by_role("radio", name="VM 110 (new) 선택")).to_be_visible()


def a_renewed_stream_is_not_spoken_of_and_a_lost_console_is_and_comes_back_by_itself(
    page: Page, standin: Standin
) -> None:
    standin.snapshot = moved()
    standin.renew()
    standin.hang_up()
    expect(page.get_by_role("radio", name="VM 110 (new) 선택")).to_be_visible()
    expect(page.locator("#line")).to_have_text("실시간")

    standin.go_away()
    banner = page.get_by_role("alert").filter(has_text="콘솔 서버와 연결이 끊겼습니다.")
    expect(banner).to_be_visible()
    expect(page.get_by_role("region", name="HA 상태")).to_have_class("card is-stale")
    standin.snapshot = contents.usual()
    standin.snapshot["resources"].append(contents.resource(111, "newer", "phum02"))
    standin.come_back()
    expect(page.get_by_role("radio", name="VM 111 (newer) 선택")).to_be_visible()
    expect(banner).to_be_hidden()
    expect(page.get_by_role("region", name="HA 상태")).to_have_class("card")


def test_a_cluster_that_hangs_is_not_told_as_a_console_that_is_away(
    standin: Standin, open_page: Opener
) -> None:
    standin.deaf = True
    page = open_page("/", own=True)
    banner = page.get_by_role("alert").filter(has_text="콘솔은 정상이지만")
    expect(banner).to_have_count(1)
    expect(banner).to_be_visible()
    expect(page.get_by_text("콘솔 서버")).to_have_count(0)
    standin.deaf = False
    drawn(page)
    expect(banner).to_be_hidden()


def stop_the_clock(page: Page) -> None:
    """Let a page's time pass when the test says so, and not else."""
    page.clock.install(time=contents.NOW)
    page.clock.pause_at(contents.NOW + 3600)


def test_a_page_that_nobody_sees_gives_its_line_up_until_it_is_seen(
    standin: Standin, open_page: Opener
) -> None:
    page = open_page("/login", own=True)
    stop_the_clock(page)
    page.add_init_script(LINES)
    page.goto(standin.address)
    drawn(page)
    page.evaluate(SEEN, False)
    failing = contents.bad_part("timeout", None, contents.NOW - 2)
    sights = [
        (failing, "card is-stale"),
        (contents.good_part(), "card"),
    ]
    for part, look in 4 * sights:
        page.clock.fast_forward(7000)
        standin.beat(status=part)
        expect(page.get_by_role("region", name="HA 상태")).to_have_class(look)
    assert page.evaluate("lines.map((line) => line.readyState)") == [1]
    page.clock.fast_forward(5000)
    assert page.evaluate("lines.map((line) => line.readyState)") == [2]
    expect(page.locator("#line")).to_have_text("실시간")
    standin.snapshot = moved()
    page.evaluate(SEEN, True)
    expect(page.get_by_role("radio", name="VM 110 (new) 선택")).to_be_visible()


def logging_out_leads_to_the_login_and_is_seen_in_other_tabs_at_once(page: Page) -> None:
    other = page.context.new_page()
    other.goto(page.url)
    other.get_by_role("button", name="로그아웃").click()
    expect(other.get_by_label("사용자 이름")).to_be_focused()
    expect(other).to_have_url(re.compile("/login$"))
    expect(page.get_by_role("dialog")).to_contain_text("세션이 끝났습니다.")
    expect(page.locator("#line")).to_have_text("세션 종료됨")
    expect(page.get_by_text("콘솔 서버와 연결이 끊겼습니다.")).to_have_count(0)


def test_an_answer_that_the_stream_has_overtaken_is_not_believed(
    page: Page, standin: Standin
) -> None:
    newer = contents.usual()
    newer["now"] += 30
    newer["resources"][0]["state"] = "stopped"
    standin.show(newer)
    row = page.get_by_role("row").filter(has_text="LOTCES-WIN")
    expect(row).to_contain_text("중지 (Stopped)")
    standin.fresh = contents.usual()
    row.dblclick()
    with page.expect_response(lambda response: "fresh=1" in response.url) as asked:
        page.get_by_role("dialog").get_by_role("button", name="저장").click()
    asked.value.finished()
    page.evaluate("new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")
    expect(row).to_contain_text("중지 (Stopped)")
