"""The cluster as a map: who is where, by mouse, keys and ear; a rule drawn; a move seen as a move."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import KO, drawn

pytestmark = pytest.mark.browser

RECORD = """() => {
  window.glides = [];
  const animate = Element.prototype.animate;
  Element.prototype.animate = function (...told) {
    glides.push([this.dataset.sid, told[0][0].transform]);
    return animate.apply(this, told);
  };
}"""


@pytest.fixture
def map_page(standin: Standin, open_page: Opener) -> Page:
    """The page of a cluster with rules and a fault domain, shown as a map."""
    standin.snapshot = contents.with_rules()
    standin.domains = {"rack-a": ["phum01", "phum02"], "room-1": ["phum02"]}
    page = drawn(open_page())
    page.get_by_role("button", name="지도").click()
    expect(page.get_by_role("region", name="장애 도메인 rack-a")).to_be_visible()
    return page


def box(page: Page, node: str) -> Locator:
    return page.locator(f"#map .map-node[data-node={node}]")


def guest(page: Page, name: str) -> Locator:
    return page.get_by_role("button", name=name)


def test_guests_stand_in_nodes_and_these_in_domains_a_rule_is_drawn_and_keys_go_among_them(
    map_page: Page,
) -> None:
    frame = map_page.get_by_role("region", name="장애 도메인 rack-a")
    expect(frame.locator(".map-node")).to_have_count(2)
    expect(box(map_page, "phum02")).to_contain_text("다른 도메인: room-1")
    inside = box(map_page, "phum03")
    expect(inside.locator("button.map-guest")).to_have_count(2)
    expect(inside.get_by_role("img", name="HA 대상 아님")).to_have_count(2)
    expect(inside).to_contain_text("111 / 128 GiB")

    expect(map_page.locator(".map-lines line")).to_have_count(0)
    map_page.get_by_label("규칙 표시").select_option("prefer-phum01")
    expect(map_page.locator(".map-lines line").first).to_be_attached()
    expect(map_page.locator(".map-told")).to_contain_text("phum01 (10)")
    expect(box(map_page, "phum01")).to_contain_text("가중치 10")

    first = guest(map_page, "VM 121 (ct)").first
    first.focus()
    map_page.keyboard.press("ArrowRight")
    expect(guest(map_page, "VM 122 (cl)").first).to_be_focused()
    map_page.keyboard.press("ArrowDown")
    expect(guest(map_page, "VM 124 (cl2)").first).to_be_focused()
    map_page.keyboard.press("Enter")
    map_page.get_by_role("menuitem", name="이동", exact=True).click()
    expect(map_page.get_by_role("dialog", name="VM 124 (cl2) 이동")).to_be_visible()

    map_page.reload()
    expect(inside).to_be_visible()
    map_page.get_by_role("button", name="목록").click()
    drawn(map_page)


def test_fault_domains_that_could_not_be_read_are_asked_for_again_with_the_next_word(
    standin: Standin, open_page: Opener
) -> None:
    standin.domains = {"rack-a": ["phum01", "phum02"]}
    page = drawn(open_page())
    error = {"code": "cluster", "message": "no answer"}
    page.route(
        "**/api/forecast/domains", lambda asked: asked.fulfill(status=503, json=error), times=1
    )
    with page.expect_response("**/api/forecast/domains"):
        page.get_by_role("button", name="지도").click()
    frame = page.get_by_role("region", name="장애 도메인 rack-a")
    expect(box(page, "phum01")).to_be_visible()
    standin.show()
    expect(frame).to_be_visible()


def test_a_fault_domain_is_kept_beside_all_that_are_known_and_not_before_they_are(
    standin: Standin, open_page: Opener
) -> None:
    standin.domains = {"rack-a": ["phum01", "phum02"]}
    page = drawn(open_page())
    error = {"code": "cluster", "message": "no answer"}
    page.route("**/api/forecast/domains", lambda asked: asked.fulfill(status=503, json=error))
    with page.expect_response("**/api/forecast/domains"):
        page.goto(f"{standin.address}/whatif")
    card = page.get_by_role("region", name=KO["domains.title"])
    card.get_by_label(KO["domains.name"]).fill("room-1")
    card.get_by_label("phum03").check()
    add = card.get_by_role("button", name=KO["domains.add"])
    expect(add).to_be_disabled()

    page.unroute("**/api/forecast/domains")
    standin.show()
    expect(card.get_by_role("listitem").filter(has_text="rack-a")).to_be_visible()
    add.click()
    expect(card.get_by_role("listitem")).to_have_count(2)
    kept = {"rack-a": ["phum01", "phum02"], "room-1": ["phum03"]}
    assert standin.writes == [("PUT", "/api/forecast/domains", {"domains": kept})]


def test_a_guests_sign_tells_how_it_is_by_drawing_colour_and_word_and_a_move_is_seen_as_a_move(
    map_page: Page, standin: Standin
) -> None:
    snapshot = contents.with_rules()
    snapshot["resources"][0].update(state="stopped", request_state="stopped")
    snapshot["resources"][3].update(state="recovery")
    standin.show(snapshot)
    inside = box(map_page, "phum03")
    signs = inside.locator(".map-guest")
    expect(signs).to_have_text(
        ["100 LOTCES-WIN중지", "124 cl2복구 중", "201 proxy", "130 mail정지됨"]
    )
    drawings = signs.evaluate_all(
        "(all) => all.map((one) => one.querySelector('path').getAttribute('d'))"
    )
    assert len(set(drawings)) == 3
    legend = map_page.get_by_role("list", name="표시의 뜻")
    expect(legend.get_by_role("listitem")).to_have_count(7)
    inside.get_by_role("button", name="phum03 메뉴").click()
    expect(map_page.get_by_role("menuitem", name="점검 계획…")).to_be_visible()
    map_page.keyboard.press("Escape")
    expect(map_page.get_by_role("menuitem")).to_have_count(0)

    map_page.emulate_media(reduced_motion="no-preference")
    map_page.evaluate(RECORD)
    snapshot = contents.with_rules()
    snapshot["resources"][0]["node"] = "phum02"
    standin.show(snapshot)
    expect(box(map_page, "phum02").locator("button.map-guest")).to_have_count(1)
    map_page.wait_for_function("() => glides.length > 0")
    [[sid, start]] = map_page.evaluate("glides")
    assert sid == "vm:100"
    assert start.startswith("translate(")
    map_page.emulate_media(reduced_motion="reduce")
