"""The page at size: main thread of an update, first paint, heap, scrolling, and what a person does.

Chromium measures itself: updates in processor time of the main thread, the rest in time that passes,
which on a machine that is shared tells little by itself.
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

WATCH_TASKS = """() => {
  window.longest = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) longest = Math.max(longest, duration);
  }).observe({ type: "longtask" });
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

    Paint, rows and the longest task are time that passed; the rest is the main thread's own.
    """

    resources: int
    paint: float
    rows: float
    script: float
    layout: float
    scrolling: float
    longest: float
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


def measure(standin: Standin, page: Page, resources: int) -> Measured:
    """Measure one size."""
    standin.snapshot = contents.many(resources)
    page.goto(standin.address)
    page.locator("#resources [type=radio]").nth(resources - 1).wait_for(state="attached")
    shown = float(page.evaluate("performance.now()"))
    cdp = page.context.new_cdp_session(page)
    cdp.send("Performance.enable", {"timeDomain": "threadTicks"})
    page.wait_for_timeout(1500)
    page.evaluate(WATCH_TASKS)
    heap = _heap(cdp)
    update = _updates(standin, page, cdp, resources)
    grown = _heap(cdp) - heap
    page.evaluate("longest = 0")
    gauge = Gauge(cdp)
    _scroll(page)
    scrolling = gauge.ms("TaskDuration") / SCROLLS
    longest = float(page.evaluate("longest"))
    page.evaluate("scrollTo(0, 0)")
    deeds = {deed: _deed(page, cdp, deed) for deed in DEEDS}
    paint = float(page.evaluate(PAINTED) or 0)
    return Measured(resources, paint, shown, *update, scrolling, longest, grown, deeds)


def _deed(page: Page, cdp: CDPSession, deed: str) -> float:
    """Return what the main thread does until the next frame is drawn."""
    page.evaluate(DRAWN)
    gauge = Gauge(cdp)
    page.evaluate(DEED, deed)
    page.evaluate(DRAWN)
    took = gauge.ms("TaskDuration")
    page.wait_for_timeout(3000)
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
        page.wait_for_timeout(30)


def _in_browser(act: Callable[[Standin, Page], None]) -> None:
    with Served() as standin, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        act(standin, browser.new_page(viewport={"width": 1280, "height": 900}))
        browser.close()


def main() -> None:
    """Measure every size and print the table."""
    heads = ("resources", "first paint", "all rows", "script", "layout", "a scroll", "longest task")
    table = Table(*heads, "heap KiB", "choose", "type", "clear", "open panel")

    def act(standin: Standin, page: Page) -> None:
        for resources in SIZES:
            one = measure(standin, page, resources)
            figures = (one.paint, one.rows, one.script, one.layout, one.scrolling, one.longest)
            cells = [f"{figure:.1f}" for figure in (*figures, one.heap_kib, *one.deeds.values())]
            table.add_row(str(one.resources), *cells)

    _in_browser(act)
    Console(width=160).print(table)
    print("Milliseconds; script and layout: of an update that changes five resources.")


if __name__ == "__main__":
    main()
