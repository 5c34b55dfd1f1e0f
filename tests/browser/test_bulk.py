"""Many resources are marked for the same change, beside the one that is chosen."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import drawn

pytestmark = pytest.mark.browser

NAMES = ("VM 100 (LOTCES-WIN)", "VM 121 (ct)", "VM 122 (cl)", "VM 124 (cl2)", "VM 999 (virton)")


def box(page: Page, name: str) -> Locator:
    return page.get_by_role("checkbox", name=f"{name} 선택", exact=True)


def test_many_are_marked_by_keys_or_as_a_range_changed_together_and_those_that_failed_stay(
    page: Page, standin: Standin
) -> None:
    keys_begin_walk_mark_and_end(page)
    page.get_by_role("button", name="여러 개 선택").click()
    a_range_is_marked_and_changed_together(page, standin)
    standin.writes.clear()
    what_failed_is_told_by_name_and_stays_marked(page, standin)


def a_range_is_marked_and_changed_together(many: Page, standin: Standin) -> None:
    expect(many.get_by_role("radio")).to_have_count(0)
    expect(many.get_by_role("button", name="함께 변경…")).to_be_disabled()
    box(many, NAMES[1]).click()
    box(many, NAMES[3]).click(modifiers=["Shift"])
    expect(many.get_by_text("3개 선택됨")).to_be_visible()
    many.get_by_role("button", name="함께 변경…").click()
    dialog = many.get_by_role("dialog", name="리소스 3개 함께 변경")
    dialog.get_by_label("요청 상태").select_option("stopped")
    dialog.get_by_role("button", name="적용").click()
    expect(dialog).to_have_count(0)
    assert standin.writes == [
        ("PUT", f"/api/resources/{sid}", {"state": "stopped"})
        for sid in ("vm:121", "vm:122", "vm:124")
    ]
    expect(many.get_by_text("0개 선택됨")).to_be_visible()


def what_failed_is_told_by_name_and_stays_marked(many: Page, standin: Standin) -> None:
    many.get_by_role("checkbox", name="목록의 리소스 모두 선택").click()
    many.get_by_role("button", name="함께 변경…").click()
    dialog = many.get_by_role("dialog")
    dialog.get_by_label("작업", exact=True).select_option("migrate")
    expect(dialog.get_by_role("button", name="적용")).to_be_disabled()
    dialog.get_by_label("대상 노드").select_option("phum03")
    standin.refuse(500, "got lock request timeout")
    dialog.get_by_role("button", name="적용").click()
    alert = dialog.get_by_role("alert").filter(has_text=NAMES[1])
    expect(alert).to_contain_text("1개를 처리하지 못했습니다.")
    expect(dialog.get_by_text("처리됨")).to_have_count(0)
    moved = [path for _, path, _ in standin.writes]
    assert moved == [f"/api/resources/vm:{vmid}/move" for vmid in (121, 122, 999)]
    dialog.get_by_role("button", name="취소").click()
    expect(box(many, NAMES[1])).to_be_checked()
    expect(many.get_by_text("1개 선택됨")).to_be_visible()


def test_of_many_moves_those_that_rules_refuse_are_told_before(
    standin: Standin, open_page: Opener
) -> None:
    standin.snapshot = contents.many(30)
    strict = contents.node_rule("licence", ["vm:1001", "vm:1029"], {"phum01": 0}, strict=True)
    standin.snapshot["rules"] = [strict]
    page = drawn(open_page())
    page.get_by_role("button", name="여러 개 선택").click()
    page.get_by_role("checkbox", name="목록의 리소스 모두 선택").click()
    page.get_by_role("button", name="함께 변경…").click()
    dialog = page.get_by_role("dialog", name="리소스 30개 함께 변경")
    dialog.get_by_label("작업", exact=True).select_option("migrate")
    dialog.get_by_label("대상 노드").select_option("phum02")
    told = dialog.get_by_role("status")
    expect(told.filter(has_text="VM 1029 (guest-29)")).to_be_visible()
    expect(dialog.get_by_role("button", name="적용")).to_be_disabled()
    dialog.get_by_label("대상 노드").select_option("phum01")
    expect(dialog.get_by_role("button", name="적용")).to_be_enabled()
    expect(told.filter(has_text="VM 1029 (guest-29)")).to_have_count(0)
    assert standin.writes == []


POLICIES = [
    ("max_restart", "최대 재시작 (Max Restart)", "3", {"max_restart": 3}),
    ("failback", "Failback 활성화", "0", {"failback": False}),
    ("group", "HA 그룹", "licence", {"group": "licence"}),
]


def test_a_policy_is_changed_together_too(standin: Standin, open_page: Opener) -> None:
    standin.snapshot = contents.with_groups()
    standin.snapshot["cluster"]["features"]["rules"] = True
    page = drawn(open_page(width=1000, height=800))
    page.get_by_role("button", name="여러 개 선택").click()
    dialog = page.get_by_role("dialog")
    for deed, field, value, written in POLICIES:
        box(page, NAMES[0]).click()
        box(page, NAMES[1]).click()
        expect(page.get_by_text("2개 선택됨")).to_be_visible()
        page.get_by_role("button", name="함께 변경…").click()
        dialog.get_by_label("작업", exact=True).select_option(deed)
        control = dialog.get_by_label(field, exact=True)
        if deed == "max_restart":
            control.fill("-1")
            expect(dialog.get_by_role("button", name="적용")).to_be_disabled()
            control.fill(value)
        else:
            control.select_option(value)
        dialog.get_by_role("button", name="적용").click()
        expect(dialog).to_have_count(0)
        expect(page.get_by_text("0개 선택됨")).to_be_visible()
        assert [body for _, _, body in standin.writes] == [written, written]
        standin.writes.clear()


def keys_begin_walk_mark_and_end(page: Page) -> None:
    page.locator("#resources-title").focus()
    page.keyboard.press("x")
    page.keyboard.press("ArrowDown")
    expect(box(page, NAMES[0])).to_be_focused()
    page.keyboard.press("Space")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Shift+Space")
    expect(page.get_by_text("3개 선택됨")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("radio")).to_have_count(5)
    page.get_by_role("radio").first.check()
    expect(page.get_by_role("button", name="수정", exact=True)).to_be_enabled()
