"""What a sight of the page is held to: nothing inaccessible, nothing sticking out; and its photograph."""

import os

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.browser.conftest import SCREENSHOTS

IS_PHOTOGRAPHED = bool(os.environ.get("VIRTON_PHOTOGRAPHS"))
"""Whether photographs are taken, as `make photographs` does: they cost every run time, and few look."""

# Nothing that axe could load beforehand concerns the rules it holds the page to.
_AXE = {"resultTypes": ["violations"], "preload": False}
_SCROLLING_SIDEWAYS = """[...document.querySelectorAll(".table, .pick, .lab-body")]
  .filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.innerText)"""
_PRESSED_OUT = """[...document.querySelectorAll(".card button, .card a.button")]
  .filter((button) => button.checkVisibility() && !button.closest(".table, .pick, .lab-body"))
  .filter((button) => button.getBoundingClientRect().right > button.closest(".card").getBoundingClientRect().right)
  .map((button) => button.innerText)"""


def photograph(page: Page, name: str, *, full_page: bool = False) -> None:
    """Keep what the page looks like, where photographs are taken."""
    if IS_PHOTOGRAPHED:
        SCREENSHOTS.mkdir(exist_ok=True)
        page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=full_page)


def violations(page: Page) -> list[str]:
    """Return what axe finds inaccessible on the page."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found = page.evaluate("options => axe.run(options).then(({ violations }) => violations)", _AXE)
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found
        for node in one["nodes"]
    ]


def sticking_out(page: Page) -> list[str]:
    """Return what is wider than its place: the page, a table, or a card that loses its buttons."""
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    page_itself = [f"the page, by {width} pixels"] if width > 0 else []
    return [*page_itself, *page.evaluate(_SCROLLING_SIDEWAYS), *page.evaluate(_PRESSED_OUT)]
