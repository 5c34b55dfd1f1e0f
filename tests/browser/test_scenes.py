"""Every sight of the page, photographed and judged: nothing inaccessible, nothing sticking out."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import SCREENSHOTS
from tests.browser.scenes import SCENES, Scene
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import words_of

pytestmark = pytest.mark.browser

Look = tuple[str, str, int]
SCROLLING_SIDEWAYS = """[...document.querySelectorAll(".table, .pick, .lab-body")]
  .filter((box) => box.scrollWidth > box.clientWidth).map((box) => box.innerText)"""
AXE = {"resultTypes": ["violations"]}
LOOKS = [("ko", "dark", 1280), ("en", "light", 390)]
MORE_LOOKS = [
    ("ko", "light", 1280),
    ("en", "dark", 1280),
    ("ko", "dark", 390),
]
LOOKED_AT_CLOSELY = {"main", "rules", "trouble", "add-filled", "node-rule-conflict", "login"}

VISITS = [(scene, look) for scene in SCENES for look in LOOKS] + [
    (scene, look) for scene in SCENES if scene.name in LOOKED_AT_CLOSELY for look in MORE_LOOKS
]


def _name(visit: tuple[Scene, Look]) -> str:
    scene, look = visit
    return "-".join([scene.name, *map(str, look)])


@pytest.mark.parametrize("visit", VISITS, ids=_name)
def test_a_sight_is_accessible_and_keeps_within_the_page(
    visit: tuple[Scene, Look], standin: Standin, open_page: Opener
) -> None:
    scene, look = visit
    locale, theme, width = look
    scene.prepare(standin)
    page = open_page(scene.path, locale=locale, theme=theme, width=width)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if standin.snapshot and standin.snapshot["resources"] and scene.path == "/":
        expect(page.get_by_role("radio").first).to_be_visible()
    if standin.snapshot and scene.path == "/":
        expect(page.locator(".loading:visible")).to_have_count(0)
    scene.reach(page, standin, words_of(locale))
    _photograph(page, _name(visit))
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SCROLLING_SIDEWAYS) == []


def _photograph(page: Page, name: str) -> None:
    SCREENSHOTS.mkdir(exist_ok=True)
    docked = page.get_by_role("dialog").or_(page.locator("#lab:visible")).count() > 0
    page.screenshot(path=SCREENSHOTS / f"{name}.png", full_page=not docked)


def _violations(page: Page) -> list[str]:
    found = Axe().run(page, options=AXE).response["violations"]
    return [
        f"{one['id']}: {node['html'][:160]} {node['failureSummary'][:200]}"
        for one in found
        for node in one["nodes"]
    ]
