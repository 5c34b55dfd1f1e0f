"""Part 1 of the page: who is master, how each node does, and what to do when nobody answers."""

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import BELOW, Standin
from tests.browser.visit import EN, KO, line, matters

pytestmark = pytest.mark.browser


def status(page: Page) -> Locator:
    return page.get_by_role("region", name="HA 상태")


def row(page: Page, name: str, role: str = "LRM") -> Locator:
    rows = status(page).get_by_role("row")
    return rows.filter(has=page.get_by_role("rowheader", name=name)).filter(
        has=page.get_by_role("cell", name=role, exact=True)
    )


NODE_STATES = [
    ("active", "활성 (Active)", "ok"),
    ("idle", "유휴 (Idle)", "idle"),
    ("lost", "잠금 유실 (Lost Lock)", "bad"),
    ("error", "오류 (Error)", "bad"),
    ("waiting", "잠금 대기 (Waiting for Lock)", "warn"),
    ("maintenance", "점검 중 (Maintenance)", "info"),
    ("dead", "응답 없음 (Old Timestamp)", "warn"),
    ("time_drift", "시간 불일치 (Time Drift)", "warn"),
]


def test_each_part_of_a_cluster_that_does_not_do_well_is_told_in_the_words_of_the_manual(
    page: Page, standin: Standin
) -> None:
    the_table_has_the_master_first_and_a_word_and_a_colour_for_whatever_a_node_does(page, standin)
    a_missing_quorum_is_told_apart_from_a_missing_master(page, standin)
    a_lost_node_and_a_lost_lock_are_told_in_the_words_of_the_manual(page, standin)
    what_is_wrong_with_addresses_clocks_and_the_consoles_token_is_told(page, standin)


def the_table_has_the_master_first_and_a_word_and_a_colour_for_whatever_a_node_does(
    page: Page, standin: Standin
) -> None:
    rows = status(page).get_by_role("row")
    expect(rows).to_contain_text(
        [
            "노드역할서비스상태",
            "phum01CRM (마스터 노드)Control쿼럼 정상 (OK)",
            "phum01LRMactive활성 (Active)",
            "phum02LRMactive유휴 (Idle)",
            "phum03LRMactive활성 (Active)",
        ]
    )

    tones = {"쿼럼 정상 (OK)": "ok", "유휴 (Idle)": "idle"}
    for word, tone in tones.items():
        badge = status(page).locator("table").get_by_text(word, exact=True)
        expect(badge).to_have_attribute("data-tone", tone)

    snapshot = contents.usual()
    for display, word, tone in NODE_STATES:
        snapshot["nodes"][0]["lrm"] = contents.lrm(display)
        standin.show(snapshot)
        mark = row(page, "phum01").get_by_text(word, exact=True)
        expect(mark).to_have_attribute("data-tone", tone)

    standin.show(contents.usual())
    expect(row(page, "phum02")).to_contain_text("워치독 꺼짐 (대기)")
    snapshot = contents.usual()
    snapshot["nodes"][1]["lrm"] = {**contents.lrm("dead"), "watchdog": "standby"}
    standin.show(snapshot)
    expect(row(page, "phum02")).to_contain_text("응답 없음 (Old Timestamp)")
    expect(row(page, "phum02")).not_to_contain_text("워치독")

    snapshot = contents.usual()
    # A simulated cluster's time stands between two snapshots.
    snapshot["cluster"]["clock"] = {"now": 1000, "runs": False, "skew_s": None}
    for node, age_s in zip(snapshot["nodes"], (4, 29, 94), strict=True):
        node["lrm"]["at"] = 1000 - age_s
    standin.show(snapshot)
    expect(row(page, "phum03")).to_contain_text("94초 전")
    for name in ("phum01", "phum02"):
        expect(row(page, name)).not_to_contain_text("초 전")

    snapshot = contents.usual()
    snapshot["nodes"][2].update(online=False, ha_state="unknown")
    standin.show(snapshot)
    expect(row(page, "phum03").get_by_text("오프라인 (Unknown)", exact=True)).to_be_visible()
    standin.show(contents.trouble())
    expect(row(page, "phum03").get_by_text("차단 중 (Fence)", exact=True)).to_be_visible()
    expect(line(page).get_by_text("phum03 노드를 차단(Fence)하는 중입니다.")).to_be_visible()

    standin.show(contents.without_quorum())
    expect(row(page, "phum03").get_by_text("오프라인")).to_be_visible()

    snapshot = contents.usual()
    snapshot["nodes"] = []
    standin.show(snapshot)
    expect(status(page).get_by_text("등록된 노드 정보가 없습니다.")).to_be_visible()
    expect(status(page).get_by_role("table")).to_have_count(0)


def a_missing_quorum_is_told_apart_from_a_missing_master(page: Page, standin: Standin) -> None:
    snapshot = contents.usual()
    snapshot["fencing"]["armed_state"] = "standby"
    standin.show(snapshot)
    expect(status(page)).to_contain_text("펜싱: 대기 (Standby)")
    snapshot["quorum"]["ok"] = False
    standin.show(snapshot)
    expect(status(page)).not_to_contain_text("펜싱: 대기")

    snapshot = contents.usual()
    snapshot["quorum"]["ok"] = False
    standin.show(snapshot)
    badge = row(page, "phum01", "CRM (마스터 노드)").get_by_text("실패 (No Quorum)")
    expect(badge).to_have_attribute("data-tone", "bad")
    expect(line(page).get_by_text("쿼럼을 잃어 HA를 제어할 수 없습니다.")).to_be_visible()
    expect(line(page).get_by_text("CRM 마스터가 없습니다")).to_have_count(0)

    snapshot = contents.usual()
    snapshot["master"] = None
    standin.show(snapshot)
    master = row(page, "–", "CRM (마스터 노드)")
    expect(master).to_contain_text("쿼럼 정상 (OK)")
    expect(master).to_contain_text("마스터 없음 (No Master)")
    expect(line(page).get_by_text("쿼럼은 정상이지만 CRM 마스터가 없습니다.")).to_be_visible()


def a_lost_node_and_a_lost_lock_are_told_in_the_words_of_the_manual(
    page: Page, standin: Standin
) -> None:
    snapshot = contents.trouble()
    snapshot["master"] = {"node": "phum03", "state": "dead", "at": contents.NOW - 94}
    standin.show(snapshot)
    expect(line(page).get_by_text("phum03 노드를 차단(Fence)하는 중입니다.")).to_be_visible()
    expect(matters(page).get_by_text("보고가 끊겨")).to_be_visible()

    snapshot = contents.usual()
    snapshot["nodes"][2].update(online=False, ha_state="unknown")
    for resource in snapshot["resources"]:
        resource["node"] = "phum01"
    standin.show(snapshot)
    expect(line(page).get_by_text("phum03 노드가 응답하지 않습니다.")).to_be_visible()
    expect(matters(page).get_by_text("남은 HA 리소스는 없습니다.")).to_be_visible()
    expect(matters(page).get_by_text("잠금이 만료되기를")).to_have_count(0)
    for state, said in (
        ("recovery", "이미 차단(Fence)되었습니다."),
        ("freeze", "동결되어 있습니다."),
    ):
        snapshot["resources"][0].update(node="phum03", state=state)
        snapshot["now"] += 1
        standin.show(snapshot)
        expect(matters(page).get_by_text(said)).to_be_visible()
        expect(matters(page).get_by_text("잠금이 만료되기를")).to_have_count(0)

    snapshot = contents.usual()
    snapshot["nodes"][1]["lrm"] = contents.lrm("lost")
    standin.show(snapshot)
    expect(line(page).get_by_text("phum02 노드가 에이전트 잠금을 잃었습니다")).to_be_visible()
    warning = matters(page).get_by_text("단순 유휴 상태가 아니라 HA 동작 이상 상태")
    expect(warning).to_be_visible()


def test_without_quorum_every_button_says_why_and_the_page_of_help_explains_every_state(
    page: Page, standin: Standin
) -> None:
    without_quorum_nothing_can_be_changed_and_every_button_says_why(page, standin)
    every_state_is_explained_on_the_page_of_help(page)


def without_quorum_nothing_can_be_changed_and_every_button_says_why(
    page: Page, standin: Standin
) -> None:
    page.get_by_role("radio", name="VM 121 (ct) 선택").check()
    page.get_by_role("button", name="수정", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("설명").fill("결제")
    standin.show(contents.without_quorum())
    why = "phum01 노드가 쿼럼을 잃어 변경할 수 없습니다. 지금은 조회만 가능합니다."
    save = dialog.get_by_role("button", name="저장")
    expect(save).to_be_disabled()
    expect(save).to_have_accessible_description(why)
    expect(dialog.get_by_role("status").filter(has_text=why)).to_be_visible()
    expect(dialog.get_by_label("설명")).to_have_value("결제")
    standin.show(contents.usual())
    expect(save).to_be_enabled()
    dialog.get_by_role("button", name="취소").click()
    standin.show(contents.without_quorum())
    for name in ("리소스 추가", "수정", "이동", "제거"):
        button = page.get_by_role("button", name=name, exact=True)
        expect(button).to_be_disabled()
        expect(button).to_have_attribute("title", why)


BAD_TOKENS: list[tuple[contents.Snapshot, str]] = [
    ({"refused": True, "lacks": []}, "콘솔의 API 토큰을 거부했습니다."),
    ({"refused": False, "lacks": ["Sys.Audit", "VM.Audit"]}, "Sys.Audit, VM.Audit 권한이 없어"),
]


def what_is_wrong_with_addresses_clocks_and_the_consoles_token_is_told(
    page: Page, standin: Standin
) -> None:
    snapshot = contents.usual()
    refused = {"status": None, "code": "refused", "message": None}
    down = {"address": "https://phum01:8006", "ok": False, "error": refused, "answering": False}
    up = {"address": "https://phum02:8006", "ok": True, "error": None, "answering": True}
    snapshot["cluster"]["addresses"] = [down, up]
    for name, slow_s in (("status", 3.2), ("nodes", 6.4), ("rules", 1.4)):
        snapshot["parts"][name].update(slow_s=slow_s, address="https://phum02:8006")
    standin.show(snapshot)
    expect(line(page).get_by_text("연결할 수 없는 API 주소: phum01:8006")).to_be_visible()
    expect(matters(page).get_by_text("지금은 phum02:8006에서 응답을 받고")).to_be_visible()
    late = matters(page).get_by_text("응답이 늦습니다")
    expect(late).to_have_text(["phum02:8006의 응답이 늦습니다 (6초)."])

    snapshot = contents.usual()
    for skew_s, words in [(140, "140초 빠릅니다"), (-9, "9초 느립니다")]:
        snapshot["cluster"]["clock"]["skew_s"] = skew_s
        standin.show(snapshot)
        expect(line(page).get_by_text(words)).to_be_visible()

    snapshot = contents.usual()
    for token, words in BAD_TOKENS:
        snapshot["cluster"]["token"] = {"name": "mon@pve!ha"} | token
        standin.show(snapshot)
        expect(line(page)).to_contain_text("콘솔의 API 토큰")
        told = matters(page).get_by_role("listitem").filter(has_text="mon@pve!ha")
        expect(told).to_contain_text(words)

    snapshot = contents.usual()
    part = contents.bad_part("forbidden", "Permission check failed (/, Sys.Audit)", contents.NOW)
    part["error"]["token"] = "mon@pve!ha"
    snapshot["parts"]["rules"] = part
    standin.show(snapshot)
    alert = page.get_by_role("alert").filter(has_text="mon@pve!ha")
    expect(alert).to_contain_text("콘솔의 API 토큰 mon@pve!ha에 Sys.Audit 권한이 없습니다.")


def test_a_cluster_that_does_not_answer_yet_or_any_more_is_told_and_asked_again(
    standin: Standin, open_page: Opener
) -> None:
    standin.snapshot = None
    page = open_page()
    loading = status(page).get_by_text("불러오는 중입니다…")
    expect(loading).to_be_visible()

    good, bad = contents.usual(), contents.usual()
    bad["nodes"] = []
    bad["parts"]["status"] = contents.bad_part("timeout")
    standin.show(bad)
    expect(status(page).get_by_role("alert")).to_contain_text("클러스터가 제때 응답하지 않습니다.")
    expect(loading).to_be_hidden()
    retry = status(page).get_by_role("button", name="다시 시도")
    with page.expect_response("**/api/snapshot?fresh=1"):
        retry.click()
    expect(retry).not_to_have_attribute("aria-busy", "true")
    expect(retry).to_be_visible()
    standin.fresh = good
    retry.click()
    expect(row(page, "phum01")).to_be_visible()
    expect(retry).to_be_hidden()
    expect(page.get_by_role("heading", name="HA 상태")).to_be_focused()
    assert standin.refreshed == 2

    standin.beat(status=contents.bad_part("refused", "no route", contents.NOW - 75))
    expect(status(page)).to_have_class("card is-stale")
    expect(
        status(page).get_by_text(re.compile(r"마지막 갱신: (7[5-9]|[89]\d|1\d\d)초 전"))
    ).to_be_visible()
    expect(status(page).get_by_role("alert")).to_contain_text("클러스터 응답: no route")
    expect(page.get_by_role("region", name="HA 리소스 목록")).to_have_class("card")
    standin.beat(status=contents.good_part())
    expect(status(page)).to_have_class("card")
    expect(status(page).get_by_text(re.compile(r"^\d+초 전 갱신"))).to_be_visible()


def every_state_is_explained_on_the_page_of_help(page: Page) -> None:
    page.get_by_role("link", name="도움말").click()
    meanings = ("lrm.meaning.waiting", "resource.meaning.recovery", "legend.rule.strict.text")
    for meaning in meanings:
        expect(page.get_by_text(KO[meaning])).to_be_visible()
    page.get_by_role("button", name="English").click()
    for meaning in meanings:
        expect(page.get_by_text(EN[meaning])).to_be_visible()
    page.go_back()
    expect(page.get_by_role("heading", name="HA resources")).to_be_visible()


def test_behind_a_proxy_every_link_stays_below_the_consoles_path(
    standin: Standin, open_page: Opener
) -> None:
    row = {"kind": "node", "name": "phum03", "safe": True, "quorate": True, "resources": {}}
    standin.table = {"rows": [row], "done": 1, "of": 1, "fresh": True, "at": contents.NOW}
    page = open_page(f"{BELOW}/")
    expect(page.locator(".outlook a")).to_have_count(1)
    links = page.locator("a[href^='/']").evaluate_all("all => all.map((one) => one.pathname)")
    assert [path for path in links if not path.startswith(f"{BELOW}/")] == []
