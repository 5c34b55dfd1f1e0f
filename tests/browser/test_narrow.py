"""The page on a telephone: rows as small cards to the eye, still tables to a screen reader."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import drawn, speak, words_of

pytestmark = pytest.mark.browser


def test_on_a_telephone_rows_are_chosen_all_is_within_reach_and_the_line_is_whole(
    standin: Standin, open_page: Opener
) -> None:
    standin.snapshot = contents.with_rules()
    page = open_page(width=390)
    drawn(page)
    resources_and_rules_are_still_rows_of_tables_and_chosen_by_a_tap(page)
    pages_language_and_logout_are_in_a_menu_and_within_reach(page)
    the_status_line_is_whole_in_either_language(page, standin)


def resources_and_rules_are_still_rows_of_tables_and_chosen_by_a_tap(narrow: Page) -> None:
    table = narrow.get_by_role("table", name="HA 리소스 목록")
    headings = ["선택", "ID", "노드", "타입", "이름", "상태", "정책", "최근 변화", "작업"]
    expect(table.get_by_role("columnheader")).to_have_text(headings)
    row = table.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_have_text("100")
    cells = ["", "phum03", "VM", "LOTCES-WIN", "실행 중 (Started)", "1 / 1 / On", "", "왜?"]
    expect(row.get_by_role("cell")).to_have_text(cells)
    policy = table.get_by_role("cell", name="1 / 1 / On").first
    expect(policy).to_have_attribute("title", "최대 재시작 1 · 최대 재배치 1 · Failback On")
    rules = narrow.get_by_role("table", name="노드 친화성 규칙", exact=True)
    rule = rules.get_by_role("row").nth(1)
    expect(rule.get_by_role("rowheader", name="prefer-phum01")).to_be_visible()
    expect(rule.get_by_role("cell").nth(1)).to_contain_text("phum01 (10)")
    table.get_by_role("row").filter(has_text="virton").click()
    expect(narrow.get_by_role("radio", name="VM 999 (virton) 선택")).to_be_checked()
    expect(narrow.get_by_role("button", name="수정", exact=True)).to_be_enabled()


def pages_language_and_logout_are_in_a_menu_and_within_reach(narrow: Page) -> None:
    places = narrow.get_by_role("button", name="고가용성")
    expect(narrow.get_by_role("button", name="로그아웃")).to_be_hidden()
    places.click()
    for control in ("English", "로그아웃", "밝은 테마"):
        expect(narrow.get_by_role("button", name=control)).to_be_in_viewport(ratio=1)
    for link in narrow.get_by_role("navigation").get_by_role("link").all():
        expect(link).to_be_in_viewport(ratio=1)
    narrow.keyboard.press("Escape")
    expect(places).to_be_focused()


def the_status_line_is_whole_in_either_language(page: Page, standin: Standin) -> None:
    for make, word in ((contents.usual, "well"), (contents.trouble, "fault")):
        snapshot = make()
        snapshot["cluster"]["lab"] = True
        standin.show(snapshot)
        for locale in ("ko", "en"):
            speak(page, locale)
            words = words_of(locale)
            expect(page.locator(".strip .word")).to_have_text(words[f"line.word.{word}"])
            expect(page.locator(".lab-toggle")).to_have_accessible_name(words["lab.title"])
            expect(page.locator(".strip .facts")).not_to_be_empty()
            assert page.evaluate(CUT) == []
            said = [words[f"line.{state}"] for state in ("live", "lost", "deaf", "ended", "old")]
            assert page.evaluate(REACH, said) <= 390


REACH = """(said) => Math.max(...said.map((words) => {
  const line = document.querySelector("#line");
  line.append(words);
  const range = document.createRange();
  range.selectNodeContents(line.lastChild);
  const { right } = range.getBoundingClientRect();
  line.lastChild.remove();
  return right;
}))"""
CUT = """[...document.querySelectorAll(".header, .strip, .strip .facts, .strip .word")]
  .filter((box) => box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight + 1)
  .map((box) => box.className)"""
