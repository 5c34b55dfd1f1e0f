"""The page on a telephone: tables as cards to the eye, still tables to a screen reader."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin

pytestmark = pytest.mark.browser

HEADING = "cell => getComputedStyle(cell, '::before').content"


@pytest.fixture
def narrow(standin: Standin, open_page: Opener) -> Page:
    """The page of a cluster with rules, 390 pixels wide."""
    standin.snapshot = contents.with_rules()
    page = open_page(width=390)
    expect(page.get_by_role("radio").first).to_be_visible()
    return page


def test_a_resource_is_still_a_row_of_a_table_with_nine_columns(narrow: Page) -> None:
    table = narrow.get_by_role("table", name="HA 리소스 목록")
    expect(table.get_by_role("columnheader")).to_have_count(9)
    row = table.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader")).to_have_text("100")
    cells = ["", "phum03", "VM", "LOTCES-WIN", "실행 중 (Started)", "1", "1", "On"]
    expect(row.get_by_role("cell")).to_have_text(cells)


def test_a_rule_is_still_a_row_of_a_table(narrow: Page) -> None:
    table = narrow.get_by_role("table", name="노드 친화성 규칙", exact=True)
    row = table.get_by_role("row").nth(1)
    expect(row.get_by_role("rowheader", name="prefer-phum01")).to_be_visible()
    expect(row.get_by_role("cell").nth(1)).to_contain_text("phum01 (10)")


def test_each_cell_says_its_columns_heading_in_the_pages_language(narrow: Page) -> None:
    node = narrow.get_by_role("table", name="HA 리소스 목록").get_by_role("cell").nth(1)
    assert node.evaluate(HEADING) == '"노드" / ""'
    narrow.get_by_role("button", name="English").click()
    node = narrow.get_by_role("table", name="HA resources").get_by_role("cell").nth(1)
    expect(narrow.get_by_role("heading", name="HA resources")).to_be_visible()
    assert node.evaluate(HEADING) == '"Node" / ""'


def test_a_card_is_chosen_by_a_tap_and_then_managed(narrow: Page) -> None:
    table = narrow.get_by_role("table", name="HA 리소스 목록")
    table.get_by_role("row").filter(has_text="virton").click()
    expect(narrow.get_by_role("radio", name="VM 999 (virton) 선택")).to_be_checked()
    expect(narrow.get_by_role("button", name="수정", exact=True)).to_be_enabled()
