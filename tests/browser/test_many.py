"""Many resources: what changes is touched and nothing else, and a field finds what one looks for."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import drawn

pytestmark = pytest.mark.browser

WATCH = """() => {
  const rows = document.querySelector("#resources table");
  window.touched = new Set();
  new MutationObserver((changes) => {
    for (const { target } of changes) {
      const element = target.nodeType === Node.TEXT_NODE ? target.parentElement : target;
      touched.add(element.closest("tr")?.querySelector("th").textContent ?? "the list");
    }
  }).observe(rows, { subtree: true, childList: true, characterData: true, attributes: true });
}"""


@pytest.fixture
def full(standin: Standin, open_page: Opener) -> Page:
    """The page of a cluster with thirty resources."""
    standin.snapshot = contents.many(30)
    page = open_page()
    drawn(page)
    return page


def field(page: Page) -> Locator:
    return page.get_by_role("searchbox", name="검색")


def rows(page: Page) -> Locator:
    return page.get_by_role("region", name="HA 리소스 목록").get_by_role("radio")


SORTED = """async (key) => {
  const old = new Set(document.querySelectorAll("#resources tbody tr"));
  document.querySelector(`#resources .at-${key} .sort`).click();
  await Promise.resolve();
  await Promise.resolve();
  return [...document.querySelectorAll("#resources tbody tr")].filter((row) => !old.has(row)).length;
}"""


def test_of_five_hundred_what_changes_is_touched_alone_and_a_draw_makes_a_slice_of_it(
    standin: Standin, open_page: Opener
) -> None:
    standin.snapshot = contents.many()
    page = open_page()
    expect(rows(page)).to_have_count(500)
    page.evaluate(WATCH)
    snapshot = contents.many()
    changed = [snapshot["resources"][place] for place in (3, 99, 250, 251, 499)]
    for one in changed:
        one.update(state="recovery", node="phum02")
    snapshot["now"] += 5
    standin.show(snapshot)
    expect(page.locator("#resources tbody .pill[data-tone=warn]")).to_have_count(5)
    assert sorted(page.evaluate("[...touched]")) == sorted(str(one["vmid"]) for one in changed)

    made = page.evaluate(SORTED, "id")
    assert 24 <= made <= 72
    expect(rows(page).last).to_have_value("vm:1000")
    expect(rows(page)).to_have_count(500)
    field(page).fill("guest-49")
    expect(page.locator("#resources tbody tr")).to_have_count(11)
    assert page.locator("#resources tbody").count() == 1


def test_rows_are_found_by_id_name_node_and_state_and_what_is_looked_for_stays(
    full: Page, standin: Standin
) -> None:
    searches = {
        "1007": 1,
        "GUEST-7": 1,
        "phum02": 10,
        "phum02 guest-1": 5,
        "복구": 0,
        "started": 30,
    }
    for words, found in searches.items():
        field(full).fill(words)
        expect(rows(full)).to_have_count(found)
        expect(full.get_by_text(f"30개 중 {found}개")).to_be_visible()
        expect(full.get_by_text("검색 결과가 없습니다.")).to_have_count(0 if found else 1)

    full.get_by_role("radio", name="VM 1003 (guest-3) 선택").check()
    field(full).fill("phum02")
    expect(rows(full)).to_have_count(11)
    expect(full.get_by_role("radio", name="VM 1003 (guest-3) 선택")).to_be_checked()

    field(full).fill("복구 중")
    expect(rows(full)).to_have_count(1)  # which is the chosen one
    snapshot = contents.many(30)
    snapshot["resources"][4]["state"] = "recovery"
    standin.show(snapshot)
    expect(rows(full)).to_have_count(2)
    expect(field(full)).to_have_value("복구 중")
    expect(field(full)).to_be_focused()
    field(full).fill("")
    expect(rows(full)).to_have_count(30)


def test_a_rules_resources_are_found_too_and_those_ticked_stay_in_sight(
    full: Page, standin: Standin
) -> None:
    card = full.get_by_role("region", name="리소스 친화성 규칙", exact=True)
    card.get_by_role("button", name="규칙 추가").click()
    dialog = full.get_by_role("dialog")
    dialog.get_by_role("checkbox", name="VM 1003 (guest-3)").check()
    search = dialog.get_by_role("searchbox", name="검색")
    search.fill("guest-17")
    search.press("Enter")
    expect(dialog.get_by_role("row")).to_have_count(3)
    dialog.get_by_role("checkbox", name="VM 1017 (guest-17)").check()
    search.fill("")
    dialog.get_by_label("규칙명").fill("apart")
    dialog.get_by_role("button", name="저장").click()
    expect(dialog).to_have_count(0)
    assert standin.writes[0][2]["resources"] == ["vm:1003", "vm:1017"]
