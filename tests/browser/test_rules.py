"""Part 3 of the page: the two kinds of affinity rules, their forms and their conflicts."""

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import cancel, choose_in_menu, drawn

pytestmark = pytest.mark.browser

OPPOSITE = "rule shares two or more resources with a negative resource affinity rule"


@pytest.fixture
def ruled(standin: Standin, open_page: Opener) -> Page:
    """The page of a cluster with rules of every kind."""
    standin.snapshot = contents.with_rules()
    page = open_page()
    drawn(page)
    return page


def card(page: Page, kind: str) -> Locator:
    return page.get_by_role("region", name=f"{kind} 친화성 규칙")


def add(page: Page, kind: str) -> Locator:
    card(page, kind).get_by_role("button", name="규칙 추가").click()
    return page.get_by_role("dialog")


def save(page: Page) -> Locator:
    return page.get_by_role("dialog").get_by_role("button", name="저장")


def add_pair(page: Page) -> Locator:
    """Fill in the form of a rule about two resources."""
    dialog = add(page, "리소스")
    dialog.get_by_label("규칙명").fill("together")
    dialog.get_by_role("checkbox", name="VM 121 (ct)").check()
    dialog.get_by_role("checkbox", name="VM 122 (cl)").check()
    return dialog


def test_rules_are_listed_with_their_effect_until_they_are_folded_away(
    page: Page, standin: Standin
) -> None:
    rules_are_listed_with_their_policy_their_conflicts_and_their_effect(page, standin)
    the_advanced_settings_fold_and_stay_folded(page)


def rules_are_listed_with_their_policy_their_conflicts_and_their_effect(
    page: Page, standin: Standin
) -> None:
    for kind in ("노드", "리소스"):
        expect(card(page, kind).get_by_text("0개", exact=True)).to_be_visible()
        expect(
            card(page, kind).get_by_text(f"설정된 {kind} 친화성 규칙이 없습니다.")
        ).to_be_visible()

    snapshot = contents.with_rules()
    standin.show(snapshot)
    expect(card(page, "노드").get_by_text("3개", exact=True)).to_be_visible()
    prefer = card(page, "노드").get_by_role("row").filter(has_text="prefer-phum01").first
    expect(prefer).to_contain_text("VM 121 (ct), VM 122 (cl)")
    expect(prefer).to_contain_text("phum01 (10), phum03 (5), phum02 (0)")
    expect(prefer).to_contain_text("선호 (Preferred)")
    expect(card(page, "노드").get_by_text("엄격 (Strict)")).to_be_visible()
    expect(card(page, "리소스").get_by_text("함께 실행 (Positive)")).to_be_visible()
    expect(card(page, "리소스").get_by_text("분리 실행 (Negative)")).to_be_visible()
    expect(page.get_by_role("rowheader", name="win-licence")).to_contain_text("윈도 라이선스")

    nodes = card(page, "노드")
    expect(nodes.get_by_text("충돌", exact=True).filter(visible=True)).to_have_count(1)
    expect(nodes).to_contain_text(
        "VM 100 (LOTCES-WIN): 이미 ‘win-licence’ 노드 친화성 규칙에 들어 있습니다."
    )
    expect(nodes).to_contain_text("already used in another node affinity rule")

    snapshot["resources"] = [one for one in snapshot["resources"] if one["vmid"] != 999]
    told = "rule is ineffective as there are less than two resources"
    snapshot["rules"][3]["errors"] = {"resources": [told]}
    standin.show(snapshot)
    rule = card(page, "리소스").get_by_role("row").filter(has_text="web-with-cache")
    expect(rule).to_contain_text("VM 999 · HA 미등록")
    expect(rule.get_by_text("효과 없음")).to_be_visible()
    expect(rule.get_by_text("충돌")).to_be_hidden()
    used = card(page, "노드").get_by_role("row").filter(has_text="prefer-phum01").first
    expect(used.get_by_text("효과 없음")).to_be_hidden()


def the_advanced_settings_fold_and_stay_folded(page: Page) -> None:
    page.get_by_role("button", name="HA 고급 설정").click()
    expect(card(page, "노드")).to_be_hidden()
    page.reload()
    drawn(page)
    expect(card(page, "노드")).to_be_hidden()


def test_a_rule_is_made_and_what_the_cluster_refuses_of_one_is_said_at_its_field(
    page: Page, standin: Standin
) -> None:
    a_node_rule_is_made_of_resources_nodes_priorities_and_strictness(page, standin)
    standin.writes.clear()
    the_clusters_refusal_is_said_once_at_its_field_and_nothing_is_lost(page, standin)


def a_node_rule_is_made_of_resources_nodes_priorities_and_strictness(
    page: Page, standin: Standin
) -> None:
    dialog = add(page, "노드")
    missing = dialog.get_by_text("노드를 하나 이상 선택하세요.")
    first, third = (dialog.get_by_label(f"phum0{n} 가중치", exact=True) for n in (1, 3))
    expect(save(page)).to_be_disabled()
    dialog.get_by_label("규칙명").fill("prefer-phum01")
    expect(missing).to_be_hidden()
    dialog.get_by_role("checkbox", name="VM 100 (LOTCES-WIN)").check()
    # The last thing missing is said even where nobody was yet.
    expect(missing).to_be_visible()
    expect(save(page)).to_be_disabled()
    dialog.get_by_role("checkbox", name="phum01").check()
    expect(missing).to_be_hidden()
    expect(save(page)).to_be_enabled()

    # A node whose priority is given is one of them, too.
    dialog.get_by_role("checkbox", name="phum01").uncheck()
    first.fill("1001")
    expect(dialog.get_by_text("가중치는 0에서 1000 사이의 정수여야 합니다.")).to_be_visible()
    expect(save(page)).to_be_disabled()
    first.fill("10")
    dialog.get_by_role("button", name="phum02 가중치 올리기").click(click_count=2)
    dialog.get_by_role("button", name="phum02 가중치 내리기").click()
    dialog.get_by_label("엄격 모드 (Strict)", exact=True).check()

    # What a node has in use is told as it changes; what was typed stays.
    row = dialog.get_by_role("row").filter(has_text="phum03").last
    expect(row).to_contain_text("86.44 %")
    expect(row).to_contain_text("11.37 %")
    third.fill("7")
    snapshot = contents.usual()
    snapshot["nodes"][2].update(cpu=0.25)
    standin.show(snapshot)
    expect(row).to_contain_text("25.00 %")
    expect(third).to_have_value("7")
    expect(third).to_be_focused()
    dialog.get_by_role("checkbox", name="phum03").uncheck()

    save(page).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(page.get_by_text("‘prefer-phum01’ 규칙을 저장했습니다.")).to_be_visible()
    method, path, body = standin.writes[0]
    assert (method, path) == ("POST", "/api/rules")
    assert body == {
        "rule": "prefer-phum01",
        "type": "node-affinity",
        "resources": ["vm:100"],
        "nodes": [{"node": "phum01", "priority": 10}, {"node": "phum02", "priority": 1}],
        "strict": True,
        "affinity": None,
        "disabled": False,
        "comment": "",
    }


NAMES_REFUSED = [
    ("1-node", "2자 이상 입력하세요."),
    ("x", "2자 이상 입력하세요."),
    ("규칙", "2자 이상 입력하세요."),
    ("win-licence", "같은 이름의 규칙이 이미 있습니다."),
    ("", "규칙명을 입력하세요."),
]


def test_what_is_wrong_with_a_rule_is_said_in_its_form_and_ended_there_or_beside_it(
    ruled: Page, standin: Standin
) -> None:
    what_is_wrong_with_a_rule_of_resources_is_said_at_its_field_before_saving(ruled)
    cancel(ruled)
    a_contradiction_keeps_save_off_and_is_ended_by_one_press_in_the_form_or_beside_it(
        ruled, standin
    )


def what_is_wrong_with_a_rule_of_resources_is_said_at_its_field_before_saving(
    ruled: Page,
) -> None:
    dialog = add(ruled, "리소스")
    dialog.get_by_label("규칙명").fill("apart")
    dialog.get_by_role("checkbox", name="VM 121 (ct)").check()
    expect(dialog.get_by_text("리소스가 두 개 이상이어야 효과가 있습니다.")).to_be_visible()
    dialog.get_by_role("checkbox", name="VM 999 (virton)").check()
    expect(dialog.get_by_text("리소스가 두 개 이상이어야")).to_be_hidden()
    dialog.get_by_label("정책", exact=True).select_option("negative")
    expect(dialog.get_by_text("‘web-with-cache’ 규칙과 충돌합니다.")).to_be_visible()
    expect(dialog.get_by_text("‘prefer-phum01’ 규칙과 함께 쓸 수 없습니다.")).to_be_visible()

    dialog.get_by_role("checkbox", name="VM 121 (ct)").uncheck()
    dialog.get_by_role("checkbox", name="VM 124 (cl2)").check()
    for name, complaint in NAMES_REFUSED:
        dialog.get_by_label("규칙명").fill("good-name")
        expect(save(ruled)).to_be_enabled()
        dialog.get_by_label("규칙명").fill(name)
        expect(dialog.get_by_text(complaint)).to_be_visible()
        expect(save(ruled)).to_be_disabled()

    for name in ("VM 100 (LOTCES-WIN)", "VM 122 (cl)"):
        expect(dialog.get_by_text("노드보다 많습니다.")).to_be_hidden()
        dialog.get_by_role("checkbox", name=name, exact=True).check()
    expect(dialog.get_by_text("분리할 리소스가 4개로, 노드보다 많습니다.")).to_be_visible()
    cancel(ruled)

    dialog = add(ruled, "리소스")
    dialog.get_by_label("규칙명").fill("pair")
    dialog.get_by_role("checkbox", name="VM 100 (LOTCES-WIN)").check()
    dialog.get_by_role("checkbox", name="VM 122 (cl)", exact=True).check()
    expect(dialog.get_by_text("‘pair’ 규칙에 따라 함께 실행해야 하는데")).to_contain_text(
        "노드 친화성 규칙(‘prefer-phum01’, ‘win-again’, ‘win-licence’)에 들어 있습니다."
    )


def a_contradiction_keeps_save_off_and_is_ended_by_one_press_in_the_form_or_beside_it(
    ruled: Page, standin: Standin
) -> None:
    dialog = add(ruled, "노드")
    dialog.get_by_label("규칙명").fill("third")
    dialog.get_by_role("checkbox", name="VM 100 (LOTCES-WIN)").check()
    dialog.get_by_role("checkbox", name="VM 124 (cl2)", exact=True).check()
    dialog.get_by_role("checkbox", name="phum02", exact=True).check()
    expect(dialog.get_by_text("이미 ‘win-again’, ‘win-licence’ 노드 친화성")).to_be_visible()
    expect(dialog.get_by_text("‘third’, ‘win-again’ 규칙만으로도")).to_be_visible()
    expect(dialog.get_by_text("충돌을 해결해야 저장할 수 있습니다.")).to_be_visible()
    expect(save(ruled)).to_be_disabled()
    dialog.get_by_role("button", name="‘third’ 규칙에서 VM 100 (LOTCES-WIN) 빼기").click()
    expect(save(ruled)).to_be_enabled()
    expect(dialog.get_by_role("checkbox", name="VM 100 (LOTCES-WIN)")).not_to_be_checked()
    cancel(ruled)

    ruled.get_by_role("button", name="‘win-again’ 규칙의 충돌 해결").click()
    ways = ruled.get_by_role("dialog", name="‘win-again’ 규칙의 충돌 해결")
    ways.get_by_role("button", name="‘win-licence’ 규칙의 적용 멈추기").click()
    preview = ruled.get_by_role("dialog", name="이렇게 바꿀까요?")
    expect(preview).to_contain_text("바로 이동하거나 정지하는 리소스가 없습니다.")
    assert standin.writes == []
    preview.get_by_role("button", name="적용").click()
    expect(preview).to_have_count(0)
    method, path, body = standin.writes[0]
    assert (method, path) == ("PUT", "/api/rules/win-licence")
    assert (body["disabled"], body["resources"]) == (True, ["vm:100"])
    snapshot = contents.with_rules()
    del snapshot["rules"][1]
    standin.show(snapshot | {"rules_digest": "1", "now": contents.NOW + 1})
    expect(ways.get_by_text("이제 충돌이 없습니다.")).to_be_visible()


def the_clusters_refusal_is_said_once_at_its_field_and_nothing_is_lost(
    page: Page, standin: Standin
) -> None:
    dialog = add_pair(page)
    told = dialog.get_by_text("다른 리소스 친화성 규칙과 충돌합니다.")
    for fields in ({"resources": OPPOSITE}, {"resources": OPPOSITE, "affinity_rule": OPPOSITE}):
        standin.refuse(400, "Rule 'together' is invalid.", fields)
        with page.expect_response("**/api/rules"):
            save(page).click()
        expect(save(page)).to_have_attribute("aria-busy", "false")
        expect(told).to_have_count(1)
        expect(dialog.get_by_role("alert")).to_have_count(0)
        expect(dialog.get_by_text(OPPOSITE)).to_be_visible()
        expect(dialog.get_by_label("규칙명")).to_have_value("together")
    save(page).click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    assert standin.writes[2][2]["affinity"] == "positive"


def test_a_rule_that_there_is_already_is_switched_off_removed_and_edited(
    ruled: Page, standin: Standin
) -> None:
    a_rule_is_taken_out_of_use_by_its_switch_and_removed_after_saying_what_that_means(
        ruled, standin
    )
    standin.writes.clear()
    a_rule_is_edited_with_its_name_fixed(ruled, standin)


def a_rule_is_taken_out_of_use_by_its_switch_and_removed_after_saying_what_that_means(
    ruled: Page, standin: Standin
) -> None:
    switch = ruled.get_by_role("switch", name="ha-pair 규칙 활성화")
    standin.refuse(400, "Rule 'ha-pair' is invalid.", {"resources": "multiple priorities"})
    switch.click()
    expect(ruled.get_by_text("‘ha-pair’ 규칙을 바꾸지 못했습니다.")).to_contain_text(
        "‘prefer-phum01’ 규칙과 함께 쓸 수 없습니다."
    )
    expect(switch).not_to_be_checked()

    ruled.get_by_role("switch", name="web-with-cache 규칙 활성화").click()
    expect(ruled.get_by_text("‘web-with-cache’ 규칙의 적용을 멈췄습니다.")).to_be_visible()
    assert standin.writes[1][:2] == ("PUT", "/api/rules/web-with-cache")
    assert standin.writes[1][2]["disabled"] is True

    choose_in_menu(ruled, "win-again", "win-again 규칙 제거")
    dialog = ruled.get_by_role("dialog")
    expect(dialog).to_contain_text("리소스는 HA에 그대로 남습니다.")
    dialog.get_by_role("button", name="제거", exact=True).click()
    expect(ruled.get_by_role("dialog")).to_have_count(0)
    assert standin.writes[2:] == [("DELETE", "/api/rules/win-again", None)]


def a_rule_is_edited_with_its_name_fixed(ruled: Page, standin: Standin) -> None:
    # From here the cluster's own time goes on, so that no answer of before is believed.
    standin.show(contents.with_sound_rules() | {"now": contents.NOW + 1})
    expect(ruled.get_by_role("rowheader", name="win-again")).to_have_count(0)
    choose_in_menu(ruled, "prefer-phum01", "prefer-phum01 규칙 수정")
    dialog = ruled.get_by_role("dialog", name="노드 친화성 규칙 수정")
    expect(dialog.get_by_label("규칙명")).not_to_be_editable()
    expect(dialog.get_by_label("phum03 가중치", exact=True)).to_have_value("5")
    expect(dialog.get_by_role("checkbox", name="VM 122 (cl)", exact=True)).to_be_checked()
    dialog.get_by_role("checkbox", name="VM 122 (cl)", exact=True).uncheck()
    save(ruled).click()
    expect(ruled.get_by_role("dialog")).to_have_count(0)
    method, path, body = standin.writes[0]
    assert (method, path) == ("PUT", "/api/rules/prefer-phum01")
    assert body["resources"] == ["vm:121"]
    assert body["digest"] == "0"
