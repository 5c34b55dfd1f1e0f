"""Leaving a form: what was typed is not lost unless the user says so."""

import pytest
from playwright.sync_api import Dialog, Locator, Page, expect

from tests.browser import contents
from tests.browser.standin import Standin
from tests.browser.visit import drawn, line, matters

pytestmark = pytest.mark.browser

LEAVE = "저장하지 않고 닫기"


@pytest.fixture
def form(page: Page) -> Locator:
    """The form of a resource, with a comment typed into it."""
    return begin(page)


def begin(page: Page) -> Locator:
    """Open the form of a resource, and type a comment into it."""
    page.get_by_role("radio", name="VM 121 (ct) 선택").check()
    press(page, "수정")
    form = page.get_by_role("dialog", name="HA 리소스 수정")
    form.get_by_label("설명").fill("결제")
    return form


def press(page: Page, name: str) -> None:
    region = page.get_by_role("region", name="HA 리소스 목록")
    region.get_by_role("button", name=name, exact=True).click()


def question(page: Page) -> Locator:
    return page.get_by_role("dialog", name="저장하지 않고 닫을까요?")


def test_whatever_would_close_a_form_asks_first_and_a_page_that_is_left_opens_it_again(
    page: Page, form: Locator
) -> None:
    whatever_would_close_a_form_asks_first(page, form)
    question(page).get_by_role("button", name=LEAVE).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    a_rule_that_was_being_added_is_open_again_with_all_that_was_chosen(page)


def whatever_would_close_a_form_asks_first(page: Page, form: Locator) -> None:
    page.keyboard.press("Escape")
    expect(question(page).get_by_role("button", name="계속 입력")).to_be_focused()
    page.keyboard.press("Enter")
    expect(question(page)).to_have_count(0)
    expect(form.get_by_label("설명")).to_have_value("결제")
    expect(form.get_by_label("설명")).to_be_focused()

    for _ in range(3):
        page.keyboard.press("Escape")
        expect(question(page)).to_be_visible()
        page.keyboard.press("Escape")
        expect(question(page)).to_have_count(0)
    expect(form.get_by_label("설명")).to_have_value("결제")

    form.evaluate("dialog => dialog.close()")
    expect(question(page)).to_be_visible()
    question(page).get_by_role("button", name="계속 입력").click()
    expect(form.get_by_label("설명")).to_have_value("결제")

    page.mouse.click(5, 5)
    expect(form.get_by_label("설명")).to_have_value("결제")
    expect(question(page)).to_have_count(0)

    form.get_by_role("button", name="닫기").click()
    question(page).get_by_role("button", name=LEAVE).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    button = page.get_by_role("region", name="HA 리소스 목록").get_by_role("button", name="수정")
    expect(button).to_be_focused()

    card = page.get_by_role("region", name="노드 친화성 규칙", exact=True)
    card.get_by_role("button", name="규칙 추가").click()
    page.get_by_role("dialog").get_by_label("규칙명").fill("prefer-1")
    page.keyboard.press("Escape")
    expect(question(page)).to_be_visible()


def test_a_form_is_saved_whatever_interrupts_it_and_closes_where_nothing_would_be_lost(
    page: Page, form: Locator, standin: Standin
) -> None:
    a_save_that_the_end_of_the_session_interrupts_is_said_undone_or_carried_through(
        page, form, standin
    )
    standin.writes.clear()
    begin(page)
    where_nothing_would_be_lost_a_form_closes_without_a_word(page, form, standin)


def where_nothing_would_be_lost_a_form_closes_without_a_word(
    page: Page, form: Locator, standin: Standin
) -> None:
    form.get_by_role("button", name="취소").click()
    expect(page.get_by_role("dialog")).to_have_count(0)

    begin(page)
    form.get_by_label("설명").fill("")
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    begin(page)
    form.get_by_role("button", name="저장").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert standin.writes[0][2]["comment"] == "결제"

    trouble = contents.trouble()
    trouble["now"] += 1
    standin.show(trouble)
    expect(line(page)).to_contain_text("phum03 노드를 차단(Fence)하는 중입니다.")
    matters(page).get_by_role("button", name="복구…").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_browser_asks_before_the_page_is_left_and_the_form_is_open_again(
    page: Page, form: Locator, standin: Standin
) -> None:
    asked: list[str] = []

    def answer(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.accept()

    page.once("dialog", answer)
    page.reload()
    drawn(page)
    assert asked == ["beforeunload"]
    expect(form.get_by_label("설명")).to_have_value("결제")

    # A page that nobody has touched does not ask.
    form.get_by_label("설명").fill("결제 서버")
    page.once("dialog", answer)
    page.goto(page.url + "help")
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert asked == ["beforeunload", "beforeunload"]
    snapshot = contents.usual()
    snapshot["resources"][1].update(max_restart=3)
    standin.snapshot = snapshot
    page.go_back()
    expect(form.get_by_label("설명")).to_have_value("결제 서버")
    expect(form).to_contain_text(
        "그사이 ‘최대 재시작 (Max Restart)’ 값이 바뀌어 새 값을 반영했습니다: 3"
    )
    form.get_by_role("button", name="저장").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert standin.writes[0][2]["comment"] == "결제 서버"
    page.reload()
    drawn(page)
    expect(page.get_by_role("dialog")).to_have_count(0)


def a_rule_that_was_being_added_is_open_again_with_all_that_was_chosen(page: Page) -> None:
    card = page.get_by_role("region", name="노드 친화성 규칙", exact=True)
    card.get_by_role("button", name="규칙 추가").click()
    form = page.get_by_role("dialog")
    form.get_by_label("규칙명").fill("prefer-1")
    form.get_by_role("checkbox", name="VM 121 (ct)").check()
    form.get_by_label("phum02 가중치", exact=True).fill("7")
    page.once("dialog", lambda dialog: dialog.accept())
    page.goto(page.url + "help")
    page.go_back()
    expect(form.get_by_label("규칙명")).to_have_value("prefer-1")
    expect(form.get_by_role("checkbox", name="VM 121 (ct)")).to_be_checked()
    expect(form.get_by_label("phum02 가중치", exact=True)).to_have_value("7")


def a_save_that_the_end_of_the_session_interrupts_is_said_undone_or_carried_through(
    page: Page, form: Locator, standin: Standin
) -> None:
    standin.end_session_at_a_deed()
    form.get_by_role("button", name="저장").click()
    login = page.get_by_role("dialog", name="다시 로그인")
    login.get_by_role("button", name="취소").click()
    expect(form.get_by_role("alert")).to_contain_text("저장되지 않았습니다.")
    expect(form.get_by_label("설명")).to_have_value("결제")
    form.get_by_role("button", name="저장").click()
    expect(login.get_by_label("사용자 이름")).to_have_value("root")
    login.get_by_label("비밀번호").fill("secret")
    login.get_by_role("button", name="로그인").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert [path for _, path, _ in standin.writes] == ["/api/login", "/api/resources/vm:121"]
    assert standin.writes[1][2]["comment"] == "결제"
