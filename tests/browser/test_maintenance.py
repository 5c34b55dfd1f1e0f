"""The page of maintenance: the plan and the consent by keys alone, and the sign that must never lie."""

import json
import re
from dataclasses import replace
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sights import photograph, sticking_out, violations
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.test_asking import keep, wait_for
from tests.browser.visit import choose_in_menu, drawn, line, look_as
from tests.forecast.clusters import cluster, rule
from virton.console.maintenance.agreed import digest_of, stop_of
from virton.console.maintenance.work import Phase, Way, Work
from virton.forecast.maintenance_asked import maintenance
from virton.language.forecasts import told_maintenance
from virton.language.sentences import Sentences

pytestmark = pytest.mark.browser
BOUND = rule("bound", ["vm:3"], nodes={"node2": 0}, strict=1)
CLUSTER = cluster(
    {"vm:1": "node1", "ct:2": "node1", "vm:3": "node2"},
    rules=[BOUND],
    guests={"vm:9": {"node": "node1", "status": "running"}},
)
POLL_MS = 2000
"""How often the page asks how the work goes."""
EMPTY = "비었음: 작업해도 됩니다"
RETURNING = "되돌리는 중"
LOOK = "/api/maintenance$"


def plan_of(*nodes: str) -> dict[str, Any]:
    """Return the plan for nodes as the console tells it."""
    told = maintenance(CLUSTER, nodes, timed=False)
    more = {"digest": digest_of(told["steps"]), "whole": True, "policy": None}
    offers = ["mode", "command", "guests"]
    return told_maintenance(told, Sentences.of("ko")) | more | {"offers": offers}


def work_told(phase: Phase, **more: Any) -> dict[str, Any]:
    """Return a maintenance under way as the console tells it."""
    stops = tuple(stop_of(step) for step in plan_of("node1", "node3")["steps"])
    work = Work(1, "root@pam", 1_763_863_380.0, Way.MODE, stops, keep=0)
    work = replace(work.told(work.began, "began", who=work.who), phase=phase)
    look = {
        "there": True,
        "state": "maintenance",
        "in_maintenance": True,
        "doubts": [],
        "running": [],
        "hidden": 0,
        "resources": [],
        "awaited": [],
        "tasks": [],
    }
    told = json.loads(json.dumps(work.to_json())) | {"rule": "maintenance-node1"}
    base = {"work": told, "empty": False, "look": look, "gate": [], "waits_for_login": False}
    return base | {"blind": None} | more


def held_to(page: Page, name: str) -> None:
    photograph(page, f"maintenance-{name}", full_page=True)
    assert violations(page) == []
    assert sticking_out(page) == []


def test_a_plan_is_read_and_agreed_to_by_keys_alone(standin: Standin, open_page: Opener) -> None:
    standin.plan = plan_of("node1", "node2")
    page = open_page("/maintenance?node=node1&node=node2")
    begin = page.get_by_role("button", name="동의하고 점검 시작")
    expect(page.get_by_role("heading", name="1. node1")).to_be_visible()
    expect(page.get_by_text("콘솔이 node3 노드로 옮깁니다.")).to_be_visible()
    expect(page.get_by_text("옮길 수 없는 리소스 1개")).to_be_visible()
    expect(page.get_by_text("어떤 순서로 점검해도")).to_be_visible()
    expect(begin).to_be_disabled()
    held_to(page, "plan")
    page.get_by_role("checkbox", name="안전하지 않다는 것을 알고 진행합니다.").focus()
    page.keyboard.press("Space")
    page.keyboard.press("Tab")
    expect(begin).to_be_focused()
    standin.answer = work_told(Phase.EMPTYING)
    page.keyboard.press("Enter")
    expect(page.get_by_text("아직 작업하면 안 됩니다")).to_be_visible()
    agreed = {"nodes": ["node1", "node2"], "way": "mode", "digest": standin.plan["digest"]}
    assert standin.writes[-1] == (
        "POST",
        "/api/maintenance",
        agreed | {"accept": True, "noout": False},
    )


def test_a_node_has_its_plan_in_its_menu_whose_other_ways_tell_their_traps_and_the_command(
    standin: Standin, open_page: Opener
) -> None:
    standin.plan = plan_of("node1") | {"offers": ["command", "guests"]}
    page = drawn(open_page("/", theme="light"))
    choose_in_menu(page, "phum01", "점검 계획…")
    page.wait_for_url("**/maintenance?node=phum01")
    expect(page.get_by_role("button", name="동의하고 점검 시작")).to_be_visible()

    page.set_viewport_size({"width": 390, "height": 900})
    expect(page.get_by_role("radio", name="점검 모드", exact=False).first).to_be_disabled()
    command = "ha-manager crm-command node-maintenance enable node1"
    expect(page.get_by_text(command)).to_be_visible()
    page.get_by_role("radio", name="게스트를 하나씩 옮기기").check()
    expect(page.get_by_text("HA가 이 노드에서 게스트를 시작하거나")).to_be_visible()
    held_to(page, "ways-390")


def test_a_maintenance_is_told_on_every_page_with_its_sign_and_what_is_waited_for(
    standin: Standin, open_page: Opener
) -> None:
    standin.maintenance = work_told(Phase.EMPTYING)
    page = open_page("/", own=True)
    page.clock.install()
    expect(line(page)).to_contain_text("root@pam 사용자가 node1 노드를 점검하고 있습니다.")
    line(page).get_by_role("button", name="점검 보기").click()
    page.wait_for_url("**/maintenance")
    look_as(page, ("en", "light", 390))
    for phase in (Phase.EMPTYING, Phase.GATE):
        what_is_left_and_what_is_waited_for_is_told(page, standin, phase)
    look_as(page, ("ko", "dark", 1280))
    the_sign_is_green_while_the_console_says_so_and_no_longer(page, standin)


def show(page: Page, standin: Standin, told: dict[str, Any]) -> None:
    """Let the page hear at once how the work goes now."""
    standin.maintenance = told
    page.clock.fast_forward(POLL_MS)


def the_sign_is_green_while_the_console_says_so_and_no_longer(page: Page, standin: Standin) -> None:
    show(page, standin, work_told(Phase.EMPTYING, empty=True))
    expect(page.get_by_text(EMPTY)).to_be_visible()
    at_hand = page.get_by_role("listitem").filter(has_text="node1").first
    expect(at_hand.locator(".pill")).to_have_text("비었음")
    expect(at_hand).to_contain_text("작업 중 멈추면 안 되는 노드: node2, node3")
    held_to(page, "empty")
    what_a_press_changes_shows_whatever_a_look_tells_meanwhile(page, standin)
    show(page, standin, work_told(Phase.EMPTYING, empty=True))
    expect(page.get_by_text(EMPTY)).to_be_visible()
    standin.go_away()
    page.clock.fast_forward(POLL_MS)
    expect(page.get_by_text(EMPTY)).to_have_count(0)


def what_a_press_changes_shows_whatever_a_look_tells_meanwhile(
    page: Page, standin: Standin
) -> None:
    pressed = keep(page, "/api/maintenance/finish$")
    page.get_by_role("button", name="작업 완료, 되돌리기").press("Enter")
    wait_for(page, pressed, 1)
    with page.expect_response("**/api/maintenance"):
        page.clock.fast_forward(POLL_MS)
    looks = keep(page, LOOK)  # no look after that one is answered
    standin.answer = work_told(Phase.RETURNING)
    pressed[0].continue_()
    expect(page.locator(".sign-word")).to_have_text(RETURNING)
    assert standin.writes[-1][:2] == ("POST", "/api/maintenance/finish")
    page.unroute(re.compile(LOOK))
    for look in looks:
        look.continue_()


def what_is_left_and_what_is_waited_for_is_told(page: Page, standin: Standin, phase: Phase) -> None:
    told = work_told(phase)
    told["look"] |= {"running": ["vm:9"], "tasks": [{"type": "qmigrate", "id": "9"}]}
    told["gate"] = [{"kind": "recovered", "ok": False, "names": ["vm:1"]}]
    told["gate"] += [{"kind": "plan", "ok": False, "names": []}]
    told["planned"] = {"node": "node3", "moves": {"vm:1": "node2"}, "outside": {}}
    show(page, standin, told)
    said = "Still running: VM 9" if phase is Phase.EMPTYING else "No resource is being moved"
    expect(page.get_by_text(said)).to_be_visible()
    held_to(page, f"{phase}-390")
