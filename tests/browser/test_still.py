"""Nothing jumps: no box, row or column moves while the cluster's state changes."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser import contents
from tests.browser.contents import bad_part
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import drawn, line, look_as

pytestmark = pytest.mark.browser

WATCH = """() => {
  window.shifts = [];
  window.watching?.disconnect();
  window.watching = new PerformanceObserver((list) => {
    for (const { value, sources } of list.getEntries()) {
      const moved = ({ node }) => node?.outerHTML?.slice(0, 120) ?? node?.textContent ?? "gone";
      shifts.push([value, sources.map(moved)]);
    }
  });
  watching.observe({ type: "layout-shift" });
}"""
MEASURE = """() => [...document.querySelectorAll(".card, #resources tr, #status tr")]
  .map((one) => one.getBoundingClientRect())
  .map(({ top, height }) => [top + scrollY, height])"""


def _unknown(page: contents.Snapshot) -> None:
    page["nodes"][2].update(online=False, ha_state="unknown")
    page["nodes"][2]["lrm"]["at"] = contents.NOW - 20


def _fence(page: contents.Snapshot) -> None:
    _unknown(page)
    page["nodes"][2]["ha_state"] = "fence"
    for one in page["resources"]:
        if one["node"] == "phum03":
            one["state"] = "fence"


def _recovery(page: contents.Snapshot) -> None:
    _unknown(page)
    page["resources"][0].update(state="recovery", crm_state="recovery")
    page["resources"][3].update(
        state="started",
        node="phum02",
        arrival={"origin": "phum03", "how": "recovered", "at": contents.NOW},
    )


def _error(page: contents.Snapshot) -> None:
    page["resources"][1].update(state="error", failed_nodes=["phum01", "phum02"])
    page["resources"][2].update(down=True, request_state="stopped", target="phum02")


def _no_quorum(page: contents.Snapshot) -> None:
    page.update(contents.without_quorum())


def _silent(page: contents.Snapshot) -> None:
    page["parts"] = dict.fromkeys(page["parts"], bad_part("timeout", "no route", contents.NOW - 70))


def _well(_: contents.Snapshot) -> None:
    """Leave things as they are."""


STORY: list[Callable[[contents.Snapshot], None]] = [
    *(_unknown, _fence, _recovery, _well, _error, _no_quorum, _silent, _well)
]


LOOKS = [("ko", "dark", 1000), ("en", "dark", 1280), ("ko", "dark", 390)]


def test_nothing_moves_through_the_story_of_a_lost_node(
    standin: Standin, open_page: Opener
) -> None:
    ahead = {"fence": [contents.NOW + 3, contents.NOW + 14], "again": [contents.NOW, contents.NOW]}
    standin.fence_clock = {"phum03": ahead}
    assert standin.snapshot
    standin.snapshot["cluster"]["lab"] = True
    page = open_page(width=1000)
    drawn(page)
    page.locator(".lab-fold, .lab-toggle").click()
    for look in LOOKS:
        look_as(page, look)
        expect(page.get_by_role("switch", name="phum03").first).to_be_visible()
        _settle(page)
        _nothing_moves(page, standin)


def _nothing_moves(page: Page, standin: Standin) -> None:
    look = page.viewport_size
    before = page.evaluate(MEASURE)
    page.evaluate(WATCH)
    for change in STORY:
        snapshot = contents.usual()
        change(snapshot)
        snapshot["cluster"]["lab"] = True
        snapshot["now"] += 1
        standin.laboratory["nodes"][2]["power"] = change not in (_fence, _recovery)
        standin.show(snapshot)
        tone = "ok" if change is _well else "bad|idle"
        expect(page.locator(".strip")).to_have_attribute("data-tone", _one_of(tone))
        assert page.evaluate(MEASURE) == before, (look, change.__name__)
        _settle(page)
    assert page.evaluate("shifts") == [], look


def _one_of(words: str) -> re.Pattern[str]:
    return re.compile(f"^({words})$")


def _settle(page: Page) -> None:
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))")


def test_the_line_tells_the_time_left_and_the_tab_the_same_word_and_rows_keep_their_height(
    page: Page, standin: Standin
) -> None:
    the_fence_clock_tells_the_time_left_as_a_range_and_who_is_back(page, standin)
    standin.fence_clock = {}
    standin.show(contents.usual())
    rows_have_one_of_three_heights_which_is_remembered(page)
    the_tab_says_the_same_word_as_the_line(page, standin)


def the_fence_clock_tells_the_time_left_as_a_range_and_who_is_back(
    page: Page, standin: Standin
) -> None:
    snapshot = contents.usual()
    _unknown(snapshot)
    now = contents.NOW
    standin.fence_clock = {
        "phum03": {"fence": [now + 909, now + 918], "again": [now + 980, now + 991]}
    }
    standin.show(snapshot)
    left = re.compile(r"차단까지 (\d+)~(\d+)초 · 다시 실행까지 (\d+)~(\d+)초")
    expect(line(page)).to_contain_text(left)
    told = left.search(line(page).inner_text())
    assert told
    passed = [
        end - int(said) for end, said in zip((909, 918, 980, 991), told.groups(), strict=True)
    ]
    assert 0 <= min(passed) <= max(passed) <= min(passed) + 1
    expect(line(page).locator(".fence-bar .spent")).to_have_count(1)
    recovered = contents.usual()
    _recovery(recovered)
    standin.show(recovered)
    expect(line(page)).to_contain_text("리소스 2개 중 1개 복구됨")


def rows_have_one_of_three_heights_which_is_remembered(page: Page) -> None:
    for density, height in [("좁게", 28), ("넓게", 44), ("보통", 36)]:
        page.get_by_role("button", name=density).click()
        page.reload()
        drawn(page)
        heights = page.evaluate(
            "() => [...document.querySelectorAll('#resources tbody tr, #status tbody tr')]"
            ".map((row) => row.getBoundingClientRect().height)"
        )
        assert set(heights) == {height}


def the_tab_says_the_same_word_as_the_line(page: Page, standin: Standin) -> None:
    expect(line(page)).to_contain_text("정상")
    expect(line(page)).to_contain_text("노드 3/3")
    expect(line(page)).to_contain_text("리소스 5/5 실행")
    expect(page).to_have_title(re.compile("^정상 · HA"))
    snapshot = contents.usual()
    _fence(snapshot)
    standin.show(snapshot)
    expect(line(page)).to_contain_text("장애")
    expect(line(page)).to_contain_text("리소스 2개 영향")
    expect(line(page)).to_contain_text("차단 확인 뒤 복구")
    expect(page).to_have_title(re.compile(r"^\(!\) 장애: phum03"))
    icon = page.locator("link[rel=icon]")
    expect(icon).to_have_attribute("href", "/static/favicon-bad.svg")
    snapshot = contents.usual()
    snapshot["resources"][1]["down"] = True
    standin.show(snapshot)
    expect(line(page)).to_contain_text("게스트가 정지되어 있습니다.")
    expect(line(page)).to_contain_text("HA가 곧 다시 시작")
