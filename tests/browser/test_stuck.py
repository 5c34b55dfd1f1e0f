"""A resource that cannot be placed says so by itself; its panel tells all, and what helps is one press away."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.live import Live
from tests.browser.stage import Stage
from tests.browser.test_insight import LOOKS, PATIENCE_MS, arrive, judge
from tests.browser.visit import Look, line, look_as

pytestmark = pytest.mark.browser

STRICT = """\
node-affinity: win-on-3
\tnodes phum03
\tresources vm:100
\tstrict 1
"""
REASON = "엄격한 규칙 win-on-3은 phum03만 허용하는데, phum03이 오프라인입니다"


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    """A cluster with a strict rule."""
    with Live(tmp_path) as live:
        live.configure("ha/rules.cfg", STRICT)
        live.step(30)
        yield live


def test_what_a_strict_rule_costs_is_told_before_a_loss_and_after_it_until_it_is_repaired(
    live: Live, stage: Stage
) -> None:
    page = arrive(stage.opener(live.address))
    the_head_names_node_guest_and_rule_before_anything_happens(page)
    lose(live, page)
    page.goto(live.address)
    for look in reversed(LOOKS):  # where there is no room the panel closes by itself
        look_as(page, look)
        the_resource_says_why_it_has_no_node_and_what_helps(page, look)
    live.change_tries("vm:999", 2)  # the score is kept whenever the table is drawn anew
    the_head_tells_what_was_foretold_and_what_came(page)
    page.goto(live.address)
    a_repair_is_previewed_and_done_by_one_press(page, live)


def the_head_names_node_guest_and_rule_before_anything_happens(page: Page) -> None:
    expect(line(page)).to_contain_text(
        "phum03 노드가 멈추면 복구되지 않습니다: VM 100 (LOTCES-WIN) (엄격한 규칙 win-on-3)",
        timeout=PATIENCE_MS,
    )
    line(page).get_by_role("button", name="장애 허용 표").click()
    red = (
        page.get_by_role("table", name="장애 허용 표")
        .get_by_role("row")
        .filter(has=page.get_by_role("rowheader", name="phum03", exact=True))
    )
    expect(red).to_contain_text("VM 100 (LOTCES-WIN) (엄격한 규칙 win-on-3)", timeout=PATIENCE_MS)
    red.get_by_role("link", name="phum03 정지 시 자세히").click()
    expect(page).to_have_url(re.compile(r"/whatif\?lose=phum03$"))
    row = page.get_by_role("table", name="예상 결과").get_by_role("row").filter(has_text="VM 100")
    expect(row).to_contain_text("배치 불가", timeout=PATIENCE_MS)


def lose(live: Live, page: Page) -> None:
    """Lose the node; what is said of a loss is held to the table of before, once that has its times."""
    wait_until_drawn(page, "after_s")
    live.cut("phum03")
    live.step(200)
    wait_until_drawn(page, "safe")


def wait_until_drawn(page: Page, part: str) -> None:
    """Wait until the table holds, and its rows have a part."""
    address = re.sub(r"(//[^/]+).*", r"\1", page.url) + "/api/forecast/table"
    for _ in range(PATIENCE_MS // 200):
        table = page.request.get(address).json()
        rows = [row for row in table["rows"] if row["kind"] == "node"]
        if table["fresh"] and all(part in row for row in rows):
            return
        page.wait_for_timeout(200)
    raise AssertionError(table)


def the_resource_says_why_it_has_no_node_and_what_helps(page: Page, look: Look) -> None:
    is_korean = look[0] == "ko"
    reason = REASON if is_korean else "Strict rule win-on-3 allows phum03 only"
    row = page.locator("#resources").get_by_role("row").filter(has_text="LOTCES-WIN")
    expect(row).to_contain_text(reason, timeout=PATIENCE_MS)
    judge(page, f"stuck-{look[0]}", look[2])
    page.get_by_role("button", name=re.compile(r"(왜\?|Why\?) VM 100")).click()
    panel = page.get_by_role("complementary", name=re.compile("VM 100"))
    expect(panel).to_contain_text(reason)
    link = panel.get_by_role("button", name="win-on-3", exact=True)
    expect(link.nth(1)).to_be_visible(timeout=PATIENCE_MS)
    judge(page, f"stuck-why-{look[0]}", look[2])
    link.first.click()
    expect(
        page.get_by_role("button", name=re.compile("win-on-3 메뉴|Menu of win-on-3"))
    ).to_be_focused()


def the_head_tells_what_was_foretold_and_what_came(page: Page) -> None:
    score = page.get_by_role("link", name="예측 적중률: 결과 2건 중 2건")
    expect(score).to_be_visible(timeout=PATIENCE_MS)
    score.click()
    expect(page).to_have_url(re.compile(r"/whatif#score$"))
    expect(page.locator("#score")).to_contain_text("결과 2건 중 2건", timeout=PATIENCE_MS)


def a_repair_is_previewed_and_done_by_one_press(page: Page, live: Live) -> None:
    page.get_by_role("button", name="왜? VM 100").click()
    panel = page.get_by_role("complementary", name=re.compile("VM 100"))
    repair = panel.get_by_role("listitem").filter(has_text="규칙을 선호로 바꾸기")
    repair.get_by_role("button", name="미리보기…").click(timeout=PATIENCE_MS)
    dialog = page.get_by_role("dialog", name="이렇게 바꿀까요?")
    expect(dialog).to_contain_text("VM 100 (LOTCES-WIN) → phum0", timeout=PATIENCE_MS)
    dialog.get_by_role("button", name="적용").click()
    expect(page.get_by_text("‘win-on-3’ 규칙을 저장했습니다.")).to_be_visible()
    live.step(40)
    row = page.locator("#resources").get_by_role("row").filter(has_text="LOTCES-WIN")
    expect(row).to_contain_text("실행 중", timeout=PATIENCE_MS)
    expect(row).not_to_contain_text("win-on-3")
