"""The laboratory beside the page, for clusters that offer one."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import REQUEST, Standin
from tests.browser.test_asking import keep, wait_for
from tests.browser.test_live import stop_the_clock
from tests.browser.visit import drawn

pytestmark = pytest.mark.browser


@pytest.fixture
def lab_page(standin: Standin, open_page: Opener) -> Page:
    """The page with the laboratory unfolded."""
    assert standin.snapshot
    standin.snapshot["cluster"]["lab"] = True
    page = drawn(open_page())
    page.get_by_role("button", name="실험실").click()
    return page


def lab(page: Page) -> Locator:
    return page.get_by_role("region", name="실험실")


def test_there_is_no_laboratory_on_a_cluster_without_one(page: Page) -> None:
    expect(page.locator("#lab")).to_be_hidden()


def test_there_is_no_laboratory_for_those_who_may_not(standin: Standin, open_page: Opener) -> None:
    standin.snapshot = contents.usual()
    standin.snapshot["cluster"]["lab"] = True
    standin.session = standin.new_session(lab=False)
    page = open_page()
    drawn(page)
    expect(page.locator("#lab")).to_be_hidden()


def test_it_is_marked_as_a_simulation_and_follows_the_cluster_beside_the_page(
    lab_page: Page, standin: Standin
) -> None:
    expect(lab(lab_page)).to_contain_text("시뮬레이션")
    expect(lab(lab_page)).to_contain_text("시각 12:03:20")
    guest = lab(lab_page).get_by_role("listitem").filter(has_text="VM 121 (ct)")
    expect(guest).to_contain_text("phum01")
    boxes = [lab_page.locator(name).bounding_box() for name in ("#main", "#lab")]
    assert boxes[0]
    assert boxes[1]
    assert boxes[0]["x"] + boxes[0]["width"] <= boxes[1]["x"]

    switch = lab(lab_page).get_by_role("switch", name="phum02 전원")
    switch.focus()
    standin.laboratory["nodes"][1]["power"] = False
    standin.show()
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()

    standin.laboratory["nodes"][1]["network"] = False
    standin.show()
    network = lab(lab_page).get_by_role("switch", name="phum02 네트워크")
    expect(network).not_to_be_checked()
    expect(network).to_be_disabled()
    expect(network).to_have_accessible_description(re.compile("전원을 켜면 네트워크도 연결됩니다"))

    standin.laboratory["nodes"][1].update(power=True, network=True)
    standin.show()
    expect(switch).to_be_checked()
    expect(lab(lab_page)).not_to_contain_text("워치독이")
    standin.laboratory["nodes"][2].update(power=False, network=False)
    standin.show()
    expect(lab(lab_page)).to_contain_text("워치독이 phum03 노드의 전원을 껐습니다.")
    standin.laboratory["nodes"][2].update(power=True)
    standin.show()
    expect(lab(lab_page)).not_to_contain_text("워치독이")


def ask(page: Page, act: Callable[[], None]) -> None:
    """Do what the laboratory is asked by, and wait until it has answered."""
    with page.expect_response(lambda one: one.request.method == "POST"):
        act()


def test_what_is_asked_of_the_laboratory_is_done_and_said(lab_page: Page, standin: Standin) -> None:
    guests_are_crashed_and_made_to_fail_and_what_was_done_is_said_in_words(lab_page, standin)
    standin.writes.clear()
    a_node_is_cut_off_time_runs_as_asked_and_a_refusal_is_said(lab_page, standin)


def guests_are_crashed_and_made_to_fail_and_what_was_done_is_said_in_words(
    lab_page: Page, standin: Standin
) -> None:
    field = lab(lab_page).get_by_label("VM 121 (ct) 다음 시작을 실패시킬 횟수")
    fail = lab(lab_page).get_by_role("button", name="VM 121 (ct) 시작 실패 적용")
    for count in ("-1", "1.5", "1e2", "1001", "9" * 21, ""):
        field.fill("")
        expect(field).to_have_value("")
        field.fill(count)
        fail.click()
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description("0에서 1,000 사이의 정수를 입력하세요.")
    assert standin.writes == []

    lab(lab_page).get_by_role("button", name="VM 100 (LOTCES-WIN) 비정상 종료시키기").click()
    said = lab_page.locator("#toasts")
    expect(said).to_contain_text("VM 100 (LOTCES-WIN): 비정상 종료시켰습니다.")
    field.fill("2")
    lab_page.keyboard.press("Enter")
    expect(said).to_have_text("VM 121 (ct): 다음 시작을 2회 실패시킵니다.")
    field.fill("3")
    fail.click()
    expect(said).to_have_text("VM 121 (ct): 다음 시작을 3회 실패시킵니다.")
    expect(field).to_have_value("3")
    assert [body for _, _, body in standin.writes] == [
        {"action": "crash", "sid": "vm:100"},
        {"action": "fail_starts", "sid": "vm:121", "count": 2},
        {"action": "fail_starts", "sid": "vm:121", "count": 3},
    ]


def a_node_is_cut_off_time_runs_as_asked_and_a_refusal_is_said(
    lab_page: Page, standin: Standin
) -> None:
    for kind, action in [("네트워크", "network"), ("전원", "power")]:
        switch = lab(lab_page).get_by_role("switch", name=f"phum03 {kind}")
        ask(lab_page, switch.click)
        expect(switch).to_be_checked()
        asked = {"action": action, "node": "phum03", "on": False}
        assert standin.writes.pop() == ("POST", "/api/lab", asked)
    assert standin.writes == []

    expect(lab(lab_page).get_by_role("button", name="1배속", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    lab(lab_page).get_by_role("button", name="60배속").click()
    expect(lab(lab_page).get_by_role("button", name="60배속")).to_have_attribute(
        "aria-pressed", "true"
    )
    lab(lab_page).get_by_role("button", name="일시 정지").click()
    expect(lab(lab_page).get_by_role("button", name="계속")).to_be_visible()
    ask(lab_page, lab(lab_page).get_by_role("button", name="10초 건너뛰기").click)
    lab(lab_page).get_by_role("button", name="계속").click()
    expect(lab(lab_page).get_by_role("button", name="일시 정지")).to_be_visible()
    assert [body for _, _, body in standin.writes] == [
        {"action": "speed", "speed": 60},
        {"action": "pause"},
        {"action": "step", "seconds": 10},
        {"action": "resume"},
    ]

    standin.refuse(403, "Permission check failed (/, Sys.Modify)")
    lab(lab_page).get_by_role("button", name="10초 건너뛰기").click()
    note = lab_page.get_by_text("실험실 요청이 실패했습니다.")
    expect(note).to_contain_text("Sys.Modify")
    expect(note).to_contain_text(f"요청 번호 {REQUEST}")


def test_where_there_is_no_room_beside_its_switches_stand_in_the_rows(
    lab_page: Page, standin: Standin
) -> None:
    lab_page.set_viewport_size({"width": 1100, "height": 800})
    row = lab_page.locator("#status").get_by_role("row").filter(has_text="phum02")
    ask(lab_page, row.get_by_role("switch", name="phum02 전원").click)
    assert standin.writes[-1][2] == {"action": "power", "node": "phum02", "on": False}
    expect(lab(lab_page).get_by_role("button", name="10초 건너뛰기")).to_be_in_viewport()
    expect(lab(lab_page).get_by_role("switch")).to_have_count(0)
    menu = lab_page.get_by_role("button", name="VM 121 (ct) 메뉴")
    crash = {"action": "crash", "sid": "vm:121"}
    fail = {"action": "fail_starts", "sid": "vm:121"}
    for item, asked, said in (
        ("비정상 종료시키기", crash, "비정상 종료시켰습니다."),
        ("다음 시작 1회 실패시키기", fail | {"count": 1}, "다음 시작을 1회 실패시킵니다."),
        ("시작 실패 그만하기", fail | {"count": 0}, "시작을 더 이상 실패시키지 않습니다."),
    ):
        menu.click()
        lab_page.get_by_role("menuitem", name=f"실험실: {item}").click()
        expect(lab_page.locator(".toast").filter(has_text=said)).to_be_visible()
        assert standin.writes[-1][2] == asked
    lab(lab_page).get_by_text("게스트", exact=True).click()
    expect(lab(lab_page).get_by_role("listitem").first).to_be_visible()
    lab_page.get_by_role("button", name="실험실").click()
    expect(lab_page.locator("#lab")).to_have_count(0)
    expect(row.get_by_role("switch")).to_have_count(0)


def test_keys_in_it_leave_the_page_where_it_is_and_nothing_hides_what_they_come_to(
    lab_page: Page,
) -> None:
    expect(lab(lab_page).get_by_role("switch").first).to_be_visible()
    lab(lab_page).get_by_role("button", name="실험실").focus()
    for _ in range(9):
        lab_page.keyboard.press("Tab")
    expect(lab(lab_page).get_by_role("switch", name="phum02 전원")).to_be_focused()
    assert lab_page.evaluate("scrollY") == 0

    lab_page.set_viewport_size({"width": 1280, "height": 500})
    lab_page.locator("#status-title").focus()
    boxes = "[document.activeElement, document.querySelector('.strip')]" + (
        ".map((one) => one.getBoundingClientRect())"
    )
    while lab_page.evaluate("document.activeElement.closest('main') !== null"):
        focused, strip = lab_page.evaluate(boxes)
        assert focused["top"] >= strip["bottom"]
        assert focused["bottom"] <= 500
        lab_page.keyboard.press("Tab")
    expect(lab(lab_page).get_by_role("button", name="실험실")).to_be_focused()


@pytest.fixture
def timeless_page(standin: Standin, open_page: Opener) -> Page:
    """The page with the laboratory unfolded, whose time passes when the test says so."""
    assert standin.snapshot
    standin.snapshot["cluster"]["lab"] = True
    page = open_page("/login", own=True)
    stop_the_clock(page)
    page.goto(standin.address)
    page.get_by_role("button", name="실험실").click()
    return page


def test_what_changes_while_it_is_read_is_read_as_well(
    timeless_page: Page, standin: Standin
) -> None:
    switch = lab(timeless_page).get_by_role("switch", name="phum02 전원")
    expect(switch).to_be_checked()
    kept = keep(timeless_page, "/api/lab$")
    standin.show()
    wait_for(timeless_page, kept, 1)
    standin.laboratory["nodes"][1]["power"] = False
    assert standin.snapshot
    standin.snapshot["cluster"]["name"] = "later"
    standin.show()
    expect(timeless_page.get_by_role("banner")).to_contain_text("later")
    kept[0].fulfill(json=contents.laboratory())
    wait_for(timeless_page, kept, 2)
    kept[1].fulfill(json=standin.laboratory)
    expect(switch).not_to_be_checked()


def test_the_same_word_is_not_piled_up_and_leaves_by_itself(
    timeless_page: Page, standin: Standin
) -> None:
    page = timeless_page
    word = page.get_by_text("실험실 요청이 실패했습니다.")
    fail_a_step(page, standin)
    first = word.element_handle()
    fail_a_step(page, standin)
    first.wait_for_element_state("hidden")
    expect(word).to_have_count(1)
    page.clock.fast_forward(11_000)
    expect(word).to_have_count(0)


def fail_a_step(page: Page, standin: Standin) -> None:
    standin.refuse(403, "Permission check failed (/, Sys.Modify)")
    lab(page).get_by_role("button", name="10초 건너뛰기").click()
