"""The dialog that moves a resource: what it says beforehand, and what it asks for."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.standin import Standin
from tests.browser.visit import cancel, line

pytestmark = pytest.mark.browser


def move(page: Page, name: str, target: str | None = None) -> Locator:
    """Open the dialog for a resource, and choose a node."""
    page.get_by_role("radio", name=f"{name} 선택").check()
    page.get_by_role("button", name="이동", exact=True).click()
    dialog = page.get_by_role("dialog")
    if target:
        dialog.get_by_label("대상 노드").select_option(target)
    return dialog


def notice(dialog: Locator) -> Locator:
    """Return what the dialog says of the move."""
    return dialog.locator(".dialog-notice").filter(visible=True)


def test_a_move_is_told_beforehand_with_all_that_stands_in_its_way(
    page: Page, standin: Standin
) -> None:
    a_move_is_told_beforehand_with_all_that_it_sets_in_motion(page, standin)
    cancel(page)
    moving_tells_beforehand_which_rule_stands_in_the_way(page, standin)


def moving_tells_beforehand_which_rule_stands_in_the_way(page: Page, standin: Standin) -> None:
    snapshot = contents.with_sound_rules()
    standin.answer = {"comigrated": [], "blocking": []}
    standin.show(snapshot)
    expect(page.get_by_role("rowheader", name="win-licence")).to_be_visible()
    expect(line(page)).not_to_contain_text("phum03 노드를 차단(Fence)하는 중입니다.")
    dialog = move(page, "VM 100 (LOTCES-WIN)", "phum01")
    expect(dialog.get_by_role("status")).to_contain_text("‘win-licence’ 규칙은 엄격 모드")
    dialog.get_by_label("재배치 (Relocate)").check()
    ask = dialog.get_by_role("button", name="이동")
    expect(ask).to_be_disabled()
    next(one for one in snapshot["rules"] if one["rule"] == "win-licence")["strict"] = False
    snapshot["rules_digest"] = "another"
    standin.show(snapshot)
    ask.click()
    expect(page.get_by_text("phum01 노드로 이동을 요청했습니다.")).to_be_visible()
    sent = ("POST", "/api/resources/vm:100/move", {"node": "phum01", "how": "relocate"})
    assert standin.writes == [sent]


def test_moving_says_who_blocks_it_when_the_cluster_answers_so(
    page: Page, standin: Standin
) -> None:
    refused = page.get_by_text("CRM이 거절할 것입니다.")
    others = [{"sid": "vm:122", "cause": "resource-affinity"}]
    standin.answer = {"comigrated": [], "blocking": others}
    dialog = move(page, "VM 100 (LOTCES-WIN)", "phum01")
    dialog.get_by_role("button", name="이동").click()
    expect(refused).to_contain_text("VM 122 (cl)")
    expect(dialog).to_have_count(0)

    own = [{"sid": "vm:100", "cause": "node-affinity"}]
    standin.answer = {"comigrated": [], "blocking": own}
    dialog = move(page, "VM 100 (LOTCES-WIN)", "phum01")
    dialog.get_by_role("button", name="이동").click()
    expect(
        refused.filter(has_text="노드 친화성 규칙이 phum01 노드를 허용하지 않습니다.")
    ).to_be_visible()


def a_move_is_told_beforehand_with_all_that_it_sets_in_motion(page: Page, standin: Standin) -> None:
    snapshot = contents.with_sound_rules()
    standin.show(snapshot)
    expect(page.get_by_role("rowheader", name="prefer-phum01")).to_be_visible()
    told = notice(move(page, "VM 122 (cl)", "phum03"))
    expect(told).to_contain_text("‘prefer-phum01’ 규칙은 phum03보다 phum01 노드를 우선합니다.")
    expect(told).to_contain_text("곧바로 phum01 노드로 되돌아갑니다.")
    snapshot["resources"][2]["failback"] = False
    standin.show(snapshot)
    expect(told).to_contain_text("Failback이 꺼져 있어 phum03 노드에 그대로 남습니다.")
    snapshot["nodes"][0].update(online=False, ha_state="fence")
    standin.show(snapshot)
    expect(told).to_have_count(0)
    cancel(page)

    snapshot = contents.usual()
    snapshot["rules"] = [
        contents.resource_rule("pair", ["vm:121", "vm:122"], "positive"),
        contents.resource_rule("spread", ["vm:122", "vm:100"], "negative"),
    ]
    standin.show(snapshot)
    expect(page.get_by_role("rowheader", name="spread")).to_be_visible()
    told = notice(move(page, "VM 121 (ct)", "phum03"))
    expect(told).to_contain_text("‘pair’ 규칙에 따라 함께 옮겨집니다: VM 122 (cl)")
    expect(told).to_contain_text("‘spread’ 규칙에 따라 phum03 노드에 있는 VM 100 (LOTCES-WIN)")
    ask = page.get_by_role("dialog").get_by_role("button", name="이동")
    expect(ask).to_be_disabled()
    page.get_by_label("대상 노드").select_option("phum02")
    expect(told).not_to_contain_text("spread")
    expect(ask).to_be_enabled()
    cancel(page)

    standin.show(contents.trouble())
    expect(line(page)).to_contain_text("phum03 노드를 차단(Fence)하는 중입니다.")
    away = move(page, "VM 121 (ct)").get_by_role("option", name="phum03")
    expect(away).to_have_text("phum03 · 차단 중 (Fence)")
    expect(away).to_be_disabled()
