"""The page at size: main thread of an update, first paint, heap, scrolling, and what a person does.

Chromium measures itself, in processor time of the main thread; what passes by the clock stands beside it, which on
a machine that is shared tells little by itself. A yardstick, the same sum in the same page, tells how fast the
machine was just then.
"""

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from playwright.sync_api import CDPSession, Page, sync_playwright
from rich.console import Console
from rich.table import Table

from tests.browser import contents
from tests.browser.conftest import CHROMIUM, FLAGS
from tests.browser.standin import Served, Standin, told

SIZES = (500, 2000, 5000)
UPDATES = 40
CHANGED = 5
EVERY_MS = 200
SCROLLS = 40

YARDSTICK = """() => {
  let sum = 0;
  for (let at = 0; at < 2e7; at += 1) sum = (sum + at * 7) % 1000003;
  return sum;
}"""
DRAWN = "() => new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
PAINTED = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? null"
DEED = """(deed) => {
  const field = document.querySelector("#resources-filter");
  const type = (text) => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  };
  if (deed === "choose") document.querySelectorAll("#resources input[type=radio]")[100].click();
  if (deed === "open") document.querySelector(".why-button").click();
  if (deed === "type") type("guest-17");
  if (deed === "clear") type("");
}"""
DEEDS = ("choose", "type", "clear", "open")


@dataclass(frozen=True, slots=True)
class Measured:
    """What a page of so many resources takes: milliseconds, but for the heap's growth (KiB).

    Paint and rows by the clock; the rest is the main thread's own time.
    """

    resources: int
    yardstick: float
    paint: float
    rows: float
    to_paint: float
    script: float
    layout: float
    scroll: float
    jump: float
    heap_kib: float
    deeds: dict[str, float]


class Gauge:
    """What Chromium has measured since the gauge was set."""

    def __init__(self, cdp: CDPSession) -> None:
        self._cdp = cdp
        self._before = self._read()

    def _read(self) -> dict[str, float]:
        told = self._cdp.send("Performance.getMetrics")["metrics"]
        return {one["name"]: float(one["value"]) for one in told}

    def ms(self, *names: str) -> float:
        """Return by how many milliseconds these have grown."""
        now = self._read()
        return sum(now[name] - self._before[name] for name in names) * 1000


class Tasks:
    """The main thread's tasks while it is watched, each in milliseconds of its own time."""

    def __init__(self, cdp: CDPSession) -> None:
        self._cdp = cdp
        self._events: list[dict[str, Any]] = []
        self._is_whole = False
        cdp.on("Tracing.dataCollected", lambda told: self._events.extend(told["value"]))
        cdp.on("Tracing.tracingComplete", self._end)

    def _end(self, _: object) -> None:
        self._is_whole = True

    def longest(self, page: Page, act: Callable[[Page], None]) -> float:
        """Return the longest task while something is done."""
        self._events.clear()
        self._is_whole = False
        kinds = {"categories": "devtools.timeline,toplevel", "transferMode": "ReportEvents"}
        self._cdp.send("Tracing.start", kinds)
        act(page)
        self._cdp.send("Tracing.end")
        while not self._is_whole:
            page.wait_for_timeout(50)
        names = [one for one in self._events if one.get("name") == "thread_name"]
        main = {
            (one["pid"], one["tid"]) for one in names if one["args"]["name"] == "CrRendererMain"
        }
        return max(
            float(one.get("tdur", 0)) / 1000
            for one in self._events
            if one["name"] == "ThreadControllerImpl::RunTask" and (one["pid"], one["tid"]) in main
        )


def measure(standin: Standin, page: Page, resources: int) -> Measured:
    """Measure one size."""
    standin.snapshot = contents.many(resources)
    page.goto("about:blank")
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    gauge = Gauge(cdp)
    page.evaluate(YARDSTICK)
    yardstick = gauge.ms("TaskDuration")
    gauge = Gauge(cdp)
    page.goto(standin.address)
    page.locator("#resources [type=radio]").first.wait_for(state="attached")
    to_paint = gauge.ms("TaskDuration")
    page.locator("#resources [type=radio]").nth(resources - 1).wait_for(state="attached")
    shown = float(page.evaluate("performance.now()"))
    page.wait_for_timeout(1500)
    heap = _heap(cdp)
    update = _updates(standin, page, cdp, resources)
    grown = _heap(cdp) - heap
    tasks = Tasks(cdp)
    scroll = tasks.longest(page, _scroll)
    jump = tasks.longest(page, _jump)
    deeds = {deed: _deed(page, cdp, deed) for deed in DEEDS}
    paint = float(page.evaluate(PAINTED) or 0)
    return Measured(
        resources, yardstick, paint, shown, to_paint, *update, scroll, jump, grown, deeds
    )


def _deed(page: Page, cdp: CDPSession, deed: str) -> float:
    """Return what the main thread does until the next frame is drawn."""
    page.evaluate(DRAWN)
    gauge = Gauge(cdp)
    page.evaluate(DEED, deed)
    page.evaluate(DRAWN)
    took = gauge.ms("TaskDuration")
    page.locator("#resources tbody:is(.ahead, .leaving)").first.wait_for(state="detached")
    page.wait_for_timeout(1500)
    return took


def _heap(cdp: CDPSession) -> float:
    cdp.send("HeapProfiler.collectGarbage")
    return float(cdp.send("Runtime.getHeapUsage")["usedSize"]) / 1024


def _updates(standin: Standin, page: Page, cdp: CDPSession, resources: int) -> tuple[float, float]:
    """Return script, and style and layout, of the median update."""
    scripts, layouts = [], []
    for number in range(UPDATES):
        gauge = Gauge(cdp)
        standin._send("change", _change(number, resources))
        page.wait_for_timeout(EVERY_MS)
        page.evaluate(DRAWN)
        scripts.append(gauge.ms("ScriptDuration"))
        layouts.append(gauge.ms("LayoutDuration", "RecalcStyleDuration"))
    return statistics.median(scripts), statistics.median(layouts)


def _change(number: int, resources: int) -> dict[str, Any]:
    page = contents.usual()
    state = ("recovery", "started")[number % 2]
    rows = [
        contents.resource(1000 + at, f"guest-{at}", "phum02", state=state, crm_state=state)
        for at in range(0, resources, resources // CHANGED)
    ]
    whole = told({**page, "resources": rows})
    assert whole is not None
    return {
        "since": 0,
        "version": 0,
        "now": page["now"] + number / 5,
        "fresh": True,
        "clock": page["cluster"]["clock"],
        "parts": page["parts"],
        "fields": {},
        "rows": {"resources": whole["resources"]},
        "gone": {},
    }


def _scroll(page: Page) -> None:
    page.mouse.move(400, 600)
    for _ in range(SCROLLS):
        page.mouse.wheel(0, 1500)
        page.evaluate(DRAWN)


def _jump(page: Page) -> None:
    for share in (0.9, 0.1, 0.6, 0.3, 0):
        page.evaluate("(share) => scrollTo(0, document.body.scrollHeight * share)", share)
        page.evaluate(DRAWN)


def _in_browser(act: Callable[[Standin, Page], None]) -> None:
    with Served() as standin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        act(standin, browser.new_page(viewport={"width": 1280, "height": 900}))
        browser.close()


def main() -> None:
    """Measure every size and print the table."""
    heads = ("resources", "yardstick", "first paint", "all rows", "to rows", "script", "layout")
    table = Table(*heads, "scroll", "jump", "heap KiB", *DEEDS)

    def act(standin: Standin, page: Page) -> None:
        for resources in SIZES:
            one = measure(standin, page, resources)
            figures = (one.yardstick, one.paint, one.rows, one.to_paint, one.script, one.layout)
            more = (one.scroll, one.jump, one.heap_kib, *one.deeds.values())
            table.add_row(str(one.resources), *(f"{figure:.1f}" for figure in (*figures, *more)))

    _in_browser(act)
    Console(width=160).print(table)
    print(
        "Milliseconds of the main thread, but first paint and all rows, which are by the clock.\n"
        "Yardstick: twenty million additions. Script and layout: of an update that changes five.\n"
        "Scroll and jump: the longest task while 1,500 pixels are scrolled each frame, and anywhere."
    )


if __name__ == "__main__":
    main()
