"""The page offers what a cluster's version knows, and nothing else."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import cancel, choose_in_menu

pytestmark = pytest.mark.browser


@pytest.fixture
def old(standin: Standin, open_page: Opener) -> Page:
    """The page of a cluster of Proxmox VE 8."""
    standin.snapshot = contents.with_groups()
    return open_page()


@pytest.fixture
def newest(standin: Standin, open_page: Opener) -> Page:
    """The page of a cluster of Proxmox VE 9.2."""
    standin.snapshot = contents.newest()
    return open_page()


def press(page: Page, name: str, choice: str | None = None) -> Locator:
    if choice:
        page.get_by_role("radio", name=f"{choice} 선택").check()
    region = page.get_by_role("region", name="HA 리소스 목록")
    region.get_by_role("button", name=name, exact=True).click()
    return page.get_by_role("dialog")


def test_groups_are_shown_as_rules_and_chosen_and_removing_offers_what_the_version_can_do(
    old: Page, standin: Standin
) -> None:
    groups = old.get_by_role("region", name="HA 그룹 (읽기 전용)").get_by_role("row")
    expect(groups).to_have_count(4)
    web = groups.filter(has_text="ha-group-web")
    expect(web).to_contain_text("Proxmox VE 9에서 규칙으로")
    expect(web).to_contain_text("VM 121 (ct), VM 122 (cl)")
    expect(web).to_contain_text("phum01 (2), phum02 (0)")
    expect(web).to_contain_text("선호 (Preferred)Failback Off")
    expect(groups.filter(has_text="licence")).to_contain_text("엄격 (Strict)")
    expect(groups.filter(has_text="spare")).to_contain_text("아무것도 남지 않습니다.")
    expect(old.get_by_role("button", name="규칙 추가")).to_have_count(0)

    dialog = press(old, "수정", "VM 100 (LOTCES-WIN)")
    group, failback = (
        dialog.get_by_label("HA 그룹"),
        dialog.get_by_label("Failback 활성화", exact=True),
    )
    expect(group.get_by_role("option")).to_have_text(["없음", "licence", "spare", "web"])
    expect(group).to_have_value("licence")
    expect(failback).to_be_disabled()
    expect(failback).to_be_checked()
    group.select_option("web")
    expect(failback).not_to_be_checked()
    expect(dialog.get_by_text("HA 그룹에서 정합니다.")).to_be_visible()
    dialog.get_by_role("button", name="저장").click()
    expect(dialog).to_have_count(0)
    _, _, body = standin.writes[0]
    assert body["group"] == "web"
    assert "failback" not in body
    assert "auto_rebalance" not in body

    dialog = press(old, "제거", "VM 121 (ct)")
    expect(dialog.get_by_role("checkbox")).to_have_count(0)
    dialog.get_by_role("button", name="제거", exact=True).click()
    expect(dialog).to_have_count(0)
    assert standin.writes[1:] == [("DELETE", "/api/resources/vm:121", None)]


def test_groups_stay_in_sight_beside_rules_while_a_cluster_is_half_upgraded(
    standin: Standin, open_page: Opener
) -> None:
    standin.snapshot = contents.with_rules()
    group = contents.group("web", {"phum01": 2}, ["vm:121"])
    standin.snapshot["cluster"]["groups"] = [group]
    page = open_page()
    groups = page.get_by_role("region", name="HA 그룹 (읽기 전용)")
    expect(groups).to_contain_text("아직 규칙으로 바뀌지 않은 HA 그룹입니다.")
    expect(page.get_by_role("button", name="규칙 추가")).to_have_count(2)


def test_what_the_newest_version_knows_of_rules_and_of_resources_is_set_and_told(
    newest: Page, standin: Standin
) -> None:
    a_rule_of_nodes_to_avoid_has_no_priorities(newest, standin)
    standin.writes.clear()
    what_the_newest_version_knows_is_set_and_told(newest, standin)


def what_the_newest_version_knows_is_set_and_told(newest: Page, standin: Standin) -> None:
    dialog = press(newest, "이동", "VM 124 (cl2)")
    dialog.get_by_label("대상 노드").select_option("phum02")
    expect(dialog.get_by_role("status").filter(has_text="not-on-02")).to_contain_text("엄격 모드")
    cancel(newest)

    row = newest.get_by_role("row").filter(has=newest.get_by_role("rowheader", name="121"))
    expect(row).not_to_contain_text("자동 재분배 제외")
    # From here the cluster's own time goes on, so that no answer of before is believed.
    snapshot = contents.newest() | {"now": contents.NOW + 1}
    snapshot["resources"][1]["auto_rebalance"] = False
    standin.show(snapshot)
    expect(row).to_contain_text("자동 재분배 제외")

    dialog = press(newest, "수정", "VM 121 (ct)")
    dialog.get_by_label("자동 재분배 (Auto-Rebalance)", exact=True).uncheck()
    dialog.get_by_role("button", name="저장").click()
    expect(dialog).to_have_count(0)
    assert standin.writes[0][2]["auto_rebalance"] is False


def a_rule_of_nodes_to_avoid_has_no_priorities(newest: Page, standin: Standin) -> None:
    rule = newest.get_by_role("row").filter(has_text="not-on-02")
    expect(rule).to_contain_text("엄격 회피 (Avoid)")
    expect(rule).to_contain_text("phum02")
    expect(rule).not_to_contain_text("phum02 (0)")
    choose_in_menu(newest, "not-on-02", "not-on-02 규칙 수정")
    dialog = newest.get_by_role("dialog")
    expect(dialog.get_by_role("columnheader", name="가중치")).to_be_hidden()
    dialog.get_by_label("노드 사용 방식").select_option("positive")
    dialog.get_by_label("phum02 가중치", exact=True).fill("7")
    dialog.get_by_label("노드 사용 방식").select_option("negative")
    dialog.get_by_role("checkbox", name="phum01").check()
    dialog.get_by_role("button", name="저장").click()
    expect(dialog).to_have_count(0)
    body = standin.writes[0][2]
    assert body["affinity"] == "negative"
    assert body["nodes"] == [{"node": name, "priority": 0} for name in ("phum01", "phum02")]


def test_what_is_new_is_not_offered_where_it_is_not_known(page: Page) -> None:
    dialog = press(page, "리소스 추가")
    expect(dialog.get_by_label("Failback 활성화", exact=True)).to_be_enabled()
    expect(dialog.get_by_label("자동 재분배 (Auto-Rebalance)", exact=True)).to_have_count(0)
    expect(dialog.get_by_label("HA 그룹")).to_have_count(0)
    dialog.get_by_role("button", name="취소").click()
    card = page.get_by_role("region", name="노드 친화성 규칙", exact=True)
    card.get_by_role("button", name="규칙 추가").click()
    expect(page.get_by_role("dialog").get_by_label("노드 사용 방식")).to_have_count(0)
