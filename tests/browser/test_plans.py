"""Changes are collected from the forms, looked at together on their page, and applied once."""

from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.contents import PLAN_LOOK
from tests.browser.scenes import choose
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import EN, drawn

pytestmark = pytest.mark.browser

POLL_MS = 2000
"""How often the page asks for the plan."""


def test_the_forms_of_a_rule_and_of_a_resource_put_their_changes_into_the_plan(
    standin: Standin, open_page: Opener
) -> None:
    page = drawn(open_page("/", locale="en"))
    page.locator("#add-resource-affinity").click()
    dialog = page.get_by_role("dialog")
    collect = dialog.get_by_role("button", name=EN["plans.page.collect"])
    expect(collect).to_be_disabled()
    dialog.get_by_label(EN["rule.name"]).fill("web")
    for sid in ("121", "122"):
        dialog.get_by_role("row", name=sid).get_by_role("checkbox").check()
    collect.click()
    expect(dialog).to_have_count(0)
    [(method, path, body)] = standin.writes
    assert (method, path) == ("POST", "/api/plans/entries")
    assert (body["kind"], body["name"]) == ("rules", "web")
    assert body["values"] == {
        "type": "resource-affinity",
        "resources": ["vm:121", "vm:122"],
        "affinity": "positive",
        "disable": False,
        "comment": "",
    }

    choose(page, EN, "VM 100 (LOTCES-WIN)", "edit")
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(EN["field.comment"]).fill("licensed")
    dialog.get_by_role("button", name=EN["plans.page.collect"]).click()
    expect(dialog).to_have_count(0)
    [_, (_, path, body)] = standin.writes
    assert (path, body["name"], body["values"]["comment"]) == (
        "/api/plans/entries",
        "vm:100",
        "licensed",
    )
    assert "group" not in body["values"]


def test_a_plan_is_applied_as_it_was_seen_and_one_of_ones_own_waits_for_somebody_else(
    standin: Standin, open_page: Opener
) -> None:
    page = open_page("/help", locale="en", own=True)
    page.clock.install()
    page.goto(f"{standin.address}/plans")
    a_plan_is_seen_before_it_is_applied_and_applied_as_it_was_seen(page, standin)
    a_plan_of_ones_own_waits_for_somebody_else(page, standin)


def show(page: Page, standin: Standin, plans: dict[str, Any]) -> None:
    """Let the page hear of other plans at once."""
    standin.plans = plans
    page.clock.fast_forward(POLL_MS)


def a_plan_is_seen_before_it_is_applied_and_applied_as_it_was_seen(
    page: Page, standin: Standin
) -> None:
    expect(page.locator("#apply")).to_have_count(0)
    page.locator("#look").click()
    page.get_by_label(EN["plans.page.why"]).fill("racks")
    standin.refuse(409, None, code="plan", detail="kim@pve has changed vm:999.")
    page.locator("#apply").click()
    expect(page.locator(".trouble")).to_have_text("kim@pve has changed vm:999.")
    standin.writes.clear()
    with page.expect_response("**/api/plans/apply"):
        page.locator("#apply").click()
    expect(page.locator("#apply")).to_be_enabled()
    [(_, path, body)] = standin.writes
    assert (path, body) == (
        "/api/plans/apply",
        {"look": PLAN_LOOK["look"], "why": "racks"},
    )
    show(page, standin, {**standin.plans, "digest": "another"})
    expect(page.locator("#apply")).to_have_count(0)  # what was seen is not what there is
    page.get_by_role("button", name=f"{EN['plans.page.close']}: ").click()
    assert len(standin.writes) == 1  # what it means is read before
    expect(page.get_by_text(EN["plans.page.close.means"])).to_be_visible()
    page.locator("#do-chosen").click()
    expect(page.locator("#do-chosen")).to_have_count(0)
    assert standin.writes[1][1:] == ("/api/plans/close", {"number": 3})
    page.get_by_role("button", name=f"{EN['plans.page.undo']}: ").first.click()
    expect(page.get_by_text(EN["plans.page.undo.means"])).to_be_visible()
    page.get_by_role("checkbox", name="vm:121, vm:122").check()
    page.locator("#do-chosen").click()
    expect(page.locator("#do-chosen")).to_have_count(0)
    assert standin.writes[2][1:] == ("/api/plans/undo", {"number": 3, "exact": True})


def a_plan_of_ones_own_waits_for_somebody_else(page: Page, standin: Standin) -> None:
    records = [{**one, "undo_approved_by": ["root@pam"]} for one in standin.plans["records"]]
    own = {"approved_by": [], "records": records, "digest": PLAN_LOOK["digest"]}
    show(page, standin, {**standin.plans, **own})
    page.locator("#look").click()
    expect(page.get_by_text(EN["plans.page.waits"])).to_be_visible()
    expect(page.locator("#apply")).to_be_disabled()
    expect(page.get_by_role("button", name=EN["plans.page.approve"])).to_be_disabled()
    page.get_by_role("button", name=f"{EN['plans.page.undo']}: ").first.click()
    expect(page.locator("#do-chosen")).to_be_disabled()  # one's own approval is none
