"""What a sight of the page is held to: nothing inaccessible, nothing sticking out; and its photograph."""

import os
from pathlib import Path

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

SCREENSHOTS = Path(__file__).parent / "screenshots"

IS_PHOTOGRAPHED = bool(os.environ.get("VIRTON_PHOTOGRAPHS"))
"""Whether photographs are taken, as `make photographs` does: they cost every run time, and few look."""

# Nothing that axe could load beforehand concerns the rules it holds the page to.
_AXE = {"resultTypes": ["violations"], "preload": False}
_STICKING_OUT = """async (width) => {
  const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
  const boxes = (which) => [...document.querySelectorAll(which)];
  const pressedOut = (one) => one.getBoundingClientRect().right > one.closest(".card").getBoundingClientRect().right;
  const find = () => {
    const over = document.documentElement.scrollWidth - innerWidth;
    const scrolling = boxes(".table, .pick, .lab-body").filter((box) => box.scrollWidth > box.clientWidth);
    const buttons = boxes(".card button, .card a.button")
      .filter((one) => one.checkVisibility() && !one.closest(".table, .pick, .lab-body"));
    return [
      ...(over > 0 ? [`the page, by ${over} pixels`] : []),
      ...[...scrolling, ...buttons.filter(pressedOut)].map((one) => one.innerText),
    ];
  };
  await drawn();
  for (let left = 100; left > 0 && (innerWidth !== width || find().length); left--) await drawn();
  return innerWidth === width ? find() : [`it is ${innerWidth} pixels wide, not ${width}`];
}"""
"""What is laid out anew takes a frame or two: what is found is what stays."""


_JUDGE_FRESH_LOOKS = """(known) => {
  Object.assign(window, { known: new Set(known), looks: new Map(), told: new Set() });
  const after = (results) => {
    for (const { node, result } of results) if (result !== undefined) told.add(looks.get(node.element));
    return results;
  };
  axe.configure({
    rules: [{ id: "color-contrast", selector: "[data-fresh]" }],
    checks: [{ id: "color-contrast", after }],
  });
}"""
_JUDGE = """async (options) => {
  const top = [...document.querySelectorAll("dialog:modal")].at(-1);
  const grounds = new Map([[document.documentElement, ""]]);
  const groundOf = (one) => {
    if (!grounds.has(one)) {
      const { backgroundColor, backgroundImage, opacity, position, filter } = getComputedStyle(one);
      const isGround = backgroundImage !== "none" || !/, 0\\)$/.test(backgroundColor);
      const own = isGround || opacity !== "1" || position !== "static" || filter !== "none";
      const said = own ? [backgroundColor, backgroundImage, opacity, position, filter].join() : "";
      grounds.set(one, groundOf(one.parentElement) + said);
    }
    return grounds.get(one);
  };
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  const fresh = [];
  for (const one of (top ?? document.body).querySelectorAll("*")) {
    if (!one.checkVisibility() || !(hasText(one) || one.matches("input, select, textarea"))) continue;
    const { color, fontSize, fontWeight } = getComputedStyle(one);
    const look = [color, fontSize, fontWeight, one.matches(":disabled, :disabled *"), groundOf(one)].join();
    if (!known.has(look)) fresh.push(one);
    known.add(look);
    looks.set(one, look);
  }
  for (const one of fresh) one.toggleAttribute("data-fresh", true);
  const { violations } = await axe.run(top ?? document, options);
  for (const one of fresh) one.toggleAttribute("data-fresh", false);
  return { violations, told: [...told] };
}"""
"""Below an open dialog the page is not judged again, and of what looks the same one is: contrast takes longest.

What looks the same has the same colours, size and weight, and lies on the same grounds.
"""
_told: set[str] = set()
"""The looks of which axe has told, on whichever page, that their contrast is enough or is not."""


def photograph(page: Page, name: str, *, full_page: bool = False) -> None:
    """Keep what the page looks like, where photographs are taken."""
    if IS_PHOTOGRAPHED:
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full_page)


def violations(page: Page) -> list[str]:
    """Return what axe finds inaccessible on the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    if not page.evaluate("'told' in window"):
        page.evaluate(_JUDGE_FRESH_LOOKS, sorted(_told))
    found = page.evaluate(_JUDGE, _AXE)
    _told.update(found["told"])
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def sticking_out(page: Page) -> list[str]:
    """Return what is wider than its place: the page, a table, or a card that loses its buttons."""
    assert page.viewport_size
    found: list[str] = page.evaluate(_STICKING_OUT, page.viewport_size["width"])
    return found
