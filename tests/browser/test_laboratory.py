"""The laboratory at the foot of the page, for clusters that offer one."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.conftest import Opener
from tests.browser.standin import Standin

pytestmark = pytest.mark.browser


@pytest.fixture
def lab_page(standin: Standin, open_page: Opener) -> Page:
    """The page with the laboratory unfolded."""
    assert standin.snapshot
    standin.snapshot["cluster"]["lab"] = True
    page = open_page()
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
    expect(page.get_by_role("radio").first).to_be_visible()
    expect(page.locator("#lab")).to_be_hidden()


def test_it_is_marked_as_a_simulation_and_tells_its_time(lab_page: Page) -> None:
    expect(lab(lab_page)).to_contain_text("시뮬레이션")
    expect(lab(lab_page)).to_contain_text("모의 시각 2025. 11. 23. 오후 12:03:20")


@pytest.mark.parametrize(("kind", "action"), [("네트워크", "network"), ("전원", "power")])
def test_a_node_is_cut_off_by_a_switch(
    kind: str, action: str, lab_page: Page, standin: Standin
) -> None:
    lab(lab_page).get_by_role("switch", name=f"phum03 {kind}").click()
    expect(lab(lab_page).get_by_role("switch", name=f"phum03 {kind}")).to_be_checked()
    assert standin.writes == [
        ("POST", "/api/lab", {"action": action, "node": "phum03", "on": False})
    ]


def test_a_guest_is_crashed_and_its_starts_made_to_fail(lab_page: Page, standin: Standin) -> None:
    lab(lab_page).get_by_role("button", name="vm:100 강제 종료").click()
    lab(lab_page).get_by_label("vm:121 시작 실패 횟수").fill("2")
    lab(lab_page).get_by_role("button", name="vm:121 시작 실패 적용").click()
    expect(lab(lab_page).get_by_label("vm:121 시작 실패 횟수")).to_have_value("2")
    assert [body for _, _, body in standin.writes] == [
        {"action": "crash", "sid": "vm:100"},
        {"action": "fail_starts", "sid": "vm:121", "count": 2},
    ]


def test_time_runs_faster_stands_still_and_goes_by_steps(lab_page: Page, standin: Standin) -> None:
    expect(lab(lab_page).get_by_role("button", name="1배속", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    standin.laboratory.update(speed=60, paused=True)
    lab(lab_page).get_by_role("button", name="60배속").click()
    expect(lab(lab_page).get_by_role("button", name="60배속")).to_have_attribute(
        "aria-pressed", "true"
    )
    lab(lab_page).get_by_role("button", name="10초 진행").click()
    standin.laboratory.update(paused=False)
    lab(lab_page).get_by_role("button", name="계속").click()
    expect(lab(lab_page).get_by_role("button", name="멈춤")).to_be_visible()
    assert [body for _, _, body in standin.writes] == [
        {"action": "speed", "speed": 60},
        {"action": "step", "seconds": 10},
        {"action": "resume"},
    ]


def test_a_refusal_is_said(lab_page: Page, standin: Standin) -> None:
    standin.refuse(403, "Permission check failed (/, Sys.Modify)")
    lab(lab_page).get_by_role("button", name="10초 진행").click()
    expect(lab_page.get_by_text("실험실 요청이 실패했습니다.")).to_contain_text("Sys.Modify")


def test_switches_follow_the_cluster_and_keep_the_focus(lab_page: Page, standin: Standin) -> None:
    switch = lab(lab_page).get_by_role("switch", name="phum02 전원")
    switch.focus()
    standin.laboratory["nodes"][1]["power"] = False
    standin.show()
    expect(switch).not_to_be_checked()
    expect(switch).to_be_focused()
