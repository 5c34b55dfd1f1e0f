"""Every sight of the page, photographed and judged: nothing inaccessible, nothing sticking out."""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import BrowserContext as Context

from tests.browser.conftest import SCREENSHOTS, listen, new_look
from tests.browser.scenes import SCENES, Scene
from tests.browser.standin import Standin
from tests.browser.visit import words_of

pytestmark = pytest.mark.browser

Look = tuple[str, str, int]
Looks = Callable[[Look], Context]
SCROLLING_SIDEWAYS = """[...document.querySelectorAll(".table-frame, .pick, .lab-body")]
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


@pytest.fixture(scope="module")
def looks(chromium: Browser, served: Standin) -> Iterator[Looks]:
    """One browser context a look, for all scenes: it keeps the page's files, and forgets the rest."""
    contexts: dict[Look, Context] = {}

    def context_of(look: Look) -> Context:
        if look not in contexts:
            locale, theme, width = look
            contexts[look] = new_look(chromium, served.address, locale, theme, (width, 900))
            contexts[look].add_init_script("localStorage.clear()")
        return contexts[look]

    yield context_of
    for context in contexts.values():
        context.close()


def _name(visit: tuple[Scene, Look]) -> str:
    scene, look = visit
    return "-".join([scene.name, *map(str, look)])


@pytest.mark.parametrize("visit", VISITS, ids=_name)
def test_a_sight_is_accessible_and_keeps_within_the_page(
    visit: tuple[Scene, Look], standin: Standin, looks: Looks
) -> None:
    scene, look = visit
    locale, _, width = look
    complaints: list[str] = []
    scene.prepare(standin)
    page = looks(look).new_page()
    listen(page, complaints)
    page.goto(standin.address + scene.path)
    expect(page.locator("h1")).to_be_visible()
    if standin.snapshot and standin.snapshot["resources"] and scene.path == "/":
        expect(page.get_by_role("radio").first).to_be_visible()
    if standin.snapshot and scene.path == "/":
        expect(page.locator(".loading:visible")).to_have_count(0)
    scene.reach(page, standin, words_of(locale))
    _photograph(page, _name(visit))
    assert _violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(SCROLLING_SIDEWAYS) == []
    page.close()
    standin.hang_up()
    assert complaints == []


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
