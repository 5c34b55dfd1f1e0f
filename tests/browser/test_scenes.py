"""Every sight of the page, judged and, where that is wanted, photographed."""

import pytest
from playwright.sync_api import Page, expect

from tests.browser.scenes import SCENES, Scene
from tests.browser.sights import IS_PHOTOGRAPHED, photograph, sticking_out, violations
from tests.browser.stage import Opener
from tests.browser.standin import Standin
from tests.browser.visit import Words, words_of

pytestmark = pytest.mark.browser

Look = tuple[str, str, int]
LOOKS = [("ko", "dark", 1280), ("en", "light", 390)]
WIDTHS = (1280, 390)

# Half of 1280x800, as a page is that somebody has zoomed to 200 %.
ZOOMED = [("ko", "light", 640), ("en", "dark", 640)]
ZOOMED_SCENES = ("trouble", "map", "laboratory", "node-rule-conflict", "history-moment")

LINKED = [] if IS_PHOTOGRAPHED else [one for one in SCENES if one.path == "/" and not one.alone]
"""Scenes that are played one after the other on one page: to open it costs more than to judge it."""

VISITS = [(scene, look) for scene in SCENES if scene not in LINKED for look in LOOKS]
VISITS += [(scene, look) for scene in SCENES if scene.name in ZOOMED_SCENES for look in ZOOMED]


def _name(visit: tuple[Scene, Look]) -> str:
    scene, look = visit
    return "-".join([scene.name, *map(str, look)])


def _height(width: int) -> int:
    return 400 if width == ZOOMED[0][2] else 900


@pytest.mark.parametrize("visit", VISITS, ids=_name)
def test_a_sight_is_accessible_and_keeps_within_the_page_at_any_width(
    visit: tuple[Scene, Look], standin: Standin, open_page: Opener
) -> None:
    scene, look = visit
    locale, theme, width = look
    scene.prepare(standin)
    wishes = {"locale": locale, "theme": theme, "width": width, "height": _height(width)}
    page = open_page(scene.path, **wishes)
    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert _faults(page, standin, scene, look) == []


@pytest.mark.skipif(IS_PHOTOGRAPHED, reason="each photograph is of a page of its own")
@pytest.mark.parametrize("look", LOOKS, ids=str)
@pytest.mark.parametrize("half", [0, 1])
def test_the_sights_of_the_page_of_ha_are_so_one_after_the_other(
    half: int, look: Look, standin: Standin, open_page: Opener
) -> None:
    locale, theme, width = look
    page = open_page(locale=locale, theme=theme, width=width)
    faults = {}
    for scene in LINKED[half::2]:
        page.set_viewport_size({"width": width, "height": 900})
        _play_anew(page, standin, scene)
        faults[scene.name] = _faults(page, standin, scene, look)
        _close(page, words_of(locale))
    assert {name: found for name, found in faults.items() if found} == {}


def _play_anew(page: Page, standin: Standin, scene: Scene) -> None:
    """Show a scene's cluster; another one was there in between, so that this one is seen to come."""
    standin.reset()
    assert standin.snapshot
    standin.snapshot["cluster"]["name"] = "in-between"
    standin.show()
    expect(page.get_by_role("banner")).to_contain_text("in-between")
    standin.reset()
    scene.prepare(standin)
    standin.show()
    expect(page.get_by_role("banner")).not_to_contain_text("in-between")


def _close(page: Page, words: Words) -> None:
    """Close what a scene has opened, without saving."""
    page.keyboard.press("Escape")
    leave = page.get_by_role("button", name=words["discard.yes"])
    for _ in range(20):
        if page.get_by_role("dialog").count() == 0:
            return
        if leave.is_visible():
            leave.click()
        else:
            page.keyboard.press("Escape")
    raise AssertionError(page.get_by_role("dialog").all_inner_texts())


def _faults(page: Page, standin: Standin, scene: Scene, look: Look) -> list[str]:
    """Reach a scene's sight, and return what is inaccessible there or sticks out."""
    locale, theme, width = look
    if standin.snapshot and standin.snapshot["resources"] and scene.path == "/":
        expect(page.get_by_role("radio").first).to_be_visible()
    if standin.snapshot and scene.path == "/":
        expect(page.locator(".loading:visible")).to_have_count(0)
    scene.reach(page, standin, words_of(locale))
    found = violations(page)
    for other in sorted({width, *WIDTHS}, key=lambda other: other != width):
        page.set_viewport_size({"width": other, "height": _height(width)})
        docked = page.get_by_role("dialog").or_(page.locator("#lab:visible")).count() > 0
        photograph(page, f"{scene.name}-{locale}-{theme}-{other}", full_page=not docked)
        found += [f"{one} at {other}" for one in sticking_out(page)]
    return found
