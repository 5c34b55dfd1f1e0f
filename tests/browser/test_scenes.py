"""Every sight of the page, judged and, where that is wanted, photographed."""

import pytest
from playwright.sync_api import expect

from tests.browser.scenes import SCENES, Scene
from tests.browser.sights import photograph, sticking_out, violations
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import words_of

pytestmark = pytest.mark.browser

Look = tuple[str, str, int]
LOOKS = [("ko", "dark", 1280), ("en", "light", 390)]
WIDTHS = (1280, 390)

# Half of 1280x800, as a page is that somebody has zoomed to 200 %.
ZOOMED = [("ko", "light", 640), ("en", "dark", 640)]
ZOOMED_SCENES = ("trouble", "map", "laboratory", "node-rule-conflict", "history-moment")

VISITS = [(scene, look) for scene in SCENES for look in LOOKS]
VISITS += [(scene, look) for scene in SCENES if scene.name in ZOOMED_SCENES for look in ZOOMED]


def _name(visit: tuple[Scene, Look]) -> str:
    scene, look = visit
    return "-".join([scene.name, *map(str, look)])


@pytest.mark.parametrize("visit", VISITS, ids=_name)
def test_a_sight_is_accessible_and_keeps_within_the_page_at_any_width(
    visit: tuple[Scene, Look], standin: Standin, open_page: Opener
) -> None:
    scene, look = visit
    locale, theme, width = look
    scene.prepare(standin)
    height = 400 if width == ZOOMED[0][2] else 900
    page = open_page(scene.path, locale=locale, theme=theme, width=width, height=height)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    if standin.snapshot and standin.snapshot["resources"] and scene.path == "/":
        expect(page.get_by_role("radio").first).to_be_visible()
    if standin.snapshot and scene.path == "/":
        expect(page.locator(".loading:visible")).to_have_count(0)
    scene.reach(page, standin, words_of(locale))
    assert violations(page) == []
    for other in sorted({width, *WIDTHS}, key=lambda other: other != width):
        page.set_viewport_size({"width": other, "height": height})
        docked = page.get_by_role("dialog").or_(page.locator("#lab:visible")).count() > 0
        photograph(page, f"{scene.name}-{locale}-{theme}-{other}", full_page=not docked)
        assert sticking_out(page) == [], other
