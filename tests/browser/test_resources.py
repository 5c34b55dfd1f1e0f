"""Part 2 of the page: the list of resources, and its forms' good and bad paths."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import REQUEST, Standin
from tests.browser.visit import KO, cancel, choose_in_menu, line, matters

pytestmark = pytest.mark.browser


def resources(page: Page) -> Locator:
    return page.get_by_role("region", name="HA 리소스 목록")


def press(page: Page, name: str) -> None:
    resources(page).get_by_role("button", name=name, exact=True).click()


def choose(page: Page, name: str) -> None:
    page.get_by_role("radio", name=f"{name} 선택").check()


def field(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog").get_by_label(name, exact=True)


def submit(page: Page, name: str) -> Locator:
    return page.get_by_role("dialog").get_by_role("button", name=name, exact=True)


def test_the_list_has_a_word_for_each_state_and_says_when_nobody_keeps_it_up(
    page: Page, standin: Standin
) -> None:
    the_list_is_that_of_the_manual_with_a_word_for_each_state_and_one_of_it_is_chosen(page, standin)
    standin.show(contents.usual())
    states_that_nobody_keeps_up_are_said_to_be_the_last_known_and_lose_their_colour(page, standin)
    fewer_than_three_votes_and_settings_that_the_page_does_not_know_are_told(page, standin)


def the_list_is_that_of_the_manual_with_a_word_for_each_state_and_one_of_it_is_chosen(
    page: Page, standin: Standin
) -> None:
    headings = ["선택", "ID", "노드", "타입", "이름", "상태", "최대 재시작", "최대 재배치"]
    columns = resources(page).get_by_role("columnheader")
    expect(columns).to_have_text([*headings, "Failback", "최근 변화", "작업"])
    first = resources(page).get_by_role("row").nth(1)
    cells = ["", "100", "phum03", "VM", "LOTCES-WIN", "실행 중 (Started)", "1", "1", "On"]
    cells += ["", "왜?"]
    expect(first.get_by_role("cell").or_(first.get_by_role("rowheader"))).to_have_text(cells)

    managing = [resources(page).get_by_role("button", name=n, exact=True) for n in ("수정", "제거")]
    for button in managing:
        expect(button).to_be_disabled()
    choose(page, "VM 100 (LOTCES-WIN)")
    choose(page, "VM 999 (virton)")
    expect(resources(page).get_by_role("radio", checked=True)).to_have_count(1)
    for button in managing:
        expect(button).to_be_enabled()

    # The list is in the order of the numbers, whatever the type.
    snapshot = contents.usual()
    snapshot["resources"].insert(0, contents.resource(123, "dns", "phum01", type="ct"))
    standin.show(snapshot)
    numbers = resources(page).locator("tbody").get_by_role("rowheader")
    expect(numbers).to_have_text(["100", "121", "122", "123", "124", "999"])

    # Every state has a word of its own; one that nobody knows is shown as it came.
    snapshot = contents.usual()
    snapshot["resources"][0]["state"] = "levitating"
    standin.show(snapshot)
    expect(resources(page).get_by_text("levitating")).to_be_visible()
    standin.show(contents.every_state())
    badges = resources(page).locator("tbody .pill")
    words = [KO[f"resource.state.{s.replace(' ', '_')}"] for s in contents.RESOURCE_STATES]
    expect(badges).to_have_text(words)
    assert len(set(words)) == len(words)


def test_a_resource_is_added_with_the_help_of_the_manual_whatever_is_refused_and_edited(
    page: Page, standin: Standin
) -> None:
    adding_offers_guests_outside_ha_with_the_defaults_and_the_help_of_the_manual(page)
    cancel(page)
    a_refusal_is_said_in_the_form_and_nothing_is_lost(page, standin)
    standin.writes.clear()
    adding_and_editing_send_what_was_chosen(page, standin)


def adding_offers_guests_outside_ha_with_the_defaults_and_the_help_of_the_manual(
    page: Page,
) -> None:
    press(page, "리소스 추가")
    dialog = page.get_by_role("dialog")
    options = field(page, "VM 선택 (CT 포함)").get_by_role("option")
    expect(options).to_have_text(
        [
            "VM 선택",
            "VM 130 (mail) · phum03 · 정지됨",
            "VM 131 (build) · phum01 · 실행 중",
            "CT 200 (dns) · phum01 · 실행 중",
            "CT 201 (proxy) · phum03 · 실행 중",
        ]
    )
    expect(field(page, "상태")).to_have_value("started")
    expect(field(page, "최대 재시작 (Max Restart)")).to_have_value("1")
    expect(field(page, "최대 재배치 (Max Relocate)")).to_have_value("1")
    expect(field(page, "Failback 활성화")).to_be_checked()
    hint = dialog.get_by_text("HA 리소스로 등록할 VM을 선택해야 합니다.")
    expect(hint).to_be_visible()
    expect(submit(page, "추가")).to_be_disabled()

    mark = submit(page, "최대 재배치 (Max Relocate) 도움말")
    mark.press("Enter")
    expect(mark).to_have_attribute("aria-expanded", "true")
    expect(dialog.get_by_text("노드 장애 복구에는 제한이 없으며")).to_be_visible()
    mark.press("Enter")
    for name in ("최대 재시작 (Max Restart)", "최대 재배치 (Max Relocate)"):
        submit(page, f"{name} 도움말").click()
        expect(dialog.get_by_text(f"동작 예시: {name[:6]} = 1")).to_be_visible()
        expect(dialog.get_by_role("listitem")).to_have_count(3)
        submit(page, f"{name} 도움말").click()
        expect(dialog.get_by_role("listitem")).to_have_count(0)

    field(page, "VM 선택 (CT 포함)").select_option("ct:200")
    expect(hint).to_be_hidden()
    expect(submit(page, "추가")).to_be_enabled()
    number = field(page, "최대 재시작 (Max Restart)")
    for wrong in ("", "-1", "1.5", "1e2", "9" * 21):
        number.fill(wrong)
        expect(number).to_have_accessible_description("0 이상 999,999 이하의 정수를 입력하세요.")
        expect(submit(page, "추가")).to_be_disabled()
        number.fill("0")
        expect(submit(page, "추가")).to_be_enabled()
    field(page, "상태").select_option("disabled")
    expect(dialog.get_by_text("주의: 게스트를 정지하고")).to_be_visible()


def a_refusal_is_said_in_the_form_and_nothing_is_lost(page: Page, standin: Standin) -> None:
    press(page, "리소스 추가")
    field(page, "VM 선택 (CT 포함)").select_option("vm:130")
    field(page, "설명").fill("메일")
    alert = page.get_by_role("dialog").get_by_role("alert")

    standin.refuse(500, "resource ID 'vm:130' already defined")
    submit(page, "추가").click()
    expect(alert).to_contain_text("VM 130 (mail) 리소스는 이미 HA에 등록되어 있습니다.")
    expect(alert).to_contain_text("resource ID 'vm:130' already defined")
    request = alert.get_by_text(REQUEST)
    expect(alert).to_contain_text(f"요청 번호 {REQUEST}")
    request.click()
    assert page.evaluate("String(getSelection())") == REQUEST

    standin.refuse(504, None, code="timeout", unknown=True)
    submit(page, "추가").click()
    expect(alert).to_contain_text("클러스터가 제때 응답하지 않습니다.")
    expect(alert).to_contain_text("이미 처리되었을 수 있습니다.")
    expect(alert).not_to_contain_text("클러스터 응답:")

    standin.refuse(500, "cfs-lock 'domain-ha' error: got lock request timeout")
    submit(page, "추가").click()
    expect(alert).to_contain_text("다른 변경이 진행 중")
    expect(alert).to_contain_text("got lock request timeout")

    fields = {"max_restart": "value must have a maximum value of 10"}
    standin.refuse(400, "Parameter verification failed.", fields)
    submit(page, "추가").click()
    number = field(page, "최대 재시작 (Max Restart)")
    expect(number).to_be_focused()
    expect(number).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_role("dialog").get_by_text("maximum value of 10")).to_be_visible()

    expect(field(page, "설명")).to_have_value("메일")
    submit(page, "추가").click()
    expect(page.get_by_role("dialog")).to_have_count(0)


def adding_and_editing_send_what_was_chosen(page: Page, standin: Standin) -> None:
    press(page, "리소스 추가")
    field(page, "VM 선택 (CT 포함)").select_option("ct:200")
    field(page, "상태").select_option("stopped")
    field(page, "최대 재시작 (Max Restart)").fill("3")
    field(page, "Failback 활성화").uncheck()
    field(page, "설명").fill("사내 DNS")
    submit(page, "추가").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("CT 200 (dns) 리소스를 HA에 추가했습니다.")).to_be_visible()
    body = {"sid": "ct:200", "state": "stopped", "max_restart": 3, "max_relocate": 1}
    sent = ("POST", "/api/resources", {**body, "failback": False, "comment": "사내 DNS"})
    assert standin.writes == [sent]

    choose(page, "VM 124 (cl2)")
    press(page, "수정")
    expect(field(page, "ID")).to_have_value("VM 124 (cl2)")
    expect(field(page, "ID")).not_to_be_editable()
    field(page, "최대 재배치 (Max Relocate)").fill("2")
    submit(page, "저장").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    method, path, body = standin.writes[1]
    assert (method, path) == ("PUT", "/api/resources/vm:124")
    assert body["max_relocate"] == 2
    assert "sid" not in body


def test_a_user_who_may_see_no_guest_is_told_why_there_is_none(
    standin: Standin, open_page: Opener
) -> None:
    assert standin.session is not None
    assert standin.snapshot is not None
    standin.session["sees_guests"] = False
    standin.snapshot["guests"] = []
    page = open_page()
    expect(page.get_by_text("VM과 CT의 이름이 표시되지 않습니다.")).to_be_visible()
    press(page, "리소스 추가")
    expect(page.get_by_role("dialog")).to_contain_text("볼 권한(VM.Audit)이 없어")


def test_removing_says_what_it_does_to_the_guest_and_to_the_rules_that_name_it(
    standin: Standin, open_page: Opener
) -> None:
    row = {"kind": "node", "name": "phum03", "nodes": ["phum03"], "quorate": True}
    lost = {"vm:124": [{"verdict": "not_placed", "node": None}]}
    standin.advice["before"] = [row | {"safe": False, "resources": lost}]
    standin.advice["after"] = [row | {"safe": True, "resources": {}}]
    snapshot = standin.snapshot = contents.with_rules()
    page = open_page()
    dialog = page.get_by_role("dialog")
    with_rules = dialog.get_by_label("친화성 규칙에서도 제거")

    choose(page, "VM 124 (cl2)")
    standin.show(snapshot | {"rules": snapshot["rules"][:4]})
    expect(page.get_by_role("rowheader", name="ha-pair")).to_have_count(0)
    press(page, "제거")
    expect(dialog).to_contain_text("HA에서 제거할까요?")
    expect(with_rules).to_be_hidden()
    # that nobody misses it any more is no gain
    expect(dialog).to_contain_text("이후 노드가 멈춰도 복구되지 않습니다: VM 124 (cl2)")
    expect(dialog).not_to_contain_text("이제 모두 복구됩니다")
    cancel(page)

    choose(page, "VM 999 (virton)")
    press(page, "제거")
    expect(with_rules).to_be_visible()
    expect(dialog).to_contain_text("‘web-with-cache’ 규칙: 대상에서 이 리소스를 뺍니다.")
    expect(dialog).to_contain_text("두 개 미만으로 남아 규칙의 효과가 없어집니다.")
    cancel(page)

    choose(page, "VM 121 (ct)")
    press(page, "제거")
    expect(dialog).to_contain_text("게스트는 삭제되거나 정지되지 않고 지금 상태로 남습니다.")
    expect(dialog.get_by_role("listitem")).to_have_text(
        [
            "‘prefer-phum01’ 규칙: 대상에서 이 리소스를 뺍니다.",
            "‘web-with-cache’ 규칙: 대상에서 이 리소스를 뺍니다. "
            "HA에 등록된 대상이 두 개 미만으로 남아 규칙의 효과가 없어집니다.",
        ]
    )
    with_rules.uncheck()
    expect(dialog.get_by_role("listitem").first).to_contain_text("ID가 규칙에 남습니다")
    submit(page, "제거").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert standin.writes == [("DELETE", "/api/resources/vm:121?purge=0", None)]


def test_a_resource_in_error_shows_the_way_out_to_its_end(page: Page, standin: Standin) -> None:
    snapshot = contents.trouble()
    broken = snapshot["resources"][4]
    failed = {"failed_nodes": ["phum01", "phum02"], "max_restart": 2, "max_relocate": 1}
    broken.update(failed)
    standin.show(snapshot)
    expect(line(page)).to_contain_text("phum03 노드를 차단(Fence)하는 중입니다.")
    told = matters(page)
    expect(told).to_contain_text("phum01, phum02 노드 2곳에서 시작에 실패했습니다.")
    expect(told).to_contain_text("노드마다 3번씩 시도했습니다")
    expect(told).to_contain_text("최대 재배치 1")
    expect(told.get_by_text("VM 999 (virton): 오류 상태입니다.")).to_be_visible()
    expect(told.get_by_text("다른 변경이 거부됩니다")).to_be_visible()

    choose_in_menu(page, "VM 999 (virton)", "복구")
    cancel(page)
    matters(page).get_by_role("button", name="복구…").click()
    dialog = page.get_by_role("dialog", name="VM 999 (virton) 복구")
    expect(dialog.get_by_role("listitem")).to_have_count(3)
    dialog.get_by_role("radio", name="바로 다시 시작").check()
    submit(page, "복구 시작").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert standin.writes == [("POST", "/api/resources/vm:999/repair", {"at_once": True})]

    repair = {"step": "waiting", "who": "kim@pve", "since": contents.NOW, "failed": ["phum01"]}
    broken.update(state="disabled", request_state="disabled", repair=repair)
    snapshot["now"] += 1
    standin.show(snapshot)
    expect(matters(page)).to_contain_text("원인을 해결한 뒤 ‘다시 시작’을 누르세요.")
    expect(matters(page)).to_contain_text("kim@pve")
    matters(page).get_by_role("button", name="다시 시작").click()
    expect(page.get_by_text("다시 시작하도록 요청했습니다.")).to_be_visible()
    assert standin.writes[1:] == [("POST", "/api/resources/vm:999/repair/start", None)]
    broken.update(state="starting", request_state="started", repair=repair | {"step": "starting"})
    snapshot["now"] += 1
    standin.show(snapshot)
    expect(matters(page).get_by_role("button", name="다시 시작")).to_have_count(0)


def test_without_the_privilege_everything_is_disabled_and_the_reason_is_said(
    standin: Standin, open_page: Opener
) -> None:
    standin.session = standin.new_session(["Sys.Audit"])
    page = open_page()
    choose(page, "VM 100 (LOTCES-WIN)")
    for name in ("리소스 추가", "수정", "이동", "제거"):
        expect(resources(page).get_by_role("button", name=name, exact=True)).to_be_disabled()
    expect(page.locator(".title").get_by_text("Sys.Console 권한이 필요합니다")).to_be_visible()


def fewer_than_three_votes_and_settings_that_the_page_does_not_know_are_told(
    page: Page, standin: Standin
) -> None:
    snapshot = contents.usual()
    snapshot["cluster"]["votes"] = 2
    snapshot["resources"][0]["extra"] = {"auto-rebalance": 0}
    standin.show(snapshot)
    expect(line(page).get_by_text("쿼럼 투표 수가 2개뿐입니다.")).to_be_visible()
    choose(page, "VM 100 (LOTCES-WIN)")
    press(page, "수정")
    expect(page.get_by_role("dialog").get_by_text("auto-rebalance = 0")).to_be_visible()


NOBODY_KEEPS_UP: list[tuple[contents.Snapshot, str]] = [
    ({"quorum": {"ok": False, "node": "phum01"}}, "쿼럼을 잃어"),
    ({"master": None}, "CRM 마스터가 없어"),
    ({"master": {"node": "phum01", "state": "dead", "at": contents.NOW - 90}}, "보고가 끊겨"),
]


def states_that_nobody_keeps_up_are_said_to_be_the_last_known_and_lose_their_colour(
    page: Page, standin: Standin
) -> None:
    for change, why in NOBODY_KEEPS_UP:
        _lose_colour_and_get_it_back(page, standin, change, why)


def _lose_colour_and_get_it_back(
    page: Page, standin: Standin, change: contents.Snapshot, why: str
) -> None:
    part = page.get_by_role("region", name="HA 리소스 목록")
    mark = part.locator("table").get_by_text("실행 중 (Started)").first
    expect(mark).to_have_attribute("data-tone", "ok")
    standin.show(contents.usual() | change)
    told = line(page).get_by_text("마지막으로 알려진 상태입니다")
    expect(told).to_contain_text(why)
    if change.get("master"):
        expect(told).to_contain_text("(12:01:50 기준)")
    expect(mark).to_have_attribute("data-tone", "idle")
    expect(part.get_by_text("전 갱신")).to_have_count(0)
    standin.show(contents.usual())
    expect(told).to_have_count(0)
    expect(mark).to_have_attribute("data-tone", "ok")
