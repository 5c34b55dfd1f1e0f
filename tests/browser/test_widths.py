"""What tells a state is whole at every width: nothing of it is cut, and what stands beside gives way."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import drawn, speak

pytestmark = pytest.mark.browser

DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
WIDTHS = (390, 640, 801, 900, 1000, 1199, 1200, 1280, 1440, 1800, 2560)
CUT = """() => {
  const told = {
    "#status": ["at-node", "at-role", "at-service", "at-state", "at-report"],
    "#resources": ["at-id", "at-node", "at-type", "at-name", "at-state"],
    "#rules": ["at-name"],
  };
  const found = new Set();
  for (const [part, names] of Object.entries(told)) {
    const right = document.querySelector(`${part} .table`).getBoundingClientRect().right;
    for (const row of document.querySelectorAll(`${part} tbody tr`)) {
      for (const name of names) {
        const cell = row.querySelector(`.${name}`);
        if (!cell?.checkVisibility()) { found.add(`${name} is gone`); continue; }
        const { bottom, right: end } = cell.getBoundingClientRect();
        const pieces = [cell, ...cell.querySelectorAll(".pill, .sub, .lines")];
        const isCut = (one) => one.scrollWidth > one.clientWidth + 1 || one.scrollHeight > one.clientHeight + 2;
        const isOut = (one) => one.getBoundingClientRect().bottom > bottom + 1;
        if (end > right + 1 || pieces.some(isCut) || pieces.some(isOut)) found.add(cell.innerText);
      }
    }
  }
  const width = document.documentElement.scrollWidth;
  return width > innerWidth ? [...found, `the page is ${width} wide`] : [...found];
}"""


def _check(page: Page, when: str) -> None:
    """Look at a low window, which takes less to draw: what is cut is so at any height."""
    for locale in ("ko", "en"):
        speak(page, locale)
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 200})
            page.evaluate(DRAWN)
            assert page.evaluate(CUT) == [], (when, locale, width)
        page.set_viewport_size({"width": 2560, "height": 800})


def _long_words() -> contents.Snapshot:
    """Every state that nodes and resources have, beside the longest that is said of them."""
    page = contents.every_state()
    page["cluster"]["lab"] = True
    for number, node in enumerate(page["nodes"][3:]):
        node["name"] = f"production-frontend-{number + 4:02}"
    page["nodes"][2].update(online=False, ha_state="fence", lrm=contents.lrm("dead"))
    page["nodes"][2]["lrm"]["at"] -= 90
    down = {"down": True, "failed_nodes": ["phum01", "phum03"]}
    starting = {"state": "request_start_balance", "guest": "stopped"}
    for vmid, more in ((900, down), (901, starting), (902, {"target": "phum02"})):
        page["resources"].append(contents.resource(vmid, "LOTCES-WINDOWS", "phum03", **more))
    for vmid, name in (
        (123456701, "web-production-frontend-01"),
        (123456702, "x" * 40 + ".example"),
    ):
        page["resources"].append(
            contents.resource(vmid, name, "phum02", comment="배터리 교체 " * 9)
        )
    apart = "web-production-frontend-01-and-02-apart"
    page["rules"] = [contents.resource_rule(apart, ["vm:300", "vm:301"], "negative")]
    return page


def test_what_tells_a_state_is_never_cut_whatever_stands_beside_it(
    standin: Standin, open_page: Opener
) -> None:
    standin.snapshot = _long_words()
    standin.table |= {"at": contents.NOW, "armed": ["phum01", "phum02"]}
    page = open_page(width=2560)
    drawn(page)
    _check(page, "alone")
    page.locator(".lab-fold").click()
    _check(page, "with the laboratory")
    page.locator(".why-button").first.click()
    _check(page, "with both")
    page.set_viewport_size({"width": 1280, "height": 800})
    expect(page.locator(".lab-body")).to_be_hidden()
    page.locator(".lab-fold").click()
    expect(page.locator(".lab-body")).to_be_visible()
    page.locator(".panel-tab").click()
    expect(page.locator("#why-title")).to_be_focused()


def test_notes_panel_and_line_leave_in_sight_what_is_needed_where_there_is_little_room(
    standin: Standin, open_page: Opener
) -> None:
    standin.snapshot = contents.with_rules()
    page = open_page()
    a_note_lies_on_no_control_and_no_state(page)
    without_room_beside_the_page_the_panel_lies_over_it_and_has_the_keys(page)
    on_a_low_screen_the_line_stays_alone_and_an_effect_beside_its_button(page, standin)


def without_room_beside_the_page_the_panel_lies_over_it_and_has_the_keys(page: Page) -> None:
    page.set_viewport_size({"width": 390, "height": 900})
    page.get_by_role("button", name="왜? VM 999 (virton)").click()
    expect(page.locator("#why-title")).to_be_focused()
    expect(page.locator("#why-title")).to_be_in_viewport()
    for _ in range(30):
        page.keyboard.press("Tab")
        assert not page.evaluate("document.activeElement.closest('main') !== null")
    page.locator("#why-title").focus()
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="왜? VM 999 (virton)")).to_be_focused()


def on_a_low_screen_the_line_stays_alone_and_an_effect_beside_its_button(
    page: Page, standin: Standin
) -> None:
    page.set_viewport_size({"width": 640, "height": 400})
    standin.show(contents.usual())
    expect(page.get_by_role("rowheader", name="win-licence")).to_have_count(0)
    page.evaluate("scrollTo(0, 300)")
    page.evaluate(DRAWN)
    line = page.get_by_role("region", name="클러스터 상태").bounding_box()
    assert line is not None
    assert (line["y"], line["height"]) == (0, 40)
    expect(page.locator("header.header")).not_to_be_in_viewport()
    page.get_by_role("button", name="VM 121 (ct) 메뉴").click()
    page.get_by_role("menuitem", name="이동").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("대상 노드").select_option("phum02")
    effect = dialog.locator(".effect")
    expect(effect).to_contain_text("바로 이동하거나 정지하는 리소스가 없습니다.")
    expect(effect).to_be_in_viewport(ratio=1)
    expect(dialog.get_by_role("button", name="이동", exact=True)).to_be_in_viewport(ratio=1)


COVERED = """async (press) => {
  document.querySelector(press).click();
  while (!document.querySelector(".toast")) await new Promise(requestAnimationFrame);
  const note = document.querySelector(".toast").getBoundingClientRect();
  const controls = "a[href], button, input, select, summary, .pill, .strip";
  return [...document.querySelectorAll(controls)]
    .filter((one) => !one.closest("#toasts") && one.checkVisibility())
    .filter((one) => {
      const { left, right, top, bottom, width } = one.getBoundingClientRect();
      const isApart = right <= note.left || left >= note.right || bottom <= note.top || top >= note.bottom;
      return width > 2 && !isApart;
    })
    .map((one) => one.outerHTML.slice(0, 80))
    .concat(note.top < 0 || note.bottom > innerHeight || note.right > innerWidth ? ["the note is out of sight"] : []);
}"""


SIZES = [(1280, 800), (1000, 700), (390, 800), (640, 400)]


def a_note_lies_on_no_control_and_no_state(page: Page) -> None:
    switch = "[role=switch][aria-label='win-licence 규칙 활성화']"
    expect(page.locator(switch)).to_be_visible()
    for size in SIZES:
        page.set_viewport_size({"width": size[0], "height": size[1]})
        for scrolled in (0, 230):
            page.evaluate(f"scrollTo(0, {scrolled})")
            page.evaluate(DRAWN)
            assert page.evaluate(COVERED, switch) == [], (size, scrolled)
            page.locator(".toast").get_by_role("button", name="닫기").click()
            expect(page.locator(".toast")).to_have_count(0)
