"""What the model tells, on the page: reasons, failure tests, the table of what is borne, history."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.live import PASSWORD, Live
from tests.browser.sights import photograph, sticking_out, violations
from tests.browser.stage import Opener, Stage
from tests.browser.visit import Look, drawn, look_as

pytestmark = pytest.mark.browser

PATIENCE_MS = 300_000
"""How long the model may take on a busy machine, in a process of its own."""

LOOKS = [("ko", "dark", 1280), ("en", "light", 390)]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Live]:
    """One cluster for the whole file; each test finds it whole, in whatever time."""
    folder: Path = tmp_path_factory.mktemp("insight")
    with Live(folder) as live:
        yield live


@pytest.fixture
def open_live(stage: Stage, live: Live) -> Opener:
    return stage.opener(live.address)


def arrive(open_live: Opener, path: str = "/", look: Look = LOOKS[0]) -> Page:
    """Go to a page, logged in."""
    locale, theme, width = look
    page = open_live(path, locale=locale, theme=theme, width=width, password=PASSWORD)
    if path == "/":
        drawn(page)
    return page


def fails(page: Page, node: str) -> Locator:
    """Return the box that lets a node fail."""
    nodes = page.get_by_role("group", name=re.compile("^(노드|Nodes)$"))
    return nodes.get_by_role("checkbox", name=node)


def judge(page: Page, name: str, width: int) -> None:
    """Keep a picture; nothing may be inaccessible, and nothing stick out."""
    photograph(page, f"{name}-{width}", full_page=True)
    assert violations(page) == []
    assert sticking_out(page) == []


def test_the_page_of_ha_tells_what_is_borne_why_a_guest_is_where_it_is_and_what_saving_does(
    open_live: Opener, live: Live
) -> None:
    live.step(60)
    page = arrive(open_live)
    the_head_of_the_page_and_its_line_say_what_is_borne(page)
    for look in LOOKS:
        look_as(page, look)
        why_tells_each_nodes_reason_beside_the_list(page, look)
    look_as(page, LOOKS[0])
    a_form_tells_what_saving_sets_in_motion_and_asks_before_the_tolerance_breaks(page)
    page.get_by_role("dialog").get_by_role("button", name="취소").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    a_resource_leads_to_what_happens_when_its_node_stops(page)


def the_head_of_the_page_and_its_line_say_what_is_borne(page: Page) -> None:
    sentence = page.get_by_role("link", name="노드 1대 장애까지 안전합니다")
    expect(sentence).to_be_visible(timeout=PATIENCE_MS)
    expect(page.locator(".outlook")).to_contain_text(re.compile(r"계산( 중 \d+/\d+)?"))
    line = page.get_by_role("region", name=re.compile("상태"))
    expect(line.first).to_contain_text("노드 1대 장애까지 안전", timeout=PATIENCE_MS)


def why_tells_each_nodes_reason_beside_the_list(page: Page, look: Look) -> None:
    page.get_by_role("button", name=re.compile(r"(왜\?|Why\?) VM 100")).click()
    panel = page.get_by_role("complementary", name=re.compile("VM 100"))
    expect(panel.get_by_text("phum01", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    expect(panel.get_by_text("phum02", exact=True).first).to_be_visible()
    judge(page, f"why-{look[0]}", look[2])
    page.keyboard.press("Escape")
    expect(panel).to_be_hidden()
    expect(page.get_by_role("button", name=re.compile(r"(왜\?|Why\?) VM 100"))).to_be_focused()


def a_form_tells_what_saving_sets_in_motion_and_asks_before_the_tolerance_breaks(
    page: Page,
) -> None:
    page.locator("#add-node-affinity").click()
    form = page.get_by_role("dialog")
    form.get_by_label("규칙명").fill("win-on-1")
    form.get_by_role("checkbox", name=re.compile("VM 100")).check()
    form.get_by_role("checkbox", name="phum01").check()
    expect(form).to_contain_text(
        re.compile(r"VM 100 \(LOTCES-WIN\) → phum01 \(중단 없이\)"), timeout=PATIENCE_MS
    )
    save = form.get_by_role("button", name="저장")
    expect(save).to_be_enabled()
    form.get_by_label("엄격 모드 (Strict)", exact=True).check()
    warning = form.get_by_text("phum01 노드가 멈추면 복구되지 않게 됩니다: VM 100 (LOTCES-WIN)")
    expect(warning).to_be_visible(timeout=PATIENCE_MS)
    photograph(page, "effect-ko-1280")
    expect(save).to_be_disabled()
    form.get_by_role("checkbox", name="알고 있으며").check()
    expect(save).to_be_enabled()


def a_resource_leads_to_what_happens_when_its_node_stops(page: Page) -> None:
    page.get_by_role("button", name=re.compile("VM 100.*메뉴")).click()
    page.get_by_role("menuitem", name="이 리소스의 노드가 멈추면?").click()
    expect(page).to_have_url(re.compile(r"/whatif\?lose=phum0[123]$"))


def test_a_failure_test_has_an_address_whatever_is_lost_and_the_login_leads_there(
    open_live: Opener,
) -> None:
    page = open_live("/whatif?lose=phum03&remove=none")
    the_address_of_a_course_leads_through_the_login_to_the_same_course(page)
    a_course_is_asked_for_and_tells_where_all_go(page)
    two_losses_one_after_the_other_are_an_address_too(page)
    a_split_is_chosen_by_sides_and_tells_who_resets_itself(page)


def the_address_of_a_course_leads_through_the_login_to_the_same_course(page: Page) -> None:
    expect(page).to_have_url(re.compile(r"/login\?next="))
    page.get_by_label("사용자").fill("root")
    page.get_by_label("비밀번호").fill(PASSWORD)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/whatif\?lose=phum03&remove=none$"))
    told = page.get_by_role("alert").filter(has_text="그런 규칙이 없습니다: none")
    expect(told).to_be_visible(timeout=PATIENCE_MS)


def a_course_is_asked_for_and_tells_where_all_go(page: Page) -> None:
    page.get_by_role("link", name="장애 시험").click()
    expect(page).to_have_url(re.compile(r"/whatif$"))
    fails(page, "phum03").check()
    page.get_by_role("button", name="모의 실행").click()
    table = page.get_by_role("table", name=re.compile("예상 결과|What will happen"))
    row = table.get_by_role("row").filter(has_text="VM 100")
    expect(row).to_contain_text("복구", timeout=PATIENCE_MS)
    expect(row).to_contain_text("phum02")
    expect(page).to_have_url(re.compile(r"/whatif\?lose=phum03$"))
    told = table.inner_text()
    page.reload()
    expect(row).to_contain_text("phum02", timeout=PATIENCE_MS)
    assert table.inner_text() == told
    for look in LOOKS:
        look_as(page, look)
        expect(row).to_contain_text("복구" if look[0] == "ko" else "back")
        expect(row).to_contain_text("phum02")
        expect(row).to_contain_text(re.compile(r"\d+[~–]\d+"))
        judge(page, f"whatif-{look[0]}", look[2])
    look_as(page, LOOKS[0])


def two_losses_one_after_the_other_are_an_address_too(page: Page) -> None:
    fails(page, "phum03").check()
    fails(page, "phum02").check()
    at = page.get_by_label("phum02 멈추는 시각 (초)")
    at.fill("300")
    page.locator("#theme").dispatch_event("click")  # which draws the whole page anew
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(at).to_have_value("300")
    page.keyboard.press("Tab")
    with page.expect_response(re.compile("/api/forecast/course"), timeout=PATIENCE_MS):
        page.get_by_role("button", name="모의 실행").click()
    expect(page).to_have_url(re.compile(r"lose=phum03&lose=phum02%40%2B300$"))
    page.reload()
    expect(page.get_by_role("heading", name="예상 결과")).to_be_visible(timeout=PATIENCE_MS)
    expect(at).to_have_value("300")


def a_split_is_chosen_by_sides_and_tells_who_resets_itself(page: Page) -> None:
    page.get_by_role("radio", name="네트워크 분할").check()
    page.get_by_label("phum03 노드가 남는 쪽").select_option(label="2번 쪽")
    page.get_by_label("시작에 실패할 게스트…").select_option("vm:121")
    page.get_by_role("button", name="모의 실행").click()
    expect(page).to_have_url(
        re.compile(r"split=phum01%2Cphum02%7Cphum03&fail_start=vm%3A121$"), timeout=PATIENCE_MS
    )
    told = page.get_by_role("region", name="예상 결과")
    expect(told).to_contain_text("스스로 재부팅하는 노드: phum03.", timeout=PATIENCE_MS)
    page.reload()
    expect(page.get_by_label("phum03 노드가 남는 쪽")).to_have_value("1")
    expect(page.get_by_role("button", name="vm:121 제외")).to_be_visible()
    expect(told).to_contain_text("스스로 재부팅하는 노드: phum03.", timeout=PATIENCE_MS)


def press_until(page: Page, goal: Locator) -> None:
    """Go on with the tabulator until something has the focus."""
    for _ in range(80):
        page.keyboard.press("Tab")
        if goal.evaluate("one => one === document.activeElement"):
            return
    raise AssertionError(goal)


def test_the_table_of_what_is_borne_opens_each_course_by_keys_or_not_and_takes_a_domain(
    open_live: Opener,
) -> None:
    page = arrive(open_live, "/whatif")
    a_failure_test_is_asked_and_read_with_the_keyboard_alone(page)
    the_table_of_what_is_borne_opens_each_course(page)
    a_named_domain_becomes_a_line_of_the_table(page)


def a_failure_test_is_asked_and_read_with_the_keyboard_alone(page: Page) -> None:
    box = fails(page, "phum01")
    expect(box).to_be_visible()
    press_until(page, box)
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="예상 결과")).to_be_visible(timeout=PATIENCE_MS)
    expect(page).to_have_url(re.compile(r"/whatif\?lose=phum01$"))
    case = page.get_by_role("link", name="phum02 정지 시 자세히", exact=True)
    expect(case).to_be_visible(timeout=PATIENCE_MS)
    press_until(page, case)
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile(r"/whatif\?lose=phum02$"))
    expect(page.get_by_role("heading", name="예상 결과")).to_be_focused(timeout=PATIENCE_MS)


def the_table_of_what_is_borne_opens_each_course(page: Page) -> None:
    before = page.url
    table = page.get_by_role("table", name="장애 허용 표")
    row = table.get_by_role("row").filter(
        has=page.get_by_role("rowheader", name="phum03", exact=True)
    )
    expect(row).to_contain_text("안전", timeout=PATIENCE_MS)
    row.get_by_role("link", name="phum03 정지 시 자세히").click()
    expect(page).to_have_url(re.compile(r"/whatif\?lose=phum03$"))
    expect(page.get_by_role("heading", name="예상 결과")).to_be_focused(timeout=PATIENCE_MS)
    page.go_back()
    expect(page).to_have_url(before)


def a_named_domain_becomes_a_line_of_the_table(page: Page) -> None:
    page.get_by_label("이름 (예: 랙 A)").fill("랙 A")
    form = page.get_by_role("region", name=re.compile("함께 멈추는 노드"))
    form.get_by_role("checkbox", name="phum02").check()
    form.get_by_role("button", name="묶음 추가").click()
    table = page.get_by_role("table", name="장애 허용 표")
    expect(table.get_by_role("rowheader", name="도메인 랙 A")).to_be_visible(timeout=PATIENCE_MS)
    page.reload()
    expect(form.get_by_text("랙 A", exact=True)).to_be_visible(timeout=PATIENCE_MS)
    form.get_by_role("button", name="계산").click()
    expect(form.get_by_role("status")).to_contain_text(re.compile(r"\d+개 더"), timeout=PATIENCE_MS)
    form.get_by_role("button", name="랙 A 수정").click()
    form.get_by_role("checkbox", name="phum03").check()
    form.get_by_role("button", name="저장").click()
    expect(form.get_by_role("listitem").filter(has_text="랙 A")).to_contain_text("phum02, phum03")
    form.get_by_role("button", name="랙 A 제거").click()
    expect(form.get_by_text("랙 A", exact=True)).to_have_count(0)


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_the_history_tells_what_happened_and_finds_it(
    open_live: Opener, live: Live, look: Look
) -> None:
    live.step(20)
    live.change_tries("vm:100", 3 if look[0] == "ko" else 4)
    live.step(10)
    page = arrive(open_live, "/history", look)
    changed = re.compile("VM 100.*설정이 변경|vm:100의 HA 설정|HA settings of (vm:100|VM 100)")
    expect(page.get_by_text(changed).first).to_be_visible(timeout=PATIENCE_MS)
    judge(page, f"history-{look[0]}", look[2])
    page.get_by_role("searchbox").fill("phum01")
    page.keyboard.press("Enter")
    expect(page.get_by_text(changed)).to_have_count(0)
