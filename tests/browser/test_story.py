"""The whole story of a lost node and of a resource, as an operator reads it from the page of the living cluster."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.live import PASSWORD, Live
from tests.browser.sights import photograph
from tests.browser.stage import Opener, Stage
from tests.browser.test_insight import PATIENCE_MS
from tests.browser.test_still import WATCH

pytestmark = pytest.mark.browser


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with Live(tmp_path) as live:
        yield live


@pytest.fixture
def open_live(live: Live, stage: Stage) -> Opener:
    return stage.opener(live.address)


@pytest.fixture
def page(open_live: Opener) -> Page:
    page = open_live("/")
    page.get_by_label("사용자").fill("root")
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.get_by_role("button", name="로그인").click()
    expect(row_of(page, "100")).to_be_visible()
    return page


def row_of(page: Page, vmid: str) -> Locator:
    """Return the row of a resource, in the table of resources."""
    table = page.get_by_role("table", name=re.compile("HA 리소스"))
    return table.get_by_role("row").filter(has=page.get_by_role("rowheader", name=vmid, exact=True))


def lrm_of(page: Page, node: str) -> Locator:
    """Return the row of a node's LRM, in the table of the HA status."""
    table = page.get_by_role("table", name=re.compile("HA 상태"))
    rows = table.get_by_role("row").filter(has_text=node)
    return rows.filter(has=page.get_by_role("cell", name="LRM", exact=True))


def test_a_lost_nodes_resources_run_elsewhere_and_one_is_put_under_ha_and_taken_out_again(
    page: Page, live: Live
) -> None:
    a_lost_node_is_fenced_and_its_resources_run_elsewhere(page, live)
    a_resource_is_put_under_ha_and_taken_out_again(page, live)


def a_lost_node_is_fenced_and_its_resources_run_elsewhere(page: Page, live: Live) -> None:
    lost = row_of(page, "100")
    expect(lost).to_contain_text("phum03")
    expect(lost).to_contain_text("실행 중")
    expect(lrm_of(page, "phum03")).to_contain_text("활성")
    lost.get_by_role("radio").check()
    page.evaluate(WATCH)

    live.cut("phum03")
    live.step(40)
    expect(lrm_of(page, "phum03")).to_contain_text("오프라인 (Unknown)")
    photograph(page, "story-1-unknown")

    live.step(35)
    expect(lost).to_contain_text("Fence")
    photograph(page, "story-2-fence")

    live.step(90)
    expect(lost).to_contain_text("phum02")
    expect(lost).to_contain_text("실행 중")
    expect(lost).to_contain_text("phum03에서 복구됨 (Recovery)")
    expect(lrm_of(page, "phum02")).to_contain_text("활성")
    photograph(page, "story-3-recovered")
    expect(lost.get_by_role("radio")).to_be_checked()
    assert page.evaluate("shifts") == []

    live.power_on("phum03")
    live.step(30)
    expect(lrm_of(page, "phum03")).to_contain_text("유휴")
    photograph(page, "story-4-back")


def a_resource_is_put_under_ha_and_taken_out_again(page: Page, live: Live) -> None:
    page.get_by_role("button", name="리소스 추가").click()
    dialog = page.get_by_role("dialog")
    guest = dialog.get_by_role("combobox").first
    words = guest.get_by_role("option", name=re.compile("^VM 101 ")).inner_text()
    guest.select_option(label=words)
    dialog.get_by_role("button", name="추가", exact=True).click()
    expect(dialog).to_be_hidden(timeout=PATIENCE_MS)  # what it does is foretold before it is sent
    live.step(30)
    expect(row_of(page, "101")).to_contain_text("실행 중")

    row_of(page, "101").get_by_role("radio").check()
    page.get_by_role("button", name="제거").click()
    page.get_by_role("dialog").get_by_role("button", name="제거").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    live.step(30)
    expect(row_of(page, "101")).to_have_count(0)
