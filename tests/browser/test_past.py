"""The page of history: views, filters, a past moment that nobody can change, files to take along."""

import re
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser import contents, past
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import speak

pytestmark = pytest.mark.browser

HOUR_MS = 3_600_000


def asked(page: Page, path: str) -> list[str]:
    """Collect what the page asks for below a path."""
    found: list[str] = []
    page.on("request", lambda request: found.append(request.url) if path in request.url else None)
    return found


def times_of(question: str) -> list[int]:
    """Return from when until when something is asked for."""
    return [int(one) for one in re.findall(r"=(\d+)", question)]


def span_of(question: str) -> int | None:
    """Return how long a time is asked for, if it is one of the timeline."""
    if "/api/history/lanes" not in question:
        return None
    since, until = times_of(question)
    return until - since


def row_of(page: Page, vmid: str) -> Locator:
    return page.get_by_role("row").filter(has=page.get_by_role("rowheader", name=vmid, exact=True))


def test_rows_tell_their_last_change_and_the_list_of_all_is_waited_for_and_narrowed(
    open_page: Opener, standin: Standin
) -> None:
    moved = {"kind": "resource.moved", "at": past.at(0), "says": ""}
    standin.kept["history/latest"] = {"vm:100": moved, "vm:121": moved}
    snapshot = contents.usual()
    snapshot["resources"][1]["arrival"] = {"origin": "phum01", "how": "moved", "at": contents.NOW}
    snapshot["cluster"]["unwatched"] = True
    standin.snapshot = snapshot
    page = open_page("/", own=True)
    expect(row_of(page, "100")).to_contain_text(re.compile(r"이동 \d{2}:\d{2}:\d{2}"))
    expect(row_of(page, "121")).to_contain_text("phum01에서 이동함")
    expect(row_of(page, "121")).not_to_contain_text(re.compile(r"이동 \d{2}:"))
    page.clock.install()
    the_list_is_waited_for_while_the_history_opens_and_narrowed_by_kind_and_text(page)
    an_incident_opens_in_the_failure_test_as_the_cluster_stood(page)


def the_list_is_waited_for_while_the_history_opens_and_narrowed_by_kind_and_text(
    page: Page,
) -> None:
    opening = {"error": {"status": 503, "code": "history", "message": None, "detail": "opening"}}
    page.route("**/api/history?*", lambda asked: asked.fulfill(status=503, json=opening), times=1)
    with page.expect_response(lambda answer: answer.status == 503):
        page.get_by_role("link", name="이력", exact=True).click()
    page.clock.fast_forward(1000)
    expect(page.get_by_text("콘솔에 API 토큰이 없어")).to_be_visible()
    expect(page.locator(".chain").first).to_have_text(
        "노드 응답 없음 → 노드 차단 시작 → 노드 차단 → 복구 · 2분 14초"
    )
    page.get_by_role("button", name="규칙", exact=True).click()
    page.get_by_label("변화 종류").select_option("rule.conflict")
    page.get_by_role("searchbox").fill("win")
    with page.expect_request(re.compile(r"/api/history\?.*kind=rule\.conflict&text=win")):
        page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="규칙", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )


def an_incident_opens_in_the_failure_test_as_the_cluster_stood(page: Page) -> None:
    page.locator(".incidents summary").click()
    link = page.get_by_role("link", name="장애 시험에서 열기")
    before = past.at(0) - 5000
    expect(link).to_have_attribute("href", f"/whatif?at={before}&lose=phum03")


def test_the_past_is_read_by_days_at_a_moment_and_along_the_lanes(
    standin: Standin, open_page: Opener
) -> None:
    seoul = ZoneInfo("Asia/Seoul")
    morning = datetime(2026, 3, 5, 9, 30, tzinfo=seoul)
    evening = datetime(2026, 3, 5, 21, 30, tzinfo=seoul)
    rows = [dict(past.HAPPENINGS[-1]), dict(past.HAPPENINGS[-1])]
    for one, at in zip(rows, (evening, morning), strict=True):
        one["from"] = one["to"] = round(at.timestamp() * 1000)
    standin.kept["history"]["rows"] = rows
    standin.kept["history/moment"]["resources"][0]["node"] = "phum02"
    page = open_page("/history", locale="en")
    the_list_has_one_head_a_day_with_the_date_alone(page)
    a_past_moment_is_the_page_as_it_stood_and_changed_by_nobody(page)
    the_timeline_is_moved_and_zoomed_by_keys(page)


def the_list_has_one_head_a_day_with_the_date_alone(page: Page) -> None:
    expect(page.locator(".day")).to_have_text(["Mar 5, 2026"])
    speak(page, "ko")
    expect(page.locator(".day")).to_have_text(["2026. 3. 5."])


def a_past_moment_is_the_page_as_it_stood_and_changed_by_nobody(page: Page) -> None:
    page.get_by_role("link", name=re.compile("시점의 화면 보기")).first.click()
    expect(page).to_have_url(re.compile(r"view=moment&at=\d+"))
    expect(row_of(page, "100")).to_contain_text("phum02")
    expect(page.locator(".strip")).to_contain_text("의 기록을 보고 있습니다")
    expect(page.locator("#line")).to_have_text("과거 기록")
    expect(page).to_have_title(re.compile("^과거"))
    for part in ("#status", "#resources", "#rules"):
        within = page.locator(part)
        changing = within.locator(
            "input:not([type=search]), .menu-button, .button:not([aria-expanded])"
        )
        expect(changing).to_have_count(0)
    page.go_back()
    expect(page.get_by_role("heading", name="모든 변화")).to_be_visible()
    expect(page.locator(".strip")).to_contain_text("정상")


def the_timeline_is_moved_and_zoomed_by_keys(page: Page) -> None:
    page.get_by_role("link", name="타임라인").click()
    lanes = page.locator(".lanes")
    questions = asked(page, "/api/history/lanes")
    lanes.focus()
    with page.expect_response(lambda answer: span_of(answer.url) == HOUR_MS):
        page.keyboard.press("+")
    expect(page.get_by_role("button", name="1시간", exact=True)).to_have_attribute(
        "aria-pressed", "true"
    )
    with page.expect_response(re.compile("lanes")):
        page.keyboard.press("PageUp")
    assert [span_of(url) for url in questions][-2:] == [HOUR_MS] * 2
    before, after = (times_of(url)[1] for url in questions[-2:])
    assert after < before - 1_000_000
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("view=moment"))
