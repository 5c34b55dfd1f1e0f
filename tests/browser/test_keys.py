"""The list by keyboard alone, its menus, and its sorting and grouping."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.standin import Standin
from tests.browser.visit import choose_in_menu, line

pytestmark = pytest.mark.browser


def chosen(page: Page) -> Locator:
    return page.get_by_role("radio", checked=True)


def ids(page: Page) -> Locator:
    return page.locator("#resources tbody").get_by_role("rowheader")


def test_keys_do_what_is_listed_and_the_list_is_narrowed_and_sorted(page: Page) -> None:
    keys_are_listed_choose_edit_move_remove_and_clear_and_rest_while_somebody_types(page)
    page.get_by_role("searchbox", name="검색").fill("")
    the_list_shows_what_is_on_a_node_and_is_sorted_by_a_column_and_back(page)


def keys_are_listed_choose_edit_move_remove_and_clear_and_rest_while_somebody_types(
    page: Page,
) -> None:
    page.keyboard.press("?")
    keys = page.get_by_role("dialog", name="단축키")
    expect(keys).to_contain_text("선택한 리소스 이동")
    keys.get_by_role("button", name="닫기").last.click()
    expect(keys).to_have_count(0)

    page.get_by_role("radio", name="VM 100 (LOTCES-WIN) 선택").check()
    page.locator("#resources-title").focus()
    page.keyboard.press("ArrowDown")
    expect(chosen(page)).to_have_value("vm:121")
    for key, title in (
        ("e", "HA 리소스 수정"),
        ("Enter", "HA 리소스 수정"),
        ("m", "VM 121 (ct) 이동"),
        ("Delete", "HA 리소스 제거"),
    ):
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name=title)
        expect(dialog).to_be_visible()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
    page.keyboard.press("Escape")
    expect(chosen(page)).to_have_count(0)

    page.get_by_role("radio", name="VM 100 (LOTCES-WIN) 선택").check()
    search = page.get_by_role("searchbox", name="검색")
    expect(search).to_be_visible()  # above a short list too
    page.keyboard.press("/")
    expect(search).to_be_focused()
    page.keyboard.type("em?")
    expect(search).to_have_value("em?")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_a_row_has_a_menu_that_keys_walk_and_the_list_is_grouped(
    page: Page, standin: Standin
) -> None:
    the_list_is_grouped_by_node_and_stays_so(page)
    a_row_has_a_menu_that_keys_walk_and_that_says_why_nothing_may_be_changed(page, standin)


def a_row_has_a_menu_that_keys_walk_and_that_says_why_nothing_may_be_changed(
    page: Page, standin: Standin
) -> None:
    button = page.get_by_role("button", name="VM 121 (ct) 메뉴")
    button.press("Enter")
    items = page.get_by_role("menuitem")
    expect(items.filter(has_text=re.compile("수정|이동|제거"))).to_have_count(3)
    expect(items.first).to_be_focused()
    page.keyboard.press("ArrowUp")
    expect(items.last).to_be_focused()
    page.keyboard.press("Escape")
    expect(items).to_have_count(0)
    expect(button).to_be_focused()
    choose_in_menu(page, "VM 121 (ct)", "이동")
    expect(page.get_by_role("dialog", name="VM 121 (ct) 이동")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)

    standin.show(contents.without_quorum())
    expect(line(page)).to_contain_text("쿼럼")
    page.get_by_role("button", name="VM 121 (ct) 메뉴").click()
    expect(page.get_by_role("menuitem").first).to_be_visible()
    changes = page.get_by_role("menuitem").filter(has_text=re.compile("수정|이동|제거"))
    expect(changes).to_have_count(3)
    for item in changes.all():
        expect(item).to_be_disabled()
        expect(item).to_have_attribute(
            "title", "phum01 노드가 쿼럼을 잃어 변경할 수 없습니다. 지금은 조회만 가능합니다."
        )


def the_list_shows_what_is_on_a_node_and_is_sorted_by_a_column_and_back(page: Page) -> None:
    choose_in_menu(page, "phum03", "이 노드의 리소스 보기")
    expect(ids(page)).to_have_text(["100", "124"])
    page.get_by_role("searchbox", name="검색").fill("")
    expect(ids(page)).to_have_text(["100", "121", "122", "124", "999"])
    page.get_by_role("button", name="이름", exact=True).click()
    expect(page.get_by_role("columnheader", name="이름")).to_have_attribute(
        "aria-sort", "ascending"
    )
    expect(ids(page)).to_have_text(["100", "122", "124", "121", "999"])
    page.get_by_role("button", name="이름", exact=True).click()
    expect(ids(page)).to_have_text(["999", "121", "124", "122", "100"])


def the_list_is_grouped_by_node_and_stays_so(page: Page) -> None:
    page.get_by_role("button", name="노드별").click()
    expect(ids(page)).to_have_text(["phum01 3", "121", "122", "999", "phum03 2", "100", "124"])
    page.reload()
    expect(ids(page)).to_have_count(7)
