"""What the pages of failure tests and history ask: late answers, failures, and how old the answers are."""

import re
from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import PATIENCE_MS
from tests.browser.stage import Opener
from tests.browser.standin import Standin

pytestmark = pytest.mark.browser

Kept = list[Route]


def keep(page: Page, address: str) -> Kept:
    """Keep what a page asks at an address, to be answered when the test says so."""
    kept: Kept = []
    page.route(re.compile(address), lambda route: kept.append(route))
    return kept


def wait_for(page: Page, kept: Kept, count: int) -> None:
    """Wait until so much was asked."""
    for _ in range(PATIENCE_MS // 50):
        if len(kept) >= count:
            return
        page.wait_for_timeout(50)
    raise AssertionError([route.request.url for route in kept])


def answer(page: Page, route: Route, content: dict[str, Any]) -> None:
    """Answer at last, and let the page take it in."""
    with page.expect_event("requestfinished", lambda request: request == route.request):
        route.fulfill(json=content)
    page.wait_for_timeout(100)


def course(node: str) -> dict[str, Any]:
    told = {"quorate": True, "endless": False, "resets": [node], "resources": {}, "outside_ha": []}
    return told | {"nodes": {}, "phases": [], "assumptions": []}


def happening(number: int, says: str) -> dict[str, Any]:
    told = {"number": number, "kind": "node.lost", "whom": "phum01", "from": 0, "to": 0}
    return told | {"told": True, "facts": {}, "says": says, "because": None, "chain": []}


def history(says: str) -> dict[str, Any]:
    return {"rows": [happening(1, says)], "after": None, "cluster": None}


def test_the_table_is_as_old_as_the_consoles_clock_says_and_an_overtaken_course_never_shown(
    open_page: Opener, standin: Standin
) -> None:
    assert standin.snapshot is not None
    at = standin.snapshot["now"] - 600
    table = {"rows": [], "done": 0, "of": 0, "fresh": True, "at": at, "trouble": None}
    page = open_page("/help", own=True)
    page.route("**/api/forecast/table", lambda route: route.fulfill(json=table))
    page.goto(page.url.replace("/help", "/whatif"))
    expect(page.locator("#tolerance header")).to_contain_text("10분 전")

    kept = keep(page, "/api/forecast/course")
    play = page.get_by_role("button", name="모의 실행")
    for at, node in enumerate(["phum01", "phum02", "phum03"], 1):
        page.get_by_role("checkbox", name=node).first.check()
        play.click()
        wait_for(page, kept, at)
        if at == 1:
            answer(page, kept[0], course("first"))
    title = page.get_by_role("heading", name="예상 결과")
    answer(page, kept[1], course("second"))
    expect(play).to_have_attribute("aria-busy", "true", timeout=1)
    expect(title).to_have_count(0, timeout=1)
    answer(page, kept[2], course("third"))
    expect(page.get_by_text("third")).to_be_visible()
    expect(play).to_have_attribute("aria-busy", "false")


def test_a_late_answer_replaces_none_of_a_newer_filter_and_a_failure_looks_like_a_warning(
    open_page: Opener, standin: Standin
) -> None:
    page = open_page("/help", own=True)
    kept, incidents = keep(page, r"/api/history\?"), keep(page, "/api/incidents")
    page.goto(page.url.replace("/help", "/history"))
    wait_for(page, kept, 1)
    answer(page, kept[0], history("before the incidents"))
    standin.show()
    expect(page.get_by_text("before the incidents")).to_have_count(0, timeout=1)
    answer(page, incidents[0], {"rows": [], "recipients": []})
    expect(page.get_by_text("before the incidents")).to_be_visible()
    page.unroute(re.compile("/api/incidents"))
    for at, group in enumerate(["규칙", "노드"], 2):
        page.get_by_role("button", name=group, exact=True).click()
        wait_for(page, kept, at)
    answer(page, kept[2], history("newest"))
    expect(page.get_by_text("newest")).to_be_visible()
    answer(page, kept[1], history("late"))
    expect(page.get_by_text("newest")).to_be_visible()
    expect(page.get_by_text("late")).to_have_count(0)

    error = {"error": {"status": 503, "code": "busy", "message": None, "fields": {}}}
    page.unroute(re.compile(r"/api/history\?"))
    page.route("**/api/history?*", lambda route: route.fulfill(status=503, json=error))
    page.get_by_role("button", name="규칙", exact=True).click()
    trouble = page.get_by_role("alert").filter(has_text=re.compile("."))
    warned = page.evaluate(
        "getComputedStyle(document.documentElement).getPropertyValue('--warn-text')"
    )
    rgb = tuple(bytes.fromhex(warned.strip().removeprefix("#")))
    expect(trouble.first).to_have_css("color", f"rgb{rgb}")
